// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/test/card"
)

// made is what all tests share, because making RSA keys takes time: an
// authority, two municipalities under it, and a strange authority.
type made struct {
	pki, strange   *card.PKI
	muni, neighbor *card.Municipality
}

var makeOnce = sync.OnceValues(func() (made, error) {
	var m made
	var errs [4]error
	m.pki, errs[0] = card.NewPKI("9000033")
	m.strange, errs[1] = card.NewPKI("9000034")
	if err := errors.Join(errs[:]...); err != nil {
		return m, err
	}
	m.muni, errs[2] = m.pki.NewMunicipality("90000")
	m.neighbor, errs[3] = m.pki.NewMunicipality("90001")
	return m, errors.Join(errs[:]...)
})

// desk is a verifier with a clock and a store of its own.
type desk struct {
	made
	*cardauth.Verifier
	store *card.Challenges
	now   time.Time
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	m, err := makeOnce()
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := cardauth.ParseAnchors(m.pki.AnchorsJSON(), cert.Test)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{made: m, now: time.Date(2026, 4, 1, 12, 0, 0, 0, cert.JST())}
	clock := func() time.Time { return d.now }
	d.store = &card.Challenges{Now: clock}
	d.Verifier = &cardauth.Verifier{Anchors: anchors, Challenges: d.store, Now: clock, Bindings: attested()}
	return d
}

// attested are the bindings of a desk whose readers are trusted.
func attested() map[cert.Channel]cardauth.Binding {
	return map[cert.Channel]cardauth.Binding{cert.App: cardauth.Attested, cert.Kiosk: cardauth.Attested}
}

// newSurfaceDesk is a desk where the surface application binds the app's cards.
func newSurfaceDesk(t testing.TB) *desk {
	t.Helper()
	d := newDesk(t)
	d.Bindings = cardauth.DefaultBindings()
	return d
}

// bindsSurface reports whether evidence has to hold surface files.
func (d *desk) bindsSurface() bool { return d.Bindings[cert.App] == cardauth.Surface }

func resident() card.Holder {
	return card.Holder{MyNumber: "537686677188", Name: "𠮷田　﨑子", Address: "架空県見本市１－２－３",
		BirthDate: "19850314", Sex: "2", PIN: "1234"}
}

// issue makes a card of the municipality.
func (d *desk) issue(t testing.TB, h card.Holder) *card.Card {
	t.Helper()
	c, err := d.muni.Issue(h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issueFiles makes a card with these files, signed as they are.
func (d *desk) issueFiles(t testing.TB, ef0001, ef0002 []byte) *card.Card {
	t.Helper()
	c, err := d.muni.IssueFiles(resident(), ef0001, ef0002)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// challenge asks for one of the app's.
func (d *desk) challenge(t testing.TB) cardauth.Challenge {
	t.Helper()
	c, err := d.NewChallenge(t.Context(), cert.App, cert.PurposeCertificate)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// prove reads a card and has it sign a new challenge, as the desk's binding
// wants it.
func (d *desk) prove(t testing.TB, c *card.Card) cardauth.Evidence {
	t.Helper()
	prove := c.Reader().Prove
	if d.bindsSurface() {
		prove = c.Reader().ProveSurface
	}
	ev, err := prove("1234", d.challenge(t))
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

// proveWith changes the files before the card signs for them: what somebody
// with a card and a patched phone can do.
func (d *desk) proveWith(t testing.TB, c *card.Card, change func(*cardauth.Files)) cardauth.Evidence {
	t.Helper()
	if d.bindsSurface() {
		return d.proveSurface(t, c, resident(), func(f *cardauth.Files, _ *cardauth.SurfaceFiles) { change(f) })
	}
	challenge := d.challenge(t)
	files, err := c.Reader().ReadAll("1234")
	if err != nil {
		t.Fatal(err)
	}
	change(&files)
	sig, err := c.Reader().Sign(cardauth.BoundMessage(challenge.Bytes, files.EF0003, files.EF0007))
	if err != nil {
		t.Fatal(err)
	}
	return cardauth.Evidence{Files: files, Signature: sig, Challenge: challenge.ID}
}

// proveSurface does as proveWith, with the surface application and h's card. It
// sends EF0007, too, which nobody asks for.
func (d *desk) proveSurface(t testing.TB, c *card.Card, h card.Holder, change func(*cardauth.Files, *cardauth.SurfaceFiles)) cardauth.Evidence {
	t.Helper()
	challenge := d.challenge(t)
	files, err := c.Reader().ReadAll("1234")
	if err != nil {
		t.Fatal(err)
	}
	surface := readSurface(t, c, h)
	change(&files, &surface)
	sig, err := c.Reader().SignSurface(cardauth.SurfaceMessage(challenge.Bytes, files.EF0003, surface))
	if err != nil {
		t.Fatal(err)
	}
	return cardauth.Evidence{Files: files, Surface: &surface, Signature: sig, Challenge: challenge.ID}
}

// readSurface reads the surface application of h's card.
func readSurface(t testing.TB, c *card.Card, h card.Holder) cardauth.SurfaceFiles {
	t.Helper()
	s, err := c.Reader().ReadSurface([]byte(h.MyNumber))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signer returns a municipality's key for the surface application.
func signer(t testing.TB, m *card.Municipality) *card.SurfaceSigner {
	t.Helper()
	s, err := m.Surface()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// anchors gives the desk its anchors after change, of the first municipality's
// authorities.
func (d *desk) anchors(t testing.TB, change func(text, surface map[string]any)) {
	t.Helper()
	var f struct {
		Anchors []map[string]any `json:"anchors"`
	}
	if err := json.Unmarshal(d.pki.AnchorsJSON(), &f); err != nil {
		t.Fatal(err)
	}
	change(f.Anchors[0], f.Anchors[1])
	a, err := cardauth.ParseAnchors(must(t)(json.Marshal(f)), cert.Test)
	if err != nil {
		t.Fatal(err)
	}
	d.Anchors = a
}

// verify verifies as the app's door does.
func (d *desk) verify(t testing.TB, ev cardauth.Evidence) (*cardauth.Person, error) {
	t.Helper()
	return d.Verify(t.Context(), ev, cert.App, cert.PurposeCertificate)
}

// flip returns b with one bit of byte i changed.
func flip(b []byte, i int) cardauth.Secret {
	b = slices.Clone(b)
	b[i] ^= 0x01
	return b
}

// must takes the error of what cannot fail in a test.
func must(t testing.TB) func([]byte, error) []byte {
	t.Helper()
	return func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}
