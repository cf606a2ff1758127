// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cert/municipality"
)

// TestExample keeps the example whole: every key there is stands in it, and
// nothing about it is wrong but that its files are elsewhere.
func TestExample(t *testing.T) {
	src, err := os.ReadFile("../../deploy/kofu.example.json")
	if err != nil {
		t.Fatal(err)
	}
	c, faults, _ := parseConfig(src)
	if faults = append(faults, c.faults()...); len(faults) > 0 {
		t.Errorf("%q", faults)
	}
	for _, key := range append(keysOf(reflect.TypeFor[Config]()), keysOf(reflect.TypeFor[CounterPolicy]())...) {
		if !bytes.Contains(src, []byte(`"`+key+`":`)) {
			t.Errorf("key %s is not in it", key)
		}
	}
	if c.Environment != cert.Production || time.Duration(c.VRS.MaxAge) != 5*time.Minute || c.VRS.Credentials["472051"] == "" {
		t.Error("it is not read as it stands there")
	}
	table, err := os.ReadFile("../../deploy/municipalities.example.json")
	if err != nil {
		t.Fatal(err)
	}
	towns, err := municipality.Parse(table)
	if err != nil {
		t.Fatal(err)
	}
	var l loader
	if l.credentials(&parts{config: c, towns: towns}); len(l.faults) > 0 {
		t.Errorf("the two examples are not of one deployment: %q", l.faults)
	}
}

func keysOf(t reflect.Type) (keys []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("json") == "" {
			continue // not ours
		}
		keys = append(keys, f.Tag.Get("json"))
		if f.Type.Kind() == reflect.Struct {
			keys = append(keys, keysOf(f.Type)...)
		}
	}
	return keys
}

func TestParseConfigTellsThePlace(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"unknown key":          {"{\n \"isuer\": \"x\"}", "2:2: there is no key isuer"},
		"other case":           {`{"Issuer": "x"}`, "1:2: there is no key Issuer"},
		"unknown key below":    {"{\"listen\": {\"app\": \"a\",\n\t\"tls\": {}}}", "2:2: there is no key listen.tls"},
		"duplicate key":        {"{\"keys\": \"a\",\n\n  \"keys\": \"b\"}", "3:3: keys stands here a second time"},
		"duplicate in a map":   {`{"vrs": {"credentials": {"1": "a", "1": "b"}}}`, "1:36: vrs.credentials.1 stands here a second time"},
		"trailing data":        {"{}\n{}", "2:1: something stands after the closing brace"},
		"trailing garbage":     {"{} x", "1:4: this is not JSON"},
		"nothing":              {"", "1:1: this is not JSON"},
		"cut short":            {`{"keys": "a`, "this is not JSON"},
		"not an object":        {"[]", "1:1:  is not an object"},
		"null":                 {`{"keys": null}`, "1:10: keys is null"},
		"wrong type":           {`{"redis": {"replicas": "1"}}`, "1:24: redis.replicas is not a whole number"},
		"fraction":             {`{"redis": {"replicas": 1.5}}`, "is not a whole number"},
		"wrong duration":       {`{"times": {"request": 15}}`, "times.request is not a duration"},
		"object for a text":    {`{"keys": {}}`, "keys is not a text"},
		"text for an object":   {`{"listen": "a"}`, "listen is not an object"},
		"text for a list":      {`{"fonts": "a"}`, "fonts is not a list"},
		"wrong in a list":      {`{"fonts": ["a", 1]}`, "1:17: fonts[1] is not a text"},
		"network without bits": {`{"trusted_proxies": ["10.0.0.1"]}`, "trusted_proxies[0] is not a network"},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults, _ := parseConfig([]byte(c.src))
			if len(faults) != 1 || !strings.Contains(faults[0], c.want) {
				t.Errorf("got %q, want %q", faults, c.want)
			}
		})
	}
}

