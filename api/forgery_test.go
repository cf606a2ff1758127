// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cert"
	sim "kofu/test/attest"
	"kofu/test/phone"
)

// Each way to get somebody else's certificate, or to get one's own from
// something else than the genuine app, has a code of its own in metrics.
// Outside there is one wording for what is wrong with the card, one for the
// app and the device, and one for what was sealed; none of them is for one way
// alone. Nobody's record is asked for.
//
// Rows: B1, B5, B7
func TestEachForgeryHasItsOwnCode(t *testing.T) {
	h, m := issueCard(t, hanako).Reader(), issueCard(t, mallory()).Reader()
	android := func(change func(*phone.Pixel)) func(*testing.T, *world) error {
		return func(t *testing.T, w *world) error {
			p := w.pixel(t)
			change(&p)
			_, err := w.phone(t, p, h).Ask(t.Context(), domestic())
			return err
		}
	}
	reads := func(c phone.Card) func(*testing.T, *world) error {
		return func(t *testing.T, w *world) error {
			_, err := w.phone(t, w.iPhone(t), c).Ask(t.Context(), domestic())
			return err
		}
	}
	var internal []string
	for _, tt := range []struct {
		name, public, internal string
		try                    func(*testing.T, *world) error
	}{
		{"somebody's card files with an own phone", "card_invalid", "SURFACE_CHALLENGE_SIG_INVALID", reads(mixed{h, h, m, []byte(hanako.MyNumber)})},
		{"an own card of the same municipality with somebody's files", "card_invalid", "SURFACE_BIRTHDATE_MISMATCH", reads(mixed{h, m, m, []byte(mallory().MyNumber)})},
		{"a replayed assertion", "app_not_accepted", "ASSERTION_SIG_INVALID", func(t *testing.T, w *world) error {
			p := w.hanakos(t)
			_, earlier := proved(t, p, domestic())
			_, a := proved(t, p, domestic())
			a.Assertion = earlier.Assertion
			_, err := p.Apply(t.Context(), a)
			return err
		}},
		{"a rooted device", "app_not_accepted", "PLAY_DEVICE_VERDICT", android(func(p *phone.Pixel) {
			p.Misprint.Verdict = func(v sim.Verdict) {
				v["deviceIntegrity"]["deviceRecognitionVerdict"] = []string{"MEETS_BASIC_INTEGRITY"}
			}
		})},
		{"an old app", "app_not_accepted", "PLAY_VERSION", android(func(p *phone.Pixel) { p.Version = 99 })},
		{"an old app that says so", "app_outdated", "APP_OUTDATED", func(t *testing.T, w *world) error {
			p := w.hanakos(t)
			p.App = "ios/1.9.9"
			_, err := p.Ask(t.Context(), domestic())
			return err
		}},
		{"a replayed request", "challenge_invalid", "NONCE_REUSED", func(t *testing.T, w *world) error {
			p := w.hanakos(t)
			_, a := proved(t, p, domestic())
			if _, err := p.Apply(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			w.office.finds = 0
			_, err := p.Apply(t.Context(), a)
			return err
		}},
		{"a sealed application on another device", "application_invalid", "SEAL_DEVICE", func(t *testing.T, w *world) error {
			_, a := proved(t, w.hanakos(t), domestic())
			reviewed := must[*phone.Reviewed](t)(w.hanakos(t).Apply(t.Context(), a))
			w.office.finds = 0
			_, err := w.phone(t, w.pixel(t), nil).Issue(t.Context(), reviewed.Sealed, true)
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, nil)
			err := tt.try(t, w)
			if got := phone.CodeOf(err); got != tt.public || w.internalOf() != tt.internal {
				t.Errorf("%v: %s (%s), want %s (%s)", err, got, w.internalOf(), tt.public, tt.internal)
			}
			if slices.Contains(internal, w.internalOf()) {
				t.Error("the code of another")
			}
			internal = append(internal, w.internalOf())
			if w.office.finds != 0 || len(w.office.held) != 0 {
				t.Error("the record service was asked")
			}
		})
	}
}

