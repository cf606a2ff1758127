// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kofu/cert"
	"kofu/cmd/internal/sqlstore"
	"kofu/vrsclient"
)

var (
	clock  = regexp.MustCompile(`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`)
	dotted = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9}){0,3}$`)
)

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
	for _, p := range c.TrustedProxies {
		if p.Bits() == 0 {
			say("trusted_proxies", "must not be every address there is")
		}
	}
	if e := c.QR.Encoder; e != "" && e != encoderOwn && e != encoderSkip2 {
		say("qr.encoder", `must be "kofu" or "skip2"`)
	}
	return slices.Concat(bad, builtFor(c.Environment), c.Listen.faults(), c.Redis.faults(), c.SQL.faults(c.Environment), c.appFaults(), c.Kiosk.faults(), c.counterFaults(), c.Status.faults(), c.numbers())
}

func (l Listen) faults() (bad []string) {
	for _, a := range [][2]string{{"listen.app", l.App}, {"listen.ops", l.Ops}, {"listen.kiosk.address", l.Kiosk.Address}, {"listen.counter.address", l.Counter.Address}} {
		if a[1] != "" && !hostPort(a[1]) {
			bad = append(bad, a[0]+" must be host:port, the port a number")
		}
	}
	if l.App != "" && l.App == l.Ops {
		bad = append(bad, "listen.ops must not be listen.app: what operators ask is not for the public")
	}
	if k := l.Kiosk.Address; k != "" && (k == l.App || k == l.Ops) {
		bad = append(bad, "listen.kiosk.address must not be listen.app or listen.ops: terminals have a door of their own")
	}
	if k := l.Counter.Address; k != "" && (k == l.App || k == l.Ops || k == l.Kiosk.Address) {
		bad = append(bad, "listen.counter.address must not be that of another listener: offices have a door of their own")
	}
	return slices.Concat(bad, l.Kiosk.faults("kiosk"), l.Counter.faults("counter"))
}

func (m MutualListener) faults(door string) (bad []string) {
	if !m.served() {
		return nil
	}
	for _, key := range [][2]string{{"address", m.Address}, {"certificate", m.Certificate}, {"key", m.Key}, {"client_ca", m.ClientCA}} {
		if key[1] == "" {
			bad = append(bad, "listen."+door+"."+key[0]+" is missing: it is set as a whole, or no "+door+" is served")
		}
	}
	return bad
}

// served reports whether there is to be such a door.
func (m MutualListener) served() bool { return m != MutualListener{} }

func (s SQL) faults(env cert.Environment) (bad []string) {
	switch {
	case s.Driver == "":
	case s.Driver != sqlstore.SQLite && s.Driver != sqlstore.Postgres:
		bad = append(bad, `sql.driver must be "sqlite" or "postgres"`)
	case s.Driver == sqlstore.SQLite && s.Path == "":
		bad = append(bad, "sql.path is missing")
	case s.Driver == sqlstore.SQLite && s.DSN != "":
		bad = append(bad, "sql.dsn is for PostgreSQL, and sql.driver is sqlite")
	case s.Driver == sqlstore.Postgres && s.DSN == "":
		bad = append(bad, "sql.dsn is missing")
	case s.Driver == sqlstore.Postgres && s.Path != "":
		bad = append(bad, "sql.path is for SQLite, and sql.driver is postgres")
	case env == cert.Production && s.Path == sqlstore.Memory:
		bad = append(bad, "sql.path must not be "+sqlstore.Memory+" in production: the books would be forgotten")
	}
	return bad
}

func (k Kiosk) faults() (bad []string) {
	for _, p := range k.Networks {
		if p.Bits() == 0 {
			bad = append(bad, "kiosk.networks must not be every address there is: leave it empty instead")
		}
	}
	return bad
}

func (r Redis) faults() (bad []string) {
	if r.Address == "" && len(r.Sentinel) == 0 {
		bad = append(bad, "redis.address is missing (or redis.sentinel and redis.master)")
	}
	if r.Address != "" && r.Address[0] != '/' && !hostPort(r.Address) {
		bad = append(bad, "redis.address must be host:port, the port a number, or the path of a socket")
	}
	for _, s := range r.Sentinel {
		if !hostPort(s) {
			bad = append(bad, "redis.sentinel must be a list of host:port, the port a number")
		}
	}
	for _, key := range [][2]string{{"master", r.Master}, {"sentinel_user", r.SentinelUser}, {"sentinel_password", r.SentinelPassword}} {
		if key[1] != "" && len(r.Sentinel) == 0 {
			bad = append(bad, "redis."+key[0]+" is for Sentinels, and redis.sentinel names none")
		}
	}
	if r.CA != "" && !r.TLS {
		bad = append(bad, "redis.ca is set, and redis.tls is not: nothing would be encrypted")
	}
	return bad
}

func (s Status) faults() (bad []string) {
	switch ok := clock.MatchString(s.Open) && clock.MatchString(s.Close); {
	case s.Open == "" || s.Close == "":
	case !ok:
		bad = append(bad, `status.open and status.close must be times such as "06:30"`)
	case s.Open >= s.Close:
		bad = append(bad, "status.close must be later than status.open")
	}
	if s.MinimumAppVersion != "" && !dotted.MatchString(s.MinimumAppVersion) {
		bad = append(bad, `status.minimum_app_version must be numbers with dots between, such as "1.0.0"`)
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
		"counter.checkpoints.every": c.Counter.Checkpoints.Every, "app.google.max_age": c.App.Google.MaxAge, "app.credential.lifetime": c.App.Credential.Lifetime,
	} {
		if d < 0 {
			bad = append(bad, where+" must not be below zero")
		}
	}
	for where, n := range map[string]int{"redis.replicas": c.Redis.Replicas, "vrs.max_connections": c.VRS.MaxConnections, "vrs.per_municipality": c.VRS.PerMunicipality,
		"kiosk.max_sessions": c.Kiosk.MaxSessions, "kiosk.per_minute": c.Kiosk.PerMinute, "app.google.min_version": c.App.Google.MinVersion,
		"app.limits.per_prefix": c.App.Limits.PerPrefix, "app.limits.per_carrier_prefix": c.App.Limits.PerCarrierPrefix,
		"admission.workers": c.Admission.Workers, "admission.requests": c.Admission.Requests,
		"app.limits.per_card": c.App.Limits.PerCard, "app.limits.per_device": c.App.Limits.PerDevice} {
		if n < 0 {
			bad = append(bad, where+" must not be below zero")
		}
	}
	if c.Admission.Off && c.Environment == cert.Production {
		bad = append(bad, "admission.off must not be set in production")
	}
	if c.VRS.Timeout.or(vrsclient.DefaultTimeout) > c.Times.Request.or(requestTimeout) {
		bad = append(bad, "vrs.timeout must not be longer than times.request, which would end first")
	}
	if c.Listen.Kiosk.served() && c.VRS.Timeout.or(vrsclient.DefaultTimeout) > kioskTimeout {
		bad = append(bad, "vrs.timeout must not be longer than "+kioskTimeout.String()+", in which a terminal is answered")
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

// hostPort accepts no name for a port, which another machine may not know.
func hostPort(s string) bool {
	_, port, err := net.SplitHostPort(s)
	n, err2 := strconv.ParseUint(port, 10, 16)
	return err == nil && err2 == nil && n > 0
}

func plainURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && !strings.HasSuffix(s, "/")
}
