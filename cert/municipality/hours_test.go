// SPDX-License-Identifier: Apache-2.0

package municipality_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/municipality"
)

// withHours: the kiosk has hours and closed days for all; Sapporo opens later
// and has a closed day of its own; the app has only a closed day.
const withHours = `{
  "channels": {
    "kiosk": {"open": "06:30", "close": "23:00", "closed_days": ["2027-01-01", "2026-12-31", "2026-12-29"]},
    "app": {"closed_days": ["2026-12-31"]}
  },
  "municipalities": [
    {"code": "472051", "name_ja": "宜野湾市", "name_en": "Ginowan City", "issuer_ja": "宜野湾市長", "issuer_en": "Mayor of Ginowan City",
     "fee_yen": 120, "contact_ja": "健康増進課", "contact_en": "Health Promotion Division",
     "channels": {"app": {"from": "2021-12-20"}, "kiosk": {"from": "2022-07-26"}, "counter": {"from": "2021-07-26"}}},
    {"code": "011002", "name_ja": "札幌市", "name_en": "Sapporo City", "issuer_ja": "札幌市長", "issuer_en": "Mayor of Sapporo City",
     "fee_yen": 120, "contact_ja": "保健所", "contact_en": "Public Health Office",
     "channels": {"app": {"from": "2021-12-20", "closed_days": ["2026-12-24"]},
                  "kiosk": {"from": "2022-07-26", "open": "09:00", "close": "24:00", "closed_days": ["2026-12-24", "2026-12-23"]}}}
  ]
}`

func parsed(t testing.TB, text string) *municipality.Registry {
	t.Helper()
	r, err := municipality.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Rows: D2
func TestAdmitKeepsTheHoursOfAllAndOfEach(t *testing.T) {
	r := parsed(t, withHours)
	for _, tt := range []struct {
		name     string
		code     cert.MunicipalityCode
		ch       cert.Channel
		now      string
		want     error
		wantOpen error
	}{
		{"hours of all", "472051", cert.Kiosk, "2026-12-28 06:30:00", nil, nil},
		{"before all", "472051", cert.Kiosk, "2026-12-28 06:29:59", municipality.ErrClosed, municipality.ErrClosed},
		{"last second of all", "472051", cert.Kiosk, "2026-12-28 22:59:59", nil, nil},
		{"after all", "472051", cert.Kiosk, "2026-12-28 23:00:00", municipality.ErrClosed, municipality.ErrClosed},
		{"own hours are later", "011002", cert.Kiosk, "2026-12-28 08:59:59", municipality.ErrClosed, nil},
		{"both are open", "011002", cert.Kiosk, "2026-12-28 09:00:00", nil, nil},
		{"own hours do not outlast all", "011002", cert.Kiosk, "2026-12-28 23:30:00", municipality.ErrClosed, municipality.ErrClosed},
		{"closed day of all", "472051", cert.Kiosk, "2026-12-29 12:00:00", municipality.ErrClosed, municipality.ErrClosed},
		{"day between closed days", "472051", cert.Kiosk, "2026-12-30 12:00:00", nil, nil},
		{"closed day listed out of order", "472051", cert.Kiosk, "2026-12-31 12:00:00", municipality.ErrClosed, municipality.ErrClosed},
		{"own closed day", "011002", cert.Kiosk, "2026-12-23 12:00:00", municipality.ErrClosed, nil},
		{"another's closed day", "472051", cert.Kiosk, "2026-12-23 12:00:00", nil, nil},
		{"closed day without hours, its first second", "472051", cert.App, "2026-12-31 00:00:00", municipality.ErrClosed, municipality.ErrClosed},
		{"closed day without hours, its last", "472051", cert.App, "2026-12-31 23:59:59", municipality.ErrClosed, municipality.ErrClosed},
		{"closed day without hours, over", "472051", cert.App, "2027-01-01 00:00:00", nil, nil},
		{"own closed day on the app", "011002", cert.App, "2026-12-24 03:00:00", municipality.ErrClosed, nil},
		{"channel without anything", "472051", cert.Counter, "2026-12-31 03:00:00", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := at(t, tt.now).UTC()
			if _, err := r.Admit(tt.code, tt.ch, now); !errors.Is(err, tt.want) {
				t.Errorf("Admit: %v, want %v", err, tt.want)
			}
			if err := r.Open(tt.ch, now); !errors.Is(err, tt.wantOpen) {
				t.Errorf("Open: %v, want %v", err, tt.wantOpen)
			}
			listed := slices.ContainsFunc(r.List(tt.ch, now), func(m municipality.Municipality) bool { return m.Code == tt.code })
			if listed != (tt.want == nil) {
				t.Errorf("listed: %v", listed)
			}
		})
	}
}

