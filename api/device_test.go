// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/api/app"
	"kofu/api/problem"
	"kofu/cardauth/attest"
	sim "kofu/test/attest"
	"kofu/test/phone"
)

// Rows: B1, B7, A1
func TestGenuineAppOnBothPlatforms(t *testing.T) {
	w := newWorld(t, nil)
	own := hers(t).Reader()
	for name, h := range map[string]phone.Handset{"ios": w.iPhone(t), "android": w.pixel(t)} {
		t.Run(name, func(t *testing.T) {
			p := w.phone(t, h, own)
			wish := domestic()
			wish.PDF = true
			reviewed, issued, err := p.Journey(t.Context(), wish)
			if err != nil || issued.SHC.JWS == "" || len(issued.PDF) == 0 {
				t.Fatal(err)
			}
			again, err := p.Issue(t.Context(), reviewed.Sealed, true)
			if err != nil || !bytes.Equal(again.PDF, issued.PDF) {
				t.Errorf("the second answer is not the first: %v", err)
			}
			if err := p.Discard(t.Context(), reviewed.Sealed); err != nil {
				t.Error(err)
			}
		})
	}
	if got := w.reports(); len(got) > 0 {
		t.Errorf("%v was reported", got)
	}
}

// wording is a refusal as the caller reads it, but for its name.
func wording(t *testing.T, err error) string {
	t.Helper()
	p, ok := errors.AsType[*phone.Problem](err)
	if !ok {
		t.Fatalf("not refused: %v", err)
	}
	p.RequestID = ""
	return strings.Join([]string{p.Type, p.Title, p.TitleEn, p.Code, p.Next.Ja, p.Next.En}, "|")
}

// badDevice is one thing wrong with app, phone or proof.
type badDevice struct {
	name string
	want attest.Code
	try  func(t *testing.T, w *world) error
}

// Whatever is wrong with the app, the phone or its proof: one wording to the
// caller, a code of its own in metrics, and nobody's record is asked for.
//
// Rows: B7, C10
func TestDeviceRefusalsHaveOneWording(t *testing.T) {
	said := ""
	for _, tt := range append(badAttestations(), badProofs()...) {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, nil)
			now := wording(t, tt.try(t, w))
			if said == "" {
				said = now
			}
			if now != said || !strings.Contains(now, "|app_not_accepted|") {
				t.Errorf("says %s", now)
			}
			if got := w.internalOf(); got != string(tt.want) {
				t.Errorf("metrics have %s, want %s", got, tt.want)
			}
			if !slices.Contains(w.refused, tt.want) {
				t.Error("whoever counts refusals is not told", w.refused)
			}
			if w.office.finds != 0 {
				t.Error("the record service was asked")
			}
			if strings.Contains(w.log.String(), string(tt.want)) {
				t.Error("the log tells which")
			}
		})
	}
}

