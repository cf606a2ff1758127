// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// probeTimeout bounds one look at whether a part is there.
const probeTimeout = 2 * time.Second

// verdictTimeout is how long the record service has for refusing our
// certificate once it has seen it. Every look takes so long: less than the
// second that load balancers are wont to wait for /readyz.
const verdictTimeout = 300 * time.Millisecond

// A probe looks whether one thing is there that issuing needs. The reason it
// gives is shown to operators: a fixed word or two, nothing of a request.
type probe struct {
	name string
	look func(ctx context.Context) error
}

// readiness tells load balancers whether to send people here.
type readiness struct {
	probes  []probe
	leaving atomic.Bool // on the way out
}

// reasons returns why not, by name; none when ready. Probes run side by side.
func (r *readiness) reasons(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	var mu sync.Mutex
	var group sync.WaitGroup
	why := map[string]string{}
	if r.leaving.Load() {
		why["server"] = "shutting down"
	}
	for _, p := range r.probes {
		group.Go(func() {
			if err := p.look(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				why[p.name] = err.Error()
			}
		})
	}
	group.Wait()
	return why
}

// opsHandler is what operators see: /healthz says that the process lives and
// what it is, /readyz whether it may be used, with 503 and the reasons if not.
// With resume, which may be nil, they can open a door again.
func opsHandler(r *readiness, m *metrics, resume http.Handler, configHash string) http.Handler {
	b := readBuild()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		tell(w, http.StatusOK, map[string]string{"version": b.version, "revision": b.revision, "config": configHash})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) {
		why := r.reasons(req.Context())
		status := http.StatusOK
		if len(why) > 0 {
			status = http.StatusServiceUnavailable
		}
		tell(w, status, map[string]any{"ready": len(why) == 0, "reasons": why})
	})
	mux.Handle("GET /metrics", m.handler())
	if resume != nil {
		mux.Handle("POST /doors/{door}/resume", resume)
	}
	return mux
}

func tell(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who asked has gone; nobody is left to be told
}

// reaches makes a TLS connection to the host of base, our certificate shown,
// and ends it. In TLS 1.3 the handshake is over for us before the other side
// has judged our certificate: a moment of silence afterwards is its consent,
// an alert or the end of the connection is not.
func reaches(base string, c *tls.Config) func(context.Context) error {
	return func(ctx context.Context) error {
		u, err := url.Parse(base)
		if err != nil {
			return err
		}
		host := u.Host
		if u.Port() == "" {
			host = net.JoinHostPort(u.Hostname(), "443")
		}
		conn, err := (&tls.Dialer{Config: c}).DialContext(ctx, "tcp", host)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if err := conn.SetReadDeadline(time.Now().Add(verdictTimeout)); err != nil {
			return err
		}
		if _, err = conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		return err
	}
}
