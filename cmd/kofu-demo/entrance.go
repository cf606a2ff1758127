// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// entrance is a listener on this machine that lets in nobody without a client
// certificate.
type entrance struct {
	url    string
	server *http.Server
	ended  chan error
}

func openEntrance(ctx context.Context, h http.Handler, t *tls.Config, log *slog.Logger) (*entrance, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &entrance{url: "https://" + l.Addr().String(), ended: make(chan error, 1), server: &http.Server{
		Handler: h, TLSConfig: t, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: requestTimeout + 15*time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
	go func() { e.ended <- e.server.Serve(tls.NewListener(l, e.server.TLSConfig)) }()
	return e, nil
}

// Close ends the listener and what goes through it.
func (e *entrance) Close() error {
	err := e.server.Close()
	if served := <-e.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
