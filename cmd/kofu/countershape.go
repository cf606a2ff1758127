// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cmd/internal/checkpoint"
)

// checkpointEvery is the default of counter.checkpoints.every, and the most in
// production.
const checkpointEvery = time.Minute

// counterFaults tells what is wrong with the section counter, and with what
// belongs to it elsewhere.
func (c *Config) counterFaults() (bad []string) {
	say := func(where, what string) { bad = append(bad, where+" "+what) }
	served := c.Listen.Counter.served()
	if served && c.Secrets.Staff == "" {
		say("secrets.staff", "is missing: the counter needs it")
	}
	for _, p := range c.Counter.Networks {
		if p.Bits() == 0 {
			say("counter.networks", "must not be every address there is: leave it empty instead")
		}
	}
	bad = append(bad, c.Counter.passkeyFaults()...)
	bad = append(bad, c.Counter.Checkpoints.faults(served && c.Environment == cert.Production)...)
	all := c.Counter.Policy.faults("counter.policy")
	if len(all) > 0 {
		return append(bad, all...) // what a municipality has decided stands on these
	}
	general := c.Counter.judge(c.Counter.Policy.over(staff.DefaultPolicy()), c.Environment)
	for _, f := range general {
		bad = append(bad, "counter.policy."+f)
	}
	for _, code := range slices.Sorted(maps.Keys(c.Counter.Municipalities)) {
		where := "counter.municipalities." + string(code)
		own := c.Counter.Municipalities[code].faults(where)
		if bad = append(bad, own...); len(own) > 0 {
			continue
		}
		for _, f := range c.Counter.judge(c.Counter.policyOf(code), c.Environment) {
			if !slices.Contains(general, f) { // that is told already
				bad = append(bad, where+"."+f)
			}
		}
	}
	return bad
}

func (c Counter) passkeyFaults() (bad []string) {
	if (c.RPID == "") != (len(c.Origins) == 0) {
		return []string{"counter.rp_id and counter.origins are set both, or neither"}
	}
	for _, o := range c.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" || u.Host == "" || o != "https://"+u.Host {
			bad = append(bad, `counter.origins must be https origins such as "https://counter.example.jp:8445"`)
		} else if host := u.Hostname(); host != c.RPID && !strings.HasSuffix(host, "."+c.RPID) {
			bad = append(bad, "counter.origins must be on the domain counter.rp_id, or below it")
		}
	}
	return bad
}

// faults tells what is not of its form.
func (c CounterPolicy) faults(where string) (bad []string) {
	say := func(key, what string) { bad = append(bad, where+"."+key+" "+what) }
	switch f := staff.Factor(c.SecondFactor); f {
	case "", staff.TOTP, staff.PasskeyKey, staff.Either:
	default:
		say("second_factor", `must be "totp", "passkey" or "either"`)
	}
	if min(c.Idle, c.Absolute, c.Alive) < 0 {
		say("idle, absolute and alive", "must not be below zero")
	}
	if min(c.Hourly, c.FamilyRun, c.Fruitless, c.UnusedDays) < 0 {
		say("hourly, family_run, fruitless and unused_days", "must not be below zero")
	}
	for _, h := range []struct {
		key string
		Hours
	}{{"night", c.Night}, {"office", c.Office}} {
		if h.Hours != (Hours{}) && (!clock.MatchString(h.From) || !clock.MatchString(h.Until) || h.From == "24:00" || h.From == h.Until) {
			say(h.key, `must be from one time of the day to another, such as "22:00" and "06:00"`)
		}
	}
	return bad
}

// judge tells what of a whole policy cannot be, or is beyond what production
// takes: a guard that never speaks is none.
func (c Counter) judge(p staff.Policy, env cert.Environment) (bad []string) {
	say := func(key, what string) { bad = append(bad, key+" "+what) }
	if p.SecondFactor == staff.PasskeyKey && c.RPID == "" {
		say("second_factor", "is passkey, and counter.rp_id is not set")
	}
	if p.Alive < time.Minute && env == cert.Production {
		say("alive", "must not be shorter than 1m: a page gives a sign every 30 s")
	}
	if env != cert.Production {
		return bad
	}
	for _, d := range []struct {
		key      string
		is, most time.Duration
	}{{"idle", p.Idle, 30 * time.Minute}, {"absolute", p.Absolute, 12 * time.Hour}, {"alive", p.Alive, 5 * time.Minute}} {
		if d.is > d.most {
			say(d.key, fmt.Sprintf("must not be longer than %v in production", d.most))
		}
	}
	for _, n := range []struct {
		key      string
		is, most int
	}{{"hourly", p.Hourly, 60}, {"family_run", p.FamilyRun, 20}, {"fruitless", p.Fruitless, 100}, {"unused_days", int(p.Unused / (24 * time.Hour)), 180}} {
		if n.is > n.most {
			say(n.key, fmt.Sprintf("must not be more than %d in production", n.most))
		}
	}
	if span(p.NightFrom, p.NightUntil) < 4*time.Hour {
		say("night", "must not be shorter than 4h in production")
	}
	if span(p.OfficeFrom, p.OfficeUntil) > 16*time.Hour {
		say("office", "must not be longer than 16h in production")
	}
	return bad
}

// span is how long hours last, over midnight where they pass it.
func span(from, until string) time.Duration {
	minutes := func(s string) (m int) {
		for _, d := range strings.ReplaceAll(s, ":", "") {
			m = m*10 + int(d-'0')
		}
		return m/100*60 + m%100
	}
	d := minutes(until) - minutes(from)
	if d <= 0 {
		d += 24 * 60
	}
	return time.Duration(d) * time.Minute
}

func (c Checkpoints) faults(needed bool) (bad []string) {
	say := func(what string) { bad = append(bad, "counter.checkpoints"+what) }
	somewhere := c.File != "" || c.Folder != "" || c.Syslog != ""
	switch {
	case needed && !somewhere:
		say(" is missing: in production the head of the operation log leaves the host")
	case somewhere && c.Key == "":
		say(".key is missing: checkpoints are signed")
	case !somewhere && c != Checkpoints{}:
		say(" names no place: file, folder or syslog")
	}
	if needed && c.Every > Duration(checkpointEvery) {
		say(fmt.Sprintf(".every must not be longer than %v in production", checkpointEvery))
	}
	if c.Syslog != "" {
		if _, err := checkpoint.NewSyslog(c.Syslog); err != nil {
			say(".syslog must be udp://host:port or tcp://host:port")
		}
	}
	return bad
}
