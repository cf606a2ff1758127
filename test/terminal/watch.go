// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// maxBody is the largest body that the protocol has, in bytes.
const maxBody = 1 << 20

// Watcher judges what terminals send to the handler behind it. It hands
// requests and answers on unchanged, each as a whole, and is safe for
// concurrent use.
type Watcher struct {
	Now func() time.Time // time.Now unless set before the first request

	next      http.Handler
	mu        sync.Mutex
	sessions  map[string]*watched
	terminals map[string]*TerminalReport
}

// Watch puts a watcher in front of a centre's handler.
func Watch(h http.Handler) *Watcher {
	return &Watcher{Now: time.Now, next: h, sessions: map[string]*watched{}, terminals: map[string]*TerminalReport{}}
}

// watched is what is known of a session.
type watched struct {
	terminal string
	answer   *Answer // to the last event that was served
	number   int
	body     [sha256.Size]byte // of that event
	sent     int               // events, repeated ones left out
	at       time.Time         // of that answer
	notUntil time.Time         // what was refused for a while is not to come sooner
	held     Hold
	escrow   int   // as told last
	printed  []int // likewise
	released []int
	silent   bool // told in the report already
}

// TerminalReport is what is to be said of one terminal. Terminal is what a
// relay calls it, the common name of its certificate, or its address.
type TerminalReport struct {
	Terminal   string
	Sessions   int
	Finished   int // of those, to their end
	Events     int
	Repeats    int
	Violations []Violation
}

// Report is what is to be said of all terminals, by name.
type Report struct{ Terminals []TerminalReport }

// Clean reports whether no terminal broke a rule.
func (r Report) Clean() bool {
	return !slices.ContainsFunc(r.Terminals, func(t TerminalReport) bool { return len(t.Violations) > 0 })
}

// String lists terminals and violations, one a line.
func (r Report) String() string {
	var b strings.Builder
	for _, t := range r.Terminals {
		fmt.Fprintf(&b, "%s: %d sessions, %d finished, %d events, %d repeated, %d violations\n",
			t.Terminal, t.Sessions, t.Finished, t.Events, t.Repeats, len(t.Violations))
		for _, v := range t.Violations {
			fmt.Fprintf(&b, "  %s, number %d, screen %s: %s\n", v.Rule, v.Number, v.Screen, v.Detail)
		}
	}
	return b.String()
}

// silence is how long after its time-out a screen may stay unanswered before
// the terminal is said to be silent: the 20 seconds in which it repeats, and
// some more.
const silence = 40 * time.Second

// Report returns what is to be said until now.
func (w *Watcher) Report() Report {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(w.sessions)) {
		s := w.sessions[id]
		limit := time.Duration(s.answer.Screen.Timeout.Seconds)*time.Second + silence
		if s.answer.Over || s.sent == 0 || s.silent || w.Now().Sub(s.at) < limit {
			continue
		}
		s.silent = true
		w.note(s.terminal, Violation{RuleSilent, s.answer.Screen.ID, s.number, "nothing was told, not even that the time is up"})
	}
	var r Report
	for _, name := range slices.Sorted(maps.Keys(w.terminals)) {
		t := *w.terminals[name]
		t.Violations = slices.Clone(t.Violations)
		r.Terminals = append(r.Terminals, t)
	}
	return r
}

// of returns the report of a terminal; the lock is held.
func (w *Watcher) of(terminal string) *TerminalReport {
	if w.terminals[terminal] == nil {
		w.terminals[terminal] = &TerminalReport{Terminal: terminal}
	}
	return w.terminals[terminal]
}

func (w *Watcher) note(terminal string, v ...Violation) {
	t := w.of(terminal)
	t.Violations = append(t.Violations, v...)
}

