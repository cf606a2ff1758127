// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// JST is Japan Standard Time: dates on certificates are dates in Japan.
func JST() *time.Location { return time.FixedZone("JST", 9*60*60) }

// ErrDate is returned for text that is not a date.
var ErrDate = errors.New("cert: not a date")

// Date is a calendar date, Gregorian. Month or Day is 0 where a family
// register does not know it (不詳); a known day needs a known month.
type Date struct {
	Year, Month, Day int
}

// DateOf returns the date in Japan at t.
func DateOf(t time.Time) Date {
	y, m, d := t.In(JST()).Date()
	return Date{y, int(m), d}
}

// ParseDate reads YYYYMMDD or YYYY-MM-DD, with "00" for an unknown month or
// day, and FHIR's YYYY-MM and YYYY.
func ParseDate(s string) (Date, error) {
	var part [3]int
	digits, dashes := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			if digits == 8 {
				return Date{}, ErrDate
			}
			p := max(0, digits/2-1) // four digits of year, two of month, two of day
			part[p] = part[p]*10 + int(c-'0')
			digits++
		case c == '-' && (i == 4 || i == 7):
			dashes++
		default:
			return Date{}, ErrDate
		}
	}
	switch {
	case digits == 8 && (dashes == 0 || dashes == 2):
	case digits == 6 && dashes == 1, digits == 4 && dashes == 0:
	default:
		return Date{}, ErrDate
	}
	d := Date{part[0], part[1], part[2]}
	if !d.valid() {
		return Date{}, ErrDate
	}
	return d, nil
}

func (d Date) valid() bool {
	if d.Year < 1 || d.Month < 0 || d.Month > 12 || d.Day < 0 {
		return false
	}
	if d.Month == 0 {
		return d.Day == 0
	}
	if d.Day == 0 {
		return true
	}
	y, m, day := time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC).Date()
	return y == d.Year && int(m) == d.Month && day == d.Day
}

// Full reports whether year, month and day are all known.
func (d Date) Full() bool { return d.Year > 0 && d.Month > 0 && d.Day > 0 }

// IsZero reports whether d holds no date at all.
func (d Date) IsZero() bool { return d == Date{} }

// String returns the FHIR form: YYYY-MM-DD, YYYY-MM or YYYY; "" for no date.
func (d Date) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.Month == 0:
		return fmt.Sprintf("%04d", d.Year)
	case d.Day == 0:
		return fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Compact returns YYYYMMDD, "00" for an unknown part.
func (d Date) Compact() string { return fmt.Sprintf("%04d%02d%02d", d.Year, d.Month, d.Day) }

// Compare orders dates; an unknown part comes before every known one.
func (d Date) Compare(o Date) int {
	return cmp.Or(cmp.Compare(d.Year, o.Year), cmp.Compare(d.Month, o.Month), cmp.Compare(d.Day, o.Day))
}

// Agrees reports whether no part that both dates know differs.
func (d Date) Agrees(o Date) bool {
	if d.Year != o.Year {
		return false
	}
	if d.Month == 0 || o.Month == 0 {
		return true
	}
	return d.Month == o.Month && (d.Day == 0 || o.Day == 0 || d.Day == o.Day)
}
