// SPDX-License-Identifier: Apache-2.0

package municipality_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/municipality"
)

func example(t testing.TB) ([]byte, *municipality.Registry) {
	t.Helper()
	data, err := os.ReadFile("testdata/example.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := municipality.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return data, r
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04:05", s, cert.JST())
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// Rows: D2
func TestAdmitTakesOnlyWhoTakesPartNow(t *testing.T) {
	_, r := example(t)
	for _, tt := range []struct {
		name string
		code cert.MunicipalityCode
		ch   cert.Channel
		now  string
		want error
	}{
		{"app, any hour", "472051", cert.App, "2023-01-01 03:00:00", nil},
		{"first day", "472051", cert.App, "2021-12-20 00:00:00", nil},
		{"the evening before", "472051", cert.App, "2021-12-19 23:59:59", municipality.ErrNotJoined},
		{"kiosk at opening", "472051", cert.Kiosk, "2023-01-01 06:30:00", nil},
		{"kiosk before opening", "472051", cert.Kiosk, "2023-01-01 06:29:59", municipality.ErrClosed},
		{"kiosk before closing", "472051", cert.Kiosk, "2023-01-01 22:59:59", nil},
		{"kiosk at closing", "472051", cert.Kiosk, "2023-01-01 23:00:00", municipality.ErrClosed},
		{"last day", "011002", cert.App, "2024-03-31 23:59:59", nil},
		{"day after the last", "011002", cert.App, "2024-04-01 00:00:00", municipality.ErrNotJoined},
		{"never joined this channel", "011002", cert.Kiosk, "2023-01-01 12:00:00", municipality.ErrNotJoined},
		{"suspended", "131016", cert.Kiosk, "2023-01-01 12:00:00", municipality.ErrSuspended},
		{"suspended and closed", "131016", cert.Kiosk, "2023-01-01 02:00:00", municipality.ErrSuspended},
		{"suspended elsewhere only", "131016", cert.App, "2023-01-01 12:00:00", nil},
		{"not in the table", "131024", cert.App, "2023-01-01 12:00:00", municipality.ErrUnknown},
		{"no code", "", cert.App, "2023-01-01 12:00:00", municipality.ErrUnknown},
		{"no channel", "472051", "", "2023-01-01 12:00:00", municipality.ErrNotJoined},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := at(t, tt.now).UTC() // hours are Japan's wherever the server runs
			m, err := r.Admit(tt.code, tt.ch, now)
			if !errors.Is(err, tt.want) || (err == nil) != (m.Code == tt.code && m.Code != "") {
				t.Errorf("got %q, %v; want %v", m.Code, err, tt.want)
			}
			listed := slices.ContainsFunc(r.List(tt.ch, now), func(m municipality.Municipality) bool { return m.Code == tt.code })
			if listed != (tt.want == nil) {
				t.Errorf("listed: %v", listed)
			}
		})
	}
}