func TestConfigFaults(t *testing.T) {
	for want, spoil := range map[string]func(*Config){
		"environment must be":                    func(c *Config) { c.Environment = "prod" },
		"environment is missing":                 func(c *Config) { c.Environment = "" },
		"issuer must be an https URL":            func(c *Config) { c.Issuer = "http://vc.example.jp" },
		"deep_link_base must be an https":        func(c *Config) { c.DeepLinkBase += "/?a" },
		"listen.ops must be host:port":           func(c *Config) { c.Listen.Ops = "9090" },
		"listen.app must be host:port":           func(c *Config) { c.Listen.App = "127.0.0.1:notaport" },
		"redis.address must be host:port":        func(c *Config) { c.Redis.Address = "127.0.0.1:70000" },
		"redis.sentinel must be a list":          func(c *Config) { c.Redis.Address, c.Redis.Sentinel, c.Redis.Master = "", []string{"a"}, "kofu" },
		"redis.master is for Sentinels":          func(c *Config) { c.Redis.Master = "kofu" },
		"redis.sentinel_user is for":             func(c *Config) { c.Redis.SentinelUser = "kofu" },
		"redis.sentinel_password is for":         func(c *Config) { c.Redis.SentinelPassword = "/run/x" },
		"redis.ca is set":                        func(c *Config) { c.Redis.TLS = false },
		"vrs.timeout must not be longer":         func(c *Config) { c.Listen.Kiosk, c.VRS.Timeout = MutualListener{}, Duration(16*time.Second) },
		"vrs.timeout must not":                   func(c *Config) { c.Times.Request, c.VRS.Timeout = Duration(4*time.Second), 0 },
		"status.minimum_app_version must":        func(c *Config) { c.Status.MinimumAppVersion = "1.0.0-beta" },
		"status.minimum_app_version":             func(c *Config) { c.Status.MinimumAppVersion = "1." },
		"listen.ops must not be":                 func(c *Config) { c.Listen.Ops = c.Listen.App },
		"redis.address is missing":               func(c *Config) { c.Redis.Address = "" },
		"vrs.credentials is missing":             func(c *Config) { c.VRS.Credentials = map[cert.MunicipalityCode]string{} },
		"secrets.uvci is missing":                func(c *Config) { c.Secrets.UVCI = "" },
		"status.open and status.close":           func(c *Config) { c.Status.Open = "6:30" },
		"status.close must be later":             func(c *Config) { c.Status.Close = "06:30" },
		"status.maintenance must be said":        func(c *Config) { c.Status.Maintenance.Ja = "停止中" },
		"times.drain must not be below":          func(c *Config) { c.Times.Drain = -1 },
		"listen.kiosk.address must be":           func(c *Config) { c.Listen.Kiosk.Address = "8444" },
		"listen.kiosk.address must not":          func(c *Config) { c.Listen.Kiosk.Address = c.Listen.App },
		"listen.kiosk.address is missing":        func(c *Config) { c.Listen.Kiosk.Address = "" },
		"listen.kiosk.certificate is":            func(c *Config) { c.Listen.Kiosk.Certificate = "" },
		"listen.kiosk.key is missing":            func(c *Config) { c.Listen.Kiosk.Key = "" },
		"listen.kiosk.client_ca is":              func(c *Config) { c.Listen.Kiosk.ClientCA = "" },
		"kiosk.networks must not be":             func(c *Config) { c.Kiosk.Networks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} },
		"kiosk.max_sessions must not":            func(c *Config) { c.Kiosk.MaxSessions = -1 },
		"kiosk.per_minute must not":              func(c *Config) { c.Kiosk.PerMinute = -1 },
		"vrs.timeout must not be longer than 8s": func(c *Config) { c.VRS.Timeout = Duration(9 * time.Second) },
		"qr.encoder must be":                     func(c *Config) { c.QR.Encoder = "Skip2" },
		"sql.driver is missing":                  func(c *Config) { c.SQL.Driver = "" },
		"sql.driver must be":                     func(c *Config) { c.SQL.Driver = "mysql" },
		"sql.path is missing":                    func(c *Config) { c.SQL = SQL{Driver: "sqlite"} },
		"sql.path is for SQLite":                 func(c *Config) { c.SQL.Path = "kofu.db" },
		"sql.dsn is missing":                     func(c *Config) { c.SQL.DSN = "" },
		"sql.dsn is for PostgreSQL":              func(c *Config) { c.SQL.Driver, c.SQL.Path = "sqlite", "kofu.db" },
		"sql.path must not be :memory:":          func(c *Config) { c.SQL = SQL{Driver: "sqlite", Path: ":memory:"} },
		"redis.replicas must not be":             func(c *Config) { c.Redis.Replicas = -1 },
	} {
		t.Run(want, func(t *testing.T) { oneFault(t, want, spoil) })
	}
}

