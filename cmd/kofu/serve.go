// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"kofu/cert"
	"kofu/cmd/internal/redisstore"
	"kofu/cmd/internal/sqlstore"
	"kofu/cmd/internal/wiping"
)

// Limits of the listeners. A body is at most 64 KiB, so nobody honest needs
// longer to send one.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	idleTimeout   = 60 * time.Second
	maxHeader     = 16 << 10

	// A terminal sends a card's files and a sealed application, 1 MiB at most.
	kioskReadTimeout = 30 * time.Second

	drainTimeout    = 5 * time.Second
	shutdownTimeout = 20 * time.Second

	tablesTimeout = 5 * time.Second // for a first try at the database
)

// serve runs until ctx ends. It starts only with a configuration that has no
// fault; what is merely not reachable yet keeps it from being ready.
func serve(ctx context.Context, args []string, stderr io.Writer) int {
	path, code := configFlag("serve", args, stderr)
	if path == "" {
		return code
	}
	p, faults := load(path)
	if len(faults) == 0 && p.config.Environment == cert.Production {
		if err := conceal(); err != nil {
			faults = append(faults, err.Error())
		}
	}
	if len(faults) == 0 {
		defer func() { _ = errors.Join(p.redis.Close(), p.sql.Close()) }()
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
	if err := makeTables(ctx, p, logger); err != nil {
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

// makeTables tries once before anything is served. A file that cannot be made
// or read will not be mended by waiting; a PostgreSQL that is not there may come
// back, and the server is not ready until then.
func makeTables(ctx context.Context, p *parts, logger *slog.Logger) error {
	first, cancel := context.WithTimeout(ctx, tablesTimeout)
	defer cancel()
	err := p.sql.Migrate(first)
	if err == nil || p.config.SQL.Driver == sqlstore.SQLite {
		return err
	}
	logger.LogAttrs(ctx, slog.LevelWarn, "sql is not there yet", slog.String("cause", err.Error()))
	go func() {
		for ctx.Err() == nil {
			if p.sql.Migrate(ctx) == nil {
				logger.LogAttrs(ctx, slog.LevelInfo, "sql is there")
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}()
	return nil
}

// listenAndServe opens all listeners before it serves on either, and leaves
// in order: not ready, time for load balancers to see it, no new connections,
// time for the requests that run.
func (s *service) listenAndServe(ctx context.Context, p *parts, logger *slog.Logger) error {
	c := p.config
	doors := s.doors(p)
	var serving []slog.Attr
	for i := range doors {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", doors[i].address)
		if err != nil {
			return err
		}
		defer func() { _ = l.Close() }()
		doors[i].listener = newCrowd(l, doors[i].most)
		serving = append(serving, slog.String(doors[i].name, l.Addr().String()))
	}
	var servers []*http.Server
	failed := make(chan error, len(doors))
	for _, d := range doors {
		servers = append(servers, d.server)
		go func() { failed <- d.serve() }()
	}
	defer s.atWork(ctx)()
	serving = append(serving, slog.String("version", readBuild().version), slog.String("config", p.hash))
	logger.LogAttrs(ctx, slog.LevelInfo, "serving", serving...)
	select {
	case err := <-failed:
		return errors.Join(err, each(servers, (*http.Server).Close))
	case <-ctx.Done():
	}
	logger.LogAttrs(ctx, slog.LevelInfo, "leaving", slog.String("cause", context.Cause(ctx).Error()))
	s.ready.leaving.Store(true)
	time.Sleep(c.Times.Drain.or(drainTimeout))
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Times.Shutdown.or(shutdownTimeout))
	defer cancel()
	return each(servers, func(s *http.Server) error { return s.Shutdown(last) })
}

// doorway is a listener with the server behind it.
type doorway struct {
	name, address string
	most          int // connections
	server        *http.Server
	listener      net.Listener
}

func (d doorway) serve() error {
	if d.server.TLSConfig == nil {
		return d.server.Serve(d.listener)
	}
	return wiping.Serve(d.server, d.listener)
}

func (s *service) doors(p *parts) []doorway {
	c := p.config.Listen
	list := []doorway{{name: "app", address: c.App, most: crowdApp, server: publicServer(s.public, p.server, p)},
		{name: "ops", address: c.Ops, most: crowdOps, server: server(s.ops, headerTimeout, 30*time.Second)}}
	if s.kiosk != nil {
		list = append(list, doorway{name: "kiosk", address: c.Kiosk.Address, most: crowdMutual, server: kioskServer(s.kiosk, p)})
	}
	if s.counter != nil {
		list = append(list, doorway{name: "counter", address: c.Counter.Address, most: crowdMutual, server: publicServer(s.counter, p.counter, p)})
	}
	return list
}

// atWork begins what is done beside requests. It goes on while the server
// leaves; the function returned ends it, and waits for it, but not for ever: a
// disk of another host may never answer.
func (s *service) atWork(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	for _, work := range s.work {
		group.Go(func() { work(ctx) })
	}
	return func() {
		cancel()
		ended := make(chan struct{})
		go func() {
			group.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(notingTimeout + time.Second):
		}
	}
}

// each does something with all servers side by side: none takes new requests
// while another waits for its last ones.
func each(servers []*http.Server, do func(*http.Server) error) error {
	errs := make([]error, len(servers))
	var group sync.WaitGroup
	for i, s := range servers {
		group.Go(func() { errs[i] = do(s) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// kioskServer has time for what a terminal sends, and for its screen.
func kioskServer(h http.Handler, p *parts) *http.Server {
	s := server(h, kioskReadTimeout, kioskReadTimeout+kioskTimeout+5*time.Second)
	s.TLSConfig = p.kiosk
	return s
}

// publicServer has time to write what a request may take to make.
func publicServer(h http.Handler, c *tls.Config, p *parts) *http.Server {
	s := server(h, readTimeout, readTimeout+p.config.Times.Request.or(requestTimeout)+5*time.Second)
	s.TLSConfig = c
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
		// Else net/http answers OPTIONS * itself: without our headers, to whoever
		// asks, and uncounted.
		DisableGeneralOptionsHandler: true,
	}
}