func TestListIsOrderedByCode(t *testing.T) {
	_, r := example(t)
	var got []cert.MunicipalityCode
	for _, m := range r.List(cert.App, at(t, "2023-01-01 12:00:00")) {
		got = append(got, m.Code)
	}
	if want := []cert.MunicipalityCode{"011002", "131016", "472051"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if len(r.All()) != 3 {
		t.Errorf("%d in all", len(r.All()))
	}
}

func TestIssuerLineFeeAndContactAreTold(t *testing.T) {
	_, r := example(t)
	m, ok := r.Lookup("472051")
	if !ok || m.Issuer() != (cert.Issuer{Municipality: "472051", Ja: "宜野湾市長", En: "Mayor of Ginowan City"}) || m.FeeYen != 120 || m.ContactJa == "" {
		t.Errorf("got %+v", m)
	}
	if _, ok := r.Lookup("131024"); ok {
		t.Error("a municipality that is not there was found")
	}
}

func TestVersionFollowsContentNotLayout(t *testing.T) {
	data, r := example(t)
	spaced, err := municipality.Parse([]byte(strings.ReplaceAll(string(data), `": `, `"  :  `)))
	if err != nil {
		t.Fatal(err)
	}
	changed, err := municipality.Parse([]byte(strings.Replace(string(data), `"suspended": true`, `"suspended": false`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Version()) != 16 || r.Version() != spaced.Version() || r.Version() == changed.Version() {
		t.Errorf("versions %s, %s, %s", r.Version(), spaced.Version(), changed.Version())
	}
}

func TestExampleForOperatorsIsTheOneTested(t *testing.T) {
	data, _ := example(t)
	shown, err := os.ReadFile("../../deploy/municipalities.example.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(shown) != string(data) {
		t.Error("deploy/municipalities.example.json differs from testdata/example.json")
	}
}

func TestParseRefuses(t *testing.T) {
	data, _ := example(t)
	with := func(old, new string) string {
		if !strings.Contains(string(data), old) {
			t.Fatalf("the example does not hold %s", old)
		}
		return strings.Replace(string(data), old, new, 1)
	}
	for name, text := range map[string]string{
		"nothing":               "",
		"null":                  "null",
		"no municipality":       `{"municipalities":[]}`,
		"trailing data":         string(data) + "{}",
		"unknown member":        with(`"fee_yen"`, `"fee"`),
		"duplicate member":      with(`"fee_yen": 120`, `"fee_yen": 120, "fee_yen": 120`),
		"duplicate channel":     with(`"app": {"from": "2021-12-20"}`, `"app": {"from": "2021-12-20"}, "app": {"from": "2021-12-20"}`),
		"wrong check digit":     with(`"472051"`, `"472052"`),
		"five digits":           with(`"472051"`, `"47205"`),
		"twice":                 with(`"131016"`, `"472051"`),
		"no name":               with(`"宜野湾市"`, `""`),
		"no issuer line":        with(`"Mayor of Ginowan City"`, `""`),
		"negative fee":          with(`120`, `-1`),
		"fee as text":           with(`120`, `"120"`),
		"absurd fee":            with(`120`, `120000`),
		"unknown channel":       with(`"kiosk"`, `"fax"`),
		"no first day":          with(`"from": "2021-12-20"`, `"suspended": false`),
		"impossible date":       with(`"2021-12-20"`, `"2021-02-30"`),
		"date without day":      with(`"2021-12-20"`, `"2021-12"`),
		"ends before it begins": with(`"2024-03-31"`, `"2021-03-31"`),
		"hours without end":     with(`, "close": "23:00"`, ``),
		"hours backwards":       with(`"06:30"`, `"23:30"`),
		"hour 25":               with(`"23:00"`, `"25:00"`),
		"hour without zero":     with(`"06:30"`, `"6:30"`),
		"hour of opening only":  with(`"open": "06:30", `, ``),
		"opens at 24:00":        with(`"06:30"`, `"24:00"`),
		"date without dashes":   with(`"2021-12-20"`, `"20211220"`),

		"closed day impossible":      with(`"close": "23:00"`, `"close": "23:00", "closed_days": ["2026-02-29"]`),
		"closed day without a day":   with(`"close": "23:00"`, `"close": "23:00", "closed_days": ["2026-12"]`),
		"closed day without dashes":  with(`"close": "23:00"`, `"close": "23:00", "closed_days": ["20261229"]`),
		"closed day empty":           with(`"close": "23:00"`, `"close": "23:00", "closed_days": [""]`),
		"closed day twice":           with(`"close": "23:00"`, `"close": "23:00", "closed_days": ["2026-12-29", "2026-12-31", "2026-12-29"]`),
		"closed days as text":        with(`"close": "23:00"`, `"close": "23:00", "closed_days": "2026-12-29"`),
		"closed days, wrong case":    with(`"close": "23:00"`, `"close": "23:00", "Closed_Days": []`),
		"channels, unknown channel":  with(`{`, `{"channels": {"fax": {}},`),
		"channels, unknown member":   with(`{`, `{"channels": {"kiosk": {"from": "2021-12-20"}},`),
		"channels, channel twice":    with(`{`, `{"channels": {"kiosk": {}, "kiosk": {}},`),
		"channels twice":             with(`{`, `{"channels": {}, "channels": {},`),
		"channels, hours backwards":  with(`{`, `{"channels": {"kiosk": {"open": "23:00", "close": "06:30"}},`),
		"channels, hours of no end":  with(`{`, `{"channels": {"kiosk": {"open": "23:00"}},`),
		"channels, hours of no time": with(`{`, `{"channels": {"kiosk": {"open": "12:00", "close": "12:00"}},`),
		"channels, closed day twice": with(`{`, `{"channels": {"kiosk": {"closed_days": ["2026-12-29", "2026-12-29"]}},`),
		"channels, no date":          with(`{`, `{"channels": {"kiosk": {"closed_days": ["New Year"]}},`),
		"channels as a list":         with(`{`, `{"channels": [],`),
		"broken UTF-8":               with(`宜野湾市 健康増進課`, "\xff"),
	} {
		t.Run(name, func(t *testing.T) {
			if r, err := municipality.Parse([]byte(text)); !errors.Is(err, municipality.ErrFormat) || r != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestParseTellsEveryFaultAtOnce(t *testing.T) {
	data, _ := example(t)
	text := strings.NewReplacer(`"472051"`, `"472052"`, `"2024-03-31"`, `"never"`).Replace(string(data))
	_, err := municipality.Parse([]byte(text))
	if err == nil || !strings.Contains(err.Error(), "entry 1") || !strings.Contains(err.Error(), "entry 3") {
		t.Errorf("got %v", err)
	}
}
