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
