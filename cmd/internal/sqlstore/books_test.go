// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/kiosk"
)

// noon of a day in Japan whose UTC date is the same.
var noon = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)

func entry(id string) kiosk.Entry {
	return kiosk.Entry{Transaction: id, Step: 1, At: noon, PreparedAt: noon, Terminal: "t-1", Store: "s-1", Operator: "mart",
		Municipality: "472051", Kind: cert.Domestic, Copies: 2, FeeYen: 120}
}

// TestNote: the highest step stays, whatever order it comes in and however
// often.
func TestNote(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s := open(t, c)
		one, two, three := entry("a"), entry("a"), entry("a")
		two.Step, two.EscrowYen, two.Released = 2, 240, true
		three.Step, three.EscrowYen, three.Released, three.Printed, three.Settled, three.CapturedYen, three.Kind, three.Jams = 3, 240, true, 2, true, 240, cert.Overseas, 1
		three.At, three.PreparedAt = noon.Add(1500*time.Microsecond), noon.Add(-time.Microsecond)
		for _, e := range []kiosk.Entry{two, one, three, two, three, one} {
			if err := s.Note(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		var got []kiosk.Entry
		if err := s.entries(t.Context(), noon.Add(-time.Hour), noon, func(e kiosk.Entry) { got = append(got, e) }); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0] != three {
			t.Errorf("got %+v\nwant %+v", got, three)
		}
		three.Printed = 1 // the same step again, by the replica that took over
		if err := s.Note(t.Context(), three); err != nil {
			t.Fatal(err)
		}
		if b, err := s.Daily(t.Context(), cert.Date{Year: 2026, Month: 4, Day: 1}); err != nil || b.Total.Printed != 1 {
			t.Errorf("%+v, %v", b, err)
		}
	})
}

// TestNoteOutlastsTheProgram: what was noted is there when the file is opened
// again without having been closed.
func TestNoteOutlastsTheProgram(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		if c.DSN == Memory {
			return // is gone by its nature
		}
		if err := open(t, c).Note(t.Context(), entry("a")); err != nil {
			t.Fatal(err)
		}
		if b, err := open(t, c).Daily(t.Context(), cert.Date{Year: 2026, Month: 4, Day: 1}); err != nil || b.Total.Prepared != 1 {
			t.Errorf("%+v %v", b, err)
		}
	})
}

// TestDaily reads one day's reconciliation as those do who settle by it.
func TestDaily(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		c.Now = func() time.Time { return noon.Add(12 * time.Hour) }
		s := open(t, c)
		sound, jammed, open, gone, before, late := entry("sound"), entry("jammed"), entry("open"), entry("gone"), entry("before"), entry("late")
		sound.EscrowYen, sound.Released, sound.Printed, sound.Settled, sound.CapturedYen = 300, true, 2, true, 240
		sound.ReturnedYen = 60 // change
		jammed.EscrowYen, jammed.Released, jammed.Printed, jammed.Jams, jammed.Settled, jammed.CapturedYen, jammed.ReturnedYen = 240, true, 1, 3, true, 120, 120
		open.EscrowYen, open.Released, open.Municipality = 240, true, "131016"
		before.Voided, before.EscrowYen, before.Settled, before.ReturnedYen = true, 100, true, 100
		late.PreparedAt = c.Now().Add(-Overdue)
		first, last := entry("first"), entry("tomorrow")
		first.PreparedAt, last.PreparedAt = time.Date(2026, 3, 31, 15, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 15, 0, 0, 0, time.UTC)
		first.Terminal, first.Voided = "t-0", true
		for _, e := range []kiosk.Entry{sound, jammed, open, gone, before, late, first, last} {
			if err := s.Note(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		b, err := s.Daily(t.Context(), cert.Date{Year: 2026, Month: 4, Day: 1})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := b.WriteDaily(&text); err != nil {
			t.Fatal(err)
		}
		want := "day,municipality,operator,store,terminal,prepared,released,voided,abandoned,pending,copies,sheets_printed,sheets_unprinted,jams,refunded,fee_yen,escrow_yen,captured_yen,returned_yen,open,open_yen,difference_yen\r\n" +
			"2026-04-01,131016,mart,s-1,t-1,1,1,0,0,0,2,0,2,0,0,0,240,0,0,1,240,0\r\n" +
			"2026-04-01,472051,mart,s-1,t-0,1,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0\r\n" +
			"2026-04-01,472051,mart,s-1,t-1,5,2,1,1,1,4,3,1,3,1,360,640,360,280,0,0,0\r\n" +
			"2026-04-01,total,,,,7,3,2,1,1,6,3,3,3,1,360,880,360,280,1,240,0\r\n"
		if got := text.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
		if len(b.Findings) != 1 || b.Findings[0].Transaction != "open" || b.Findings[0].Why != "released, and never settled" {
			t.Errorf("findings: %+v", b.Findings)
		}
	})
}

