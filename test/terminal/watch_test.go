// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/test/terminal"
)

// forger changes events on their way, as a terminal of another maker would
// have written them.
type forger struct {
	edit func(e map[string]any)
}

func (f forger) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var e map[string]any
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, err
	}
	f.edit(e)
	if body, err = json.Marshal(e, json.Deterministic(true)); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return http.DefaultTransport.RoundTrip(r)
}

// watched serves a fake behind a watcher, and a terminal in front of it.
func watched(t *testing.T, f *fake, edit func(e map[string]any)) (*terminal.Watcher, *terminal.Terminal) {
	t.Helper()
	w := terminal.Watch(f)
	clock := &terminal.QuickClock{}
	w.Now = clock.Now
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	return w, must(terminal.New(terminal.Config{URLs: []string{s.URL}, HTTP: &http.Client{Transport: forger{edit}}, Clock: clock}))(t)
}

func TestWatcherFindsNothingWrongWithTheSimulator(t *testing.T) {
	times := 0
	w, tr := watched(t, &fake{refuse: func(w http.ResponseWriter, n int) bool {
		if n == 5 && times < 2 {
			times++
			problem(w, 503, "unavailable")
			return true
		}
		return false
	}}, func(map[string]any) {})
	for range 2 {
		if _, err := somebody().Walk(t.Context(), tr); err != nil {
			t.Fatal(err)
		}
	}
	r := w.Report()
	if !r.Clean() || len(r.Terminals) != 1 || r.Terminals[0].Sessions != 2 || r.Terminals[0].Finished != 2 {
		t.Errorf("report: %s", r)
	}
}

// Each thing that a terminal can get wrong is told by the name of its rule.
//
// Rows: C7, D1
func TestViolationsOfATerminal(t *testing.T) {
	screen := func(e map[string]any) string { // that the event answers
		n, _ := e["number"].(float64)
		if n < 1 || int(n) > len(way()) {
			return ""
		}
		return way()[int(n)-1]
	}
	for _, tt := range []struct {
		name   string
		screen string
		edit   func(e map[string]any)
		want   terminal.Rule
	}{
		{"PIN member", "enter_pin", func(e map[string]any) { e["pin"] = "x" }, terminal.RulePIN},
		{"PIN as a value", "kind", func(e map[string]any) { e["choice"] = "7391" }, terminal.RulePIN},
		{"PIN in full width", "kind", func(e map[string]any) { e["choice"] = "７３９１" }, terminal.RulePIN},
		{"PIN in the depth", "reading_card", func(e map[string]any) { e["card"].(map[string]any)["signature"] = "7391" }, terminal.RulePIN},
		{"number left out", "kind", func(e map[string]any) { e["number"] = 4.0 }, terminal.RuleNumber},
		{"unknown member", "kind", func(e map[string]any) { e["ink"] = 1 }, terminal.RuleForm},
		{"member of another event", "kind", func(e map[string]any) { e["fault"] = "jam" }, terminal.RuleMembers},
		{"member missing", "capture", func(e map[string]any) { delete(e, "returned_yen") }, terminal.RuleMembers},
		{"escrow not told", "pay", func(e map[string]any) { delete(e, "escrow_yen") }, terminal.RuleMembers},
		{"application missing", "content_check", func(e map[string]any) { delete(e, "application") }, terminal.RuleHold},
		{"application of one's own", "kind", func(e map[string]any) { e["application"] = "a.b.c.d.e" }, terminal.RuleHold},
		{"receipt missing", "pay", func(e map[string]any) { delete(e, "receipt") }, terminal.RuleReceipt},
		{"receipt where none is wanted", "kind", func(e map[string]any) { e["receipt"] = "x" }, terminal.RuleReceipt},
		{"no such event", "kind", func(e map[string]any) { e["type"] = "smoked" }, terminal.RuleEvent},
		{"event of another screen", "kind", func(e map[string]any) { e["type"] = "paper_taken"; delete(e, "choice") }, terminal.RuleEvent},
		{"button of another screen", "kind", func(e map[string]any) { e["choice"] = "print" }, terminal.RuleEvent},
		{"time-out before the time", "kind", func(e map[string]any) { e["type"] = "timed_out"; delete(e, "choice") }, terminal.RuleEarly},
		{"sheet that was not released", "printing", func(e map[string]any) { e["printed"] = []any{1, 2} }, terminal.RulePrinted},
		{"more coins than there were", "capture", func(e map[string]any) { e["captured_yen"] = 500 }, terminal.RuleCoins},
		{"coins of less than nothing", "capture", func(e map[string]any) { e["captured_yen"] = -1 }, terminal.RuleCoins},
		{"no signature", "reading_card", func(e map[string]any) { e["card"].(map[string]any)["signature"] = "" }, terminal.RuleMembers},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, tr := watched(t, &fake{}, func(e map[string]any) {
				if screen(e) == tt.screen {
					tt.edit(e)
				}
			})
			_, _ = somebody().Walk(t.Context(), tr)
			expect(t, w, tt.want)
		})
	}
}

