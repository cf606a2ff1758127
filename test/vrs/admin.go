// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

var errFault = errors.New("vrs: not a fault")

// Admin serves the switchboard of faults, to callers on this machine only:
//
//	POST   /faults?call=find&kind=late&delay=3s&times=1
//	GET    /faults
//	DELETE /faults
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		f, err := parseFault(r.URL.RawQuery)
		if err != nil {
			http.Error(w, "not a fault: call, kind, delay, times, status", http.StatusBadRequest)
			return
		}
		s.faults.Add(f)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.faults.List())
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.faults.Clear()
		w.WriteHeader(http.StatusNoContent)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func kinds() []FaultKind {
	return []FaultKind{
		Late, Status, Reset, Truncated, Slow, Redirect, Altered, NoDigest,
		HTML, Empty, TooLarge, HalfJSON, Trailing, DoubledName, UnknownName, UnknownResult, MissingName, ErrorFlag, Null, WrongType,
		OtherRequest, OtherMunicipality, OtherIssuance, OtherPerson, Swapped, Stale, Ahead, NoDoses, BadID,
		OtherHolder, OtherList, Crowd,
	}
}

// parseFault reads a fault from a query string; unknown and doubled names are
// refused.
func parseFault(query string) (f Fault, err error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return f, errFault
	}
	for name, values := range q {
		if len(values) != 1 {
			return f, errFault
		}
		switch v := values[0]; name {
		case "call":
			f.Call = v
		case "kind":
			f.Kind = FaultKind(v)
		case "delay":
			f.Delay, err = time.ParseDuration(v)
		case "times":
			f.Times, err = strconv.Atoi(v)
		case "status":
			f.Status, err = strconv.Atoi(v)
		default:
			return f, errFault
		}
		if err != nil {
			return f, errFault
		}
	}
	if !slices.Contains([]string{"", "find", "reserve", "confirm", "void", "search", "open", "invalidate", "blocks"}, f.Call) || !slices.Contains(kinds(), f.Kind) ||
		f.Delay < 0 || f.Times < 0 || f.Kind == Status && (f.Status < 200 || f.Status > 599) {
		return f, errFault
	}
	return f, nil
}
