// SPDX-License-Identifier: Apache-2.0

package playintegrity_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/playintegrity"
)

// Rows: B7
func TestAssertionsOfTheAttestedKeyAreGood(t *testing.T) {
	d := newDesk(t, nil)
	dev := d.device(t)
	for _, hash := range [][32]byte{{}, attest.SealedHash("a.b.c.d.e"), attest.ApplicationHash([32]byte{1}, nil, nil, nil, "domestic", "131016")} {
		a := d.assertion(t, hash)
		for range 2 { // nothing is remembered: the challenge in what is hashed is taken once
			if err := d.verifier.VerifyAssertion(dev, hash, a); err != nil {
				t.Error(err)
			}
		}
	}
	by := attest.Asserters{attest.Android: d.verifier}
	if err := by.VerifyAssertion(dev, [32]byte{}, d.assertion(t, [32]byte{})); err != nil {
		t.Error(err)
	}
}

// Rows: B7
func TestBadAssertionsAreRefused(t *testing.T) {
	malformed, sig := attest.CodeAssertionMalformed, attest.CodeAssertionSig
	integers := func(n ...*big.Int) []byte {
		der, err := asn1.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	one := big.NewInt(1)
	for _, b := range []struct {
		name  string
		code  attest.Code
		dev   func(*attest.Device)
		alter func(a []byte) []byte
		other bool // another hash is asked for than was signed
	}{
		{name: "replayed for something else", code: sig, other: true},
		{name: "another key", code: sig, dev: func(d *attest.Device) { d.Key = mustKey(t, elliptic.P256()) }},
		{name: "nothing", code: attest.CodeAssertionMissing, alter: func([]byte) []byte { return nil }},
		{name: "oversized", code: attest.CodeAssertionSize, alter: func([]byte) []byte { return make([]byte, 73) }},
		{name: "truncated", code: malformed, alter: func(a []byte) []byte { return a[:len(a)-1] }},
		{name: "trailing byte", code: malformed, alter: func([]byte) []byte { return append(integers(one, one), 0) }},
		{name: "r and s, 32 bytes each", code: malformed, alter: func([]byte) []byte { return make([]byte, 64) }},
		{name: "one integer", code: malformed, alter: func([]byte) []byte { return integers(one) }},
		{name: "three integers", code: sig, alter: func([]byte) []byte { return integers(one, one, one) }},
		{name: "zeros", code: sig, alter: func([]byte) []byte { return integers(new(big.Int), new(big.Int)) }},
		{name: "negative", code: sig, alter: func([]byte) []byte { return integers(big.NewInt(-1), one) }},
		{name: "the order", code: sig, alter: func([]byte) []byte { return integers(elliptic.P256().Params().N, one) }},
		{name: "an integer with a zero too many", code: malformed, alter: func([]byte) []byte { return []byte{0x30, 7, 2, 2, 0, 1, 2, 1, 1} }},
		{name: "a length of more bytes than it takes", code: malformed, alter: func(a []byte) []byte { return slices.Concat([]byte{0x30, 0x81, 6}, integers(one, one)[2:]) }},
		{name: "text", code: malformed, alter: func([]byte) []byte { return []byte("signature") }},
		{name: "device of the other platform", code: attest.CodePlatform, dev: func(d *attest.Device) { d.Platform = attest.IOS }},
		{name: "device without a key", code: attest.CodeDeviceKey, dev: func(d *attest.Device) { d.Key = nil }},
		{name: "device with a key on P-384", code: attest.CodeDeviceKey, dev: func(d *attest.Device) { d.Key = mustKey(t, elliptic.P384()) }},
		{name: "development device", code: attest.CodeEnvironment, dev: func(d *attest.Device) { d.Development = true }},
		{name: "version below a floor raised since", code: attest.CodePlayVersion, dev: func(d *attest.Device) { d.AppVersion = "99" }},
		{name: "no version", code: attest.CodePlayVersion, dev: func(d *attest.Device) { d.AppVersion = "" }},
		{name: "version of another platform", code: attest.CodePlayVersion, dev: func(d *attest.Device) { d.AppVersion = "100.1" }},
	} {
		t.Run(b.name, func(t *testing.T) {
			d := newDesk(t, nil)
			dev, hash := d.device(t), [32]byte{7}
			if b.dev != nil {
				b.dev(&dev)
			}
			a := d.assertion(t, hash)
			if b.alter != nil {
				a = b.alter(a)
			}
			if b.other {
				hash[31] ^= 1
			}
			wantCode(t, d.verifier.VerifyAssertion(dev, hash, a), b.code)
		})
	}
}

// TestHashItselfIsNotTheDigest: NONEwithECDSA is refused, so that there is one
// way to sign.
func TestHashItselfIsNotTheDigest(t *testing.T) {
	d := newDesk(t, nil)
	hash := [32]byte{7}
	a, err := d.phone.Key.Sign(nil, hash[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, d.verifier.VerifyAssertion(d.device(t), hash, a), attest.CodeAssertionSig)
}

func TestDevelopmentDeviceAssertsWhereAccepted(t *testing.T) {
	d := newDesk(t, func(c *playintegrity.Config) { c.Development, c.MinVersion = true, 0 })
	dev, hash := d.device(t), [32]byte{7}
	dev.Development, dev.AppVersion = true, ""
	if err := d.verifier.VerifyAssertion(dev, hash, d.assertion(t, hash)); err != nil {
		t.Error(err)
	}
}

func mustKey(t *testing.T, curve elliptic.Curve) *ecdsa.PublicKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &key.PublicKey
}