// oneFault spoils the example, and wants that told, and nothing else.
func oneFault(t *testing.T, want string, spoil func(*Config)) {
	t.Helper()
	src, err := os.ReadFile("../../deploy/kofu.example.json")
	if err != nil {
		t.Fatal(err)
	}
	c, _, _ := parseConfig(src)
	spoil(&c)
	if bad := c.faults(); len(bad) != 1 || !strings.HasPrefix(bad[0], want) {
		t.Errorf("got %q", bad)
	}
}

// TestCounterConfigFaults is TestConfigFaults for the counter, and for what
// production does not take.
func TestCounterConfigFaults(t *testing.T) {
	for want, spoil := range map[string]func(*Config){
		"listen.counter.address must be":     func(c *Config) { c.Listen.Counter.Address = "8445" },
		"listen.counter.address must not":    func(c *Config) { c.Listen.Counter.Address = c.Listen.Kiosk.Address },
		"listen.counter.client_ca is":        func(c *Config) { c.Listen.Counter.ClientCA = "" },
		"secrets.staff is missing":           func(c *Config) { c.Secrets.Staff = "" },
		"counter.networks must not be":       func(c *Config) { c.Counter.Networks = []netip.Prefix{netip.MustParsePrefix("::/0")} },
		"counter.rp_id and counter.origins":  func(c *Config) { c.Counter.Origins = nil },
		"counter.origins must be https":      func(c *Config) { c.Counter.Origins[0] = "https://counter.example.jp/x" },
		"counter.origins must be on":         func(c *Config) { c.Counter.Origins[0] = "https://notcounter.example.jp" },
		"counter.policy.second_factor must":  func(c *Config) { c.Counter.Policy.SecondFactor = "sms" },
		"counter.policy.night must be from":  func(c *Config) { c.Counter.Policy.Night = Hours{"22:00", "22:00"} },
		"counter.policy.office must be from": func(c *Config) { c.Counter.Policy.Office.Until = "" },
		"counter.policy.idle, absolute":      func(c *Config) { c.Counter.Policy.Idle = -1 },
		"counter.policy.hourly, family_run":  func(c *Config) { c.Counter.Policy.Hourly = -1 },
		"counter.policy.idle must not":       func(c *Config) { c.Counter.Policy.Idle = Duration(31 * time.Minute) },
		"counter.policy.absolute must not":   func(c *Config) { c.Counter.Policy.Absolute = Duration(13 * time.Hour) },
		"counter.policy.alive must not be longer": func(c *Config) {
			c.Counter.Policy.Alive = Duration(6 * time.Minute)
		},
		"counter.policy.alive must not be shorter": func(c *Config) { c.Counter.Policy.Alive = Duration(59 * time.Second) },
		"counter.policy.family_run must":           func(c *Config) { c.Counter.Policy.FamilyRun = 21 },
		"counter.policy.fruitless must":            func(c *Config) { c.Counter.Policy.Fruitless = 101 },
		"counter.policy.unused_days must":          func(c *Config) { c.Counter.Policy.UnusedDays = 181 },
		"counter.policy.night must not":            func(c *Config) { c.Counter.Policy.Night = Hours{"23:30", "03:29"} },
		"counter.policy.office must not":           func(c *Config) { c.Counter.Policy.Office = Hours{"06:00", "22:01"} },
		"counter.municipalities.472051.hourly must not be more": func(c *Config) {
			c.Counter.Municipalities = map[cert.MunicipalityCode]CounterPolicy{"472051": {Hourly: 61}}
		},
		"counter.municipalities.472051.second_factor is passkey": func(c *Config) { c.Counter.RPID, c.Counter.Origins = "", nil },
		"counter.checkpoints is missing":                         func(c *Config) { c.Counter.Checkpoints = Checkpoints{} },
		"counter.checkpoints.key is":                             func(c *Config) { c.Counter.Checkpoints.Key = "" },
		"counter.checkpoints names no": func(c *Config) {
			c.Listen.Counter, c.Counter.Checkpoints = MutualListener{}, Checkpoints{Key: "key"}
		},
		"counter.checkpoints.every must not be longer": func(c *Config) { c.Counter.Checkpoints.Every = Duration(61 * time.Second) },
		"counter.checkpoints.every must not be below":  func(c *Config) { c.Counter.Checkpoints.Every = -1 },
		"counter.checkpoints.syslog must be":           func(c *Config) { c.Counter.Checkpoints.Syslog = "audit:514" },
	} {
		t.Run(want, func(t *testing.T) { oneFault(t, want, spoil) })
	}
}