// caller names who sends.
func caller(r *http.Request) string {
	if id := r.Header.Get("Kofu-Terminal"); id != "" {
		return id
	}
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		c := r.TLS.PeerCertificates[0]
		if c.Subject.CommonName != "" {
			return c.Subject.CommonName
		}
		sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
		return hex.EncodeToString(sum[:8])
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// ServeHTTP implements [http.Handler].
func (w *Watcher) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	path, ours := strings.CutPrefix(r.URL.Path, "/kiosk/v1/sessions")
	if !ours {
		w.next.ServeHTTP(out, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	terminal := caller(r)
	visit := &visit{Watcher: w, terminal: terminal, body: body}
	switch {
	case err != nil:
	case path == "":
		visit.opening(r)
	default:
		id := strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/events")
		visit.event(r, id)
	}
	// An answer is noted before the terminal can act on it.
	held := &holding{ResponseWriter: out, status: http.StatusOK}
	w.next.ServeHTTP(held, r)
	visit.unseen = r.Context().Err() != nil
	visit.answered(held)
	clear(body)
	out.WriteHeader(held.status)
	_, _ = out.Write(held.body.Bytes()) // the terminal may be gone
}

// holding keeps an answer back until it is whole.
type holding struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *holding) WriteHeader(status int) { h.status = status }

func (h *holding) Write(b []byte) (int, error) { return h.body.Write(b) }

// visit is one request.
type visit struct {
	*Watcher
	terminal string
	body     []byte
	session  string // "" for an opening
	e        Event
	repeat   bool
	unseen   bool // the terminal has hung up before the answer
}

// answered takes over what the answer changes.
func (v *visit) answered(res *holding) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if res.status != http.StatusOK && res.status != http.StatusCreated {
		v.refused(res)
		return
	}
	a := new(Answer)
	if err := json.Unmarshal(res.body.Bytes(), a); err != nil {
		return // the service's own affair
	}
	if v.session == "" {
		v.of(v.terminal).Sessions++
		s := &watched{terminal: v.terminal, answer: a, at: v.Now()}
		v.sessions[a.Session] = s
		v.ended(a)
		return
	}
	s := v.sessions[v.session]
	if s == nil {
		return
	}
	s.notUntil = time.Time{}
	s.held = (&judge{held: s.held}).after(a)
	if v.e.Type == EventRestarted { // what was held before is lost
		s.held = (&judge{}).after(a)
	}
	if v.repeat {
		s.answer, s.at = a, v.Now()
		return
	}
	s.served(&v.e, a)
	s.number, s.body, s.at = v.e.Number, sha256.Sum256(v.body), v.Now()
	s.sent++
	v.ended(a)
}

func (v *visit) ended(a *Answer) {
	if a.Over && v.e.Type != EventAdjust {
		v.of(v.terminal).Finished++
	}
}

// served takes over what a new event has told.
func (s *watched) served(e *Event, a *Answer) {
	s.answer = a
	if e.EscrowYen != nil {
		s.escrow = *e.EscrowYen
	}
	if e.CapturedYen != nil && e.ReturnedYen != nil {
		s.escrow -= *e.CapturedYen + *e.ReturnedYen
	}
	if len(e.Printed) > 0 {
		s.printed = e.Printed
	}
	if a.Release != nil {
		s.released = append(s.released, a.Release.Sheets...)
	}
}

// refused notes what the centre refused for good, and how long it asked to be
// left alone otherwise.
func (v *visit) refused(res *holding) {
	p, err := (&Response{res.status, res.Header(), res.body.Bytes()}).Problem()
	code := strconv.Itoa(res.status)
	if err == nil {
		code = p.Code
	}
	s := v.sessions[v.session]
	switch {
	case slices.Contains(passing(), code) || res.status >= 500:
		if s != nil && err == nil && !v.unseen {
			s.notUntil = v.Now().Add(p.RetryAfter)
		}
	case v.e.Type == EventRestarted && (code == "out_of_step" || code == "session_unknown"): // it cannot know
	default:
		v.note(v.terminal, Violation{RuleRefused, v.screen(), v.e.Number, code})
	}
}

// screen is what the terminal shows, as far as is known.
func (v *visit) screen() string {
	if s := v.sessions[v.session]; s != nil {
		return s.answer.Screen.ID
	}
	return ""
}