// TestAdmitNamesTheLastingReasonFirst: who has not joined is not told to come
// back in the morning.
//
// Rows: D2
func TestAdmitNamesTheLastingReasonFirst(t *testing.T) {
	r := parsed(t, strings.Replace(withHours, `"kiosk": {"from": "2022-07-26"}`, `"kiosk": {"from": "2022-07-26", "suspended": true}`, 1))
	night := at(t, "2026-12-28 03:00:00")
	for code, want := range map[cert.MunicipalityCode]error{"472051": municipality.ErrSuspended, "131016": municipality.ErrUnknown, "011002": municipality.ErrClosed} {
		if _, err := r.Admit(code, cert.Kiosk, night); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", code, err, want)
		}
	}
	if _, err := r.Admit("011002", cert.Counter, night); !errors.Is(err, municipality.ErrNotJoined) {
		t.Errorf("never joined: %v", err)
	}
}

func TestHoursAndTheNextOpening(t *testing.T) {
	r := parsed(t, withHours)
	for ch, want := range map[cert.Channel][2]string{cert.Kiosk: {"06:30", "23:00"}, cert.App: {}, cert.Counter: {}, "": {}} {
		if opens, closes := r.Hours(ch); [2]string{opens, closes} != want {
			t.Errorf("%s: %s to %s", ch, opens, closes)
		}
	}
	for _, tt := range []struct {
		name      string
		ch        cert.Channel
		now, want string
	}{
		{"open: at once", cert.Kiosk, "2026-12-28 12:34:56", "2026-12-28 12:34:56"},
		{"early morning", cert.Kiosk, "2026-12-28 03:00:00", "2026-12-28 06:30:00"},
		{"a second too early", cert.Kiosk, "2026-12-28 06:29:59", "2026-12-28 06:30:00"},
		{"late, with a closed day tomorrow", cert.Kiosk, "2026-12-28 23:00:00", "2026-12-30 06:30:00"},
		{"on a closed day", cert.Kiosk, "2026-12-29 12:00:00", "2026-12-30 06:30:00"},
		{"over the end of the year", cert.Kiosk, "2026-12-30 23:00:00", "2027-01-02 06:30:00"},
		{"closed day without hours", cert.App, "2026-12-31 12:00:00", "2027-01-01 00:00:00"},
		{"always open", cert.Counter, "2026-12-31 12:00:00", "2026-12-31 12:00:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := r.Opens(tt.ch, at(t, tt.now).UTC()); !got.Equal(at(t, tt.want)) {
				t.Errorf("opens at %v, want %s", got, tt.want)
			}
		})
	}
	if now := at(t, "2026-12-28 03:00:00").Add(time.Nanosecond); !r.Opens(cert.Kiosk, now).After(now) {
		t.Error("opens before now")
	}
}

func TestVersionCoversHoursAndClosedDays(t *testing.T) {
	seen := map[string]string{}
	for name, r := range map[string][2]string{
		"as it is":              {"", ""},
		"closed day of all":     {`"2026-12-29"`, `"2026-12-28"`},
		"one closed day less":   {`, "2026-12-29"`, ``},
		"hours of all":          {`"close": "23:00"`, `"close": "22:00"`},
		"own closed day":        {`"2026-12-24", "2026-12-23"`, `"2026-12-24"`},
		"own closed day, other": {`{"from": "2021-12-20", "closed_days": ["2026-12-24"]}`, `{"from": "2021-12-20", "closed_days": ["2026-12-25"]}`},
		"channel":               {`"app": {"closed_days"`, `"counter": {"closed_days"`},
	} {
		if !strings.Contains(withHours, r[0]) {
			t.Fatalf("the table does not hold %s", r[0])
		}
		version := parsed(t, strings.Replace(withHours, r[0], r[1], 1)).Version()
		if other, ok := seen[version]; ok {
			t.Errorf("%s and %s have the same version", name, other)
		}
		seen[version] = name
	}
	sorted := strings.Replace(withHours, `"2027-01-01", "2026-12-31", "2026-12-29"`, `"2026-12-29", "2026-12-31", "2027-01-01"`, 1)
	if seen[parsed(t, sorted).Version()] != "as it is" {
		t.Error("the order in the file is in the version")
	}
}
