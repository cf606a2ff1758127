// SPDX-License-Identifier: Apache-2.0

package playintegrity_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"testing"

	"kofu/cardauth/attest"
	sim "kofu/test/attest"
)

// BenchmarkDevice is what an Android device costs, in one run: its token once
// a day, an assertion with each request; and a token that nobody has sealed.
func BenchmarkDevice(b *testing.B) {
	d := newDesk(b, nil)
	token, spki := d.token(b, sim.Misprint{}), d.phone.SPKI()
	forged := part(4, to("AAAAAAAAAAAAAAAAAAAAAA"))(token)
	dev, hash := d.device(b), attest.SealedHash("jwe")
	assertion, digest := d.assertion(b, hash), sha256.Sum256(hash[:])
	for _, bench := range []struct {
		name string
		run  func() bool
	}{
		{"token", func() bool { _, err := d.verifier.Attest(token, spki, d.challenge); return err == nil }},
		{"token-forged", func() bool { _, err := d.verifier.Attest(forged, spki, d.challenge); return err != nil }},
		{"assertion", func() bool { return d.verifier.VerifyAssertion(dev, hash, assertion) == nil }},
		{"bare-p256-verify", func() bool { return ecdsa.VerifyASN1(dev.Key, digest[:], assertion) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !bench.run() {
					b.Fatal("judged wrong")
				}
			}
		})
	}
}
