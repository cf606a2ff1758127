// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/cert/keys"
	"kofu/test/attest"
	"kofu/test/card"
	sim "kofu/test/passport"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// TestAppOfBothPlatforms: card with its surface application, device attested,
// credential, assertions, certificate. In production an app proves itself by
// default, so it is the default here.
//
// Rows: A2, B7
func TestAppOfBothPlatforms(t *testing.T) {
	s := makeSite(t)
	start(t, s)
	for name, of := range map[string]struct {
		app     string
		handset phone.Handset
	}{"iOS": {"ios/2.1.0", s.iphone(t)}, "Android": {"android/3", s.pixel(t)}} {
		p, wish := s.phone(t, vrs.Residents()[0])
		p.App, p.Handset = of.app, of.handset
		ch, err := p.Challenge(t.Context())
		if err != nil || ch.Binding != string(cardauth.Surface) {
			t.Fatalf("%s: bound by %q: %v", name, ch.Binding, err)
		}
		_, issued, err := p.Journey(t.Context(), wish)
		if err != nil || issued.ID == "" {
			t.Fatalf("%s: %v", name, err)
		}
		if left := time.Until(p.Credential.ExpiresAt); left > 24*time.Hour || left < 23*time.Hour {
			t.Errorf("%s: the credential is good for %v", name, left)
		}
		reviewed, err := p.Ask(t.Context(), wish)
		if err == nil {
			err = p.Discard(t.Context(), reviewed.Sealed)
		}
		if err != nil {
			t.Errorf("%s: discard: %v", name, err)
		}
	}
	metricsWith(t, s, `kofu_device_refusals_total{code="CREDENTIAL_MISSING"} 0`, `kofu_app_uncounted_total 0`, `kofu_app_attestation{policy="required"} 1`)
}

// TestAppRefusesWhatIsNotGenuine: whoever is not the genuine app on a sound
// phone with the holder's own card is told one thing, and the metrics another.
//
// Rows: B5, B7
func TestAppRefusesWhatIsNotGenuine(t *testing.T) {
	s := makeSite(t)
	start(t, s)
	resident, victim := vrs.Residents()[0], vrs.Residents()[1]
	sound, wish := s.phone(t, resident)
	first, err := sound.Ask(t.Context(), wish)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := (card.Reader{Transmit: s.card(t, victim).Transmit}).ReadAll(victim.PIN)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(p *phone.Client) error { _, err := p.Ask(t.Context(), wish); return err }
	for internal, c := range map[string]struct {
		public string
		try    func(p *phone.Client) error
	}{
		"CREDENTIAL_MISSING": {"app_not_accepted", func(p *phone.Client) error { p.Handset = nil; return ask(p) }},
		"APPLE_APP_ID": {"app_not_accepted", func(p *phone.Client) error {
			other, err := s.apple.NewIPhone("ABCDE12345.jp.example.other")
			p.Handset = phone.IPhone{IPhone: other}
			return errors.Join(err, ask(p))
		}},
		"ENVIRONMENT_DEVELOPMENT": {"app_not_accepted", func(p *phone.Client) error {
			own := s.iphone(t)
			own.AAGUID, p.Handset = attest.DevelopmentAAGUID, own
			return ask(p)
		}},
		"PLAY_DEVICE_VERDICT": {"app_not_accepted", func(p *phone.Client) error {
			rooted := s.pixel(t)
			rooted.Misprint.Verdict = func(v attest.Verdict) {
				v["deviceIntegrity"]["deviceRecognitionVerdict"] = []string{"MEETS_BASIC_INTEGRITY"}
			}
			p.App, p.Handset = "android/3", rooted
			return ask(p)
		}},
		"ASSERTION_SIG_INVALID": {"app_not_accepted", func(p *phone.Client) error { // shown by another phone
			p.Credential = sound.Credential
			return ask(p)
		}},
		"CREDENTIAL_SIG_INVALID": {"app_not_accepted", func(p *phone.Client) error {
			forged := *sound.Credential
			parts := strings.Split(forged.Token, ".")
			parts[2] = strings.Repeat("A", len(parts[2]))
			forged.Token = strings.Join(parts, ".")
			p.Credential = &forged
			return ask(p)
		}},
		"APP_OUTDATED": {"app_outdated", func(p *phone.Client) error { p.App = "ios/2.0.9"; return ask(p) }},
		"APP_UNNAMED":  {"app_outdated", func(p *phone.Client) error { p.App = ""; return ask(p) }},
		"SURFACE_BIRTHDATE_MISMATCH": {"card_invalid", func(p *phone.Client) error { // a copy of somebody else's files, own card
			p.Card = copied{card.Reader{Transmit: s.card(t, resident).Transmit}, theirs}
			return ask(p)
		}},
	} {
		t.Run(internal, func(t *testing.T) {
			p, _ := s.phone(t, resident)
			err := c.try(p)
			refused, ok := errors.AsType[*phone.Problem](err)
			if !ok || refused.Code != c.public {
				t.Fatalf("got %v, want %s", err, c.public)
			}
			if where := refused.Details["store"]; (len(where) > 0) != (c.public == "app_outdated") {
				t.Errorf("sent to %q", where)
			}
			metricsWith(t, s, fmt.Sprintf(`internal=%q`, internal))
		})
	}
	other, _ := s.phone(t, resident)
	if _, err := other.Issue(t.Context(), first.Sealed, false); phone.CodeOf(err) != "application_invalid" {
		t.Errorf("a sealed application on another phone: %v", err)
	}
	metricsWith(t, s, `internal="SEAL_DEVICE"`)
	if _, err := sound.Issue(t.Context(), first.Sealed, false); err != nil {
		t.Errorf("and on its own: %v", err)
	}
	metricsWith(t, s, `kofu_device_refusals_total{code="CREDENTIAL_MISSING"} 1`, `kofu_device_refusals_total{code="ASSERTION_SIG_INVALID"} 1`)
}

