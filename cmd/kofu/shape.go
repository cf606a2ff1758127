// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"kofu/cert"
)

var clock = regexp.MustCompile(`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`)

// faults tells what is wrong with c by itself, before any file is opened.
func (c *Config) faults() (bad []string) {
	say := func(where, what string) { bad = append(bad, where+" "+what) }
	bad = append(bad, missing(reflect.ValueOf(*c), "")...)
	if c.Environment != "" && c.Environment != cert.Production && c.Environment != cert.Test {
		say("environment", `must be "production" or "test"`)
	}
	for _, u := range [][2]string{{"issuer", c.Issuer}, {"deep_link_base", c.DeepLinkBase}} {
		if u[1] != "" && !plainURL(u[1]) {
			say(u[0], "must be an https URL without a slash at its end, query or fragment")
		}
	}
	for _, a := range [][2]string{{"listen.app", c.Listen.App}, {"listen.ops", c.Listen.Ops}} {
		if _, _, err := net.SplitHostPort(a[1]); a[1] != "" && err != nil {
			say(a[0], "must be host:port")
		}
	}
	if c.Listen.App != "" && c.Listen.App == c.Listen.Ops {
		say("listen.ops", "must not be listen.app: what operators ask is not for the public")
	}
	for _, p := range c.TrustedProxies {
		if p.Bits() == 0 {
			say("trusted_proxies", "must not be every address there is")
		}
	}
	if c.Redis.Address == "" && len(c.Redis.Sentinel) == 0 {
		say("redis.address", "is missing (or redis.sentinel and redis.master)")
	}
	return slices.Concat(bad, c.Status.faults(), c.numbers())
}

func (s Status) faults() (bad []string) {
	switch ok := clock.MatchString(s.Open) && clock.MatchString(s.Close); {
	case s.Open == "" || s.Close == "":
	case !ok:
		bad = append(bad, `status.open and status.close must be times such as "06:30"`)
	case s.Open >= s.Close:
		bad = append(bad, "status.close must be later than status.open")
	}
	if (s.Maintenance.Ja == "") != (s.Maintenance.En == "") {
		bad = append(bad, "status.maintenance must be said in both languages, or not at all")
	}
	return bad
}

func (c *Config) numbers() (bad []string) {
	for where, d := range map[string]Duration{
		"redis.timeout": c.Redis.Timeout, "vrs.timeout": c.VRS.Timeout, "vrs.max_age": c.VRS.MaxAge,
		"times.request": c.Times.Request, "times.drain": c.Times.Drain, "times.shutdown": c.Times.Shutdown,
	} {
		if d < 0 {
			bad = append(bad, where+" must not be below zero")
		}
	}
	for where, n := range map[string]int{"redis.replicas": c.Redis.Replicas, "vrs.max_connections": c.VRS.MaxConnections} {
		if n < 0 {
			bad = append(bad, where+" must not be below zero")
		}
	}
	slices.Sort(bad)
	return bad
}

// missing names the required keys that are not set.
func missing(v reflect.Value, where string) (bad []string) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		path := strings.TrimPrefix(where+"."+f.Tag.Get("json"), ".")
		switch required := f.Tag.Get("kofu") == "required"; {
		case required && (v.Field(i).IsZero() || v.Field(i).Kind() == reflect.Map && v.Field(i).Len() == 0):
			bad = append(bad, path+" is missing")
		case f.Type.Kind() == reflect.Struct:
			bad = append(bad, missing(v.Field(i), path)...)
		}
	}
	return bad
}

func plainURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && !strings.HasSuffix(s, "/")
}