func expect(t *testing.T, w *terminal.Watcher, want terminal.Rule) {
	t.Helper()
	r := w.Report()
	if len(r.Terminals) != 1 || !slices.ContainsFunc(r.Terminals[0].Violations, func(v terminal.Violation) bool { return v.Rule == want }) {
		t.Errorf("want rule %s, report: %s", want, r)
	}
}

func TestWatcherReadsOpenings(t *testing.T) {
	for name, edit := range map[string]func(o map[string]any){
		"no version":      func(o map[string]any) { o["protocol"] = []any{} },
		"no digest":       func(o map[string]any) { o["software"].(map[string]any)["config"] = "none" },
		"unit of no kind": func(o map[string]any) { o["hardware"].(map[string]any)["printer"] = "sad" },
		"broken reader":   func(o map[string]any) { o["hardware"].(map[string]any)["reader"] = "none" },
	} {
		t.Run(name, func(t *testing.T) {
			w, tr := watched(t, &fake{}, func(e map[string]any) {
				if e["hardware"] != nil {
					edit(e)
				}
			})
			_ = tr.Open(t.Context())
			expect(t, w, terminal.RuleOpening)
		})
	}
}

// What takes two requests to get wrong.
func TestWatcherRemembers(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(ctx context.Context, tr *terminal.Terminal)
		want terminal.Rule
	}{
		{"another body under the same number", func(ctx context.Context, tr *terminal.Terminal) {
			_ = tr.Choose(ctx, "ja")
			_, _ = tr.Post(ctx, tr.Path(), "application/json", []byte(`{"number":1,"type":"choose","choice":"en"}`))
		}, terminal.RuleRepeat},
		{"another's session", func(ctx context.Context, tr *terminal.Terminal) {
			_, _ = tr.Post(ctx, "/kiosk/v1/sessions/ZZZZZZZZZZZZZZZZZZZZZZZZZZ/events", "application/json", []byte(`{"number":1,"type":"timed_out"}`))
		}, terminal.RuleSession},
		{"media type", func(ctx context.Context, tr *terminal.Terminal) {
			_, _ = tr.Post(ctx, tr.Path(), "text/json", []byte(`{"number":1,"type":"choose","choice":"en"}`))
		}, terminal.RuleTransport},
		{"query", func(ctx context.Context, tr *terminal.Terminal) {
			_, _ = tr.Post(ctx, tr.Path()+"?pin=1", "application/json", []byte(`{"number":1,"type":"choose","choice":"en"}`))
		}, terminal.RuleTransport},
		{"silence", func(ctx context.Context, tr *terminal.Terminal) {
			_ = tr.Choose(ctx, "ja")
			_ = tr.Clock.Sleep(ctx, 3*time.Minute)
		}, terminal.RuleSilent},
		{"after the end", func(ctx context.Context, tr *terminal.Terminal) {
			_, _ = somebody().Continue(ctx, tr)
			_, _ = tr.Post(ctx, tr.Path(), "application/json", []byte(`{"number":15,"type":"timed_out"}`))
		}, terminal.RuleOver},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, tr := watched(t, &fake{}, func(map[string]any) {})
			if err := tr.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			tt.do(t.Context(), tr)
			expect(t, w, tt.want)
		})
	}
}

// Whoever does not wait as asked is told so.
func TestWatcherSeesWhoIsHurried(t *testing.T) {
	w, tr := watched(t, &fake{refuse: func(w http.ResponseWriter, n int) bool {
		if n == 1 {
			problem(w, 503, "unavailable")
		}
		return n == 1
	}}, func(map[string]any) {})
	if err := tr.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, _ = tr.Post(t.Context(), tr.Path(), "application/json", []byte(`{"number":1,"type":"choose","choice":"en"}`))
	}
	expect(t, w, terminal.RuleHurried)
}
