// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"math/big"

	"kofu/cert"
)

// Suite names the algorithms and sizes of one generation of cards. The anchor
// that a card's files lead to chooses it; the files never do.
type Suite string

// The suites.
const (
	// RSA2048SHA256 is what today's cards use: RSA-2048 with exponent 65537,
	// RSASSA-PKCS1-v1_5, SHA-256.
	RSA2048SHA256 Suite = "rsa2048-sha256"
	// ECDSAP384SHA384 is announced for the next card. Its file layout is not
	// public and is assumed here: the same tags, a public key as 86 61 04|X|Y,
	// signatures as r|s of 48 bytes each, SHA-384 digests in EF0003, a
	// challenge signature over SHA-384 of the message, and in the surface
	// application a signature over SHA-384 of its three SHA-384 digests.
	ECDSAP384SHA384 Suite = "ecdsap384-sha384"
)

// Policy says until when a suite is good enough.
type Policy struct {
	// Until holds the last day, in Japan, of each suite that is accepted. A
	// suite that is not there is refused. Nil stands for [DefaultPolicy].
	Until map[Suite]cert.Date
}

// DefaultPolicy accepts RSA-2048 to the end of 2030 and nothing else: the
// layout of the next suite is assumed, so it has to be asked for.
func DefaultPolicy() Policy {
	return Policy{Until: map[Suite]cert.Date{RSA2048SHA256: {Year: 2030, Month: 12, Day: 31}}}
}

// KnownSuite reports whether cards of suite s can be verified at all.
func KnownSuite(s Suite) bool {
	_, known := schemeOf(s)
	return known
}

// allows reports whether s is accepted on day.
func (p Policy) allows(s Suite, day cert.Date) bool {
	if p.Until == nil {
		p = DefaultPolicy()
	}
	until, ok := p.Until[s]
	return ok && day.Compare(until) <= 0
}

// scheme is a suite at work: one row per suite, and nothing outside this file
// knows an algorithm or a size.
type scheme struct {
	suite     Suite
	keySize   int // bytes of a public key in EF0004 and DF51
	sigSize   int // bytes of a signature
	digest    func(parts ...[]byte) []byte
	parseKey  func(field []byte) (crypto.PublicKey, bool)
	anchorKey func(key crypto.PublicKey) bool // whether the suite allows it
	verify    func(key crypto.PublicKey, digest, signature []byte) bool
	verify3   func(key crypto.PublicKey, digests, signature []byte) bool // DF28: three digests, one after the other
}

// schemeOf returns the row of a suite.
func schemeOf(s Suite) (scheme, bool) {
	switch s {
	case RSA2048SHA256:
		return scheme{
			suite: s, keySize: 265, sigSize: 256,
			digest: sum256, parseKey: parseRSA2048, anchorKey: isRSA2048, verify: verifyRSA2048, verify3: verifyThreeRSA2048,
		}, true
	case ECDSAP384SHA384:
		return scheme{
			suite: s, keySize: 99, sigSize: 96,
			digest: sum384, parseKey: parseP384, anchorKey: isP384, verify: verifyP384, verify3: verifyThreeP384,
		}, true
	}
	return scheme{}, false
}

func sum256(parts ...[]byte) []byte {
	return sumWiping(sha256.New(), parts)
}

func sum384(parts ...[]byte) []byte {
	return sumWiping(sha512.New384(), parts)
}

// sumWiping hashes parts. A hash keeps what does not fill a block, which of
// EF0001 is all of it, number included: zeros are written over it.
func sumWiping(h hash.Hash, parts [][]byte) []byte {
	for _, p := range parts {
		h.Write(p)
	}
	sum := h.Sum(nil)
	h.Reset()
	h.Write(make([]byte, h.BlockSize()-1))
	return sum
}

// parseRSA2048 reads 90 03 010001 | 91 82 0100 modulus, in exactly that form.
func parseRSA2048(field []byte) (crypto.PublicKey, bool) {
	header := []byte{0x90, 0x03, 0x01, 0x00, 0x01, 0x91, 0x82, 0x01, 0x00}
	modulus, ok := bytes.CutPrefix(field, header)
	if !ok || len(modulus) != 256 {
		return nil, false
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537}
	return key, isRSA2048(key)
}

func isRSA2048(key crypto.PublicKey) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && k.E == 65537 && k.N.BitLen() == 2048 && k.N.Bit(0) == 1
}

func verifyRSA2048(key crypto.PublicKey, digest, signature []byte) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && rsa.VerifyPKCS1v15(k, crypto.SHA256, digest, signature) == nil
}

// verifyThreeRSA2048 verifies what the surface application has for a record in
// three parts: a DigestInfo that says SHA-256 and carries 96 bytes, the
// digests of the parts, where RFC 8017 has 32. Signatures over one digest and
// over three therefore never pass for each other.
func verifyThreeRSA2048(key crypto.PublicKey, digests, signature []byte) bool {
	k, ok := key.(*rsa.PublicKey)
	if !ok || len(digests) != 3*sha256.Size {
		return false
	}
	info := append([]byte{
		0x30, 0x71, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x60,
	}, digests...)
	return rsa.VerifyPKCS1v15(k, crypto.Hash(0), info, signature) == nil
}

// parseP384 reads 86 61 and an uncompressed point (assumed).
func parseP384(field []byte) (crypto.PublicKey, bool) {
	point, ok := bytes.CutPrefix(field, []byte{0x86, 0x61})
	if !ok {
		return nil, false
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P384(), point)
	return key, err == nil
}

func isP384(key crypto.PublicKey) bool {
	k, ok := key.(*ecdsa.PublicKey)
	return ok && k.Curve == elliptic.P384()
}

func verifyP384(key crypto.PublicKey, digest, signature []byte) bool {
	k, ok := key.(*ecdsa.PublicKey)
	if !ok || len(signature) != 96 {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:48]), new(big.Int).SetBytes(signature[48:])
	return ecdsa.Verify(k, digest, r, s)
}

// verifyThreeP384 verifies over the digest of the three digests (assumed).
func verifyThreeP384(key crypto.PublicKey, digests, signature []byte) bool {
	return len(digests) == 3*sha512.Size384 && verifyP384(key, sum384(digests), signature)
}