// TestProxiesAreNeverEverybody keeps a caller from choosing its own address.
func TestProxiesAreNeverEverybody(t *testing.T) {
	for _, all := range []string{"0.0.0.0/0", "::/0"} {
		c, faults, _ := parseConfig([]byte(`{"trusted_proxies": ["` + all + `"]}`))
		if faults = append(faults, c.faults()...); !slices.Contains(faults, "trusted_proxies must not be every address there is") {
			t.Errorf("%s: %q", all, faults)
		}
	}
}

// FuzzParseConfig holds the reader that tells every fault against the library's
// strict one: what the first takes, the second takes, and reads alike.
func FuzzParseConfig(f *testing.F) {
	example, err := os.ReadFile(filepath.Join("..", "..", "deploy", "kofu.example.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(example), "{}", `{"keys":1,"keys":2}`, `{"vrs":{"credentials":{"a":"b"}}}`, "{\"fonts\":[]}\n{}", "{\"\\ud800\":1}", `{"redis":{"timeout":"1s"}}x`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		c, faults, _ := parseConfig(src)
		var want Config
		err := json.Unmarshal(src, &want, json.RejectUnknownMembers(true))
		if len(faults) > 0 {
			return
		}
		if err != nil {
			t.Fatalf("taken, but: %v", err)
		}
		a, _ := json.Marshal(c, json.Deterministic(true))
		b, _ := json.Marshal(want, json.Deterministic(true))
		if !bytes.Equal(a, b) {
			t.Errorf("read as\n%s, and strictly as\n%s", a, b)
		}
	})
}

// TestPolicyOfACity: what a city has decided comes first, then what holds for
// all, then the default.
func TestPolicyOfACity(t *testing.T) {
	c := Counter{
		Policy: CounterPolicy{Hourly: 25, Idle: Duration(10 * time.Minute), Night: Hours{"21:00", "07:00"}},
		Municipalities: map[cert.MunicipalityCode]CounterPolicy{"472051": {SecondFactor: "totp", Hourly: 5, Absolute: Duration(time.Hour), Alive: Duration(2 * time.Minute),
			Office: Hours{"08:15", "17:30"}, FamilyRun: 3, Fruitless: 4, UnusedDays: 30}},
	}
	all := staff.DefaultPolicy()
	if got := (Counter{}).policyOf("131016"); got != all {
		t.Errorf("by default: %+v", got)
	}
	all.Hourly, all.Idle, all.NightFrom, all.NightUntil = 25, 10*time.Minute, "21:00", "07:00"
	if got := c.policyOf("131016"); got != all {
		t.Errorf("for all: %+v", got)
	}
	all.SecondFactor, all.Hourly, all.Absolute, all.Alive, all.OfficeFrom, all.OfficeUntil = staff.TOTP, 5, time.Hour, 2*time.Minute, "08:15", "17:30"
	all.FamilyRun, all.Fruitless, all.Unused = 3, 4, 30*24*time.Hour
	if got := c.policyOf("472051"); got != all {
		t.Errorf("of the city: %+v", got)
	}
}

// TestSpan: hours pass midnight.
func TestSpan(t *testing.T) {
	for hours, want := range map[Hours]time.Duration{{"08:00", "19:00"}: 11 * time.Hour, {"22:00", "06:00"}: 8 * time.Hour, {"00:00", "24:00"}: 24 * time.Hour, {"23:59", "00:00"}: time.Minute} {
		if got := span(hours.From, hours.Until); got != want {
			t.Errorf("%v: %v", hours, got)
		}
	}
}
