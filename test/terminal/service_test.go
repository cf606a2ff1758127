// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"kofu/cert/municipality"
	"kofu/kiosk"
	"kofu/test/terminal"
)

// resident names who of the stand-in's residents fits a need.
func residentFor(n terminal.Need) string {
	return map[terminal.Need]string{
		terminal.NeedDomestic: "r002", terminal.NeedHistory: "r001", terminal.NeedNoHistory: "r002", terminal.NeedExpired: "r057",
		terminal.NeedNoRecord: "r072", terminal.NeedBlocked: "r038", terminal.NeedElsewhere: "r001", terminal.NeedNotJoined: "r002",
		terminal.NeedCheck: "r034", terminal.NeedCounter: "r036", terminal.NeedNoGlyph: "r061",
	}[n]
}

// towns are the municipalities that a person of this need tries, home last or
// first.
func townsFor(n terminal.Need, home string) []string {
	switch n {
	case terminal.NeedElsewhere:
		return []string{"900028", home}
	case terminal.NeedNotJoined:
		return []string{home, "900044"}
	}
	return []string{home}
}

func (w *world) persons(n terminal.Need) (terminal.Person, bool) {
	who := residentFor(n)
	if who == "" {
		return terminal.Person{}, false
	}
	p := w.person(who)
	p.Towns = townsFor(n, p.Towns[0])
	return p, true
}

func (w *world) env(clock terminal.Clock) terminal.Env {
	stranger, _ := w.stranger("nobody")
	return terminal.Env{
		Config: terminal.Config{URLs: []string{w.url}, HTTP: w.client("t1"), Clock: clock},
		Other:  w.client("t2"), Stranger: stranger, Person: w.persons,
	}
}

// A watcher in front of the real service finds nothing wrong with the
// simulator, whatever breaks, and nothing of the books is left open.
//
// Rows: A3, D3
func TestWatcherAndBooksAfterEveryScenario(t *testing.T) {
	w := newWorld(t)
	clock := &terminal.QuickClock{}
	w.watch.Now = clock.Now
	e := w.env(clock)
	for _, s := range terminal.Scenarios() {
		if s.Hostile || s.Name == "municipality not joined" || s.Name == "every language" {
			continue
		}
		before := len(w.violations())
		if err := s.Run(t.Context(), e); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if v := w.violations(); len(v) > before {
			t.Errorf("%s: the watcher says %v", s.Name, v[before:])
		}
	}
	w.balance(t)
}

func (w *world) violations() []terminal.Violation {
	var all []terminal.Violation
	for _, r := range w.watch.Report().Terminals {
		all = append(all, r.Violations...)
	}
	return all
}

// balance holds the books of all sessions: what was put in was kept or given
// back, and nothing was kept for more sheets than came out.
func (w *world) balance(t *testing.T) {
	t.Helper()
	entries := w.entries()
	if len(entries) == 0 {
		t.Error("the books are empty")
	}
	for _, e := range entries {
		if e.Settled && e.CapturedYen+e.ReturnedYen > e.EscrowYen || e.CapturedYen > e.Printed*e.FeeYen || e.CapturedYen < 0 || e.ReturnedYen < 0 {
			t.Errorf("books: %d sheets of %d, %d yen in, %d kept, %d returned, settled %v",
				e.Printed, e.Copies, e.EscrowYen, e.CapturedYen, e.ReturnedYen, e.Settled)
		}
		if e.Printed > 0 && !e.Released || e.Voided && e.Released {
			t.Errorf("books: printed %d, released %v, voided %v", e.Printed, e.Released, e.Voided)
		}
	}
}

// Rows: B6
func TestRevokedTerminalIsRefusedAtOnce(t *testing.T) {
	w := newWorld(t)
	tr := w.terminal("t1")
	p := w.person("r001")
	p.Deeds = map[string]terminal.Deed{"kind": func(context.Context, *terminal.Terminal) error {
		w.change("t1", func(t *kiosk.Terminal) { t.Active = false })
		return nil
	}}
	got, err := p.Walk(t.Context(), tr)
	if terminal.CodeOf(err) != "terminal_refused" || got.Last != "kind" {
		t.Errorf("%v on %s", err, got.Last)
	}
}

func (w *world) change(id string, f func(*kiosk.Terminal)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.terminals[id]
	f(&x)
	w.terminals[id] = x
}

// A centre speaks for the terminals that name it, and for no other (B6).
//
// Rows: B6
func TestRelaySpeaksForItsTerminals(t *testing.T) {
	w := newWorld(t)
	relay := w.client("centre-1")
	w.change("centre-1", func(t *kiosk.Terminal) { t.Role = kiosk.RoleCentre })
	w.client("own")
	w.mu.Lock()
	w.terminals["shop-7"] = kiosk.Terminal{ID: "shop-7", Role: kiosk.RoleTerminal, Relay: "centre-1", Active: true}
	w.mu.Unlock()
	for id, code := range map[string]string{"shop-7": "", "own": "terminal_refused", "": "terminal_refused", "nobody": "terminal_refused"} {
		tr := must(terminal.New(terminal.Config{URLs: []string{w.url}, HTTP: relay, ID: id, Clock: &terminal.QuickClock{}}))(t)
		got, err := w.person("r001").Walk(t.Context(), tr)
		if terminal.CodeOf(err) != code || code == "" && got.Last != "thanks" {
			t.Errorf("for %q: %v on %s", id, err, got.Last)
		}
	}
}

