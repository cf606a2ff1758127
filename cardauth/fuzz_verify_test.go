// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"bytes"
	"testing"

	"kofu/cardauth"
	"kofu/cert"
)

// FuzzVerify: whatever is sent with a challenge that a card did answer, only
// the card's own data comes out.
func FuzzVerify(f *testing.F) {
	d := newDesk(f)
	challenge := d.challenge(f)
	good, err := d.issue(f, resident()).Reader().Prove("1234", challenge)
	if err != nil {
		f.Fatal(err)
	}
	d.Challenges = brokenStore{other: challenge}
	g := good.Files
	f.Add([]byte(g.EF0001), []byte(g.EF0002), []byte(g.EF0003), []byte(g.EF0004), []byte(g.EF0007), []byte(good.Signature))
	f.Add([]byte(g.EF0001[:15]), append(bytes.Clone(g.EF0002), 0xFF), []byte(g.EF0003), []byte(g.EF0004), []byte(g.EF0007), []byte(good.Signature))
	f.Add([]byte{}, []byte{}, []byte{}, []byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, f1, f2, f3, f4, f7, sig []byte) {
		ev := cardauth.Evidence{
			Files:     cardauth.Files{EF0001: f1, EF0002: f2, EF0003: f3, EF0004: f4, EF0007: f7},
			Signature: sig, Challenge: challenge.ID,
		}
		p, err := d.Verify(t.Context(), ev, cert.App, cert.PurposeCertificate)
		if err != nil {
			if _, ok := cardauth.CodeOf(err); !ok || p != nil {
				t.Fatalf("unexpected error %v", err)
			}
			return
		}
		h := resident()
		if !bytes.Equal(p.Applicant.MyNumber.Digits(), []byte(h.MyNumber)) || p.Applicant.Holder.Name.Reveal() != h.Name || p.Address.Reveal() != h.Address {
			t.Fatal("somebody else came out")
		}
	})
}

// FuzzVerifySurface: the same for the surface application.
func FuzzVerifySurface(f *testing.F) {
	d := newSurfaceDesk(f)
	challenge := d.challenge(f)
	good, err := d.issue(f, resident()).Reader().ProveSurface("1234", challenge)
	if err != nil {
		f.Fatal(err)
	}
	d.Challenges = brokenStore{other: challenge}
	s := good.Surface
	f.Add([]byte(s.Birth), []byte(s.Sex), []byte(s.Key), []byte(s.Pictures), []byte(s.Photo), []byte(s.Signature), []byte(s.EF0004), []byte(good.Signature))
	f.Add([]byte(s.Sex), []byte(s.Birth), []byte(s.Key), []byte(s.Photo), []byte(s.Pictures), []byte(s.Signature), []byte(good.Files.EF0004), []byte(good.Signature))
	f.Add([]byte{}, []byte{}, []byte{}, []byte{}, []byte{}, []byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, birth, sex, key, pictures, photo, sum, ef0004, sig []byte) {
		ev := good
		ev.Surface = &cardauth.SurfaceFiles{Birth: birth, Sex: sex, Key: key, Pictures: pictures, Photo: photo, Signature: sum, EF0004: ef0004}
		ev.Signature = sig
		p, err := d.Verify(t.Context(), ev, cert.App, cert.PurposeCertificate)
		if err != nil {
			if _, ok := cardauth.CodeOf(err); !ok || p != nil {
				t.Fatalf("unexpected error %v", err)
			}
			return
		}
		for i, part := range [][2][]byte{{birth, s.Birth}, {sex, s.Sex}, {key, s.Key}, {pictures, s.Pictures}, {photo, s.Photo}, {sum, s.Signature}, {ef0004, s.EF0004}} {
			if !bytes.Equal(part[0], part[1]) {
				t.Fatalf("part %d is another one", i)
			}
		}
	})
}
