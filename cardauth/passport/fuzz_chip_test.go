// SPDX-License-Identifier: Apache-2.0

package passport_test

import (
	"bytes"
	"crypto"
	"errors"
	"testing"

	"kofu/cardauth/passport"
	sim "kofu/test/passport"
)

// sameCountry is the same State in every process that fuzzes: the chips that
// one finds interesting are signed for the others, too.
func sameCountry(f *testing.F) country {
	f.Helper()
	authority := must(sim.AuthorityOf(authorityProfile(), must(sim.P256Explicit().KeyOf(7))(f)))(f)
	return country{authority, must(authority.Certify(signerProfile(), must(sim.P256().KeyOf(9))(f)))(f)}
}

// FuzzChip: nothing panics, every error has a code, and no data group 1 but the
// one that was signed is proved.
func FuzzChip(f *testing.F) {
	jp := sameCountry(f)
	v, good := verifier(f, jp.authority), jp.chip(f)
	rsa := newCountry(f, sim.P256(), sim.RSAPSS(crypto.SHA256))
	if _, err := v.Verify(good); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(good.SOD), []byte(good.DG1))
	f.Add([]byte(rsa.chip(f).SOD), []byte(good.DG1))
	f.Add([]byte{0x77, 0x83, 0xFF, 0xFF, 0xFF}, []byte{0x61, 0x5B})
	f.Add([]byte{0x77, 0x80, 0, 0}, []byte(nil))
	f.Fuzz(func(t *testing.T, sod, dg1 []byte) {
		p, err := v.Verify(passport.Chip{SOD: sod, DG1: dg1})
		if _, ok := passport.CodeOf(err); (p == nil) == (err == nil) || err != nil && !ok {
			t.Fatalf("unexpected error %v", err)
		}
		if err == nil && !bytes.Equal(dg1, good.DG1) {
			t.Fatal("another data group 1 is proved")
		}
	})
}

// FuzzSigned: what a State signed may be anything; nothing panics.
func FuzzSigned(f *testing.F) {
	jp := sameCountry(f)
	v := verifier(f, jp.authority)
	good := sim.DG1(zone1, zone2)
	f.Add(sim.SecurityObject(0, crypto.SHA256, sim.Groups(crypto.SHA256, good)...), good, jp.signer.Certificate)
	f.Add(sim.SecurityObject(1, crypto.SHA512, sim.Groups(crypto.SHA512, good)...), good, jp.authority.Certificate)
	f.Add(sim.SecurityObject(0, crypto.SHA256), []byte{0x61, 3, 0x5F, 0x1F, 0}, sim.Seq())
	f.Fuzz(func(t *testing.T, content, dg1, certificate []byte) {
		d := jp.signer.Draft(dg1)
		for _, one := range [][]byte{content, d.Content} {
			d.Content = one
			d.Certificates = [][]byte{jp.signer.Certificate, certificate}
			sod, err := d.Build()
			if err != nil {
				t.Fatal(err)
			}
			p, err := v.Verify(passport.Chip{SOD: sod, DG1: dg1})
			if _, ok := passport.CodeOf(err); (p == nil) == (err == nil) || err != nil && !ok {
				t.Fatalf("unexpected error %v", err)
			}
		}
	})
}

// FuzzParseCSCAs: nothing panics, and what is read can be used.
func FuzzParseCSCAs(f *testing.F) {
	a := rollover(f)
	signer, err := a.old.NewSigner(signerProfile(), sim.P256())
	if err != nil {
		f.Fatal(err)
	}
	list, err := signer.MasterList(a.old.Certificate, a.next.Certificate).Build()
	if err != nil {
		f.Fatal(err)
	}
	chip := newCountry(f, sim.P256(), sim.P256()).chip(f)
	for _, seed := range [][]byte{a.old.Certificate, a.next.Certificate, sim.PEM(a.old, a.link), list, nil, []byte("-----BEGIN CERTIFICATE-----\n")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := passport.ParseCSCAs(data)
		if (s == nil) == (err == nil) || err != nil && !errors.Is(err, passport.ErrCSCAs) {
			t.Fatalf("unexpected error %v", err)
		}
		if err == nil {
			v := &passport.ChipVerifier{CSCAs: s, Now: now}
			if _, err := v.Verify(chip); err == nil {
				t.Fatal("an unknown State's chip is proved")
			}
		}
	})
}
