// SPDX-License-Identifier: Apache-2.0

package municipality

import (
	"slices"
	"time"

	"kofu/cert"
)

// hours are daily hours in Japan as HH:MM, and days without any. Both empty:
// always, but for those days.
type hours struct {
	Open, Close string
	ClosedDays  []cert.Date // rising
}

// at returns nil or [ErrClosed].
func (h hours) at(now time.Time) error {
	if h.closedOn(cert.DateOf(now)) {
		return ErrClosed
	}
	if h.Open == "" {
		return nil
	}
	// HH:MM compares as text; a clock never reads 24:00.
	if clock := now.In(cert.JST()).Format("15:04"); clock < h.Open || clock >= h.Close {
		return ErrClosed
	}
	return nil
}

func (h hours) closedOn(day cert.Date) bool {
	_, found := slices.BinarySearchFunc(h.ClosedDays, day, cert.Date.Compare)
	return found
}

// next returns the first instant, not before now, at which at returns nil.
func (h hours) next(now time.Time) time.Time {
	if h.at(now) == nil {
		return now
	}
	today := cert.DateOf(now)
	// Today is over, or not begun; every further day but the last is closed.
	for n := range len(h.ClosedDays) + 2 {
		begins := instant(today, n, h.Open)
		if !begins.Before(now) && !h.closedOn(cert.DateOf(begins)) {
			return begins
		}
	}
	return time.Time{}
}

// instant is clock, HH:MM or empty for midnight, n days after a day in Japan.
func instant(day cert.Date, n int, clock string) time.Time {
	var hour, minute int
	if clock != "" { // its form was checked when the table was read
		hour = int(clock[0]-'0')*10 + int(clock[1]-'0')
		minute = int(clock[3]-'0')*10 + int(clock[4]-'0')
	}
	return time.Date(day.Year, time.Month(day.Month), day.Day+n, hour, minute, 0, 0, cert.JST())
}

// Open reports whether ch as a whole takes applications at now, or [ErrClosed]
// out of the hours and on the closed days that hold for all municipalities.
func (r *Registry) Open(ch cert.Channel, now time.Time) error { return r.channels[ch].at(now) }

// Hours returns the daily hours in Japan, HH:MM, that hold for all
// municipalities on ch; both empty when it has none and is always open, but
// for closed days. A municipality may have shorter ones.
func (r *Registry) Hours(ch cert.Channel) (opens, closes string) {
	h := r.channels[ch]
	return h.Open, h.Close
}

// Opens returns the first instant, not before now, at which [Registry.Open]
// lets ch through: now itself when it is open. Closures are not looked at
// ([Directory.Reopens] does).
func (r *Registry) Opens(ch cert.Channel, now time.Time) time.Time { return r.channels[ch].next(now) }
