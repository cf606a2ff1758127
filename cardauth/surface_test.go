// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/test/card"
)

// TestSurfaceBindingReturnsTheTextData: the person is the text application's,
// the card key the surface application's, and EF0007 is not needed.
// Rows: B2, B3
func TestSurfaceBindingReturnsTheTextData(t *testing.T) {
	d, h := newSurfaceDesk(t), resident()
	ev := d.prove(t, d.issue(t, h))
	if ev.Files.EF0007 != nil {
		t.Error("EF0007 was sent")
	}
	p, err := d.verify(t, ev)
	if err != nil {
		t.Fatal(err)
	}
	a := p.Applicant
	if !bytes.Equal(a.MyNumber.Digits(), []byte(h.MyNumber)) || a.Holder.Name.Reveal() != h.Name || p.Address.Reveal() != h.Address ||
		a.Holder.BirthDate != (cert.Date{Year: 1985, Month: 3, Day: 14}) || a.Holder.Sex != 2 {
		t.Error("person is not the one in the text application")
	}
	if p.Binding != cardauth.Surface || p.CardKey != sha256.Sum256(ev.Surface.Key) || p.SigningKeyID != cardauth.KeyID(d.muni.ID) || p.IssuerID != cardauth.KeyID(d.pki.ID) {
		t.Errorf("bound by %s, signed by %s, issued by %s", p.Binding, p.SigningKeyID, p.IssuerID)
	}
	if _, err := d.verify(t, ev); !errors.Is(err, cardauth.Error{Code: cardauth.CodeNonceReused}) {
		t.Errorf("sent again: %v", err)
	}
	if _, err := d.verify(t, d.proveWith(t, d.issue(t, h), func(*cardauth.Files) {})); err != nil {
		t.Errorf("with EF0007: %v", err)
	}
}

// TestSurfaceRefusals: everything that is wrong with the surface application
// has its own code, and what is wrong with the text application still has.
// Rows: B2, B5
func TestSurfaceRefusals(t *testing.T) {
	withoutKey := slices.DeleteFunc(malformedRefusals(), func(r refusal) bool { return r.name == "EF0007 missing" })
	run(t, newSurfaceDesk,
		surfaceFormRefusals(), surfaceCertificateRefusals(), surfaceRecordRefusals(), surfaceChallengeRefusals(), surfaceHolderRefusals(),
		nonceRefusals(), withoutKey, certificateRefusals(), contentRefusals(), attributeRefusals())
}

// TestSurfaceAcceptsRealWorldForms: what real cards hold, and the same date
// written in two ways.
func TestSurfaceAcceptsRealWorldForms(t *testing.T) {
	for _, tt := range []struct{ name, text, surface, sex string }{
		{"as made", "19850314", "19850314", "2"},
		{"day unknown", "19850300", "19850300", "1"},
		{"day unknown, written in two ways", "19850300", "198503**", "2"},
		{"month and day unknown, written in two ways", "19850000", "1985    ", "2"},
		{"month unknown, day written in one", "19850014", "19850000", "2"},
		{"date unknown", "00000000", "        ", "2"},
		{"29 February", "20000229", "20000229", "2"},
		{"sex unknown", "19850314", "19850314", "0"},
		{"sex 9", "19850314", "19850314", "9"},
	} {
		for _, nonMinimal := range []bool{false, true} {
			d, h := newSurfaceDesk(t), resident()
			h.BirthDate, h.Sex, h.NonMinimal = tt.text, tt.sex, nonMinimal
			p, err := d.verify(t, d.proveSurface(t, d.issue(t, h), h, func(_ *cardauth.Files, s *cardauth.SurfaceFiles) {
				if tt.surface != tt.text {
					h.BirthDate = tt.surface
					*s = face(t, d, h, s.Key[5:])
				}
			}))
			if err != nil {
				t.Errorf("%s, leading zeros %t: %v", tt.name, nonMinimal, err)
				continue
			}
			p.Wipe()
		}
	}
}