func badAttestations() []badDevice {
	android := func(change func(*phone.Pixel)) func(*testing.T, *world) error {
		return func(t *testing.T, w *world) error {
			h := w.pixel(t)
			change(&h)
			return w.phone(t, h, nil).Register(t.Context())
		}
	}
	verdict := func(group, member string, value any) func(*phone.Pixel) {
		return func(p *phone.Pixel) { p.Misprint.Verdict = func(v sim.Verdict) { v[group][member] = value } }
	}
	ios := func(change func(*phone.IPhone)) func(*testing.T, *world) error {
		return func(t *testing.T, w *world) error {
			h := w.iPhone(t)
			change(&h)
			return w.phone(t, h, nil).Register(t.Context())
		}
	}
	return []badDevice{
		{"a rooted device", attest.CodePlayDeviceVerdict, android(verdict("deviceIntegrity", "deviceRecognitionVerdict", []string{"MEETS_BASIC_INTEGRITY"}))},
		{"no verdict on the device", attest.CodePlayDeviceVerdict, android(verdict("deviceIntegrity", "deviceRecognitionVerdict", []string{}))},
		{"a tampered app", attest.CodePlayAppVerdict, android(verdict("appIntegrity", "appRecognitionVerdict", "UNRECOGNIZED_VERSION"))},
		{"signed anew", attest.CodePlayCertificate, android(func(p *phone.Pixel) { p.Certificate[0] ^= 1 })},
		{"an old app of Android", attest.CodePlayVersion, android(func(p *phone.Pixel) { p.Version = 99 })},
		{"another app of Android", attest.CodePlayRequest, android(func(p *phone.Pixel) { p.Package = "jp.example.other" })},
		{"an old app of iOS", attest.CodeAppleVersion, ios(func(p *phone.IPhone) { p.Extensions = sim.Launch(4, "99") })},
		{"another app of iOS", attest.CodeAppleApp, ios(func(p *phone.IPhone) { p.AppID = "ABCDE12345.jp.example.other" })},
		{"a developer's iPhone", attest.CodeEnvironment, ios(func(p *phone.IPhone) { p.AAGUID = sim.DevelopmentAAGUID })},
		{"another root", attest.CodeAppleChain, func(t *testing.T, w *world) error {
			other := must[*sim.Apple](t)(sim.NewApple(time.Now()))
			h := phone.IPhone{IPhone: must[*sim.IPhone](t)(other.NewIPhone(appleApp))}
			return w.phone(t, h, nil).Register(t.Context())
		}},
		{"an attestation for another challenge", attest.CodeAppleNonce, func(t *testing.T, w *world) error {
			return w.phone(t, stale{w.iPhone(t)}, nil).Register(t.Context())
		}},
		{"a token for another challenge", attest.CodePlayNonce, func(t *testing.T, w *world) error {
			return w.phone(t, stale{w.pixel(t)}, nil).Register(t.Context())
		}},
	}
}

// stale attests for a challenge of yesterday.
type stale struct{ phone.Handset }

func (s stale) Attest([]byte) (*phone.Registration, error) { return s.Handset.Attest(make([]byte, 32)) }

func badProofs() []badDevice {
	applied := func(change func(*testing.T, *world, *phone.Client, *phone.Challenge, *phone.Application)) func(*testing.T, *world) error {
		return func(t *testing.T, w *world) error {
			p := w.hanakos(t)
			ch, a := proved(t, p, domestic())
			change(t, w, p, ch, a)
			_, err := p.Apply(t.Context(), a)
			return err
		}
	}
	edited := func(change func(*phone.Application)) func(*testing.T, *world) error {
		return applied(func(_ *testing.T, _ *world, _ *phone.Client, _ *phone.Challenge, a *phone.Application) { change(a) })
	}
	return []badDevice{
		{"no credential", attest.CodeCredentialMissing, edited(func(a *phone.Application) { a.Credential = "" })},
		{"no assertion", attest.CodeAssertionMissing, edited(func(a *phone.Application) { a.Assertion = nil })},
		{"a broken assertion", attest.CodeAssertionMalformed, edited(func(a *phone.Application) { a.Assertion = a.Assertion[1:] })},
		{"another kind than was signed", attest.CodeAssertionSig, edited(func(a *phone.Application) { a.MRZ, a.Kind = goodZone(), "overseas" })},
		{"another signature of the credential", attest.CodeCredentialSig, edited(func(a *phone.Application) {
			head, _, _ := strings.Cut(a.Credential, ".")
			a.Credential = head + "." + strings.Split(a.Credential, ".")[1] + "." + strings.Repeat("A", 86)
		})},
		{"a stolen credential without its key", attest.CodeAssertionSig, applied(func(t *testing.T, w *world, _ *phone.Client, ch *phone.Challenge, a *phone.Application) {
			thief := w.iPhone(t)
			a.Assertion = must[[]byte](t)(thief.Assert(a.Hash(ch.Challenge)))
		})},
		{"a replayed assertion", attest.CodeAssertionSig, applied(func(t *testing.T, _ *world, p *phone.Client, _ *phone.Challenge, a *phone.Application) {
			_, earlier := proved(t, p, domestic())
			a.Assertion = earlier.Assertion
		})},
		{"an attestation in the place of the assertion", attest.CodeAssertionMalformed, applied(func(t *testing.T, w *world, p *phone.Client, ch *phone.Challenge, a *phone.Application) {
			r := must[*phone.Registration](t)(p.Handset.Attest(ch.Challenge))
			a.Assertion = r.Attestation[:1000]
		})},
		{"an assertion over a sealed application", attest.CodeAssertionSig, applied(func(t *testing.T, _ *world, p *phone.Client, _ *phone.Challenge, a *phone.Application) {
			a.Assertion = must[[]byte](t)(p.Handset.Assert(attest.SealedHash("a..b.c.d")))
		})},
		{"a credential of yesterday", attest.CodeCredentialExpired, applied(func(t *testing.T, w *world, p *phone.Client, _ *phone.Challenge, a *phone.Application) {
			w.clock.pass(attest.MaxLifetime + attest.ClockSkew)
		})},
		{"a withdrawn key id", attest.CodeCredentialWithdrawn, applied(func(t *testing.T, w *world, _ *phone.Client, _ *phone.Challenge, _ *phone.Application) {
			w.withdraw(t)
		})},
		{"a credential for somewhere else", attest.CodeCredentialKey, applied(func(t *testing.T, w *world, p *phone.Client, _ *phone.Challenge, a *phone.Application) {
			other := newWorld(t, nil)
			q := other.phone(t, other.iPhone(t), nil)
			if err := q.Register(t.Context()); err != nil {
				t.Fatal(err)
			}
			a.Credential = q.Credential.Token
		})},
		{"no proof for the certificate", attest.CodeCredentialMissing, opened(func(p *phone.Client) { p.Handset = nil })},
		{"no proof for the discard", attest.CodeCredentialMissing, func(t *testing.T, w *world) error {
			p := w.hanakos(t)
			_, a := proved(t, p, domestic())
			reviewed := must[*phone.Reviewed](t)(p.Apply(t.Context(), a))
			p.Handset, w.office.finds = nil, 0
			return p.Discard(t.Context(), reviewed.Sealed)
		}},
		{"a stolen credential for the certificate", attest.CodeAssertionSig, func(t *testing.T, w *world) error {
			return opened(func(p *phone.Client) { p.Handset = w.iPhone(t) })(t, w)
		}},
	}
}