// TestMonthly: the 30 days of a month and no other, without terminals.
func TestMonthly(t *testing.T) {
	s := open(t, Config{Driver: SQLite, DSN: Memory, Now: func() time.Time { return noon.AddDate(1, 0, 0) }})
	for i, at := range []time.Time{time.Date(2026, 3, 31, 14, 59, 59, 0, time.UTC), time.Date(2026, 3, 31, 15, 0, 0, 0, time.UTC), noon,
		time.Date(2026, 4, 30, 14, 59, 59, 999999000, time.UTC), time.Date(2026, 4, 30, 15, 0, 0, 0, time.UTC)} {
		e := entry(itoa(i))
		e.PreparedAt, e.Terminal, e.EscrowYen, e.Released, e.Printed, e.Settled, e.CapturedYen = at, "t-"+itoa(i), 240, true, 2, true, 240
		if i == 2 {
			e.Kind = cert.Overseas
		}
		if err := s.Note(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	b, err := s.Monthly(t.Context(), 2026, time.April)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := b.WriteMonthly(&text); err != nil {
		t.Fatal(err)
	}
	want := "month,municipality,operator,store,prepared,released,domestic,overseas,voided,abandoned,pending,settled,open,refunded,sheets_printed,jams,fee_yen,captured_yen,returned_yen,open_yen,difference_yen\r\n" +
		"2026-04,472051,mart,s-1,3,3,2,1,0,0,0,3,0,0,6,0,720,720,0,0,0\r\n2026-04,total,,,3,3,2,1,0,0,0,3,0,0,6,0,720,720,0,0,0\r\n"
	if got := text.String(); got != want || len(b.Findings) > 0 {
		t.Errorf("got\n%swant\n%s%+v", got, want, b.Findings)
	}
}

// TestAudit spoils one thing at a time.
func TestAudit(t *testing.T) {
	sound := entry("a")
	sound.EscrowYen, sound.Released, sound.Printed, sound.Settled, sound.CapturedYen = 240, true, 2, true, 240
	for want, spoil := range map[string]func(*kiosk.Entry){
		"":                                    func(*kiosk.Entry) {},
		"released, and voided":                func(e *kiosk.Entry) { e.Voided = true },
		"sheets confirmed that were not":      func(e *kiosk.Entry) { e.Printed, e.EscrowYen, e.CapturedYen = 3, 360, 360 },
		"sheets confirmed before the release": func(e *kiosk.Entry) { e.Released = false },
		"an amount below zero":                func(e *kiosk.Entry) { e.Jams = -1 },
		"released before the fee was in":      func(e *kiosk.Entry) { e.EscrowYen, e.Printed, e.CapturedYen = 120, 1, 120 },
		"kept and returned is not":            func(e *kiosk.Entry) { e.ReturnedYen = 10 },
		"kept is not the fee of":              func(e *kiosk.Entry) { e.CapturedYen, e.ReturnedYen = 120, 120 },
		"kept or returned, and not settled":   func(e *kiosk.Entry) { e.Settled, e.PreparedAt = false, noon.Add(Overdue) },
		"released, and never settled":         func(e *kiosk.Entry) { e.Settled, e.CapturedYen = false, 0 },
		"coins put in, and not known": func(e *kiosk.Entry) {
			e.Released, e.Printed, e.Settled, e.CapturedYen, e.Voided = false, 0, false, 0, true
		},
	} {
		e := sound
		spoil(&e)
		why := audit(e, noon.Add(Overdue+time.Second))
		if want == "" && len(why) > 0 || want != "" && (len(why) != 1 || !strings.HasPrefix(why[0], want)) {
			t.Errorf("got %q, want %q", why, want)
		}
	}
	free := kiosk.Entry{Transaction: "free", PreparedAt: noon, Copies: 1, Released: true, Printed: 1}
	if why := audit(free, noon.Add(24*time.Hour)); len(why) > 0 {
		t.Errorf("where nothing is due: %q", why)
	}
}

// life is what one transaction goes through, step by step, as the centre
// notes it.
func life(r *rand.Rand, n int) (steps []kiosk.Entry) {
	e := entry(fmt.Sprintf("%026d", n))
	e.PreparedAt = noon.Add(time.Duration(r.IntN(3*24*60)) * time.Minute)
	e.Terminal, e.Store, e.Operator = "t-"+itoa(r.IntN(4)), "s-"+itoa(r.IntN(2)), []string{"mart", "shop"}[r.IntN(2)]
	e.Municipality = []cert.MunicipalityCode{"472051", "131016"}[r.IntN(2)]
	e.Kind, e.Copies, e.FeeYen = []cert.Kind{cert.Domestic, cert.Overseas}[r.IntN(2)], 1+r.IntN(5), []int{0, 120, 300}[r.IntN(3)]
	note := func() {
		e.Step, e.At = e.Step+1+r.IntN(3), e.At.Add(time.Second)
		steps = append(steps, e)
	}
	note()
	due := e.Copies * e.FeeYen
	if r.IntN(4) == 0 { // given up, perhaps with coins in
		if e.FeeYen > 0 && r.IntN(2) == 0 {
			e.EscrowYen = r.IntN(due + 1)
			note()
		}
		e.Voided = true
		note()
		e.Settled, e.ReturnedYen = true, e.EscrowYen
		note()
		return steps
	}
	if e.FeeYen > 0 {
		e.EscrowYen = due + r.IntN(3)*10
	}
	e.Released = true
	note()
	for e.Printed < e.Copies {
		if r.IntN(4) == 0 {
			e.Jams++
			note()
			if r.IntN(3) == 0 {
				break // for good
			}
		}
		e.Printed++
		note()
	}
	e.Settled, e.CapturedYen = true, e.Printed*e.FeeYen
	e.ReturnedYen = e.EscrowYen - e.CapturedYen
	note()
	return steps
}

// deliver is what arrives of it when replicas and terminals die at any moment:
// a beginning of it, some of that twice, in any order.
func deliver(r *rand.Rand, steps []kiosk.Entry) []kiosk.Entry {
	arrived := slices.Clone(steps[:1+r.IntN(len(steps))])
	for range r.IntN(4) {
		arrived = append(arrived, arrived[r.IntN(len(arrived))])
	}
	r.Shuffle(len(arrived), func(i, j int) { arrived[i], arrived[j] = arrived[j], arrived[i] })
	return arrived
}

// TestBooksAddUp: whatever died when, the books are what the last step of each
// transaction says, every line adds up in itself, and days add up to months.
func TestBooksAddUp(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		for seed := range uint64(4) {
			r := rand.New(rand.NewPCG(seed, 7)) // #nosec G404 -- a test that can be repeated
			name := c
			name.Now = func() time.Time { return noon.Add(36 * time.Hour) }
			if seed > 0 && c.Driver == Postgres {
				name = server.database(t)
				name.Now = func() time.Time { return noon.Add(36 * time.Hour) }
			} else if seed > 0 && c.DSN != Memory {
				name.DSN += itoa(int(seed))
			}
			s := open(t, name)
			last := map[string]kiosk.Entry{}
			var events []kiosk.Entry
			for n := range 60 {
				events = append(events, deliver(r, life(r, n))...)
			}
			r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			for _, e := range events {
				if err := s.Note(t.Context(), e); err != nil {
					t.Fatal(err)
				}
				if e.Step >= last[e.Transaction].Step {
					last[e.Transaction] = e
				}
			}
			addsUp(t, s, last)
		}
	})
}

