// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"kofu/cert"
	"kofu/kiosk"
)

// Overdue is how long after its certificate was sealed a transaction can still
// be at work: a paper can be paid for ten minutes, and printed for thirty more.
const Overdue = 40 * time.Minute

// Party is whose line of the books it is. Terminal is empty in those of a month.
type Party struct {
	Municipality cert.MunicipalityCode
	Operator     string
	Store        string
	Terminal     string
}

// Line sums up transactions.
type Line struct {
	Party

	Prepared  int // certificates sealed: Released + Voided + Abandoned + Pending
	Released  int // confirmed at the VRS, the key given out: Settled + Open
	Domestic  int // of the released
	Overseas  int // of the released
	Voided    int // given up before the release
	Abandoned int // neither, for longer than [Overdue]
	Pending   int // neither, yet
	Settled   int // released, and what became of the coins is known
	Open      int // released, and it is not
	Refunded  int // settled with a sheet that was paid for and never came out

	Copies    int // of the released: Printed + Unprinted
	Printed   int // sheets confirmed
	Unprinted int // sheets not confirmed
	Jams      int

	FeeYen        int // due for the sheets confirmed
	EscrowYen     int // put in
	CapturedYen   int // kept, as confirmed
	ReturnedYen   int // given back, as confirmed
	OpenYen       int // put in, where nothing is confirmed yet
	DifferenceYen int // CapturedYen - FeeYen
}

func (l *Line) add(m Line) {
	l.Prepared, l.Released, l.Domestic, l.Overseas = l.Prepared+m.Prepared, l.Released+m.Released, l.Domestic+m.Domestic, l.Overseas+m.Overseas
	l.Voided, l.Abandoned, l.Pending = l.Voided+m.Voided, l.Abandoned+m.Abandoned, l.Pending+m.Pending
	l.Settled, l.Open, l.Refunded = l.Settled+m.Settled, l.Open+m.Open, l.Refunded+m.Refunded
	l.Copies, l.Printed, l.Unprinted, l.Jams = l.Copies+m.Copies, l.Printed+m.Printed, l.Unprinted+m.Unprinted, l.Jams+m.Jams
	l.FeeYen, l.EscrowYen, l.CapturedYen = l.FeeYen+m.FeeYen, l.EscrowYen+m.EscrowYen, l.CapturedYen+m.CapturedYen
	l.ReturnedYen, l.OpenYen, l.DifferenceYen = l.ReturnedYen+m.ReturnedYen, l.OpenYen+m.OpenYen, l.DifferenceYen+m.DifferenceYen
}

// lineOf is the line of one transaction, as it looks at now.
func lineOf(e kiosk.Entry, now time.Time) Line {
	l := Line{Party: Party{e.Municipality, e.Operator, e.Store, e.Terminal}, Prepared: 1, EscrowYen: e.EscrowYen}
	switch {
	case e.Released:
		l.Released, l.Jams = 1, e.Jams
		l.Copies, l.Printed, l.Unprinted = e.Copies, e.Printed, e.Copies-e.Printed
		l.FeeYen = e.Printed * e.FeeYen
		if e.Kind == cert.Overseas {
			l.Overseas = 1
		} else {
			l.Domestic = 1
		}
	case e.Voided:
		l.Voided = 1
	case overdue(e, now):
		l.Abandoned = 1
	default:
		l.Pending = 1
	}
	if settled(e) {
		l.CapturedYen, l.ReturnedYen = e.CapturedYen, e.ReturnedYen
	} else {
		l.OpenYen = e.EscrowYen
	}
	if e.Released && settled(e) {
		l.Settled = 1
		if e.FeeYen > 0 && l.Unprinted > 0 {
			l.Refunded = 1
		}
	} else if e.Released {
		l.Open = 1
	}
	l.DifferenceYen = l.CapturedYen - l.FeeYen
	return l
}

// settled reports whether it is known what became of the coins. Where nothing
// was due and nothing put in, it is.
func settled(e kiosk.Entry) bool { return e.Settled || e.FeeYen == 0 && e.EscrowYen == 0 }

