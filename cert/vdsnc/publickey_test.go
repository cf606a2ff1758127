// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"math/big"
	"testing"
)

// explicitKey is a SubjectPublicKeyInfo whose curve is spelled out.
func explicitKey(t *testing.T, curve elliptic.Curve, change func(*explicitCurve)) []byte {
	t.Helper()
	p := curve.Params()
	size := (p.BitSize + 7) / 8
	var e explicitCurve
	e.Version = 1
	e.Field.Kind, e.Field.Prime = oidPrime, p.P
	e.Curve.A = new(big.Int).Sub(p.P, big.NewInt(3)).FillBytes(make([]byte, size))
	e.Curve.B = p.B.FillBytes(make([]byte, size))
	e.Base = append(append([]byte{4}, p.Gx.FillBytes(make([]byte, size))...), p.Gy.FillBytes(make([]byte, size))...)
	e.Order, e.Cofactor = p.N, big.NewInt(1)
	change(&e)
	type curveDER struct {
		A, B []byte
	}
	params, err := asn1.Marshal(struct {
		Version int
		Field   any
		Curve   curveDER
		Base    []byte
		Order   *big.Int
		Cof     *big.Int `asn1:"optional"`
	}{e.Version, e.Field, curveDER{e.Curve.A, e.Curve.B}, e.Base, e.Order, e.Cofactor})
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	spki, err := asn1.Marshal(publicKeyInfo{algorithm{oidEC, asn1.RawValue{FullBytes: params}}, asn1.BitString{Bytes: point, BitLength: 8 * len(point)}})
	if err != nil {
		t.Fatal(err)
	}
	return spki
}

func TestExplicitCurvesMustMatchInEveryPart(t *testing.T) {
	one := big.NewInt(1)
	for name, change := range map[string]func(*explicitCurve){
		"version":   func(e *explicitCurve) { e.Version = 4 },
		"field":     func(e *explicitCurve) { e.Field.Kind = asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 2} },
		"prime":     func(e *explicitCurve) { e.Field.Prime = new(big.Int).Add(e.Field.Prime, one) },
		"a":         func(e *explicitCurve) { e.Curve.A[3] ^= 1 },
		"b":         func(e *explicitCurve) { e.Curve.B[3] ^= 1 },
		"generator": func(e *explicitCurve) { e.Base[len(e.Base)-1] ^= 1 },
		"infinity":  func(e *explicitCurve) { e.Base = []byte{0} },
		"order":     func(e *explicitCurve) { e.Order = new(big.Int).Sub(e.Order, one) },
		"cofactor":  func(e *explicitCurve) { e.Cofactor = big.NewInt(2) },
	} {
		if _, err := parsePublicKey(explicitKey(t, elliptic.P384(), change)); err == nil {
			t.Errorf("%s: taken for P-384", name)
		}
	}
	compressed := func(e *explicitCurve) {
		half := len(e.Base) / 2
		e.Base = append([]byte{2 + e.Base[len(e.Base)-1]&1}, e.Base[1:1+half]...)
	}
	if _, err := parsePublicKey(explicitKey(t, elliptic.P256(), compressed)); err != nil {
		t.Error("compressed generator: not recognised")
	}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := parsePublicKey(explicitKey(t, curve, func(*explicitCurve) {}))
		if pub, ok := key.(*ecdsa.PublicKey); err != nil || !ok || pub.Curve != curve {
			t.Errorf("%s: not recognised", curve.Params().Name)
		}
	}
}
