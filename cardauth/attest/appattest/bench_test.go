// SPDX-License-Identifier: Apache-2.0

package appattest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"

	"kofu/cardauth/attest"
	sim "kofu/test/attest"
)

// BenchmarkDevice is what a device costs, in one run: its attestation once a
// day, and credential and assertion with each request.
func BenchmarkDevice(b *testing.B) {
	d := newDesk(b, nil)
	object, keyID := d.attestation(b, sim.Forgery{}), d.phone.KeyID()
	dev, hash := d.device(b), attest.SealedHash("jwe")
	assertion := d.assertion(b, hash, sim.Forgery{})
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	credentials, err := attest.NewCredentials(attest.CredentialConfig{Issuer: "https://kofu.example", Audience: "kofu", Signer: key})
	if err != nil {
		b.Fatal(err)
	}
	token, _, err := credentials.Issue(dev, now())
	if err != nil {
		b.Fatal(err)
	}
	digest := hash[:]
	der, err := key.Sign(nil, digest, crypto.SHA256)
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name string
		run  func() error
	}{
		{"attestation", func() error { _, err := d.verifier.Attest(object, keyID, d.hash); return err }},
		{"credential-issue", func() error { _, _, err := credentials.Issue(dev, now()); return err }},
		{"credential-verify", func() error { _, err := credentials.Verify(token, now()); return err }},
		{"assertion", func() error { return d.verifier.VerifyAssertion(dev, hash, assertion) }},
		{"bare-p256-verify", func() error {
			if !ecdsa.VerifyASN1(&key.PublicKey, digest, der) {
				return attest.ErrIssue
			}
			return nil
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
