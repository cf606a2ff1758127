// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"

	"kofu/cardauth"
	"kofu/test/card"
)

// attack is what Mallory has: a card of his own, from the same municipality as
// his victim's, and a copy of all that can be read of the victim's card, taken
// once with any phone that was shown the card and its PIN.
type attack struct {
	victim, mallory card.Holder
	own             *card.Card
	files           cardauth.Files        // the victim's
	surface         cardauth.SurfaceFiles // the victim's
}

func newAttack(t *testing.T, d *desk, mallory card.Holder) attack {
	t.Helper()
	victim := resident()
	victim.UniqueKey, mallory.UniqueKey = true, true
	theirs := d.issue(t, victim)
	files, err := theirs.Reader().ReadAll("1234")
	if err != nil {
		t.Fatal(err)
	}
	return attack{victim, mallory, d.issue(t, mallory), files, readSurface(t, theirs, victim)}
}

func mallory() card.Holder {
	h := resident()
	h.MyNumber, h.Name, h.BirthDate, h.Sex = "123456789018", "悪田　三郎", "19900401", "1"
	return h
}

// putText puts the victim's data into Mallory's files.
func (a attack) putText(f *cardauth.Files) {
	f.EF0001, f.EF0002, f.EF0003 = a.files.EF0001, a.files.EF0002, a.files.EF0003
}

// TestMixAndMatchPassesWhereAttested shows an attack that works where the
// binding is [cardauth.Attested] and the reader is Mallory's. He sends the
// victim's EF0001, EF0002 and EF0003 with his own EF0007, and his own card
// signs the challenge. Everything verifies: the municipality signed the
// victim's data, it signed Mallory's card key, and a card with that key was
// there. Nothing that is signed in these files says which card the data is on,
// so no check of them can tell. TestMixAndMatchFailsWhereSurfaceBinds is its
// counterpart; where a channel is attested, something else has to vouch for the
// reader. The test must pass, so that nobody believes otherwise.
func TestMixAndMatchPassesWhereAttested(t *testing.T) {
	d := newDesk(t)
	a := newAttack(t, d, mallory())
	ev := d.proveWith(t, a.own, a.putText)
	p, err := d.verify(t, ev)
	if err != nil {
		t.Fatalf("the attack no longer works; say so where it is documented: %v", err)
	}
	if !bytes.Equal(p.Applicant.MyNumber.Digits(), []byte(a.victim.MyNumber)) {
		t.Error("not the victim's number")
	}
	if p.CardKey != sha256.Sum256(ev.Files.EF0007[5:275]) || p.Binding != cardauth.Attested {
		t.Error("the card key is not Mallory's, which is the one trace of the attack")
	}

	stranger, err := d.neighbor.Issue(mallory()) // the same with a card of another municipality
	if err != nil {
		t.Fatal(err)
	}
	if _, err = d.verify(t, d.proveWith(t, stranger, a.putText)); !errors.Is(err, cardauth.Error{Code: cardauth.CodeContentSig}) {
		t.Errorf("a card of another municipality: %v", err)
	}
}

