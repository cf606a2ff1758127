// SPDX-License-Identifier: Apache-2.0

package passport_test

import (
	"crypto"
	"testing"

	"kofu/cardauth/passport"
	"kofu/cert"
	sim "kofu/test/passport"
)

// BenchmarkZone reads the printed lines.
func BenchmarkZone(b *testing.B) {
	today := cert.DateOf(now())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := passport.ParseMRZ(zone1, zone2, today); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkChip proves a chip: two signatures, one certificate read.
func BenchmarkChip(b *testing.B) {
	for _, s := range []struct {
		name              string
		authority, signer sim.Suite
	}{
		{"P-384 spelled out over P-256", sim.P384Explicit(), sim.P256()},
		{"P-256 over P-256 spelled out", sim.P256(), sim.P256Explicit()},
		{"P-384 over RSA-2048", sim.P384(), sim.RSA(crypto.SHA256)},
		{"RSA-2048 over RSA-2048", sim.RSA(crypto.SHA256), sim.RSA(crypto.SHA256)},
		{"RSASSA-PSS over RSASSA-PSS", sim.RSAPSS(crypto.SHA256), sim.RSAPSS(crypto.SHA256)},
	} {
		b.Run(s.name, func(b *testing.B) {
			jp := newCountry(b, s.authority, s.signer)
			v, c := verifier(b, jp.authority), jp.chip(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkChipRefused is what bytes cost that no State signed.
func BenchmarkChipRefused(b *testing.B) {
	jp, other := newCountry(b, sim.P384Explicit(), sim.P256()), newCountry(b, sim.P256(), sim.P256())
	c := other.chip(b)
	for name, v := range map[string]*passport.ChipVerifier{"unknown key of a known name": verifier(b, jp.authority)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := v.Verify(c); err == nil {
					b.Fatal("passes")
				}
			}
		})
	}
}
