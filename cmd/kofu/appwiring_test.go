// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cardauth/attest/playintegrity"
	"kofu/cert"
)

// fullApp gives every key of the section app a value that is not its default.
func fullApp(t *testing.T, s *site) {
	t.Helper()
	s.openChips(t)
	_, public, err := keyPair()
	if err := errors.Join(err, s.write("public.pem", public), s.write("limits", bytes.Repeat([]byte("L"), 33))); err != nil {
		t.Fatal(err)
	}
	a := s.section("app")
	a["attestation"], a["binding"] = "report", "attested"
	for name, keys := range map[string]map[string]any{
		"apple":      {"development": true, "categories": []string{"enterprise", "developer"}, "min_version": "3.4"},
		"google":     {"min_version": 7, "verdicts": []string{"MEETS_STRONG_INTEGRITY"}, "app_verdicts": []string{"UNRECOGNIZED_VERSION"}, "licences": []string{"UNEVALUATED"}, "max_age": "4m", "development": true},
		"credential": {"verifying": []string{"public.pem"}, "withdrawn": []string{strings.Repeat("A", 43)}, "lifetime": "2h"},
		"passport":   {"chip_required": true, "sha1": true, "expired_signer": true, "withdrawn": []string{strings.Repeat("0a", 32)}},
	} {
		for key, value := range keys {
			a[name].(map[string]any)[key] = value
		}
	}
	a["deprecation"] = map[string]any{"since": "2028-04-01", "sunset": "2029-04-01", "link": "https://app.example/v2"}
	a["limits"] = map[string]any{"per_prefix": 11, "carriers": []string{"10.9.0.0/16"}, "per_carrier_prefix": 12, "per_card": 13, "per_device": 14}
}

// appArrivals is arrivals for the app.
func appArrivals(t *testing.T, s *site, p *parts, w wired) map[string][2]any {
	t.Helper()
	l := &loader{dir: s.dir, env: p.config.Environment, sum: sha256.New()}
	phones, apple, credential := w.front.App, l.appleConfig(p.config.App.Apple), l.credentialConfig(p.config)
	google, err := l.googleConfig(p.config.App.Google)
	if err != nil || len(l.faults) > 0 {
		t.Fatal(err, l.faults)
	}
	limits, chips := phones.Limits, phones.Passports.Chips
	ios, android := phones.Releases[attest.IOS], phones.Releases[attest.Android]
	decryption, verification := s.google.Console()
	key, verifying, err := playintegrity.ConsoleKeys(decryption, verification)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][2]any{
		"secrets.limits":  {string(limits.Secret), strings.Repeat("L", 33)},
		"app.attestation": {phones.Devices.Policy, attest.Report},
		"app.binding":     {phones.Cards.Bindings, map[cert.Channel]cardauth.Binding{cert.App: cardauth.Attested, cert.Kiosk: cardauth.Attested}},

		"app.apple.roots":       {[2]any{string(apple.Roots), phones.Devices.Apple}, [2]any{string(s.apple.RootPEM()), p.phones.apple}},
		"app.apple.app_ids":     {apple.AppIDs, []string{siteAppID}},
		"app.apple.development": {[2]bool{apple.Development, credential.Development}, [2]bool{true, true}},
		"app.apple.categories":  {len(apple.Categories), 2},
		"app.apple.min_version": {apple.MinVersion, "3.4"},

		"app.google.package":             {google.Package, sitePackage},
		"app.google.certificate_digests": {google.CertificateDigests, []string{siteDigest()}},
		"app.google.decryption_key":      {google.DecryptionKey, key},
		"app.google.verification_key":    {google.VerificationKey.Equal(verifying), true},
		"app.google.min_version":         {google.MinVersion, int64(7)},
		"app.google.verdicts":            {google.DeviceVerdicts, []playintegrity.DeviceVerdict{playintegrity.Strong}},
		"app.google.app_verdicts":        {google.AppVerdicts, []playintegrity.AppVerdict{playintegrity.Unrecognized}},
		"app.google.licences":            {google.Licences, []playintegrity.Licence{playintegrity.LicenceUnassessed}},
		"app.google.max_age":             {google.MaxAge, 4 * time.Minute},
		"app.google.development":         {[2]any{google.Development, phones.Devices.Google}, [2]any{true, p.phones.google}},

		"app.credential.key":       {[2]any{credential.Signer != nil, phones.Devices.Credentials}, [2]any{true, p.phones.credentials}},
		"app.credential.verifying": {len(credential.Verifying), 1},
		"app.credential.withdrawn": {credential.Withdrawn, []string{strings.Repeat("A", 43)}},
		"app.credential.lifetime":  {credential.Lifetime, 2 * time.Hour},

		"app.releases.ios.minimum":     {ios.Minimum, "2.1.0"},
		"app.releases.ios.store":       {ios.Store, "https://apps.apple.com/jp/app/id1"},
		"app.releases.android.minimum": {android.Minimum, "2.1.0"},
		"app.releases.android.store":   {android.Store, "https://play.google.com/store/apps/details?id=" + sitePackage},

		"app.deprecation.since":  {phones.Deprecation.Since.UTC(), time.Date(2028, 3, 31, 15, 0, 0, 0, time.UTC)},
		"app.deprecation.sunset": {phones.Deprecation.Sunset.UTC(), time.Date(2029, 3, 31, 15, 0, 0, 0, time.UTC)},
		"app.deprecation.link":   {phones.Deprecation.Link, "https://app.example/v2"},

		"app.limits.per_prefix":         {limits.Network, 11},
		"app.limits.carriers":           {limits.Carriers, []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}},
		"app.limits.per_carrier_prefix": {limits.CarrierNetwork, 12},
		"app.limits.per_card":           {limits.Card, 13},
		"app.limits.per_device":         {limits.Device, 14},

		"app.passport.csca":           {chips.CSCAs.Len(), 1},
		"app.passport.chip_required":  {phones.Passports.ChipRequired, true},
		"app.passport.sha1":           {chips.Policy.SHA1, true},
		"app.passport.expired_signer": {chips.Policy.ExpiredSigner, true},
		"app.passport.withdrawn":      {chips.Policy.Withdrawn, map[[32]byte]bool{[32]byte(bytes.Repeat([]byte{0x0a}, 32)): true}},
	}
}