// TestBindings: who is bound how, and what a verifier without the means says.
func TestBindings(t *testing.T) {
	if b := cardauth.DefaultBindings(); !maps.Equal(b, map[cert.Channel]cardauth.Binding{cert.App: cardauth.Surface, cert.Kiosk: cardauth.Attested}) {
		t.Errorf("default: %v", b)
	}
	prove := map[cardauth.Binding]func(card.Reader, string, cardauth.Challenge) (cardauth.Evidence, error){
		cardauth.Attested: card.Reader.Prove, cardauth.Surface: card.Reader.ProveSurface,
	}
	for _, tt := range []struct {
		name       string
		bindings   map[cert.Channel]cardauth.Binding
		app, kiosk cardauth.Binding
	}{
		{"nil", nil, cardauth.Surface, cardauth.Attested},
		{"empty", map[cert.Channel]cardauth.Binding{}, cardauth.Surface, cardauth.Surface},
		{"default", cardauth.DefaultBindings(), cardauth.Surface, cardauth.Attested},
		{"channel not named", map[cert.Channel]cardauth.Binding{cert.App: cardauth.Attested}, cardauth.Attested, cardauth.Surface},
	} {
		d := newDesk(t)
		d.Bindings = tt.bindings
		c := d.issue(t, resident())
		for ch, want := range map[cert.Channel]cardauth.Binding{cert.App: tt.app, cert.Kiosk: tt.kiosk} {
			for by := range prove {
				challenge, err := d.NewChallenge(t.Context(), ch, cert.PurposeCertificate)
				if err != nil {
					t.Fatal(err)
				}
				ev := must2(prove[by](c.Reader(), "1234", challenge))(t)
				p, err := d.Verify(t.Context(), ev, ch, cert.PurposeCertificate)
				switch {
				case by == want && (err != nil || p.Binding != want):
					t.Errorf("%s, %s: %v", tt.name, ch, err)
				case by != want && err == nil:
					t.Errorf("%s, %s: %s evidence passed", tt.name, ch, by)
				}
			}
		}
	}
}

func TestNotReadyForTheBinding(t *testing.T) {
	for name, change := range map[string]func(*desk){
		"no surface anchor": func(d *desk) {
			d.anchors(t, func(text, surface map[string]any) { surface["application"] = "text" })
		},
		"no text anchor": func(d *desk) {
			d.anchors(t, func(text, surface map[string]any) { text["application"] = "surface" })
		},
		"unknown binding": func(d *desk) { d.Bindings[cert.Counter] = "none" },
	} {
		d := newSurfaceDesk(t)
		change(d)
		if err := d.Check(); !errors.Is(err, cardauth.ErrNotReady) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := d.verify(t, cardauth.Evidence{}); !errors.Is(err, cardauth.ErrNotReady) {
			t.Errorf("%s, verify: %v", name, err)
		}
	}
	d := newDesk(t)
	d.anchors(t, func(text, surface map[string]any) { delete(text, "application"); surface["application"] = "text" })
	if err := d.Check(); err != nil {
		t.Errorf("attested everywhere, text anchors alone: %v", err)
	}
}

// TestAttestedDoesNotLookAtSurfaceFiles: they change nothing there.
func TestAttestedDoesNotLookAtSurfaceFiles(t *testing.T) {
	d := newDesk(t)
	c := d.issue(t, resident())
	ev := d.prove(t, c)
	ev.Surface = &cardauth.SurfaceFiles{Birth: []byte("anything")}
	if p, err := d.verify(t, ev); err != nil || p.Binding != cardauth.Attested {
		t.Errorf("attested evidence with surface files: %v", err)
	}
	ev = must2(c.Reader().ProveSurface("1234", d.challenge(t)))(t)
	if _, err := d.verify(t, ev); !errors.Is(err, cardauth.Error{Code: cardauth.CodeMalformed}) {
		t.Errorf("surface evidence without EF0007: %v", err)
	}
}

// TestSurfaceMessage: what is signed, and that it is not the other binding's.
func TestSurfaceMessage(t *testing.T) {
	s := cardauth.SurfaceFiles{Birth: []byte("two"), Sex: []byte("three"), Key: []byte("four")}
	m := cardauth.SurfaceMessage([32]byte{1}, []byte("EF0003"), s)
	data, holder := sha256.Sum256([]byte("EF0003")), sha256.Sum256([]byte("twothreefour"))
	if len(m) != 108 || string(m[:12]) != "kofu-card-v2" || m[12] != 1 || !bytes.Equal(m[44:76], data[:]) || !bytes.Equal(m[76:], holder[:]) {
		t.Errorf("message is % X", m)
	}
}

// TestSurfaceMessageTiesDataAndKey: after the card has signed, no part can be
// replaced by another genuine one.
// Rows: B5
func TestSurfaceMessageTiesDataAndKey(t *testing.T) {
	d, twin := newSurfaceDesk(t), resident()
	twin.MyNumber, twin.UniqueKey = "123456789018", true
	own, other := d.issue(t, resident()), d.issue(t, twin)
	files, err := other.Reader().ReadAll("1234")
	if err != nil {
		t.Fatal(err)
	}
	surface := readSurface(t, other, twin)
	for name, swap := range map[string]func(*cardauth.Evidence){
		"text files": func(ev *cardauth.Evidence) {
			ev.Files.EF0001, ev.Files.EF0002, ev.Files.EF0003 = files.EF0001, files.EF0002, files.EF0003
		},
		"surface files": func(ev *cardauth.Evidence) { ev.Surface = &surface },
	} {
		ev := d.prove(t, own)
		swap(&ev)
		if _, err := d.verify(t, ev); !errors.Is(err, cardauth.Error{Code: cardauth.CodeSurfaceChallengeSig}) {
			t.Errorf("%s replaced: %v", name, err)
		}
	}
}

