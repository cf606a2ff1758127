// SPDX-License-Identifier: Apache-2.0

package municipality_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/municipality"
)

// book is a store of closures that can be written to, and can fail.
type book struct {
	list []municipality.Closure
	err  error
}

func (b *book) Closures(ctx context.Context) ([]municipality.Closure, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return b.list, b.err
}

// Rows: D2
func TestClosureShutsWhatItNamesWhileItLasts(t *testing.T) {
	r := parsed(t, withHours)
	from, until := at(t, "2026-11-10 10:00:00"), at(t, "2026-11-10 12:00:00")
	during, before, last, after := from, from.Add(-time.Nanosecond), until.Add(-time.Nanosecond), until
	for _, tt := range []struct {
		name  string
		c     municipality.Closure
		code  cert.MunicipalityCode
		ch    cert.Channel
		now   time.Time
		shut  bool
		whole bool // the whole door is shut
	}{
		{"all, all channels", municipality.Closure{}, "472051", cert.Kiosk, during, true, true},
		{"all, this channel", municipality.Closure{Channel: cert.Kiosk}, "011002", cert.Kiosk, during, true, true},
		{"all, another channel", municipality.Closure{Channel: cert.App}, "472051", cert.Kiosk, during, false, false},
		{"this one, all channels", municipality.Closure{Municipality: "472051"}, "472051", cert.App, during, true, false},
		{"this one, this channel", municipality.Closure{Municipality: "472051", Channel: cert.App}, "472051", cert.App, during, true, false},
		{"this one, another channel", municipality.Closure{Municipality: "472051", Channel: cert.App}, "472051", cert.Kiosk, during, false, false},
		{"another one", municipality.Closure{Municipality: "011002"}, "472051", cert.Kiosk, during, false, false},
		{"just before", municipality.Closure{}, "472051", cert.Kiosk, before, false, false},
		{"its last moment", municipality.Closure{}, "472051", cert.Kiosk, last, true, true},
		{"over", municipality.Closure{}, "472051", cert.Kiosk, after, false, false},
	} {
		for reason, want := range map[municipality.Reason]error{municipality.Suspension: municipality.ErrSuspended, municipality.Maintenance: municipality.ErrMaintenance} {
			t.Run(tt.name+", "+string(reason), func(t *testing.T) {
				c := tt.c
				c.ID, c.Reason, c.From, c.Until = "id", reason, from, until
				d := municipality.NewDirectory(r, &book{list: []municipality.Closure{c}})
				m, err := d.Admit(t.Context(), tt.code, tt.ch, tt.now)
				wantClosed(t, "Admit", err, tt.shut, want)
				if (err == nil) != (m.Code == tt.code) {
					t.Errorf("Admit: %q with %v", m.Code, err)
				}
				wantClosed(t, "Open", d.Open(t.Context(), tt.ch, tt.now), tt.whole, want)
				list, err := d.List(t.Context(), tt.ch, tt.now)
				listed := slices.ContainsFunc(list, func(m municipality.Municipality) bool { return m.Code == tt.code })
				if err != nil || listed == tt.shut {
					t.Errorf("listed: %v, %v", listed, err)
				}
			})
		}
	}
}

