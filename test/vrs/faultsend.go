// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// patience is how long a swapped answer waits for somebody to swap with.
const patience = 5 * time.Second

// send writes an answer with a fault of form or connection.
func (f *Faults) send(w http.ResponseWriter, r *http.Request, fault *Fault, data []byte) {
	data = fault.bend(data)
	switch fault.Kind {
	case Late:
		pause(r.Context(), fault.Delay)
	case Status:
		w.WriteHeader(fault.Status)
		return
	case Redirect:
		http.Redirect(w, r, "/v1/find?elsewhere", http.StatusTemporaryRedirect)
		return
	case Reset:
		panic(http.ErrAbortHandler)
	case Swapped:
		data = f.exchange(r.Context(), data)
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(data)
		return
	case Truncated:
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		writeAs(w, http.StatusOK, data, data[:len(data)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case Slow:
		f.drip(w, r, fault.Delay, data)
		return
	case Altered:
		writeAs(w, http.StatusOK, data, fault.alter(data))
		return
	case NoDigest:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(data)
		return
	}
	write(w, http.StatusOK, data)
}

func (f *Faults) drip(w http.ResponseWriter, r *http.Request, every time.Duration, data []byte) {
	writeAs(w, http.StatusOK, data, nil)
	out := http.NewResponseController(w)
	for i := range data {
		if r.Context().Err() != nil {
			return
		}
		_, _ = w.Write(data[i : i+1])
		_ = out.Flush()
		pause(r.Context(), every)
	}
}

// exchange hands data to another caller that is waiting, and returns that
// caller's; alone, it returns data after a while.
func (f *Faults) exchange(ctx context.Context, data []byte) []byte {
	mine := handover{data, make(chan []byte, 1)}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case other := <-f.swap:
		other.back <- data
		return other.answer
	case f.swap <- mine:
		return <-mine.back
	case <-t.C:
	case <-ctx.Done():
	}
	return data
}
