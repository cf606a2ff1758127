// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// shelf is what is to be told, in memory.
type shelf struct {
	list   []staff.Untold
	raised []staff.Alert
	counts map[string]int
	down   error
	deaf   error // what Raise returns
	tried  int
}

func (s *shelf) Revoke(context.Context, []staff.Revocation) error { return nil }

func (s *shelf) Untold(_ context.Context, limit int) ([]staff.Untold, error) {
	var list []staff.Untold
	of := map[cert.MunicipalityCode]int{}
	for _, u := range s.list {
		if of[u.Municipality]++; of[u.Municipality] <= limit {
			list = append(list, u)
		}
	}
	return list, s.down
}

func (s *shelf) Told(_ context.Context, h staff.Handle) error {
	s.list = slices.DeleteFunc(s.list, func(u staff.Untold) bool { return u.Handle == h })
	return nil
}

func (s *shelf) Raise(_ context.Context, a staff.Alert) error {
	s.tried++
	if s.deaf == nil {
		s.raised = append(s.raised, a)
	}
	return s.deaf
}

func (s *shelf) Alerts(_ context.Context, m cert.MunicipalityCode, _ bool) (list []staff.Alert, _ error) {
	for _, a := range s.raised {
		if a.Municipality == m {
			list = append(list, a)
		}
	}
	return list, nil
}

func (s *shelf) CloseAlert(context.Context, staff.Act, string, string) error { return nil }

func (s *shelf) Count(_ context.Context, name string, _ time.Duration) (int, error) {
	s.counts[name]++
	return s.counts[name], nil
}

// TestWithdrawalsAreTold: what can be told is told, one record service that is
// away holds up no other, and after an hour the auditor is told, once.
func TestWithdrawalsAreTold(t *testing.T) {
	now := time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	s := &shelf{counts: map[string]int{}, list: []staff.Untold{
		{Municipality: "900010", Handle: "a", Sealed: []byte("A"), At: now.Add(-2 * time.Hour)},
		{Municipality: "900010", Handle: "b", Sealed: []byte("B"), At: now.Add(-time.Minute)},
		{Municipality: "900028", Handle: "c", Sealed: []byte("C"), At: now.Add(-2 * time.Hour)},
		{Municipality: "900028", Handle: "d", Sealed: []byte("never"), At: now.Add(-31 * time.Minute)},
		{Municipality: "900028", Handle: "e", Sealed: nil, At: now},
	}}
	away, asked, waiting := true, map[cert.ID]int{}, 0
	te := &teller{
		revocations: s, alarm: &alarm{s, s, func() time.Time { return now }}, now: func() time.Time { return now }, waiting: func(n int) { waiting = n }, log: slog.New(slog.DiscardHandler),
		open: func(_ cert.MunicipalityCode, sealed []byte) (cert.ID, error) {
			if sealed == nil {
				return "", errors.New("another secret")
			}
			return cert.ID(sealed), nil
		},
		invalidate: func(_ context.Context, m cert.MunicipalityCode, id cert.ID) error {
			asked[id]++
			switch {
			case id == "never":
				return cert.ErrNoIssue
			case away && m == "900010":
				return cert.ErrUnavailable
			}
			return nil
		},
	}
	left, err := te.round(t.Context())
	if left != 3 || !errors.Is(err, cert.ErrUnavailable) || waiting != 3 || asked["A"] != 1 || asked["B"] != 0 || asked["C"] != 1 || asked["never"] != 1 {
		t.Errorf("%d left, asked %v: %v", left, asked, err)
	}
	if len(s.raised) != 1 || s.raised[0].Municipality != "900010" || s.raised[0].Kind != staff.AlertUntold || s.raised[0].Count != 1 {
		t.Errorf("alerts %+v", s.raised)
	}
	if _, err := te.round(t.Context()); err == nil || len(s.raised) != 1 {
		t.Errorf("an hour's alert is raised again: %v %+v", err, s.raised)
	}
	away = false
	if left, err = te.round(t.Context()); left != 1 || err == nil || s.list[0].Handle != "e" {
		t.Errorf("%d left: %v", left, err)
	}
	s.down = errors.New("away")
	if _, err := te.round(t.Context()); !errors.Is(err, s.down) {
		t.Errorf("a database that is away: %v", err)
	}
}

// TestTellerEnds: its loop ends with the server.
func TestTellerEnds(t *testing.T) {
	s := &shelf{}
	te := &teller{revocations: s, now: time.Now, log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		te.run(ctx)
		close(ended)
	}()
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("goes on")
	}
}

// TestReservedIsToldAgain: a withdrawal in the middle of an issue is told until
// it can be confirmed no more.
//
// Rows: R3.3
func TestReservedIsToldAgain(t *testing.T) {
	now := time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	s := &shelf{list: []staff.Untold{{Municipality: "900010", Handle: "a", Sealed: []byte("A"), At: now}}}
	asked := 0
	te := &teller{
		revocations: s, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler),
		open:       func(_ cert.MunicipalityCode, sealed []byte) (cert.ID, error) { return cert.ID(sealed), nil },
		invalidate: func(context.Context, cert.MunicipalityCode, cert.ID) error { asked++; return cert.ErrNoIssue },
	}
	for _, c := range []struct {
		pass time.Duration
		left int
	}{{0, 1}, {30 * time.Minute, 1}, {time.Second, 0}} {
		now = now.Add(c.pass)
		if left, err := te.round(t.Context()); left != c.left || err != nil || len(s.list) != c.left {
			t.Errorf("after %v: %d left, %v", c.pass, left, err)
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
}

// TestAlarm: what could not be raised is raised later, and once a day.
//
// Rows: N9
func TestAlarm(t *testing.T) {
	now := time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	s := &shelf{counts: map[string]int{}, deaf: errors.New("down")}
	a := &alarm{s, s, func() time.Time { return now }}
	about := staff.Alert{Municipality: "900010", Kind: staff.AlertUntold, Count: 1}
	for n := range 3 {
		if err := a.once(t.Context(), about); (err == nil) != (n > 0) || s.tried != 1 {
			t.Errorf("in one minute: %v, tried %d times", err, s.tried)
		}
	}
	s.deaf, s.counts = nil, map[string]int{} // the next minute
	for range 3 {
		s.counts = map[string]int{}
		if err := a.once(t.Context(), about); err != nil {
			t.Error(err)
		}
	}
	if len(s.raised) != 1 || !s.raised[0].At.Equal(now) {
		t.Errorf("raised %+v", s.raised)
	}
	other := about
	other.Municipality = "900028"
	if err := a.once(t.Context(), other); err != nil || len(s.raised) != 2 {
		t.Errorf("another municipality: %v, %+v", err, s.raised)
	}
	now, s.counts = now.Add(24*time.Hour), map[string]int{}
	if err := a.once(t.Context(), about); err != nil || len(s.raised) != 3 {
		t.Errorf("the day after: %v, %+v", err, s.raised)
	}
}