// What is put into a request after the app has signed it is found by the
// assertion: the card's own signatures would take each of these.
//
// Rows: B4, B7
func TestAssertionCoversTheRequest(t *testing.T) {
	jp := must[japan](t)(japans())
	chip := jp.chip(t, goodZone())
	other := zoneOf(t, func(p *cert.Passport) { p.Number = "TK0000001" })
	own := hers(t).Reader()
	for name, change := range map[string]func(*phone.Application){
		"kind":             func(a *phone.Application) { a.Kind, a.MRZ, a.Chip = "domestic", nil, nil },
		"municipality":     func(a *phone.Application) { a.Municipality = "900002" },
		"zone":             func(a *phone.Application) { a.MRZ = other },
		"zone left out":    func(a *phone.Application) { a.MRZ = nil },
		"chip":             func(a *phone.Application) { a.MRZ, a.Chip = nil, jp.chip(t, other) },
		"chip left out":    func(a *phone.Application) { a.Chip = nil },
		"filler of EF0002": func(a *phone.Application) { a.Card.EF0002 = append(a.Card.EF0002, 0xFF) },
		"EF0007":           func(a *phone.Application) { a.Card.EF0007 = must[cardauth.Files](t)(own.ReadAll(hanako.PIN)).EF0007 },
	} {
		t.Run(name, func(t *testing.T) {
			w := reading(t, nil)
			p := w.phone(t, w.iPhone(t), own)
			_, a := proved(t, p, travel(goodZone(), chip))
			change(a)
			if _, err := p.Apply(t.Context(), a); phone.CodeOf(err) != "app_not_accepted" || w.internalOf() != string(attest.CodeAssertionSig) {
				t.Errorf("altered: %v (%s)", err, w.internalOf())
			}
			if w.office.finds != 0 {
				t.Error("the record service was asked")
			}
			// The same, signed as it is: nothing else is wrong with it.
			ch, again := proved(t, p, travel(goodZone(), chip))
			change(again)
			again.Assertion = must[[]byte](t)(p.Handset.Assert(again.Hash(ch.Challenge)))
			if _, err := p.Apply(t.Context(), again); w.internalOf() == string(attest.CodeAssertionSig) || phone.CodeOf(err) == "card_invalid" {
				t.Errorf("signed: %v (%s)", err, w.internalOf())
			}
		})
	}
}

// A registration has what its platform needs, and nothing of the other's.
func TestRegistrationIsOfOnePlatform(t *testing.T) {
	w := newWorld(t, nil)
	for name, change := range map[string]func(*phone.Registration){
		"another platform":     func(r *phone.Registration) { r.Platform = "windows" },
		"no platform":          func(r *phone.Registration) { r.Platform = "" },
		"no attestation":       func(r *phone.Registration) { r.Attestation = nil },
		"no key id":            func(r *phone.Registration) { r.KeyID = nil },
		"a key besides":        func(r *phone.Registration) { r.Key = r.KeyID },
		"a key and no key id":  func(r *phone.Registration) { r.Key, r.KeyID = r.KeyID, nil },
		"iOS called Android":   func(r *phone.Registration) { r.Platform = "android" },
		"no challenge":         func(r *phone.Registration) { r.Challenge = "" },
		"a challenge too long": func(r *phone.Registration) { r.Challenge = strings.Repeat("A", 65) },
	} {
		t.Run(name, func(t *testing.T) {
			p := w.hanakos(t)
			p.HTTP.Transport = wires{t: t, s: w.fixture, wild: true}
			ch := must[*phone.Challenge](t)(p.Challenge(t.Context()))
			r := must[*phone.Registration](t)(p.Handset.Attest(ch.Challenge))
			r.Challenge = ch.ID
			change(r)
			got := must[*phone.Response](t)(p.Send(t.Context(), http.MethodPost, "/app/v1/devices", "application/json", must[[]byte](t)(json.Marshal(r))))
			if got.Status != http.StatusBadRequest || w.internalOf() != "BODY" {
				t.Errorf("%d (%s)", got.Status, w.internalOf())
			}
		})
	}
}