// withdraw has the server trust a new key, and no longer the old one.
func (w *world) withdraw(t testing.TB) {
	t.Helper()
	w.devices.Credentials = must[*attest.Credentials](t)(attest.NewCredentials(attest.CredentialConfig{
		Issuer: "https://kofu.example", Audience: "test", Signer: signingKey(t), Withdrawn: []string{w.devices.Credentials.KID()},
	}))
}

// opened has a good application's certificate asked for by a changed phone.
func opened(change func(*phone.Client)) func(*testing.T, *world) error {
	return func(t *testing.T, w *world) error {
		p := w.hanakos(t)
		_, a := proved(t, p, domestic())
		reviewed := must[*phone.Reviewed](t)(p.Apply(t.Context(), a))
		change(p)
		w.office.finds = 0
		_, err := p.Issue(t.Context(), reviewed.Sealed, false)
		return err
	}
}

// A sealed application opens with the key it was made with, and with no other:
// the secret that the app has made beside it does not help.
//
// Rows: B7, R2.1
func TestSealedApplicationOnAnotherDevice(t *testing.T) {
	w := newWorld(t, nil)
	p := w.hanakos(t)
	_, a := proved(t, p, domestic())
	reviewed := must[*phone.Reviewed](t)(p.Apply(t.Context(), a))

	thief := w.phone(t, w.pixel(t), nil)
	thief.Device = p.Device
	_, err := thief.Issue(t.Context(), reviewed.Sealed, false)
	if phone.CodeOf(err) != "application_invalid" || w.internalOf() != "SEAL_DEVICE" {
		t.Errorf("got %v (%s)", err, w.internalOf())
	}
	if err := thief.Discard(t.Context(), reviewed.Sealed); phone.CodeOf(err) != "application_invalid" || w.internalOf() != "SEAL_DEVICE" {
		t.Errorf("discarded by another: %v (%s)", err, w.internalOf())
	}
	if _, err := p.Issue(t.Context(), reviewed.Sealed, false); err != nil {
		t.Errorf("its own device: %v", err)
	}
}

