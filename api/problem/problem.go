// SPDX-License-Identifier: Apache-2.0

// Package problem turns errors into RFC 9457 problem documents.
//
// Handlers return errors and never write one themselves. One [Table], given by
// package api, says what a caller may know of each: its texts are constants,
// so that no error's own text, and no personal data, can leave the process.
package problem

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// ContentType is the media type of a problem document (RFC 9457 section 4).
const ContentType = "application/problem+json"

// Text is said in Japanese and in English.
type Text struct {
	Ja string `json:"ja"`
	En string `json:"en"`
}

// Problem is what a caller may know of a failure.
type Problem struct {
	Status     int           // HTTP status code
	Code       string        // stable, for programs
	Title      Text          // what happened
	Next       Text          // what to do now, and where
	RetryAfter time.Duration // rounded up to seconds; 0 for none
}

// document is a Problem on the wire. "title" is Japanese, as the content
// language says; the English one stands beside it.
type document struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	TitleEn string `json:"title_en"`
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Next    Text   `json:"next"`
	Request string `json:"request_id,omitempty"`

	Details map[string][]string `json:"details,omitempty"`
}

// Detailed is an error that tells a program more than a code: words of the
// protocol only, such as the names of members, and never a value from a
// request.
type Detailed interface {
	error
	Details() map[string][]string
}

// Rule maps errors to a problem. Internal names the error in metrics, and
// nowhere else.
type Rule struct {
	Match    func(error) bool
	Problem  Problem
	Internal string
}

// Is returns the rule for errors that are target.
func Is(target error, internal string, p Problem) Rule {
	return Rule{func(err error) bool { return errors.Is(err, target) }, p, internal}
}

// Table is tried in order; an error that no rule matches is Unknown.
type Table struct {
	Rules   []Rule
	Unknown Problem
}

// Find returns the problem for err and its internal name.
func (t *Table) Find(err error) (Problem, string) {
	for _, r := range t.Rules {
		if r.Match(err) {
			return r.Problem, r.Internal
		}
	}
	return t.Unknown, "UNKNOWN"
}

// Outcome is told about every request that ended, once.
type Outcome func(c *gin.Context, public, internal string, took time.Duration)

// HandlerFunc is a handler that leaves failures to the [Router].
type HandlerFunc func(*gin.Context) error

// Router mounts HandlerFuncs on gin routes.
type Router struct {
	Routes  gin.IRoutes
	Table   *Table
	Outcome Outcome
}

// Handle mounts h at a method and path.
func (r *Router) Handle(method, path string, h HandlerFunc) {
	r.Routes.Handle(method, path, r.Wrap(h))
}

// Wrap makes a gin handler of h, for gin's own NoRoute and NoMethod.
func (r *Router) Wrap(h HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		public, internal := "ok", ""
		if err := h(c); err != nil {
			var p Problem
			p, internal = r.Table.Find(err)
			public = p.Code
			write(c, p, details(err))
		}
		r.Outcome(c, public, internal, time.Since(start))
	}
}

// RequestIDKey is where the request id stands in the gin context.
const RequestIDKey = "request_id"

func details(err error) map[string][]string {
	if d, ok := errors.AsType[Detailed](err); ok {
		return d.Details()
	}
	return nil
}

func write(c *gin.Context, p Problem, more map[string][]string) {
	if c.Writer.Written() {
		return // too late to tell this caller
	}
	h := c.Writer.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Content-Language", "ja")
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
	c.Status(p.Status)
	body, err := json.Marshal(document{"https://kofu.invalid/problems/" + p.Code, p.Title.Ja, p.Title.En, p.Status, p.Code, p.Next, c.GetString(RequestIDKey), more})
	if err != nil {
		body = []byte(`{"status":` + strconv.Itoa(http.StatusInternalServerError) + `}`)
	}
	_, _ = c.Writer.Write(body) // the caller may be gone
}