// An event that is sent again to the other replica counts once: two replicas with one
// store are one service.
func TestTwoReplicasAreOneService(t *testing.T) {
	w := newWorld(t)
	cable := &terminal.Cable{Next: w.client("t1").Transport}
	other := w.again(t)
	tr := must(terminal.New(terminal.Config{URLs: []string{w.url, other}, HTTP: &http.Client{Transport: cable}, Clock: &terminal.QuickClock{}}))(t)
	cable.Flaky = true // each lost answer leads to the other replica
	p := w.person("r001")
	p.Copies = 2
	got, err := p.Walk(t.Context(), tr)
	if err != nil || got.Last != "thanks" || len(got.Sheets) != 2 || got.Coins.Captured != 240 {
		t.Errorf("%v: %+v", err, got.Coins)
	}
	w.balance(t)
	if !slices.ContainsFunc(w.entries(), func(e kiosk.Entry) bool { return e.Printed == 2 && e.CapturedYen == 240 }) || len(w.entries()) != 1 {
		t.Error("the books have it otherwise")
	}
}

// A closure holds from the next event on, for those who are on their way too
// (D2), and is told before anything begins.
//
// Rows: D2
func TestClosuresHoldAtOnce(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name    string
		closure municipality.Closure
		screen  string // on which it begins
		last    string
	}{
		{"all, before", municipality.Closure{Reason: municipality.Maintenance, From: now, Ja: "点検", En: "check"}, "", "maintenance"},
		{"all, at the choice", municipality.Closure{Reason: municipality.Maintenance, From: now, Ja: "点検", En: "check"}, "municipality", "maintenance"},
		{"one town, at the choice", municipality.Closure{Municipality: "900010", Reason: municipality.Suspension, From: now, Ja: "停止", En: "stop"}, "municipality", "municipality_suspended"},
		{"one town, at the card", municipality.Closure{Municipality: "900010", Reason: municipality.Suspension, From: now, Ja: "停止", En: "stop"}, "reading_card", "municipality_suspended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			closed := func(context.Context, *terminal.Terminal) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.closures = []municipality.Closure{tt.closure}
				return nil
			}
			p := w.person("r001")
			p.Deeds = map[string]terminal.Deed{tt.screen: closed}
			if tt.screen == "" {
				_ = closed(t.Context(), nil)
			}
			got, err := p.Walk(t.Context(), w.terminal("t1"))
			if err != nil || got.Last != tt.last || len(got.Sheets) != 0 || got.Coins.Inserted != 0 || !got.CardOut {
				t.Errorf("%v: %s, by way of %v", err, got.Last, got.Screens)
			}
		})
	}
}

// Who finds no place is told before consent, and gets in when there is one.
//
// Rows: R4.3
func TestBusyIsToldBeforeConsent(t *testing.T) {
	w := newWorld(t)
	w.most = 1
	w.url = w.again(t)
	one, two := w.terminal("t1"), w.terminal("t2")
	if err := one.Open(t.Context()); err != nil || one.Screen().ID != "language" {
		t.Fatalf("%v on %s", err, one.Screen().ID)
	}
	p := w.person("r001")
	p.Deeds = map[string]terminal.Deed{"busy": func(ctx context.Context, _ *terminal.Terminal) error {
		return one.Choose(ctx, "cancel")
	}}
	got, err := p.Walk(t.Context(), two)
	if err != nil || got.Last != "thanks" || got.Screens[0] != "busy" || got.Screens[1] != "language" {
		t.Errorf("%v, by way of %v", err, got.Screens)
	}
}

// A kit that finds nothing is worth nothing: services that are wrong in one
// way each are found out.
func TestScenariosFindOutBadServices(t *testing.T) {
	for name, f := range map[string]*fake{
		"takes everything": {},
		"forgets nothing":  {spoil: func(a *terminal.Answer) { a.Drop = false }},
		"is never there":   {refuse: func(w http.ResponseWriter, _ int) bool { problem(w, 503, "unavailable"); return true }},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := serveFake(t, f)
			e := terminal.Env{
				Config: terminal.Config{URLs: []string{url}, HTTP: http.DefaultClient, Clock: &terminal.QuickClock{}, Patience: 3 * time.Second},
				Other:  http.DefaultClient, Stranger: http.DefaultClient,
				Person: func(terminal.Need) (terminal.Person, bool) { return somebody(), true },
			}
			for _, s := range terminal.Scenarios() {
				if name == "takes everything" && !s.Hostile {
					continue
				}
				if err := s.Run(t.Context(), e); err == nil {
					t.Errorf("%s: passes", s.Name)
				} else if errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s: hangs", s.Name)
				}
			}
		})
	}
}
