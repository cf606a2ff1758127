// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
)

const (
	oidEC    oid = "\x2A\x86\x48\xCE\x3D\x02\x01"     // 1.2.840.10045.2.1
	oidPrime oid = "\x2A\x86\x48\xCE\x3D\x01\x01"     // 1.2.840.10045.1.1
	oidP256  oid = "\x2A\x86\x48\xCE\x3D\x03\x01\x07" // 1.2.840.10045.3.1.7
	oidP384  oid = "\x2B\x81\x04\x00\x22"             // 1.3.132.0.34
	oidP521  oid = "\x2B\x81\x04\x00\x23"
)

// publicKey is an *rsa.PublicKey or an *ecdsa.PublicKey.
type publicKey struct {
	key     crypto.PublicKey
	pssOnly bool   // id-RSASSA-PSS: good for nothing else (RFC 4055, 1.2)
	pss     scheme // and, where its family is known, with this hash function and at least this salt (3.3)
}

// readPublicKey reads a SubjectPublicKeyInfo (RFC 5280, 4.1): RSA of 2048 to
// 8192 bits, or ECDSA on P-256, P-384 or P-521, the curve being named or
// spelled out. crypto/x509 refuses curves that are spelled out, which is what
// Doc 9303-12, 4.1.6.3 asks States for.
//
// Package vdsnc reads the same keys of certificates of the same States for
// itself: neither room may import the other, their one common room, package
// cert, is the domain and no place for DER, and this one has to use its own
// strict reader. What is mended in one is to be mended in the other; both are
// tested with curves spelled out right, and wrong in each part.
func readPublicKey(spki []byte) (publicKey, bool) {
	r := newReader(spki)
	s := r.within(tagSequence)
	a, bits := s.algorithm(), s.bits()
	s.end()
	r.end()
	if !r.ok() {
		return publicKey{}, false
	}
	switch a.oid {
	case oidRSA:
		key, ok := readRSA(bits)
		return publicKey{key: key}, ok
	case oidRSAPSS:
		key, ok := readRSA(bits)
		k := publicKey{key: key, pssOnly: true}
		if !a.bare() {
			k.pss = pssScheme(a.params)
			ok = ok && k.pss.family == pss
		}
		return k, ok
	case oidEC:
		curve := curveOf(a.params)
		if curve == nil {
			return publicKey{}, false
		}
		key, err := ecdsa.ParseUncompressedPublicKey(curve, bits)
		return publicKey{key: key}, err == nil
	}
	return publicKey{}, false
}

func readRSA(der []byte) (*rsa.PublicKey, bool) {
	r := newReader(der)
	s := r.within(tagSequence)
	n, e := s.integer(), s.small()
	s.end()
	r.end()
	bits := n.BitLen()
	return &rsa.PublicKey{N: n, E: e}, r.ok() && bits >= 2048 && bits <= 8192 && n.Bit(0) == 1 && e >= 3 && e&1 == 1
}

// curveOf returns the curve that ECParameters (RFC 3279, 2.3.5) name or spell
// out, nil if it is none of the three.
func curveOf(params []byte) elliptic.Curve {
	r := newReader(params)
	if r.has(tagOID) {
		name := r.oid()
		r.end()
		switch {
		case !r.ok():
		case name == oidP256:
			return elliptic.P256()
		case name == oidP384:
			return elliptic.P384()
		case name == oidP521:
			return elliptic.P521()
		}
		return nil
	}
	for _, c := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		if sameCurve(params, c.Params()) {
			return c
		}
	}
	return nil
}

// sameCurve reports whether the spelled-out parameters (SEC 1, C.2) are those
// of p. The generator counts, too: who may choose another can make a private
// key for any State's public point (CVE-2020-0601).
func sameCurve(params []byte, p *elliptic.CurveParams) bool {
	r := newReader(params)
	s := r.within(tagSequence)
	version := s.small()
	field := s.within(tagSequence)
	kind, prime := field.oid(), field.integer()
	field.end()
	curve := s.within(tagSequence)
	a, b := curve.take(tagOctets).value, curve.take(tagOctets).value
	if curve.has(tagBitString) {
		curve.bits() // the seed, from which a and b may be shown to come
	}
	curve.end()
	base, order := s.take(tagOctets).value, s.integer()
	cofactor := big.NewInt(1)
	if s.more() {
		cofactor = s.integer()
	}
	s.end()
	r.end()
	number := func(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
	return r.ok() && version >= 1 && version <= 3 && kind == oidPrime && prime.Cmp(p.P) == 0 &&
		number(a).Cmp(new(big.Int).Sub(p.P, big.NewInt(3))) == 0 && number(b).Cmp(p.B) == 0 &&
		isBase(base, p) && order.Cmp(p.N) == 0 && cofactor.Cmp(big.NewInt(1)) == 0
}

// isBase compares a point, compressed or not, with the generator.
func isBase(point []byte, p *elliptic.CurveParams) bool {
	size := (p.BitSize + 7) / 8
	x, y := p.Gx.FillBytes(make([]byte, size)), p.Gy.FillBytes(make([]byte, size))
	return bytes.Equal(point, append(append([]byte{4}, x...), y...)) ||
		bytes.Equal(point, append([]byte{2 + byte(p.Gy.Bit(0))}, x...))
}