// TestMixAndMatchFailsWhereSurfaceBinds: whatever Mallory mixes of the victim's
// files and his own, and whichever key of his card signs.
// Rows: A6, B2, B5
func TestMixAndMatchFailsWhereSurfaceBinds(t *testing.T) {
	had := newAttack(t, newDesk(t), mallory())
	for _, tt := range []struct {
		name string
		want cardauth.Code
		send func(t *testing.T, d *desk, a attack) cardauth.Evidence
	}{
		{"victim's text files, own surface", cardauth.CodeSurfaceBirthDate, func(t *testing.T, d *desk, a attack) cardauth.Evidence {
			return d.proveSurface(t, a.own, a.mallory, func(f *cardauth.Files, _ *cardauth.SurfaceFiles) { a.putText(f) })
		}},
		{"all of the victim's files", cardauth.CodeSurfaceChallengeSig, func(t *testing.T, d *desk, a attack) cardauth.Evidence {
			return d.proveSurface(t, a.own, a.mallory, func(f *cardauth.Files, s *cardauth.SurfaceFiles) { *f, *s = a.files, a.surface })
		}},
		{"own text files, victim's surface", cardauth.CodeSurfaceChallengeSig, func(t *testing.T, d *desk, a attack) cardauth.Evidence {
			return d.proveSurface(t, a.own, a.mallory, func(_ *cardauth.Files, s *cardauth.SurfaceFiles) { *s = a.surface })
		}},
		{"victim's birth date and sex, own key", cardauth.CodeSurfaceSig, func(t *testing.T, d *desk, a attack) cardauth.Evidence {
			return d.proveSurface(t, a.own, a.mallory, func(f *cardauth.Files, s *cardauth.SurfaceFiles) {
				a.putText(f)
				s.Birth, s.Sex = a.surface.Birth, a.surface.Sex
			})
		}},
		{"own key in the victim's record", cardauth.CodeSurfaceSig, func(t *testing.T, d *desk, a attack) cardauth.Evidence {
			return d.proveSurface(t, a.own, a.mallory, func(f *cardauth.Files, s *cardauth.SurfaceFiles) {
				key := s.Key
				a.putText(f)
				*s = a.surface
				s.Key = key
			})
		}},
		{"own text key signs for the victim's surface", cardauth.CodeSurfaceChallengeSig, func(t *testing.T, d *desk, a attack) cardauth.Evidence {
			c := d.challenge(t)
			sig := must(t)(a.own.Reader().Sign(cardauth.SurfaceMessage(c.Bytes, a.files.EF0003, a.surface)))
			return cardauth.Evidence{Files: a.files, Surface: &a.surface, Signature: sig, Challenge: c.ID}
		}},
		{"the attested attack with the victim's surface", cardauth.CodeSurfaceChallengeSig, func(t *testing.T, d *desk, a attack) cardauth.Evidence {
			c := d.challenge(t)
			ev := must2(a.own.Reader().Prove("1234", c))(t)
			a.putText(&ev.Files)
			ev.Signature = must(t)(a.own.Reader().Sign(cardauth.BoundMessage(c.Bytes, ev.Files.EF0003, ev.Files.EF0007)))
			ev.Surface = &a.surface
			return ev
		}},
		{"the attested attack", cardauth.CodeSurfaceMissing, func(t *testing.T, d *desk, a attack) cardauth.Evidence {
			c := d.challenge(t)
			ev := must2(a.own.Reader().Prove("1234", c))(t)
			a.putText(&ev.Files)
			ev.Signature = must(t)(a.own.Reader().Sign(cardauth.BoundMessage(c.Bytes, ev.Files.EF0003, ev.Files.EF0007)))
			return ev
		}},
		{"surface record with the text application's certificate", cardauth.CodeSurfaceCAUnknown, func(t *testing.T, d *desk, a attack) cardauth.Evidence {
			return d.proveSurface(t, a.own, a.mallory, func(f *cardauth.Files, s *cardauth.SurfaceFiles) {
				a.putText(f)
				s.EF0004 = f.EF0004
			})
		}},
		{"text files with the surface application's certificate", cardauth.CodeCAUnknown, func(t *testing.T, d *desk, a attack) cardauth.Evidence {
			return d.proveSurface(t, a.own, a.mallory, func(f *cardauth.Files, s *cardauth.SurfaceFiles) {
				a.putText(f)
				f.EF0004 = s.EF0004
			})
		}},
	} {
		d := newSurfaceDesk(t)
		p, err := d.verify(t, tt.send(t, d, had))
		if p != nil || !errors.Is(err, cardauth.Error{Code: tt.want}) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestMixAndMatchOfTheSameBirthDateAndSexPasses shows what is left of the
// attack: birth date and sex are all that the surface application says about
// the person in a form that can be compared, so a victim who has both in
// common with Mallory is not protected, whichever municipality his card is of: a
// card whose holder has moved may bear two municipalities' signatures (assumed),
// so they are not compared. The test must pass, so that nobody believes
// otherwise.
func TestMixAndMatchOfTheSameBirthDateAndSexPasses(t *testing.T) {
	d, twin := newSurfaceDesk(t), mallory()
	twin.BirthDate, twin.Sex = resident().BirthDate, resident().Sex
	a := newAttack(t, d, twin)
	var err error
	if a.own, err = d.neighbor.Issue(twin); err != nil { // of another municipality, even
		t.Fatal(err)
	}
	p, err := d.verify(t, d.proveSurface(t, a.own, a.mallory, func(f *cardauth.Files, _ *cardauth.SurfaceFiles) { *f = a.files }))
	if err != nil {
		t.Fatalf("the attack no longer works; say so where it is documented: %v", err)
	}
	if !bytes.Equal(p.Applicant.MyNumber.Digits(), []byte(a.victim.MyNumber)) {
		t.Error("not the victim's number")
	}
}