func addsUp(t *testing.T, s *Store, last map[string]kiosk.Entry) {
	t.Helper()
	month, err := s.Monthly(t.Context(), 2026, time.April)
	if err != nil {
		t.Fatal(err)
	}
	var want, days Line
	for _, e := range last {
		want.add(lineOf(e, s.now()))
	}
	if month.Total != want {
		t.Errorf("the month is\n%+v, not\n%+v", month.Total, want)
	}
	lines := slices.Clone(month.Lines)
	for day := 1; day <= 30; day++ {
		b, err := s.Daily(t.Context(), cert.Date{Year: 2026, Month: 4, Day: day})
		if err != nil {
			t.Fatal(err)
		}
		days.add(b.Total)
		lines = append(lines, b.Lines...)
	}
	if days != month.Total {
		t.Errorf("days are\n%+v, the month\n%+v", days, month.Total)
	}
	for _, l := range append(lines, month.Total) {
		if l.Prepared != l.Released+l.Voided+l.Abandoned+l.Pending || l.Released != l.Settled+l.Open || l.Released != l.Domestic+l.Overseas ||
			l.Copies != l.Printed+l.Unprinted || l.EscrowYen != l.CapturedYen+l.ReturnedYen+l.OpenYen || l.DifferenceYen != l.CapturedYen-l.FeeYen {
			t.Errorf("does not add up: %+v", l)
		}
	}
	// What was cut short is told, once nothing can come any more; nothing else is.
	told := map[string]bool{}
	for _, f := range month.Findings {
		told[f.Transaction] = true
		if f.Why != "released, and never settled" && f.Why != "coins put in, and not known to have been returned" {
			t.Errorf("%s: %s", f.Transaction, f.Why)
		}
	}
	wantTold := map[string]bool{}
	for id, e := range last {
		if !e.Settled && overdue(e, s.now()) && (e.EscrowYen > 0 || e.Released && e.FeeYen > 0) {
			wantTold[id] = true
		}
	}
	if !maps.Equal(told, wantTold) {
		t.Errorf("told of %d, want %d", len(told), len(wantTold))
	}
}

