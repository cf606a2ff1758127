// SPDX-License-Identifier: Apache-2.0

package passport

import "kofu/cert"

// birthDate reads YYMMDD. The century is the latest that does not put the
// date after today.
func birthDate(s string, today cert.Date) (cert.Date, bool) {
	year, yearKnown, ok1 := part(s[0:2])
	month, monthKnown, ok2 := part(s[2:4])
	day, dayKnown, ok3 := part(s[4:6])
	if !ok1 || !ok2 || !ok3 || month > 12 || day > 31 {
		return cert.Date{}, false
	}
	if !yearKnown {
		return cert.Date{}, true
	}
	d := cert.Date{Year: today.Year/100*100 + year}
	if monthKnown && month > 0 {
		d.Month = month
		if dayKnown {
			d.Day = day
		}
	}
	if d.Compare(today) > 0 {
		d.Year -= 100
	}
	return d, exists(d)
}

// expiryDate reads YYMMDD, all of it known, in the year nearest to today.
func expiryDate(s string, today cert.Date) (cert.Date, bool) {
	year, known1, _ := part(s[0:2])
	month, known2, _ := part(s[2:4])
	day, known3, _ := part(s[4:6])
	if !known1 || !known2 || !known3 {
		return cert.Date{}, false
	}
	d := cert.Date{Year: today.Year/100*100 + year, Month: month, Day: day}
	switch {
	case d.Year > today.Year+50:
		d.Year -= 100
	case d.Year <= today.Year-50:
		d.Year += 100
	}
	return d, d.Full() && exists(d)
}

// part reads two digits, or two fillers for what is not known.
func part(s string) (n int, known, ok bool) {
	if s == "<<" {
		return 0, false, true
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true, true
}

// exists asks the calendar.
func exists(d cert.Date) bool {
	got, err := cert.ParseDate(d.Compact())
	return err == nil && got == d
}

// AlignCentury sets the century of p's birth date by a birth date known from
// elsewhere, such as the card's, if the two-digit years are the same. The
// machine-readable zone of a person aged a hundred reads like an infant's.
func AlignCentury(p *cert.Passport, known cert.Date) {
	if p.BirthDate.Year > 0 && known.Year > 0 && p.BirthDate.Year%100 == known.Year%100 {
		d := p.BirthDate
		if d.Year = known.Year; exists(d) { // 29 February has come in one century and not in another
			p.BirthDate = d
		}
	}
}
