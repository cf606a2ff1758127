// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"math/big"
)

var errPublicKey = errors.New("vdsnc: not a public key of a known kind")

var (
	oidRSA       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidRSAPSS    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidEC        = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidPrime     = asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 1}
	oidNamedP256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}
	oidNamedP384 = asn1.ObjectIdentifier{1, 3, 132, 0, 34}
	oidNamedP521 = asn1.ObjectIdentifier{1, 3, 132, 0, 35}
)

// publicKeyInfo is SubjectPublicKeyInfo of RFC 5280, 4.1.
type publicKeyInfo struct {
	Algorithm algorithm
	Key       asn1.BitString
}

type algorithm struct {
	OID        asn1.ObjectIdentifier
	Parameters asn1.RawValue `asn1:"optional"`
}

// parsePublicKey reads an RSA key of 2048 to 8192 bits, or an ECDSA key on
// P-256, P-384 or P-521, the curve being named or spelled out.
//
// Package passport reads the same keys of certificates of the same States for
// itself: neither room may import the other, and their one common room, package
// cert, is the domain and no place for DER. What is mended in one is to be
// mended in the other; both are tested with curves spelled out right, and wrong
// in each part.
func parsePublicKey(spki []byte) (any, error) {
	var info publicKeyInfo
	if rest, err := asn1.Unmarshal(spki, &info); err != nil || len(rest) != 0 || info.Key.BitLength%8 != 0 {
		return nil, errPublicKey
	}
	switch {
	case info.Algorithm.OID.Equal(oidRSA), info.Algorithm.OID.Equal(oidRSAPSS):
		return parseRSA(info.Key.Bytes)
	case info.Algorithm.OID.Equal(oidEC):
		curve := curveOf(info.Algorithm.Parameters.FullBytes)
		if curve == nil {
			return nil, errPublicKey
		}
		key, err := ecdsa.ParseUncompressedPublicKey(curve, info.Key.Bytes)
		if err != nil {
			return nil, errPublicKey
		}
		return key, nil
	}
	return nil, errPublicKey
}

func parseRSA(der []byte) (*rsa.PublicKey, error) {
	var key struct {
		N *big.Int
		E int
	}
	if rest, err := asn1.Unmarshal(der, &key); err != nil || len(rest) != 0 {
		return nil, errPublicKey
	}
	bits := key.N.BitLen()
	if key.N.Sign() <= 0 || bits < 2048 || bits > 8192 || key.N.Bit(0) == 0 || key.E < 3 || key.E%2 == 0 || key.E > 1<<31-1 {
		return nil, errPublicKey
	}
	return &rsa.PublicKey{N: key.N, E: key.E}, nil
}

// curveOf returns the curve that ECParameters (RFC 3279, 2.3.5) name or spell
// out, nil if it is none of the three.
func curveOf(parameters []byte) elliptic.Curve {
	var name asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(parameters, &name); err == nil && len(rest) == 0 {
		switch {
		case name.Equal(oidNamedP256):
			return elliptic.P256()
		case name.Equal(oidNamedP384):
			return elliptic.P384()
		case name.Equal(oidNamedP521):
			return elliptic.P521()
		}
		return nil
	}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		if sameCurve(parameters, curve.Params()) {
			return curve
		}
	}
	return nil
}

// explicitCurve is SpecifiedECDomain of ANSI X9.62 and SEC 1, C.2.
type explicitCurve struct {
	Version int
	Field   struct {
		Kind  asn1.ObjectIdentifier
		Prime *big.Int
	}
	Curve struct {
		A, B []byte
		Seed asn1.BitString `asn1:"optional"`
	}
	Base     []byte
	Order    *big.Int
	Cofactor *big.Int `asn1:"optional"`
}

// sameCurve reports whether the spelled-out parameters are p's in every
// part. All of them count: with a generator of his own choice, anybody can
// make a private key for an authority's public point (CVE-2020-0601).
func sameCurve(parameters []byte, p *elliptic.CurveParams) bool {
	var e explicitCurve
	if rest, err := asn1.Unmarshal(parameters, &e); err != nil || len(rest) != 0 {
		return false
	}
	size := (p.BitSize + 7) / 8
	x, y := p.Gx.FillBytes(make([]byte, size)), p.Gy.FillBytes(make([]byte, size))
	full := append(append([]byte{4}, x...), y...)
	short := append([]byte{2 + byte(p.Gy.Bit(0))}, x...)
	a := new(big.Int).Sub(p.P, big.NewInt(3))
	return e.Version >= 1 && e.Version <= 3 &&
		e.Field.Kind.Equal(oidPrime) && e.Field.Prime.Cmp(p.P) == 0 &&
		new(big.Int).SetBytes(e.Curve.A).Cmp(a) == 0 &&
		new(big.Int).SetBytes(e.Curve.B).Cmp(p.B) == 0 &&
		(bytes.Equal(e.Base, full) || bytes.Equal(e.Base, short)) &&
		e.Order.Cmp(p.N) == 0 &&
		(e.Cofactor == nil || e.Cofactor.Cmp(big.NewInt(1)) == 0)
}
