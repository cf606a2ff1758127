// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path"
	"strings"
	"syscall"
	"time"
)

// handler is everything the demo serves: the service as it is, the phone page,
// and what a phone has at hand.
func (w *world) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", w.api)
	w.mount(mux)
	w.mountKiosk(mux)
	w.mountCounter(mux)
	w.mountPage(mux)
	own := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if w.office != nil && (r.URL.Path == "/counter" || strings.HasPrefix(r.URL.Path, "/counter/")) { // what it refuses, it refuses itself
			w.office.forward(out, r)
			return
		}
		if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect; the service answers as it does by itself
			w.api.ServeHTTP(out, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/demo/") {
			out.Header().Set("Cache-Control", "no-store")
			out.Header().Set("X-Content-Type-Options", "nosniff")
		}
		own.ServeHTTP(out, r)
	})
}

// site is a world that listens.
type site struct {
	*world
	URL    string
	server *http.Server
	ended  chan error
}

// open listens on addr and serves.
func (w *world) listen(ctx context.Context, addr string) (*site, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is taken: another program listens there; choose another one with -listen, such as -listen 127.0.0.1:0", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	s := &site{world: w, URL: "http://" + l.Addr().String(), ended: make(chan error, 1), server: &http.Server{
		Handler:           w.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      requestTimeout + 15*time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(w.log.Handler(), slog.LevelWarn),
	}}
	go func() { s.ended <- s.server.Serve(l) }()
	return s, nil
}

// Close lets requests end for a moment, then ends everything.
func (s *site) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = s.server.Close()
	}
	if served := <-s.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, s.world.Close())
}

// start makes a world and lets it listen.
func start(ctx context.Context, addr string, s setting) (*site, error) {
	w, err := newWorld(s)
	if err != nil {
		return nil, err
	}
	if err := w.ready(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	listening, err := w.listen(ctx, addr)
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return listening, nil
}

// serve runs until it is told to stop.
func serve(ctx context.Context, f flags, stdout, stderr io.Writer) (err error) {
	s, err := start(ctx, cmp.Or(f.listen, "127.0.0.1:8080"), setting{clock: new(clock), log: slog.New(slog.NewTextHandler(stderr, nil)), counter: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.show(ctx, f.resident, stdout); err != nil {
		return err
	}
	select {
	case err := <-s.ended: // nobody asked it to
		s.ended <- err
		return fmt.Errorf("serving ended: %w", err)
	case <-ctx.Done():
		fmt.Fprintln(stdout, "\nstopped; nothing is kept")
		return nil
	}
}