// TestNextSuiteSurface: the next card's surface application, in an assumed
// layout; policy has to ask for it.
func TestNextSuiteSurface(t *testing.T) {
	d := newSurfaceDesk(t)
	pki, err := card.NewNextPKI("9000053")
	if err != nil {
		t.Fatal(err)
	}
	muni, err := pki.NewMunicipality("90000")
	if err != nil {
		t.Fatal(err)
	}
	if d.Anchors, err = cardauth.ParseAnchors(pki.AnchorsJSON(), cert.Test); err != nil {
		t.Fatal(err)
	}
	c, err := muni.Issue(resident())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.verify(t, d.prove(t, c)); !errors.Is(err, cardauth.Error{Code: cardauth.CodeSuiteEnded}) {
		t.Errorf("without policy: %v", err)
	}
	d.Policy.Until = map[cardauth.Suite]cert.Date{cardauth.ECDSAP384SHA384: {Year: 2045, Month: 12, Day: 31}}
	d.now = time.Date(2031, 1, 1, 0, 0, 0, 0, cert.JST())
	if _, err := d.verify(t, d.prove(t, c)); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*cardauth.SurfaceFiles)
		want   cardauth.Code
	}{
		{"digest of 32 bytes", func(s *cardauth.SurfaceFiles) { s.Photo = s.Photo[:32] }, cardauth.CodeSurfaceMalformed},
		{"digest changed", func(s *cardauth.SurfaceFiles) { s.Pictures = flip(s.Pictures, 47) }, cardauth.CodeSurfaceSig},
		{"signature changed", func(s *cardauth.SurfaceFiles) { s.Signature = flip(s.Signature, 98) }, cardauth.CodeSurfaceSig},
		{"point off the curve", func(s *cardauth.SurfaceFiles) { s.Key = flip(s.Key, 101) }, cardauth.CodeSurfaceKeyUnsuitable},
		{"certificate changed", func(s *cardauth.SurfaceFiles) { s.EF0004 = flip(s.EF0004, len(s.EF0004)-1) }, cardauth.CodeSurfaceCertSig},
	} {
		ev := d.proveSurface(t, c, resident(), func(_ *cardauth.Files, s *cardauth.SurfaceFiles) { tt.change(s) })
		if _, err := d.verify(t, ev); !errors.Is(err, cardauth.Error{Code: tt.want}) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestEveryChangedBitOfTheSurfaceIsRefused changes each bit of each part and
// of the signature, one at a time, after the card has signed, and a bit of
// each byte before.
// Rows: B5
func TestEveryChangedBitOfTheSurfaceIsRefused(t *testing.T) {
	d := newSurfaceDesk(t)
	d.Cache = cardauth.NewCertificateCache(8)
	c, challenge := d.issue(t, resident()), d.challenge(t)
	good := must2(c.Reader().ProveSurface("1234", challenge))(t)
	d.Challenges = brokenStore{other: challenge} // gives the same challenge every time
	if _, err := d.verify(t, good); err != nil {
		t.Fatal(err)
	}
	parts := map[string]func(*cardauth.SurfaceFiles) *cardauth.Secret{
		"DF22":     func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Birth },
		"DF23":     func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Sex },
		"DF24":     func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Key },
		"pictures": func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Pictures },
		"photo":    func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Photo },
		"DF28":     func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Signature },
		"EF0004":   func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.EF0004 },
	}
	refused := func(name string, bit int, ev cardauth.Evidence) {
		p, err := d.verify(t, ev)
		if _, ok := cardauth.CodeOf(err); !ok || p != nil {
			t.Errorf("%s, bit %d: %v", name, bit, err)
		}
	}
	for name, part := range parts {
		for bit := range 8 * len(*part(good.Surface)) {
			ev, s := good, *good.Surface
			p := part(&s)
			*p = flipBit(*p, bit)
			ev.Surface = &s
			refused(name, bit, ev)
			if bit%8 == bit/8%8 {
				ev.Signature = must(t)(c.Reader().SignSurface(cardauth.SurfaceMessage(challenge.Bytes, ev.Files.EF0003, s)))
				refused(name+", signed", bit, ev)
			}
		}
	}
	for bit := range 8 * len(good.Signature) {
		ev := good
		ev.Signature = flipBit(ev.Signature, bit)
		refused("signature", bit, ev)
	}
	if d.Cache.Len() != 2 {
		t.Errorf("%d files remembered", d.Cache.Len())
	}
}

func flipBit(b []byte, bit int) cardauth.Secret {
	b = slices.Clone(b)
	b[bit/8] ^= 1 << (bit % 8)
	return b
}
