// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"errors"
	"fmt"
	"time"

	"kofu/cert"
)

// Factor is which second factor a city asks for.
type Factor string

// The second factors.
const (
	TOTP       Factor = "totp"    // RFC 6238
	PasskeyKey Factor = "passkey" // WebAuthn
	Either     Factor = "either"
)

// Policy is what a city decides. [DefaultPolicy] has a value for all of it.
type Policy struct {
	SecondFactor Factor
	Idle         time.Duration // without an act of the person
	Absolute     time.Duration // since the sign-in
	Alive        time.Duration // without a sign of an open page: a browser that was closed and restored
	Hourly       int           // issues of one operator in an hour; the next one is held (R3.1)
	NightFrom    string        // "22:00" in Japan: every issue is held
	NightUntil   string        // "06:00", exclusive
	OfficeFrom   string        // "08:00": use outside raises an alert
	OfficeUntil  string        // "19:00", exclusive
	FamilyRun    int           // certificates of one family name by one person in an hour that raise an alert
	Fruitless    int           // persons opened by one person in an hour, less those issued to, that raise an alert

	Withdrawn     int // withdrawals by one person in an hour; more raise an alert
	MostWithdrawn int // likewise; more are refused: a colleague must

	Unused time.Duration // an account not used for so long is listed for review
}

// DefaultPolicy is for a city that decides nothing.
func DefaultPolicy() Policy {
	return Policy{
		SecondFactor: Either, Idle: 15 * time.Minute, Absolute: 10 * time.Hour, Alive: 3 * time.Minute,
		Hourly: 30, NightFrom: "22:00", NightUntil: "06:00", OfficeFrom: "08:00", OfficeUntil: "19:00",
		FamilyRun: 6, Fruitless: 20, Withdrawn: 10, MostWithdrawn: 30, Unused: 90 * 24 * time.Hour,
	}
}

// ErrPolicy is a policy that cannot be: a configuration says so at its start.
var ErrPolicy = errors.New("staff: policy not accepted")

// Check names the first thing in p that cannot be, as [ErrPolicy].
func (p Policy) Check() error {
	fixed := p.repaired()
	for _, c := range []struct {
		name string
		ok   bool
	}{
		{"second factor", p.SecondFactor == fixed.SecondFactor},
		{"idle", p.Idle == fixed.Idle}, {"absolute", p.Absolute == fixed.Absolute}, {"alive", p.Alive == fixed.Alive},
		{"hourly", p.Hourly == fixed.Hourly},
		{"night", p.NightFrom == fixed.NightFrom && p.NightUntil == fixed.NightUntil},
		{"office hours", p.OfficeFrom == fixed.OfficeFrom && p.OfficeUntil == fixed.OfficeUntil},
		{"family run", p.FamilyRun == fixed.FamilyRun}, {"fruitless", p.Fruitless == fixed.Fruitless},
		{"withdrawals", p.Withdrawn == fixed.Withdrawn && p.MostWithdrawn == fixed.MostWithdrawn}, {"unused", p.Unused == fixed.Unused},
	} {
		if !c.ok {
			return fmt.Errorf("%w: %s", ErrPolicy, c.name)
		}
	}
	return nil
}

// repaired puts the default in the place of what cannot be. A session may
// last a day at most.
func (p Policy) repaired() Policy {
	d := DefaultPolicy()
	if p.SecondFactor != TOTP && p.SecondFactor != PasskeyKey && p.SecondFactor != Either {
		p.SecondFactor = d.SecondFactor
	}
	span := func(have *time.Duration, most, otherwise time.Duration) {
		if *have < time.Second || *have > most {
			*have = otherwise
		}
	}
	span(&p.Absolute, 24*time.Hour, d.Absolute)
	span(&p.Idle, 24*time.Hour, d.Idle)
	span(&p.Alive, 24*time.Hour, d.Alive)
	span(&p.Unused, 10*365*24*time.Hour, d.Unused)
	if p.Hourly < 0 {
		p.Hourly = d.Hourly
	}
	if p.FamilyRun < 2 {
		p.FamilyRun = d.FamilyRun
	}
	if p.Fruitless < 2 {
		p.Fruitless = d.Fruitless
	}
	if p.Withdrawn < 1 || p.MostWithdrawn < p.Withdrawn {
		p.Withdrawn, p.MostWithdrawn = d.Withdrawn, d.MostWithdrawn
	}
	if !spans(p.NightFrom, p.NightUntil) {
		p.NightFrom, p.NightUntil = d.NightFrom, d.NightUntil
	}
	if !spans(p.OfficeFrom, p.OfficeUntil) {
		p.OfficeFrom, p.OfficeUntil = d.OfficeFrom, d.OfficeUntil
	}
	return p
}

func (p Policy) night(t time.Time) bool  { return within(t, p.NightFrom, p.NightUntil) }
func (p Policy) office(t time.Time) bool { return within(t, p.OfficeFrom, p.OfficeUntil) }

// spans reports whether from and until are two different times of the day.
func spans(from, until string) bool {
	_, ok := minutes(from)
	_, too := minutes(until)
	return ok && too && from != until
}

// within reports whether the clock in Japan reads from or later, and not yet
// until; over midnight, if until is the earlier.
func within(t time.Time, from, until string) bool {
	t = t.In(cert.JST())
	now := t.Hour()*60 + t.Minute()
	a, _ := minutes(from)
	b, _ := minutes(until)
	if a < b {
		return a <= now && now < b
	}
	return a <= now || now < b
}

// minutes reads "HH:MM".
func minutes(s string) (n int, ok bool) {
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil && len(s) == 5
}