func wantClosed(t *testing.T, what string, err error, shut bool, want error) {
	t.Helper()
	if !shut {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	var closed *municipality.ClosedError
	if !errors.Is(err, want) || !errors.As(err, &closed) || closed.Closure.ID != "id" || err.Error() != want.Error() {
		t.Errorf("%s: %v, want %v with its closure", what, err, want)
	}
}

// TestClosureHoldsAtOnce: nothing is remembered between two questions, and an
// open end lasts until it is lifted.
//
// Rows: D2
func TestClosureHoldsAtOnce(t *testing.T) {
	b := &book{}
	d := municipality.NewDirectory(parsed(t, withHours), b)
	now := at(t, "2026-11-10 10:00:00")
	for _, step := range []struct {
		list []municipality.Closure
		want error
	}{
		{nil, nil},
		{[]municipality.Closure{{Reason: municipality.Suspension, From: now}}, municipality.ErrSuspended},
		{nil, nil},
		{[]municipality.Closure{{Reason: municipality.Maintenance, From: now.AddDate(-1, 0, 0)}}, municipality.ErrMaintenance},
		{[]municipality.Closure{{Reason: municipality.Maintenance, From: now.AddDate(-1, 0, 0), Until: now}}, nil},
	} {
		b.list = step.list
		if _, err := d.Admit(t.Context(), "472051", cert.Kiosk, now); !errors.Is(err, step.want) {
			t.Errorf("%v: %v, want %v", step.list, err, step.want)
		}
		list, err := d.List(t.Context(), cert.Kiosk, now)
		if err != nil || (len(list) == 2) != (step.want == nil) {
			t.Errorf("%v: %d listed, %v", step.list, len(list), err)
		}
	}
	if len(d.All()) != 2 {
		t.Error("a closure took a municipality out of the table")
	}
}

// TestClosuresUnknownIsNotOpen: a store that does not answer shuts.
//
// Rows: D2
func TestClosuresUnknownIsNotOpen(t *testing.T) {
	r, now := parsed(t, withHours), at(t, "2026-11-10 10:00:00")
	down := errors.New("store is down")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		b     *book
		cause error
	}{
		"down":                    {t.Context(), &book{err: down}, down},
		"down with half a list":   {t.Context(), &book{list: []municipality.Closure{{From: now, Reason: municipality.Suspension}}, err: down}, down},
		"caller has gone already": {cancelled, &book{}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			d := municipality.NewDirectory(r, c.b)
			m, admit := d.Admit(c.ctx, "472051", cert.Kiosk, now)
			list, listing := d.List(c.ctx, cert.Kiosk, now)
			soon, announced := d.Announced(c.ctx, cert.Kiosk, now, time.Hour)
			opens, reopens := d.Reopens(c.ctx, cert.Kiosk, now)
			for what, err := range map[string]error{"Admit": admit, "List": listing, "Announced": announced, "Reopens": reopens, "Open": d.Open(c.ctx, cert.Kiosk, now)} {
				if !errors.Is(err, municipality.ErrClosures) || !errors.Is(err, c.cause) || errors.Is(err, municipality.ErrSuspended) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if m.Code != "" || list != nil || soon != nil || !opens.IsZero() {
				t.Errorf("answered %v, %v, %v, %v", m, list, soon, opens)
			}
		})
	}
	// What the table refuses by itself needs no store.
	d := municipality.NewDirectory(r, &book{err: down})
	if _, err := d.Admit(t.Context(), "131016", cert.Kiosk, now); !errors.Is(err, municipality.ErrUnknown) {
		t.Errorf("not in the table: %v", err)
	}
	if err := d.Open(t.Context(), cert.Kiosk, at(t, "2026-11-10 03:00:00")); !errors.Is(err, municipality.ErrClosed) {
		t.Errorf("out of hours: %v", err)
	}
}