func overdue(e kiosk.Entry, now time.Time) bool { return now.Sub(e.PreparedAt) > Overdue }

// Finding is a transaction that does not add up, with what about it.
type Finding struct {
	Transaction string
	Party
	Why string
}

// Books are the transactions of a day or a month.
type Books struct {
	Period   string // 2006-01-02 or 2006-01: the days, in Japan, of the sealing
	Lines    []Line // ordered by party
	Total    Line
	Findings []Finding // none when everything adds up
}

// Daily returns the books of a day in Japan, one line a terminal and
// municipality.
func (s *Store) Daily(ctx context.Context, day cert.Date) (*Books, error) {
	from := time.Date(day.Year, time.Month(day.Month), day.Day, 0, 0, 0, 0, cert.JST())
	return s.books(ctx, from.Format(time.DateOnly), from, from.AddDate(0, 0, 1), func(p Party) Party { return p })
}

// Monthly returns the books of a month in Japan, one line a municipality,
// operator and store.
func (s *Store) Monthly(ctx context.Context, year int, month time.Month) (*Books, error) {
	from := time.Date(year, month, 1, 0, 0, 0, 0, cert.JST())
	return s.books(ctx, from.Format("2006-01"), from, from.AddDate(0, 1, 0), func(p Party) Party {
		p.Terminal = ""
		return p
	})
}

func (s *Store) books(ctx context.Context, period string, from, until time.Time, whose func(Party) Party) (*Books, error) {
	b := &Books{Period: period}
	sums := map[Party]*Line{}
	now := s.now()
	err := s.entries(ctx, from, until, func(e kiosk.Entry) {
		l := lineOf(e, now)
		l.Party = whose(l.Party)
		if sums[l.Party] == nil {
			sums[l.Party] = &Line{Party: l.Party}
		}
		sums[l.Party].add(l)
		b.Total.add(l)
		for _, why := range audit(e, now) {
			b.Findings = append(b.Findings, Finding{e.Transaction, Party{e.Municipality, e.Operator, e.Store, e.Terminal}, why})
		}
	})
	if err != nil {
		return nil, err
	}
	for _, p := range slices.SortedFunc(maps.Keys(sums), compare) {
		b.Lines = append(b.Lines, *sums[p])
	}
	return b, nil
}

func compare(a, b Party) int {
	return cmp.Or(cmp.Compare(a.Municipality, b.Municipality), cmp.Compare(a.Operator, b.Operator), cmp.Compare(a.Store, b.Store), cmp.Compare(a.Terminal, b.Terminal))
}

// audit says what of one transaction does not add up at now. What is still at
// work is left alone where it can still come right.
func audit(e kiosk.Entry, now time.Time) (why []string) {
	for _, rule := range []struct {
		broken bool
		why    string
	}{
		{e.Released && e.Voided, "released, and voided"},
		{e.Copies < 1 || e.Printed < 0 || e.Printed > e.Copies, "sheets confirmed that were not ordered"},
		{e.Printed > 0 && !e.Released, "sheets confirmed before the release"},
		{min(e.FeeYen, e.EscrowYen, e.CapturedYen, e.ReturnedYen, e.Jams) < 0, "an amount below zero"},
		{e.Released && e.EscrowYen < e.Copies*e.FeeYen, "released before the fee was in"},
		{e.Settled && e.CapturedYen+e.ReturnedYen != e.EscrowYen, "kept and returned is not what was put in"},
		{e.Settled && e.CapturedYen != e.Printed*e.FeeYen, "kept is not the fee of the sheets confirmed"},
		{!e.Settled && (e.CapturedYen != 0 || e.ReturnedYen != 0), "kept or returned, and not settled"},
		{!settled(e) && e.Released && overdue(e, now), "released, and never settled"},
		{!settled(e) && !e.Released && e.EscrowYen > 0 && overdue(e, now), "coins put in, and not known to have been returned"},
	} {
		if rule.broken {
			why = append(why, rule.why)
		}
	}
	return why
}
