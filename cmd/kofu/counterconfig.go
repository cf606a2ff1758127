// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// Counter is for the offices of municipalities, where listen.counter is set.
type Counter struct {
	// Networks lists those from which terminals may come, such as those of
	// LGWAN. All by default.
	Networks []netip.Prefix `json:"networks"`
	// RPID is the domain that passkeys are bound to (WebAuthn), such as
	// "counter.example.jp", and Origins are the https origins of the console as
	// browsers see them, each on that domain or below it. Without them the
	// second factor is TOTP alone.
	RPID    string   `json:"rp_id"`
	Origins []string `json:"origins"`

	// Policy is what holds for all municipalities, and Municipalities what one
	// of them has decided instead. What is not set is as in the former, or else
	// at its default.
	Policy         CounterPolicy                           `json:"policy"`
	Municipalities map[cert.MunicipalityCode]CounterPolicy `json:"municipalities"`

	Checkpoints Checkpoints `json:"checkpoints"`
}

// CounterPolicy is what a city decides on its counter. Production takes
// nothing beyond the bounds given with each.
type CounterPolicy struct {
	SecondFactor string   `json:"second_factor"` // "totp", "passkey", or "either" as they come; either
	Idle         Duration `json:"idle"`          // session without an act of the person; 15m, at most 30m
	Absolute     Duration `json:"absolute"`      // session since the sign-in; 10h, at most 12h
	Alive        Duration `json:"alive"`         // session without a sign of an open page, which gives one every 30 s; 3m, at most 5m
	Hourly       int      `json:"hourly"`        // certificates of one operator in an hour, beyond which a second person must approve; 30, at most 60
	Night        Hours    `json:"night"`         // when each needs a second person; 22:00 to 06:00, four hours at least
	Office       Hours    `json:"office"`        // outside of it use raises an alert; 08:00 to 19:00, sixteen hours at most
	FamilyRun    int      `json:"family_run"`    // certificates of one family name by one operator in an hour that raise an alert; 6, at most 20
	Fruitless    int      `json:"fruitless"`     // persons opened by one operator in an hour, nothing issued, that raise an alert; 20, at most 100
	UnusedDays   int      `json:"unused_days"`   // after which an account is listed for review; 90, at most 180
}

// Hours are of a day in Japan, and may pass midnight.
type Hours struct {
	From  string `json:"from"`  // "22:00"
	Until string `json:"until"` // "06:00", exclusive
}

// Checkpoints says where the head of the operation log goes, signed, for kofu
// staff log verify to find it again (package checkpoint). A production counter
// must send it somewhere; several places are taken, too.
type Checkpoints struct {
	Every Duration `json:"every"` // also when nothing has changed; 60s, which is also the most in production
	// Key is the path of the private half that kofu staff log key new made. All
	// replicas have the same.
	Key string `json:"key"`
	// File is a path that lines are appended to, each replica to one of its
	// own; Folder one in which each checkpoint is a file. Both should be on a
	// disk of another host. Syslog is a log server: udp://host:port or
	// tcp://host:port (RFC 5424).
	File   string `json:"file"`
	Folder string `json:"folder"`
	Syslog string `json:"syslog"`
}

// over puts what is set in c in the place of what p says.
func (c CounterPolicy) over(p staff.Policy) staff.Policy {
	if c.SecondFactor != "" {
		p.SecondFactor = staff.Factor(c.SecondFactor)
	}
	for set, d := range map[*time.Duration]Duration{&p.Idle: c.Idle, &p.Absolute: c.Absolute, &p.Alive: c.Alive} {
		*set = d.or(*set)
	}
	p.Unused = Duration(time.Duration(c.UnusedDays) * 24 * time.Hour).or(p.Unused)
	for set, n := range map[*int]int{&p.Hourly: c.Hourly, &p.FamilyRun: c.FamilyRun, &p.Fruitless: c.Fruitless} {
		if n != 0 {
			*set = n
		}
	}
	if c.Night != (Hours{}) {
		p.NightFrom, p.NightUntil = c.Night.From, c.Night.Until
	}
	if c.Office != (Hours{}) {
		p.OfficeFrom, p.OfficeUntil = c.Office.From, c.Office.Until
	}
	return p
}

// policyOf tells what a municipality has decided.
func (c Counter) policyOf(m cert.MunicipalityCode) staff.Policy {
	return c.Municipalities[m].over(c.Policy.over(staff.DefaultPolicy()))
}
