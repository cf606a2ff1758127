// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"kofu/cert"
	"kofu/cmd/internal/redisstore"
)

// Limits of the listeners. A body is at most 64 KiB, so nobody honest needs
// longer to send one.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	idleTimeout   = 60 * time.Second
	maxHeader     = 16 << 10

	drainTimeout    = 5 * time.Second
	shutdownTimeout = 20 * time.Second
)

// serve runs until ctx ends. It starts only with a configuration that has no
// fault; what is merely not reachable yet keeps it from being ready.
func serve(ctx context.Context, args []string, stderr io.Writer) int {
	path, code := configFlag("serve", args, stderr)
	if path == "" {
		return code
	}
	p, faults := load(path)
	if len(faults) == 0 {
		defer func() { _ = p.redis.Close() }()
		faults = append(faults, refused(ctx, p)...)
	}
	for _, f := range faults {
		_, _ = fmt.Fprintln(stderr, f)
	}
	if len(faults) > 0 {
		_, _ = fmt.Fprintln(stderr, "kofu: not started")
		return exitConfig
	}
	logger := newLog(stderr)
	s, err := wire(p, logger)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return exitConfig
	}
	if err := s.listenAndServe(ctx, p, logger); err != nil {
		_, _ = fmt.Fprintln(stderr, "kofu:", err)
		return exitFailed
	}
	return exitDone
}

// refused looks at Redis before anything is served, in production. One that
// is not there, or lacks a replica, may come back, and the server is not ready
// until then; but one that writes to disk would keep what is promised to be
// forgotten, and no waiting mends that or a user without rights.
func refused(ctx context.Context, p *parts) []string {
	if p.config.Environment != cert.Production {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	err := p.redis.Check(ctx)
	for _, lasting := range []error{redisstore.ErrPersistent, redisstore.ErrUnawaited, redisstore.ErrDenied} {
		if errors.Is(err, lasting) {
			return []string{"redis: " + err.Error()}
		}
	}
	return nil
}

// listenAndServe opens both listeners before it serves on either, and leaves
// in order: not ready, time for load balancers to see it, no new connections,
// time for the requests that run.
func (s *service) listenAndServe(ctx context.Context, p *parts, logger *slog.Logger) error {
	c := p.config
	ops, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen.Ops)
	if err != nil {
		return err
	}
	defer func() { _ = ops.Close() }()
	front, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen.App)
	if err != nil {
		return err
	}
	frontServer := publicServer(s.public, p)
	opsServer := server(s.ops, headerTimeout, 30*time.Second)

	failed := make(chan error, 2)
	go func() { failed <- frontServer.ServeTLS(front, "", "") }()
	go func() { failed <- opsServer.Serve(ops) }()
	logger.LogAttrs(ctx, slog.LevelInfo, "serving", slog.String("app", front.Addr().String()), slog.String("ops", ops.Addr().String()),
		slog.String("version", readBuild().version), slog.String("config", p.hash))
	select {
	case err := <-failed:
		return errors.Join(err, frontServer.Close(), opsServer.Close())
	case <-ctx.Done():
	}
	logger.LogAttrs(ctx, slog.LevelInfo, "leaving", slog.String("cause", context.Cause(ctx).Error()))
	s.ready.leaving.Store(true)
	time.Sleep(c.Times.Drain.or(drainTimeout))
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Times.Shutdown.or(shutdownTimeout))
	defer cancel()
	return errors.Join(frontServer.Shutdown(last), opsServer.Shutdown(last))
}

// publicServer has time to write what a request may take to make.
func publicServer(h http.Handler, p *parts) *http.Server {
	s := server(h, readTimeout, readTimeout+p.config.Times.Request.or(requestTimeout)+5*time.Second)
	s.TLSConfig = p.server
	return s
}

// server is an HTTP server that waits for nobody for ever. What net/http
// would log names callers' addresses, so it goes nowhere.
func server(h http.Handler, read, write time.Duration) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       read,
		WriteTimeout:      write,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}