// TestReportsArePersonless reads every value of a report: each is a column
// that is known, and no field of an entry holds anything else.
//
// Rows: C1
func TestReportsArePersonless(t *testing.T) {
	known := []string{"Transaction", "Step", "At", "PreparedAt", "Terminal", "Store", "Operator", "Municipality", "Kind", "Copies", "FeeYen", "EscrowYen",
		"Released", "Printed", "Jams", "Voided", "Settled", "CapturedYen", "ReturnedYen"}
	of := reflect.TypeFor[kiosk.Entry]()
	for i := range of.NumField() {
		if !slices.Contains(known, of.Field(i).Name) {
			t.Errorf("%s: does it name a person? Add it here if not", of.Field(i).Name)
		}
	}
	s := open(t, Config{Driver: SQLite, DSN: Memory})
	if err := s.Note(t.Context(), entry("transactionoftwentysixchars")); err != nil {
		t.Fatal(err)
	}
	b, err := s.Daily(t.Context(), cert.Date{Year: 2026, Month: 4, Day: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(*strings.Builder) error{func(w *strings.Builder) error { return b.WriteDaily(w) }, func(w *strings.Builder) error { return b.WriteMonthly(w) }} {
		var text strings.Builder
		if err := write(&text); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(strings.NewReader(text.String())).ReadAll()
		if err != nil || len(records) != 3 {
			t.Fatalf("%q %v", records, err)
		}
		for i, v := range records[1] {
			if strings.Trim(v, "0123456789") != "" && !slices.Contains([]string{"2026-04-01", "mart", "s-1", "t-1"}, v) {
				t.Errorf("column %s has %q", records[0][i], v)
			}
		}
	}
}
