// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"kofu/test/terminal"
)

// What was not answered is sent again, the very same bytes, and counted once.
func TestTheSameBodyIsSentAgain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		code   string
	}{{"unavailable", 503, "unavailable"}, {"in progress", 409, "in_progress"}} {
		t.Run(tt.name, func(t *testing.T) {
			times := 0
			url, f := serveFake(t, &fake{refuse: func(w http.ResponseWriter, n int) bool {
				if n != at("reading_card") || times == 3 {
					return false
				}
				times++
				problem(w, tt.status, tt.code)
				return true
			}})
			got, err := somebody().Walk(t.Context(), simulator(t, url))
			if err != nil || got.Last != "thanks" || times != 3 {
				t.Fatalf("%v, %s, %d times", err, got.Last, times)
			}
			first := at("reading_card") - 1
			for _, again := range f.bodies[first : first+4] {
				if !bytes.Equal(again, f.bodies[first]) {
					t.Error("another body under the same number")
				}
			}
		})
	}
}

// A refusal that will not pass is told at once, and the next event has the
// same number.
func TestRefusalsEndTheWalk(t *testing.T) {
	refused := false
	url, _ := serveFake(t, &fake{refuse: func(w http.ResponseWriter, n int) bool {
		if n != at("kind") || refused {
			return false
		}
		refused = true
		problem(w, 409, "event_unexpected")
		return true
	}})
	tr := simulator(t, url)
	p := somebody()
	got, err := p.Walk(t.Context(), tr)
	if terminal.CodeOf(err) != "event_unexpected" || got.Last != "consent" {
		t.Fatalf("%v on %s", err, got.Last)
	}
	if got, err = p.Continue(t.Context(), tr); err != nil || got.Last != "thanks" {
		t.Errorf("%v on %s", err, got.Last)
	}
}

// When one replica is gone the other one is asked.
func TestFailoverBetweenReplicas(t *testing.T) {
	one, _ := serveFake(t, &fake{refuse: func(w http.ResponseWriter, n int) bool {
		if n > 3 {
			problem(w, 503, "unavailable")
		}
		return n > 3
	}})
	two, f := serveFake(t, &fake{})
	got, err := somebody().Walk(t.Context(), simulator(t, one, "http://127.0.0.1:1", two))
	if err != nil || got.Last != "thanks" || len(f.bodies) != len(way())-4 {
		t.Errorf("%v on %s, %d events at the second", err, got.Last, len(f.bodies))
	}
}

// After 20 seconds the terminal does what the offline screen says: before the
// release coins are given back and all is wiped, after it the sheets come out.
//
// Rows: C1, D3
func TestOffline(t *testing.T) {
	for _, tt := range []struct {
		screen           string
		sheets, returned int
		shown            string
	}{{"copies", 0, 0, "offline"}, {"pay", 0, 120, "offline"}, {"printing", 1, 0, "offline_printing"}, {"capture", 1, 0, "offline_printing"}} {
		t.Run(tt.screen, func(t *testing.T) {
			url, _ := serveFake(t, &fake{})
			clock := &terminal.QuickClock{}
			cable := &terminal.Cable{Next: http.DefaultTransport}
			tr := must(terminal.New(terminal.Config{URLs: []string{url}, HTTP: &http.Client{Transport: cable}, Clock: clock}))(t)
			p := somebody()
			var cut time.Time
			p.Deeds = map[string]terminal.Deed{tt.screen: func(context.Context, *terminal.Terminal) error {
				cable.Cut()
				cut = clock.Now()
				return nil
			}}
			_, err := p.Walk(t.Context(), tr)
			if !errors.Is(err, terminal.ErrOffline) || !tr.Offline() || tr.Screen().ID != tt.shown {
				t.Fatalf("%v on %s", err, tr.Screen().ID)
			}
			if waited := clock.Now().Sub(cut); waited < 20*time.Second || waited > 23*time.Second {
				t.Errorf("alone after %s", waited)
			}
			if tr.Holds() || tr.Printer.Tray() != tt.sheets || tr.Account().Returned != tt.returned {
				t.Errorf("holds %v, %d sheets, %+v", tr.Holds(), tr.Printer.Tray(), tr.Account())
			}
			if err := tr.Send(t.Context(), terminal.Event{Type: terminal.EventTimedOut}); !errors.Is(err, terminal.ErrNoScreen) {
				t.Errorf("alone, and sends: %v", err)
			}
			cable.Plug()
			_ = tr.Restart(t.Context()) // the fake has no answer to it
			if e := tr.Transcript[len(tr.Transcript)-1].Event; e.Type != terminal.EventRestarted || *e.EscrowYen != tr.Account().Escrow || len(e.Printed) != tt.sheets {
				t.Errorf("tells %+v", e)
			}
		})
	}
}

// A restarted terminal does not know whether its last event arrived: one of
// two numbers is right.
func TestRestartFindsTheNumber(t *testing.T) {
	for _, served := range []int{at("consent"), at("kind")} {
		var asked []int
		cut := false
		url, _ := serveFake(t, &fake{refuse: func(w http.ResponseWriter, n int) bool {
			if !cut {
				return false
			}
			asked = append(asked, n)
			if n != served+1 {
				problem(w, 409, "out_of_step")
				return true
			}
			return false
		}})
		cable := &terminal.Cable{Next: http.DefaultTransport}
		tr := must(terminal.New(terminal.Config{URLs: []string{url}, HTTP: &http.Client{Transport: cable}, Clock: &terminal.QuickClock{}}))(t)
		p := somebody()
		p.Deeds = map[string]terminal.Deed{"consent": func(context.Context, *terminal.Terminal) error { cable.Cut(); return nil }}
		if _, err := p.Walk(t.Context(), tr); !errors.Is(err, terminal.ErrOffline) {
			t.Fatal(err)
		}
		cable.Plug()
		cut = true
		if err := tr.Restart(t.Context()); err != nil || asked[len(asked)-1] != served+1 || len(asked) > 2 {
			t.Errorf("%v, numbers %v", err, asked)
		}
	}
}

func TestProblemsAreReadWhole(t *testing.T) {
	for name, res := range map[string]*terminal.Response{
		"no media type": {Status: 409, Header: http.Header{}, Body: []byte(`{"status":409,"code":"x","title":"y"}`)},
		"no code":       {Status: 409, Header: http.Header{"Content-Type": {"application/problem+json"}}, Body: []byte(`{"status":409,"title":"y"}`)},
		"status":        {Status: 409, Header: http.Header{"Content-Type": {"application/problem+json"}}, Body: []byte(`{"status":410,"code":"x","title":"y"}`)},
	} {
		if _, err := res.Problem(); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