// TestClosureNeverOpens: it is beside the table, never instead of it.
//
// Rows: D2
func TestClosureNeverOpens(t *testing.T) {
	night := at(t, "2026-11-10 03:00:00")
	closures := []municipality.Closure{{Reason: municipality.Suspension, From: night.AddDate(0, 0, -2), Until: night.AddDate(0, 0, -1)}}
	for name, d := range map[string]*municipality.Directory{
		"no store":     municipality.NewDirectory(parsed(t, withHours), nil),
		"closure over": municipality.NewDirectory(parsed(t, withHours), &book{list: closures}),
	} {
		if _, err := d.Admit(t.Context(), "472051", cert.Kiosk, night); !errors.Is(err, municipality.ErrClosed) {
			t.Errorf("%s: Admit: %v", name, err)
		}
		if err := d.Open(t.Context(), cert.Kiosk, night); !errors.Is(err, municipality.ErrClosed) {
			t.Errorf("%s: Open: %v", name, err)
		}
		if list, err := d.List(t.Context(), cert.Kiosk, night); err != nil || len(list) != 0 {
			t.Errorf("%s: List: %v, %v", name, list, err)
		}
		if _, err := d.Admit(t.Context(), "472051", cert.Counter, night); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnnouncedTellsWhatBeginsSoonInOrder(t *testing.T) {
	now := at(t, "2026-11-10 10:00:00")
	in := func(id string, d time.Duration, ch cert.Channel) municipality.Closure {
		return municipality.Closure{ID: id, Channel: ch, Reason: municipality.Maintenance, From: now.Add(d)}
	}
	stored := []municipality.Closure{
		in("late", 72*time.Hour, ""), in("now", 0, ""), in("past", -time.Hour, ""), in("second", 48*time.Hour, cert.Kiosk),
		in("elsewhere", time.Hour, cert.App), in("first", time.Nanosecond, ""), in("too late", 72*time.Hour+1, ""),
	}
	b := &book{list: slices.Clone(stored)}
	got, err := municipality.NewDirectory(parsed(t, withHours), b).Announced(t.Context(), cert.Kiosk, now, 72*time.Hour)
	var ids []string
	for _, c := range got {
		ids = append(ids, c.ID)
	}
	if want := []string{"first", "second", "late"}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("got %q, %v; want %q", ids, err, want)
	}
	if !slices.Equal(b.list, stored) {
		t.Error("the store's own list was changed")
	}
}

func TestReopensByHoursClosedDaysAndClosures(t *testing.T) {
	shut := func(ch cert.Channel, code cert.MunicipalityCode, from, until string) municipality.Closure {
		c := municipality.Closure{Channel: ch, Municipality: code, Reason: municipality.Maintenance, From: at(t, from)}
		if until != "" {
			c.Until = at(t, until)
		}
		return c
	}
	morning := shut(cert.Kiosk, "", "2026-12-30 05:00:00", "2026-12-30 10:00:00")
	evening := shut("", "", "2026-12-30 10:00:00", "2026-12-30 23:00:00")
	for _, tt := range []struct {
		name      string
		list      []municipality.Closure
		now, want string
	}{
		{"open", nil, "2026-12-28 12:00:00", "2026-12-28 12:00:00"},
		{"by the hours", nil, "2026-12-28 23:00:00", "2026-12-30 06:30:00"},
		{"then closed for maintenance", []municipality.Closure{morning}, "2026-12-28 23:00:00", "2026-12-30 10:00:00"},
		{"then for the rest of the day, and closed days", []municipality.Closure{evening, morning}, "2026-12-28 23:00:00", "2027-01-02 06:30:00"},
		{"not announced for this door", []municipality.Closure{shut(cert.App, "", "2026-12-01 00:00:00", "")}, "2026-12-28 03:00:00", "2026-12-28 06:30:00"},
		{"one municipality only", []municipality.Closure{shut("", "472051", "2026-12-01 00:00:00", "")}, "2026-12-28 03:00:00", "2026-12-28 06:30:00"},
		{"after the opening", []municipality.Closure{morning}, "2026-12-28 03:00:00", "2026-12-28 06:30:00"},
		{"nobody can say", []municipality.Closure{morning, shut("", "", "2026-12-30 09:00:00", "")}, "2026-12-28 23:00:00", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := municipality.NewDirectory(parsed(t, withHours), &book{list: tt.list})
			got, err := d.Reopens(t.Context(), cert.Kiosk, at(t, tt.now))
			var want time.Time
			if tt.want != "" {
				want = at(t, tt.want)
				if err := d.Open(t.Context(), cert.Kiosk, got); err != nil {
					t.Errorf("Open then: %v", err)
				}
			}
			if err != nil || !got.Equal(want) {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		})
	}
}
