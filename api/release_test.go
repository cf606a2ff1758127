// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kofu/api/app"
	"kofu/cardauth/attest"
	"kofu/cert"
	"kofu/cert/keys"
	"kofu/test/phone"
)

// Rows: B7
func TestOldAppsAreSentToTheStore(t *testing.T) {
	required := newWorld(t, nil)
	report := newWorld(t, func(w *world, _ *app.Handler) { w.devices.Policy = attest.Report })
	both := []string{"https://apps.example/android", "https://apps.example/ios"}
	for _, tt := range []struct {
		app                    string
		underRequired, reports string // what is answered
		store                  []string
	}{
		{"ios/2.0.0", "", "", nil},
		{"ios/2", "", "", nil},
		{"android/10.0", "", "", nil},
		{"ios/2.0.0.1", "", "", nil},
		{"ios/1.9.9", "APP_OUTDATED", "APP_OUTDATED", both[1:]},
		{"android/1.10.10", "APP_OUTDATED", "APP_OUTDATED", both[:1]},
		{"ios/0", "APP_OUTDATED", "APP_OUTDATED", both[1:]},
		{"", "APP_UNNAMED", "", both},
		{"windows/11", "APP_UNNAMED", "", both},
		{"ios/2.0.0-beta", "APP_UNNAMED", "", both},
		{"ios/2.0.0.0.0", "APP_UNNAMED", "", both},
		{"ios/9999999999", "APP_UNNAMED", "", both},
	} {
		for w, want := range map[*world]string{required: tt.underRequired, report: tt.reports} {
			for _, path := range []string{"challenges", "devices", "applications", "applications/discard", "certificates"} {
				p := w.phone(t, nil, nil)
				p.App, p.HTTP.Transport = tt.app, wires{t: t, s: w.fixture, wild: true}
				r := must[*phone.Response](t)(p.Send(t.Context(), http.MethodPost, "/app/v1/"+path, "application/json", []byte("{}")))
				if r.Status != http.StatusUpgradeRequired {
					if want != "" {
						t.Errorf("%q, %s: %d", tt.app, path, r.Status)
					}
					continue
				}
				problem := must[*phone.Problem](t)(r.Problem())
				if want != w.internalOf() || problem.Code != "app_outdated" || !slices.Equal(problem.Details["store"], tt.store) {
					t.Errorf("%q, %s: %s (%s), store %v", tt.app, path, problem.Code, w.internalOf(), problem.Details)
				}
			}
		}
	}
}

// Who cannot update learns at least what is going on.
func TestOldAppsSeeTheStatus(t *testing.T) {
	w := newWorld(t, nil)
	p := w.phone(t, nil, nil)
	p.App = "ios/0.1"
	if _, err := p.Status(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := p.Municipalities(t.Context()); err != nil {
		t.Error(err)
	}
}

// A certificate of a key that is not published any more is to be issued anew.
//
// Rows: N14
func TestStatusTellsWhatToHaveIssuedAnew(t *testing.T) {
	w := newWorld(t, func(w *world, h *app.Handler) { h.Keys = must[*keys.Ring](t)(rings()) })
	active := must[keys.Signer](t)(must[*keys.Ring](t)(rings()).Active(keys.SHC, cert.App)).KID
	gone, other := strings.Repeat("a", 43), strings.Repeat("b", 43)
	p := w.phone(t, nil, nil)
	for _, tt := range []struct {
		name      string
		ask, want []string
	}{
		{"none", nil, nil},
		{"a published key", []string{active}, nil},
		{"a withdrawn key", []string{gone}, []string{gone}},
		{"several", []string{gone, active, other, gone}, []string{gone, other}},
		{"ten", slices.Repeat([]string{gone}, 10), []string{gone}},
	} {
		s, err := p.Status(t.Context(), tt.ask...)
		if err != nil || !slices.Equal(s.Reissue, tt.want) {
			t.Errorf("%s: %v, %v", tt.name, s.Reissue, err)
		}
	}
	for _, path := range []string{"?kid=x", "?kid=", "?kid=" + strings.Repeat("a", 44), "?" + strings.Repeat("kid="+gone+"&", 11)} {
		if got := code(t, w.call(t, "GET", "/app/v1/status"+path, "", "")); got != "bad_request" {
			t.Errorf("%s: %s", path, got)
		}
	}
	if s, err := newWorld(t, nil).phone(t, nil, nil).Status(t.Context(), gone); err != nil || s.Reissue != nil {
		t.Errorf("without keys: %v, %v", s.Reissue, err)
	}
}

func TestReleasesThatCannotBe(t *testing.T) {
	for name, r := range map[string]map[attest.Platform]app.Release{
		"another platform": {"windows": {Store: "https://apps.example"}},
		"a word":           {attest.IOS: {Minimum: "two", Store: "https://apps.example"}},
		"no store":         {attest.IOS: {Minimum: "2"}},
		"not https":        {attest.IOS: {Minimum: "2", Store: "http://apps.example"}},
	} {
		if err := (&app.Handler{Releases: r}).Check(); !errors.Is(err, app.ErrRelease) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&app.Handler{Devices: &app.Devices{}}).Check(); !errors.Is(err, attest.ErrConfig) {
		t.Errorf("devices without anything: %v", err)
	}
}
