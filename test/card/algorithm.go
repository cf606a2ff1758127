// SPDX-License-Identifier: Apache-2.0

package card

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
)

var errKey = errors.New("card: not a key of this generation of cards")

// algorithm is what differs between generations of cards.
type algorithm struct {
	suite    string // as an anchors file names it
	generate func() (crypto.Signer, error)
	field    func(crypto.PublicKey) []byte // a public key as EF0004 and EF0007 carry it
	digest   func(parts ...[]byte) []byte
	sign     func(key crypto.Signer, digest []byte) ([]byte, error)     // EF0003, EF0004, EF0007
	signAll  func(key crypto.Signer, digests ...[]byte) ([]byte, error) // DF28 of the surface application, over three
	compute  func(key crypto.Signer, data []byte) ([]byte, bool)        // COMPUTE DIGITAL SIGNATURE
	input    func(message []byte) []byte                                // what a reader sends to have message signed
}

// today is RSA-2048 with SHA-256.
func today() algorithm {
	return algorithm{
		suite:    "rsa2048-sha256",
		generate: func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) },
		field:    rsaField,
		digest:   sum256,
		sign: func(key crypto.Signer, digest []byte) ([]byte, error) {
			return key.Sign(nil, digest, crypto.SHA256)
		},
		signAll: func(key crypto.Signer, digests ...[]byte) ([]byte, error) {
			k, ok := key.(*rsa.PrivateKey)
			if !ok {
				return nil, errKey
			}
			return rsa.SignPKCS1v15(nil, k, crypto.Hash(0), digestInfo(slices.Concat(digests...)))
		},
		compute: func(key crypto.Signer, data []byte) ([]byte, bool) {
			k, ok := key.(*rsa.PrivateKey)
			if !ok || len(data) < 1 || len(data) > 245 {
				return nil, false
			}
			sig, err := rsa.SignPKCS1v15(nil, k, crypto.Hash(0), data) // pads what it is given
			return sig, err == nil
		},
		input: func(message []byte) []byte { return digestInfo(sum256(message)) },
	}
}

// next is ECDSA P-384 with SHA-384, announced for the next card; its layout
// and commands are not public, and all of this is assumed.
func next() algorithm {
	return algorithm{
		suite:    "ecdsap384-sha384",
		generate: func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) },
		field:    p384Field,
		digest:   sum384,
		sign:     signP384,
		signAll: func(key crypto.Signer, digests ...[]byte) ([]byte, error) {
			return signP384(key, sum384(digests...))
		},
		compute: func(key crypto.Signer, data []byte) ([]byte, bool) {
			if len(data) != sha512.Size384 {
				return nil, false
			}
			sig, err := signP384(key, data)
			return sig, err == nil
		},
		input: func(message []byte) []byte { return sum384(message) },
	}
}

// rsaField is 90 03 010001 | 91 82 0100 modulus.
func rsaField(key crypto.PublicKey) []byte {
	k := key.(*rsa.PublicKey)
	return slices.Concat(
		TLV(0x90, big.NewInt(int64(k.E)).FillBytes(make([]byte, 3))),
		TLV(0x91, k.N.FillBytes(make([]byte, 256))),
	)
}

func p384Field(key crypto.PublicKey) []byte {
	point, err := key.(*ecdsa.PublicKey).Bytes()
	if err != nil { // not with keys made here
		return nil
	}
	return TLV(0x86, point)
}

// signP384 returns r and s, 48 bytes each.
func signP384(key crypto.Signer, digest []byte) ([]byte, error) {
	der, err := key.Sign(nil, digest, crypto.SHA384)
	if err != nil {
		return nil, err
	}
	var sig struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &sig); err != nil || len(rest) != 0 {
		return nil, errKey
	}
	return append(sig.R.FillBytes(make([]byte, 48)), sig.S.FillBytes(make([]byte, 48))...), nil
}

// digestInfo is the DER of DigestInfo{SHA-256, digest} (RFC 8017, 9.2). The
// digest may be several, one after the other, up to 108 bytes.
func digestInfo(digest []byte) []byte {
	return append([]byte{
		0x30, byte(17 + len(digest)), 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
		0x04, byte(len(digest)),
	}, digest...)
}

func sum256(parts ...[]byte) []byte {
	sum := sha256.Sum256(slices.Concat(parts...))
	return sum[:]
}

func sum384(parts ...[]byte) []byte {
	sum := sha512.Sum384(slices.Concat(parts...))
	return sum[:]
}