// copied is a card whose text files are copies of another's.
type copied struct {
	card.Reader
	files cardauth.Files
}

// ReadAll stands in for that of the card's reader.
func (c copied) ReadAll(pin string) (cardauth.Files, error) {
	own, err := c.Reader.ReadAll(pin)
	own.EF0001, own.EF0002, own.EF0003, own.EF0004 = c.files.EF0001, c.files.EF0002, c.files.EF0003, c.files.EF0004
	return own, err
}

// ReadSurface likewise: the card is opened with its own number.
func (c copied) ReadSurface([]byte) (cardauth.SurfaceFiles, error) {
	own, err := c.Reader.ReadAll(vrs.Residents()[0].PIN)
	if err != nil {
		return cardauth.SurfaceFiles{}, err
	}
	number, err := phone.Number(own.EF0001)
	if err != nil {
		return cardauth.SurfaceFiles{}, err
	}
	return c.Reader.ReadSurface(number)
}

// TestAppPolicies: what is not required is let through, and counted where it is
// looked at.
//
// Rows: B7
func TestAppPolicies(t *testing.T) {
	for policy, want := range map[string]struct {
		counted    string
		registered int
	}{
		"report": {`kofu_device_refusals_total{code="CREDENTIAL_MISSING"} 2`, http.StatusBadRequest},
		"off":    {`kofu_device_refusals_total{code="CREDENTIAL_MISSING"} 0`, http.StatusNotFound},
	} {
		t.Run(policy, func(t *testing.T) {
			s := makeSite(t)
			s.section("app")["attestation"] = policy
			if policy == "off" {
				s.section("app")["binding"] = "attested"
			}
			if err := s.save(); err != nil {
				t.Fatal(err)
			}
			start(t, s)
			p, wish := s.phone(t, vrs.Residents()[0])
			p.App, p.Handset = "", nil
			if _, _, err := p.Journey(t.Context(), wish); err != nil {
				t.Fatal(err)
			}
			metricsWith(t, s, want.counted, fmt.Sprintf(`kofu_app_attestation{policy=%q} 1`, policy))
			if got, err := p.Send(t.Context(), http.MethodPost, "/app/v1/devices", "application/json", []byte("{}")); err != nil || got.Status != want.registered {
				t.Errorf("to register: %+v, %v", got, err)
			}
		})
	}
}

