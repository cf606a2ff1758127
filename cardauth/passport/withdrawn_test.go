// SPDX-License-Identifier: Apache-2.0

package passport_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"testing"

	"kofu/cardauth/passport"
	sim "kofu/test/passport"
)

// keySum is what a withdrawn signer is named by.
func keySum(t testing.TB, c *sim.Certified) [sha256.Size]byte {
	t.Helper()
	return sha256.Sum256(must(c.Key.PublicKeyInfo())(t))
}

// otherSignature is a certificate with its ECDSA signature written as (r, n-s):
// who has the certificate can make it, and it is as good.
func otherSignature(t testing.TB, der []byte, order *big.Int) []byte {
	t.Helper()
	var c struct {
		Body, Algorithm asn1.RawValue
		Signature       asn1.BitString
	}
	var s struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &c); err != nil {
		t.Fatal(err)
	}
	if _, err := asn1.Unmarshal(c.Signature.Bytes, &s); err != nil {
		t.Fatal(err)
	}
	s.S.Sub(order, s.S)
	again := must(asn1.Marshal(s))(t)
	c.Signature = asn1.BitString{Bytes: again, BitLength: 8 * len(again)}
	return must(asn1.Marshal(c))(t)
}

// TestWithdrawnSignerStaysWithdrawn: however its certificate's signature is
// written, and in another certificate for the same key, too.
// Rows: B4
func TestWithdrawnSignerStaysWithdrawn(t *testing.T) {
	suite := sim.P384()
	jp := newCountry(t, suite, sim.P256())
	dg1 := sim.DG1(zone1, zone2)
	later := signerProfile()
	later.Serial, later.CommonName = 1002, "another name"
	renewed := must(jp.authority.Certify(later, jp.signer.Key))(t)
	rewritten := otherSignature(t, jp.signer.Certificate, suite.Curve.Params().N)
	if bytes.Equal(rewritten, jp.signer.Certificate) {
		t.Fatal("the certificate is the same")
	}
	for name, change := range map[string]func() *sim.Draft{
		"as it is":            func() *sim.Draft { return jp.signer.Draft(dg1) },
		"another certificate": func() *sim.Draft { return renewed.Draft(dg1) },
		"another way to write the signature": func() *sim.Draft {
			d := jp.signer.Draft(dg1)
			d.Certificates = [][]byte{rewritten}
			return d
		},
	} {
		chip := passport.Chip{SOD: must(change().Build())(t), DG1: dg1}
		v := verifier(t, jp.authority)
		if _, err := v.Verify(chip); err != nil {
			t.Errorf("%s: before: %v", name, err)
		}
		v.Policy.Withdrawn = map[[sha256.Size]byte]bool{keySum(t, jp.signer): true}
		if _, err := v.Verify(chip); codeOf(err) != passport.CodeSignerWithdrawn {
			t.Errorf("%s: %v", name, err)
		}
		v.Policy.Withdrawn = map[[sha256.Size]byte]bool{keySum(t, jp.authority): true}
		if _, err := v.Verify(chip); codeOf(err) != passport.CodeSignerWithdrawn {
			t.Errorf("%s, its authority: %v", name, err)
		}
	}
}

func codeOf(err error) passport.Code { c, _ := passport.CodeOf(err); return c }
