// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// What an engine itself answers with; the table says how.
var (
	ErrNotFound = errors.New("problem: no such route")
	ErrMethod   = errors.New("problem: no such method")
	ErrPanic    = errors.New("problem: handler panicked")
)

// Metrics counts what happened. Internal names what a caller is not told; it
// belongs in metrics and nowhere else.
type Metrics interface {
	Count(route, public, internal string, took time.Duration)
}

// Engine is what every listener has in common: a name, a time and headers for
// each request, one log line and one count, and an answer for what panics.
type Engine struct {
	Table   *Table
	Timeout time.Duration // for one request, the record service included
	Log     *slog.Logger
	Metrics Metrics
}

// New returns an empty gin engine and the router to mount handlers with.
func (s *Engine) New() (*gin.Engine, *Router) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	r := &Router{Routes: e, Table: s.Table, Outcome: s.outcome}
	e.Use(s.before, s.recover(r))
	e.NoRoute(r.Wrap(func(*gin.Context) error { return ErrNotFound }))
	e.NoMethod(r.Wrap(func(*gin.Context) error { return ErrMethod }))
	return e, r
}

// before names the request, bounds it in time, and sets the headers that every
// answer has.
func (s *Engine) before(c *gin.Context) {
	id := rand.Text()
	c.Set(RequestIDKey, id)
	h := c.Writer.Header()
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Strict-Transport-Security", "max-age=63072000")
	h.Set("Cache-Control", "no-store")
	if len(c.Request.TransferEncoding) > 0 {
		// A length beside it is dropped by net/http, where nobody sees it any
		// more. Whoever believed that length reads what follows as another
		// request, so nothing follows (RFC 9112 section 6.3).
		h.Set("Connection", "close")
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), s.Timeout)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

// recover turns a panic into the fixed internal problem. What was panicked with
// may hold anything, so only where it happened is logged.
func (s *Engine) recover(r *Router) gin.HandlerFunc {
	fail := r.Wrap(func(*gin.Context) error { return ErrPanic })
	return func(c *gin.Context) {
		defer func() {
			if recover() == nil {
				return
			}
			s.Log.LogAttrs(c.Request.Context(), slog.LevelError, "panic", slog.String("request_id", c.GetString(RequestIDKey)),
				slog.Any("at", callers()))
			fail(c)
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
func (s *Engine) outcome(c *gin.Context, public, internal string, took time.Duration) {
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	s.Metrics.Count(route, public, internal, took)
	level := slog.LevelInfo
	if c.Writer.Status() >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	s.Log.LogAttrs(c.Request.Context(), level, "request", slog.String("request_id", c.GetString(RequestIDKey)),
		slog.String("route", route), slog.Int("status", c.Writer.Status()), slog.String("code", public), slog.Duration("dur", took))
}