// TestAppLimits: what is counted is refused beyond its number, with the time to
// wait, and under a name that tells nothing.
//
// Rows: C6
func TestAppLimits(t *testing.T) {
	s := makeSite(t)
	s.section("app")["limits"] = map[string]any{"per_prefix": 4, "per_card": 2, "per_device": 1}
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	resident := vrs.Residents()[0]
	if left := time.Until(time.Now().Truncate(10 * time.Minute).Add(10 * time.Minute)); left < 10*time.Second {
		time.Sleep(left) // for a window in which all of it fits
	}
	p, wish := s.phone(t, resident)
	if _, err := p.Ask(t.Context(), wish); err != nil { // two challenges
		t.Fatal(err)
	}
	if _, err := p.Ask(t.Context(), wish); phone.CodeOf(err) != "too_many" {
		t.Errorf("a second application from the device: %v", err)
	}
	if _, err := p.Challenge(t.Context()); err != nil {
		t.Errorf("the fourth challenge: %v", err)
	}
	got, err := p.Send(t.Context(), http.MethodPost, "/app/v1/challenges", "application/json", []byte("{}"))
	if err != nil || got.Status != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
		t.Errorf("the fifth challenge: %+v, %v", got, err)
	}
	metricsWith(t, s, `internal="TOO_MANY_DEVICE"`, `internal="TOO_MANY_NETWORK"`)
	counted := 0
	for _, key := range s.redis.Keys() {
		if strings.Contains(key, "127.0.0") || strings.Contains(key, resident.Number) {
			t.Errorf("Redis holds %s", key)
		}
		if strings.Contains(key, "app-card:") || strings.Contains(key, "app-device:") || strings.Contains(key, "app-network:") {
			counted++
		}
	}
	if counted != 3 {
		t.Errorf("%d counters in %q", counted, s.redis.Keys())
	}
}

// TestAppReadsChips: where authorities are configured and chips required, the
// zone alone is not enough.
//
// Rows: B4
func TestAppReadsChips(t *testing.T) {
	s := makeSite(t)
	state := s.openChips(t)
	s.section("app")["passport"].(map[string]any)["chip_required"] = true
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	residents := vrs.Residents()
	i := slices.IndexFunc(residents, func(r vrs.Resident) bool { return r.Expected.AppOverseas == "issued" })
	if i < 0 {
		t.Fatal("no resident with a passport")
	}
	p, wish := s.phone(t, residents[i])
	line1, line2, err := passport.MRZ(residents[i].Passport)
	if err != nil {
		t.Fatal(err)
	}
	wish.Kind, wish.MRZ = string(cert.Overseas), []string{line1, line2}
	if _, err := p.Ask(t.Context(), wish); phone.CodeOf(err) != "passport_chip_required" {
		t.Errorf("the zone alone: %v", err)
	}
	dg1 := sim.DG1(line1, line2)
	sod, err := state.Draft(dg1).Build()
	if err != nil {
		t.Fatal(err)
	}
	wish.MRZ, wish.Chip = nil, &phone.Chip{SOD: sod, DG1: dg1}
	reviewed, _, err := p.Journey(t.Context(), wish)
	if err != nil || reviewed.Preview.Passport == nil || reviewed.Preview.Passport.Source != "chip" {
		t.Errorf("the chip: %v", err)
	}
	wish.Chip.DG1 = sim.DG1(strings.Replace(line1, line1[5:8], "ZZZ", 1), line2)
	if _, err := p.Ask(t.Context(), wish); phone.CodeOf(err) != "passport_chip_invalid" {
		t.Errorf("an altered chip: %v", err)
	}
	if status, err := p.Status(t.Context()); err != nil || status.PassportChip != "required" {
		t.Errorf("status: %+v, %v", status, err)
	}
}

// TestAppOffersToIssueAnew: of a key that is published no more, and of no other.
func TestAppOffersToIssueAnew(t *testing.T) {
	s := makeSite(t)
	parts, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	start(t, s)
	p, _ := s.phone(t, vrs.Residents()[0])
	signer, err := parts.ring.Active(keys.SHC, cert.App)
	if err != nil {
		t.Fatal(err)
	}
	gone := strings.Repeat("A", 43)
	if status, err := p.Status(t.Context(), signer.KID, gone); err != nil || !slices.Equal(status.Reissue, []string{gone}) {
		t.Errorf("%+v, %v", status, err)
	}
}

// openChips has the site trust a State, whose signer it returns.
func (s *site) openChips(t *testing.T) *sim.Certified {
	t.Helper()
	profile := func(name string) sim.Profile {
		return sim.Profile{Country: "JP", CommonName: name, From: time.Now().AddDate(-1, 0, 0), Until: time.Now().AddDate(9, 0, 0), Serial: 7}
	}
	authority, err := sim.NewAuthority(profile("test authority"), sim.P384Explicit())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := authority.NewSigner(profile("test signer"), sim.P256())
	if err != nil {
		t.Fatal(err)
	}
	s.section("app")["passport"] = map[string]any{"csca": "csca.pem"}
	if err := s.write("csca.pem", sim.PEM(authority)); err != nil {
		t.Fatal(err)
	}
	return signer
}
