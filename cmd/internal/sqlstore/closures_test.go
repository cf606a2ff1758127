// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/municipality"
)

// TestClosures: what is closed is closed for the next who asks, and so is what
// is opened again; what was announced comes by itself.
//
// Rows: D2
func TestClosures(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		now := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
		c.Now = func() time.Time { return now }
		s, ctx := open(t, c), t.Context()
		if list, err := s.Closures(ctx); err != nil || len(list) != 0 {
			t.Fatalf("%v %v", list, err)
		}
		announced := municipality.Closure{Municipality: "472051", Channel: cert.Kiosk, Reason: municipality.Maintenance,
			From: now.Add(time.Hour), Until: now.Add(2 * time.Hour), Ja: "点検のため", En: "for maintenance"}
		all := municipality.Closure{Reason: municipality.Suspension, From: now}
		for _, c := range []*municipality.Closure{&announced, &all} {
			var err error
			if c.ID, err = s.AddClosure(ctx, "hanako", *c); err != nil || len(c.ID) != 26 {
				t.Fatalf("%q %v", c.ID, err)
			}
		}
		list, err := s.Closures(ctx)
		if err != nil || len(list) != 2 || !same(list[0], all) || !same(list[1], announced) {
			t.Errorf("got %+v, %v", list, err)
		}
		if err := s.LiftClosure(ctx, "hanako", all.ID); err != nil {
			t.Error(err)
		}
		for _, id := range []string{all.ID, "nobody"} {
			if err := s.LiftClosure(ctx, "hanako", id); !errors.Is(err, ErrNoClosure) {
				t.Errorf("lifted again: %v", err)
			}
		}
		if list, err := s.Closures(ctx); err != nil || len(list) != 1 || !same(list[0], announced) {
			t.Errorf("got %+v, %v", list, err)
		}
		now = announced.Until
		if list, err := s.Closures(ctx); err != nil || len(list) != 0 {
			t.Errorf("over: %+v, %v", list, err)
		}
		if err := s.LiftClosure(ctx, "hanako", announced.ID); !errors.Is(err, ErrNoClosure) {
			t.Errorf("lifted after its end: %v", err)
		}
		log, err := s.Operations(ctx)
		if err != nil || len(log) != 3 || log[0].Actor != "hanako" || log[0].Action != "municipality.close" || log[0].Subject != "472051" ||
			!strings.Contains(log[0].Details, "reason=maintenance\nfrom=2026-04-01T10:00:00.000000Z\nuntil=") || log[2].Subject != all.ID {
			t.Errorf("%+v, %v", log, err)
		}
	})
}

func same(a, b municipality.Closure) bool {
	ok := a.From.Equal(b.From) && a.Until.Equal(b.Until) && a.Until.IsZero() == b.Until.IsZero()
	a.From, a.Until, b.From, b.Until = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return ok && a == b
}

func TestAddClosureRefuses(t *testing.T) {
	s, now := open(t, Config{Driver: SQLite, DSN: Memory}), time.Now()
	for name, spoil := range map[string]func(*municipality.Closure){
		"wrong check digit":    func(c *municipality.Closure) { c.Municipality = "472052" },
		"no such channel":      func(c *municipality.Closure) { c.Channel = "fax" },
		"no reason":            func(c *municipality.Closure) { c.Reason = "" },
		"no beginning":         func(c *municipality.Closure) { c.From = time.Time{} },
		"ends before":          func(c *municipality.Closure) { c.Until = c.From.Add(-time.Second) },
		"ends as it begins":    func(c *municipality.Closure) { c.Until = c.From },
		"has ended":            func(c *municipality.Closure) { c.From, c.Until = now.Add(-2*time.Hour), now.Add(-time.Hour) },
		"in Japanese alone":    func(c *municipality.Closure) { c.Ja = "停止中" },
		"in English alone":     func(c *municipality.Closure) { c.En = "closed" },
		"of two lines":         func(c *municipality.Closure) { c.Ja, c.En = "停止\n中", "closed" },
		"longer than a notice": func(c *municipality.Closure) { c.Ja, c.En = strings.Repeat("止", 201), "closed" },
		"broken UTF-8":         func(c *municipality.Closure) { c.Ja, c.En = "\xff", "closed" },
	} {
		t.Run(name, func(t *testing.T) {
			c := municipality.Closure{Reason: municipality.Suspension, From: now}
			spoil(&c)
			if _, err := s.AddClosure(t.Context(), "hanako", c); !errors.Is(err, ErrClosure) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := s.AddClosure(t.Context(), "", municipality.Closure{Reason: municipality.Suspension, From: now}); !errors.Is(err, ErrActor) {
		t.Errorf("nobody did it: %v", err)
	}
	if list, err := s.Closures(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("%v %v", list, err)
	}
}
