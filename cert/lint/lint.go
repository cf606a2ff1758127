// SPDX-License-Identifier: Apache-2.0

// Package lint holds a record against what can be so, before anything is
// signed. In December 2021 a hundred thousand records of the VRS had to be
// corrected and four million checked: second doses before first ones, lots of
// other products, days that a terminal had misread. A certificate makes such a
// thing a statement of the municipality.
//
// Rules and their words are the table of package cert; this package finds
// their breaches, and municipalities set what becomes of them. Rules see doses
// that were given, of other municipalities too: what contradicts a dose that is
// certified need not be certified itself. Nothing found holds anything of the
// record but the number of a dose.
package lint

import (
	"cmp"
	"slices"

	"kofu/cert"
	"kofu/cert/vaccine"
)

// Input is what is looked at.
type Input struct {
	cert.Redacted
	Record   *cert.Record
	Name     cert.Private   // what the certificate will say; at a card's door the card's
	Kana     cert.Private   // the reading in the record, where a door is told it; may be empty
	Passport *cert.Passport // overseas only
	Today    cert.Date      // in Japan
}

// Check returns what looks wrong, in the order of the doses after what lies
// with none; nothing for a record in order.
func Check(in Input) []cert.Finding {
	l := look{Input: in}
	l.person()
	l.passport()
	l.doses()
	return l.found
}

// look collects findings.
type look struct {
	Input
	found []cert.Finding
}

// add notes a breach of the rule of a code.
func (l *look) add(bad bool, code string, dose int) bool {
	if bad {
		l.found = append(l.found, cert.Finding{Code: code, Dose: dose})
	}
	return bad
}

// given is a dose with what is known of its product.
type given struct {
	*cert.Dose
	terms vaccine.Terms
	known bool
}

func (l *look) doses() {
	var room [12]given
	all := room[:0]
	for i := range l.Record.Doses {
		if d := &l.Record.Doses[i]; d.Administered {
			terms, err := vaccine.Known(*d)
			l.product(d, err)
			all = append(all, given{d, terms, err == nil})
		}
	}
	slices.SortStableFunc(all, func(a, b given) int { return cmp.Compare(a.Number, b.Number) })
	for i, d := range all {
		l.number(d.Dose)
		l.lot(d)
		l.place(d.Dose)
		dated := l.date(d.Dose)
		if dated && d.known {
			l.use(d)
			l.age(d)
		}
		if i > 0 {
			l.pair(all[i-1], d)
		}
		l.series(all, i)
	}
	if len(l.found) > 1 {
		slices.SortStableFunc(l.found, func(a, b cert.Finding) int { return cmp.Compare(a.Dose, b.Dose) })
	}
}

// number holds the rules on 接種回 alone. A number that is not there is one
// that no row has, given or not.
func (l *look) number(d *cert.Dose) {
	n := d.Number
	if l.add(n < 1, cert.FindingDoseNumber, n) || l.add(n > 20, cert.FindingDoseNumberHigh, n) || n == 1 {
		return
	}
	before, first, lowest := false, false, n
	for _, o := range l.Record.Doses {
		before, first, lowest = before || o.Number == n-1, first || o.Number == 1, min(lowest, o.Number)
	}
	if lowest == n {
		l.add(!first, cert.FindingDoseFirstMissing, n)
		return
	}
	l.add(!before, cert.FindingDoseGap, n)
}

// date holds the rules on the day, and reports whether there is one to hold
// others against.
func (l *look) date(d *cert.Dose) bool {
	if l.add(!d.Date.Full(), cert.FindingDoseDateUnknown, d.Number) {
		return false
	}
	birth := l.Record.Holder.BirthDate
	first, last := vaccine.Programme()
	switch {
	case l.add(d.Date.Compare(l.Today) > 0, cert.FindingDoseFuture, d.Number):
	case l.add(d.Date.Compare(birth) < 0, cert.FindingDoseBeforeBirth, d.Number):
	case l.add(d.Date.Compare(first) < 0, cert.FindingDoseBeforeProgramme, d.Number):
	default:
		l.add(d.Date.Compare(last) > 0, cert.FindingDoseAfterProgramme, d.Number)
		return true
	}
	return false
}

// use holds the day against the time in which the product was used.
func (l *look) use(d given) {
	if !l.add(d.Date.Compare(d.terms.From) < 0, cert.FindingDoseBeforeProduct, d.Number) {
		l.add(!d.terms.Until.IsZero() && d.Date.Compare(d.terms.Until) > 0, cert.FindingDoseAfterProduct, d.Number)
	}
}

// age holds the person's age against the product's. Where the birth date has
// unknown parts only what is wrong for every possible day is found; a year is
// attained on the day before the birthday (年齢計算ニ関スル法律).
func (l *look) age(d given) {
	birth := l.Record.Holder.BirthDate
	if birth.IsZero() {
		return
	}
	oldest := months(cert.Date{Year: birth.Year, Month: max(birth.Month, 1), Day: max(birth.Day, 1)}, d.Date)
	latest := birth
	if birth.Month == 0 {
		latest.Month = 12
	}
	if birth.Day == 0 {
		latest.Day = 31
	}
	youngest := months(latest, d.Date)
	l.add(oldest < d.terms.MinMonths, cert.FindingDoseAgeYoung, d.Number)
	l.add(d.terms.MaxYears > 0 && youngest >= (d.terms.MaxYears+1)*12, cert.FindingDoseAgeOld, d.Number)
}

// months are completed from birth to the day after d.
func months(birth, d cert.Date) int {
	n := (d.Year-birth.Year)*12 + d.Month - birth.Month
	if d.Day+1 < birth.Day {
		n--
	}
	return n
}

// pair holds a dose against the one before it.
func (l *look) pair(a, b given) {
	switch {
	case l.add(a.Number == b.Number, cert.FindingDoseDuplicate, b.Number):
		return
	case !a.Date.Full() || !b.Date.Full():
		return
	case l.add(a.Date == b.Date, cert.FindingDoseSameDay, b.Number):
		return
	case l.add(b.Date.Compare(a.Date) < 0, cert.FindingDoseOrder, b.Number):
		return
	case !b.known || a.Number != b.Number-1: // one between may be missing
		return
	}
	between := dayNumber(b.Date) - dayNumber(a.Date)
	if !l.add(between < b.terms.MinDays, cert.FindingDoseIntervalShort, b.Number) {
		l.add(b.Number > b.terms.Series && between < 84, cert.FindingDoseIntervalBooster, b.Number)
	}
}

// dayNumber counts days from some day on (Gregorian), for differences.
func dayNumber(d cert.Date) int {
	y, m := d.Year, d.Month
	if m <= 2 {
		y, m = y-1, m+12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d.Day
}

// series holds a dose against all those before it.
func (l *look) series(all []given, i int) {
	d := all[i]
	l.add(d.known && d.terms.Booster && d.Number <= 2, cert.FindingDoseBoosterFirst, d.Number)
	for _, o := range all[:i] {
		same := d.known && o.known
		if l.add(same && d.Lot != "" && o.Lot == d.Lot && o.terms.Product != d.terms.Product, cert.FindingDoseLotProducts, d.Number) {
			return
		}
		if l.add(same && d.Number == 2 && o.Number == 1 && d.terms.Maker != o.terms.Maker, cert.FindingDoseMixedSeries, d.Number) {
			return
		}
	}
}