// TestAppDefaults: what is not set is as the configuration says.
func TestAppDefaults(t *testing.T) {
	s := makeSite(t)
	p, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	l := limits(p, newMetrics("").phones(attest.Required))
	if l.Network != perPrefix || l.CarrierNetwork != perCarrierPrefix || l.Card != perCard || l.Device != perDevice {
		t.Errorf("limits %+v", l)
	}
	if d := devices(p, newMetrics("").phones(attest.Required)); d.Policy != attest.Required {
		t.Errorf("attestation %s", d.Policy)
	}
	if b := bindings(p.config.App); b[cert.App] != cardauth.Surface || b[cert.Kiosk] != cardauth.Attested {
		t.Errorf("bindings %v", b)
	}
	if releases(Releases{}) != nil {
		t.Error("releases where there is none")
	}
}

// TestAttestationIsTold: who has to withdraw a key finds its id in the log, and
// nobody forgets that apps are let in without a proof.
func TestAttestationIsTold(t *testing.T) {
	s := makeSite(t)
	for _, policy := range []string{"required", "report"} {
		s.section("app")["attestation"] = policy
		if err := s.save(); err != nil {
			t.Fatal(err)
		}
		p, faults := load(s.path())
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		var out bytes.Buffer
		tellAttestation(p, newLog(&out))
		if want := `"msg":"device credentials","kid":"` + p.phones.credentials.KID() + `"`; !strings.Contains(out.String(), want) {
			t.Errorf("%s: no %s in %s", policy, want, &out)
		}
		if strings.Contains(out.String(), `"WARN"`) != (policy == "report") {
			t.Errorf("%s: %s", policy, &out)
		}
	}
}

// TestPhonesAreCounted: what the door tells of, stands in the metrics.
func TestPhonesAreCounted(t *testing.T) {
	s := makeSite(t)
	p, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	m := newMetrics("")
	c := m.phones(attest.Required)
	limits(p, c).Down(t.Context(), errors.New("no answer"))
	devices(p, c).Refused(t.Context(), attest.CodePlayNonce)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]float64{}
	for _, f := range families {
		for _, one := range f.GetMetric() {
			sums[f.GetName()] += one.GetCounter().GetValue()
		}
	}
	if sums["kofu_app_uncounted_total"] != 1 || sums["kofu_device_refusals_total"] != 1 {
		t.Errorf("uncounted %v, refused %v", sums["kofu_app_uncounted_total"], sums["kofu_device_refusals_total"])
	}
}