// Under report nothing is refused, and all of it is told.
func TestDevicesReportPolicy(t *testing.T) {
	w := newWorld(t, func(w *world, _ *app.Handler) { w.devices.Policy = attest.Report })
	own := hers(t).Reader()
	bare := w.phone(t, nil, own)
	bare.App = ""
	if _, _, err := bare.Journey(t.Context(), domestic()); err != nil {
		t.Errorf("without a proof: %v", err)
	}
	p := w.phone(t, w.iPhone(t), own)
	reviewed, err := p.Ask(t.Context(), domestic())
	if err != nil {
		t.Fatal(err)
	}
	p.Handset = nil // the second call's proof fails
	if _, err := p.Issue(t.Context(), reviewed.Sealed, false); err != nil {
		t.Errorf("a proof that fails at the second call: %v", err)
	}
	if got := w.reports(); len(got) != 3 || got[0] != attest.CodeCredentialMissing {
		t.Errorf("reported %v", got)
	}
	h := w.pixel(t)
	h.Version = 1
	if err := w.phone(t, h, own).Register(t.Context()); phone.CodeOf(err) != "app_not_accepted" {
		t.Errorf("an old app got a credential: %v", err)
	}
}

// Off, and without devices at all, nothing is looked at.
func TestDevicesNotAsked(t *testing.T) {
	own := hers(t).Reader()
	off := newWorld(t, func(w *world, _ *app.Handler) { w.devices.Policy = attest.Off })
	if _, _, err := off.phone(t, nil, own).Journey(t.Context(), domestic()); err != nil || len(off.reports()) > 0 {
		t.Errorf("off: %v", err)
	}
	none := newWorld(t, func(_ *world, h *app.Handler) { h.Devices = nil })
	if _, _, err := none.phone(t, nil, own).Journey(t.Context(), domestic()); err != nil {
		t.Errorf("none: %v", err)
	}
	if err := none.phone(t, none.iPhone(t), own).Register(t.Context()); phone.CodeOf(err) != "not_found" {
		t.Errorf("got %v", err)
	}
}

// A challenge is for one attestation or one application.
func TestDeviceChallengeIsUsedUp(t *testing.T) {
	w := newWorld(t, nil)
	p := w.hanakos(t)
	ch, a := proved(t, p, domestic())
	if _, err := p.Apply(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := must[*phone.Registration](t)(p.Handset.Attest(ch.Challenge))
		q := w.phone(t, sent{p.Handset, r}, nil)
		if err := q.RegisterWith(t.Context(), ch); phone.CodeOf(err) != "challenge_invalid" || w.internalOf() != "NONCE_REUSED" {
			t.Errorf("got %v (%s)", err, w.internalOf())
		}
	}
	// And the other way round: the device's credential comes of it, and no application.
	ch = must[*phone.Challenge](t)(p.Challenge(t.Context()))
	if err := p.RegisterWith(t.Context(), ch); err != nil {
		t.Fatal(err)
	}
	a = must[*phone.Application](t)(p.Prove(ch, domestic()))
	if _, err := p.Apply(t.Context(), a); phone.CodeOf(err) != "challenge_invalid" || w.internalOf() != "NONCE_REUSED" {
		t.Errorf("got %v (%s)", err, w.internalOf())
	}
}

// sent gives an attestation that was made before.
type sent struct {
	phone.Handset
	r *phone.Registration
}

func (s sent) Attest([]byte) (*phone.Registration, error) { return s.r, nil }

// Every code of the devices and of the chips has its row, and says no more than
// it should.
func TestDeviceTableIsComplete(t *testing.T) {
	for _, c := range attest.Codes() {
		if p, name := table().Find(attest.Refuse("x", c)); p != appNotAccepted || name != string(c) {
			t.Errorf("%s becomes %s (%s)", c, p.Code, name)
		}
	}
	if p, _ := table().Find(attest.Error{Code: "NEW"}); p != appNotAccepted {
		t.Errorf("a new code becomes %s", p.Code)
	}
	for err, want := range map[error]problem.Problem{
		app.ErrOutdated: appOutdated, app.ErrUnnamed: appOutdated, attest.ErrIssue: unavailable,
		app.ErrTooManyNetwork: tooMany, app.ErrTooManyCard: tooMany, app.ErrTooManyDevice: tooMany,
	} {
		if p, _ := table().Find(err); p != want {
			t.Errorf("%v becomes %s", err, p.Code)
		}
	}
}
