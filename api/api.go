// SPDX-License-Identifier: Apache-2.0

// Package api is what kofu says over HTTP to phones and to the public. Every
// route is in routes.go, every error a caller can see in errors.go, and the
// contract, which tests hold against both, in openapi.yaml.
package api

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"kofu/api/app"
	"kofu/api/problem"
	"kofu/api/public"
)

// Contract is the OpenAPI document.
//
//go:embed openapi.yaml
var contract []byte

// Contract returns the OpenAPI 3.1 document of this package.
func Contract() []byte { return contract }

// Metrics counts what happened. Internal names what a caller is not told; it
// belongs in metrics and nowhere else.
type Metrics interface {
	Count(route, public, internal string, took time.Duration)
}

// Config is what the API is made of. Every field but TrustedProxies is needed.
type Config struct {
	App            *app.Handler
	Public         *public.Handler
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; none by default
	Timeout        time.Duration  // for one request, the record service included
	Log            *slog.Logger
	Metrics        Metrics
}

// New returns the handler of the public listener.
func New(c Config) (http.Handler, error) {
	if c.App == nil || c.Public == nil || c.Timeout <= 0 || c.Log == nil || c.Metrics == nil {
		return nil, errors.New("api: a part is missing")
	}
	return engine(c)
}

func engine(c Config) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	proxies := make([]string, len(c.TrustedProxies))
	for i, p := range c.TrustedProxies {
		proxies[i] = p.String()
	}
	if err := e.SetTrustedProxies(proxies); err != nil {
		return nil, errors.New("api: trusted proxies are not networks")
	}
	s := &server{Config: c}
	r := &problem.Router{Routes: e, Table: table(), Outcome: s.outcome}
	e.Use(s.before, s.recover(r.Table))
	routes(r, c)
	e.NoRoute(r.Wrap(func(*gin.Context) error { return errNotFound }))
	e.NoMethod(r.Wrap(func(*gin.Context) error { return errMethod }))
	return e, nil
}

type server struct{ Config }

// before names the request, bounds it in time, and sets the headers that every
// answer has.
func (s *server) before(c *gin.Context) {
	id := rand.Text()
	c.Set(problem.RequestIDKey, id)
	h := c.Writer.Header()
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Strict-Transport-Security", "max-age=63072000")
	h.Set("Cache-Control", "no-store")
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.Timeout)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

// recover turns a panic into the fixed internal problem. What was panicked with
// may hold anything, so only where it happened is logged.
func (s *server) recover(t *problem.Table) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			if recover() == nil {
				return
			}
			s.Log.LogAttrs(c.Request.Context(), slog.LevelError, "panic", slog.String("request_id", c.GetString(problem.RequestIDKey)),
				slog.Any("at", callers()))
			r := &problem.Router{Table: t, Outcome: s.outcome}
			r.Wrap(func(*gin.Context) error { return errPanic })(c)
			c.Abort()
		}()
		c.Next()
	}
}

// callers tells where a panic came from by file and line. A full stack would
// show arguments as well.
func callers() []string {
	pc := make([]uintptr, 16)
	frames := runtime.CallersFrames(pc[:runtime.Callers(4, pc)])
	var at []string
	for {
		f, more := frames.Next()
		at = append(at, f.Function+":"+strconv.Itoa(f.Line))
		if !more {
			return at
		}
	}
}

// outcome writes the one log line of a request, and counts it. The line has no
// address, no internal code, and nothing of the person.
func (s *server) outcome(c *gin.Context, public, internal string, took time.Duration) {
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	s.Metrics.Count(route, public, internal, took)
	level := slog.LevelInfo
	if c.Writer.Status() >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	s.Log.LogAttrs(c.Request.Context(), level, "request", slog.String("request_id", c.GetString(problem.RequestIDKey)),
		slog.String("route", route), slog.Int("status", c.Writer.Status()), slog.String("code", public), slog.Duration("dur", took))
}
