// SPDX-License-Identifier: Apache-2.0

package api

import (
	"testing"

	"kofu/api/app"
	"kofu/cardauth"
	"kofu/cert"
	"kofu/test/card"
	"kofu/test/phone"
)

// Mallory has a genuine app on a good phone of his own, a card of his own from
// Hanako's municipality, and a copy of all that can be read of her card.
func mallory() card.Holder {
	return card.Holder{MyNumber: "123456789018", Name: "悪田　三郎", Address: "見本市中央１－２－３", BirthDate: "19900401", Sex: "1", PIN: hanako.PIN}
}

// mixed is a card made of two: what is read, and which key signs.
type mixed struct {
	text, surface, signs card.Reader
	number               []byte // of the surface's card
}

func (m mixed) ReadAll(pin string) (cardauth.Files, error) { return m.text.ReadAll(pin) }
func (m mixed) Sign(b []byte) ([]byte, error)              { return m.signs.Sign(b) }
func (m mixed) SignSurface(b []byte) ([]byte, error)       { return m.signs.SignSurface(b) }
func (m mixed) ReadSurface([]byte) (cardauth.SurfaceFiles, error) {
	return m.surface.ReadSurface(m.number)
}

// Copied files are worth nothing with a card that is not theirs. The caller
// learns that the card is not accepted, and not what gave it away.
//
// Rows: A6, B1, B2, B5
func TestSomebodyElsesCard(t *testing.T) {
	h, m := issueCard(t, hanako).Reader(), issueCard(t, mallory()).Reader()
	neighbour := must[*card.Municipality](t)(must[*card.PKI](t)(pki()).NewMunicipality("90001"))
	far := must[*card.Card](t)(neighbour.Issue(mallory())).Reader()
	said := ""
	for _, tt := range []struct {
		name string
		card phone.Card
		want cardauth.Code
	}{
		{"all of her files, no card of hers", mixed{h, h, m, []byte(hanako.MyNumber)}, cardauth.CodeSurfaceChallengeSig},
		{"her data, his card", mixed{h, m, m, []byte(mallory().MyNumber)}, cardauth.CodeSurfaceBirthDate},
		{"her data, a card from elsewhere", mixed{h, far, far, []byte(mallory().MyNumber)}, cardauth.CodeSurfaceBirthDate},
		{"his data, her surface", mixed{m, h, m, []byte(hanako.MyNumber)}, cardauth.CodeSurfaceChallengeSig},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, nil)
			_, err := w.phone(t, w.iPhone(t), tt.card).Ask(t.Context(), domestic())
			now := wording(t, err)
			if said == "" {
				said = now
			}
			if now != said || phone.CodeOf(err) != "card_invalid" {
				t.Errorf("says %s", now)
			}
			if got := w.internalOf(); got != string(tt.want) {
				t.Errorf("metrics have %s, want %s", got, tt.want)
			}
			if w.office.finds != 0 {
				t.Error("the record service was asked")
			}
		})
	}
}

// What the surface application closes: where the binding is attested, the same
// mixture passes, and only the attestation of the reader stands against it.
func TestSomebodyElsesCardPassesWhereAttested(t *testing.T) {
	w := newWorld(t, func(_ *world, h *app.Handler) {
		h.Cards.Bindings = map[cert.Channel]cardauth.Binding{cert.App: cardauth.Attested}
		h.Devices = nil
	})
	own, his := issueCard(t, hanako).Reader(), issueCard(t, mallory()).Reader()
	p := w.phone(t, nil, own)
	ch := must[*phone.Challenge](t)(p.Challenge(t.Context()))
	if ch.Binding != "attested" {
		t.Fatal(ch.Binding)
	}
	a := must[*phone.Application](t)(p.Prove(ch, domestic()))
	a.Card.EF0007 = nil // nothing else signs here
	if _, err := p.Apply(t.Context(), a); phone.CodeOf(err) != "bad_request" {
		t.Errorf("without the key that signs: %v", err)
	}
	files := must[cardauth.Files](t)(his.ReadAll(hanako.PIN))
	a.Card.EF0007 = files.EF0007
	a.Card.Signature = must[[]byte](t)(his.Sign(phone.Message(ch.Challenge, a.Card.EF0003, a.Card.EF0007)))
	if r, err := p.Apply(t.Context(), a); err != nil || r.Preview.Name != hanako.Name {
		t.Errorf("refused now: say so where it is documented: %v", err)
	}
}

// Which binding holds is the service's to say, and no request's.
//
// Rows: B2, B5
func TestRequestCannotChooseTheBinding(t *testing.T) {
	w := newWorld(t, nil)
	p := w.hanakos(t)
	if err := p.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	ch := must[*phone.Challenge](t)(p.Challenge(t.Context()))
	ch.Binding = "attested"
	a := must[*phone.Application](t)(p.Prove(ch, domestic()))
	if _, err := p.Apply(t.Context(), a); phone.CodeOf(err) != "card_invalid" || w.internalOf() != string(cardauth.CodeSurfaceMissing) {
		t.Errorf("got %v (%s)", err, w.internalOf())
	}
}

// The whole request again, as it was recorded: its challenge is used up.
//
// Rows: B2, B7
func TestReplayedApplication(t *testing.T) {
	w := newWorld(t, nil)
	p := w.hanakos(t)
	_, a := proved(t, p, domestic())
	if _, err := p.Apply(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Apply(t.Context(), a); phone.CodeOf(err) != "challenge_invalid" || w.internalOf() != string(cardauth.CodeNonceReused) {
		t.Errorf("got %v (%s)", err, w.internalOf())
	}
}

// Every part of the surface is needed, if any is sent, and every bit of it
// counts.
//
// Rows: B5
func TestSurfaceIsReadStrictly(t *testing.T) {
	parts := map[string]func(*phone.Surface) *[]byte{
		"birth": func(s *phone.Surface) *[]byte { return &s.Birth }, "sex": func(s *phone.Surface) *[]byte { return &s.Sex },
		"key": func(s *phone.Surface) *[]byte { return &s.Key }, "pictures": func(s *phone.Surface) *[]byte { return &s.Pictures },
		"photo": func(s *phone.Surface) *[]byte { return &s.Photo }, "signature": func(s *phone.Surface) *[]byte { return &s.Signature },
		"ef0004": func(s *phone.Surface) *[]byte { return &s.EF0004 },
	}
	w := newWorld(t, func(_ *world, h *app.Handler) { h.Devices = nil })
	p := w.phone(t, nil, hers(t).Reader())
	for name, part := range parts {
		t.Run(name, func(t *testing.T) {
			_, a := proved(t, p, domestic())
			b := part(a.Card.Surface)
			(*b)[len(*b)/2] ^= 1
			if _, err := p.Apply(t.Context(), a); phone.CodeOf(err) != "card_invalid" {
				t.Errorf("one bit: %v", err)
			}
			_, a = proved(t, p, domestic())
			*part(a.Card.Surface) = []byte{}
			if _, err := p.Apply(t.Context(), a); phone.CodeOf(err) != "bad_request" {
				t.Errorf("none: %v", err)
			}
		})
	}
	if w.office.finds != 0 {
		t.Error("the record service was asked")
	}
}
