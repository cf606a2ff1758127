// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
)

// Suite is a kind of key with the hash function it signs with.
type Suite struct {
	Curve    elliptic.Curve        // nil: RSA
	Explicit bool                  // the curve is spelled out, not named
	Spelled  *elliptic.CurveParams // and not as it is, but like this
	Bits     int                   // of RSA
	PSS      bool                  // RSASSA-PSS
	PSSOnly  bool                  // the key is for it alone (id-RSASSA-PSS)
	PSSKey   []byte                // what the key is for, by its own parameters (RSASSA-PSS-params)
	Hash     crypto.Hash
}

// The suites that States use.
func P256() Suite { return Suite{Curve: elliptic.P256(), Hash: crypto.SHA256} }

// P256Explicit spells P-256 out.
func P256Explicit() Suite {
	return Suite{Curve: elliptic.P256(), Explicit: true, Hash: crypto.SHA256}
}

// P384 is P-384 with SHA-384.
func P384() Suite { return Suite{Curve: elliptic.P384(), Hash: crypto.SHA384} }

// P384Explicit spells P-384 out.
func P384Explicit() Suite {
	return Suite{Curve: elliptic.P384(), Explicit: true, Hash: crypto.SHA384}
}

// P521Explicit is P-521, spelled out, with SHA-512.
func P521Explicit() Suite {
	return Suite{Curve: elliptic.P521(), Explicit: true, Hash: crypto.SHA512}
}

// RSA is RSASSA-PKCS1-v1_5 with 2048 bits.
func RSA(h crypto.Hash) Suite { return Suite{Bits: 2048, Hash: h} }

// RSAPSS is RSASSA-PSS with 2048 bits.
func RSAPSS(h crypto.Hash) Suite { return Suite{Bits: 2048, PSS: true, Hash: h} }

// Key is a key of a suite.
type Key struct {
	Suite
	signer crypto.Signer
}

// NewKey makes a key.
func (s Suite) NewKey() (Key, error) {
	if s.Curve != nil {
		k, err := ecdsa.GenerateKey(s.Curve, rand.Reader)
		return Key{s, k}, err
	}
	k, err := rsa.GenerateKey(rand.Reader, s.Bits)
	return Key{s, k}, err
}

// KeyOf is the key on a curve with this secret, the same each time.
func (s Suite) KeyOf(secret byte) (Key, error) {
	b := make([]byte, (s.Curve.Params().BitSize+7)/8)
	b[len(b)-1] = secret
	k, err := ecdsa.ParseRawPrivateKey(s.Curve, b)
	return Key{s, k}, err
}

// With is the same key, used as another suite has it.
func (k Key) With(s Suite) Key { return Key{s, k.signer} }

// HashID is the AlgorithmIdentifier of a hash function.
func HashID(h crypto.Hash) []byte {
	switch h {
	case crypto.SHA1:
		return Algorithm("1.3.14.3.2.26", Null())
	case crypto.SHA384:
		return Algorithm("2.16.840.1.101.3.4.2.2", nil)
	case crypto.SHA512:
		return Algorithm("2.16.840.1.101.3.4.2.3", nil)
	}
	return Algorithm("2.16.840.1.101.3.4.2.1", nil)
}

// SignatureID is the AlgorithmIdentifier of signatures by keys of s.
func (s Suite) SignatureID() []byte {
	last := map[crypto.Hash]string{crypto.SHA1: "", crypto.SHA256: "2", crypto.SHA384: "3", crypto.SHA512: "4"}[s.Hash]
	switch {
	case s.Curve != nil && s.Hash == crypto.SHA1:
		return Algorithm("1.2.840.10045.4.1", nil)
	case s.Curve != nil:
		return Algorithm("1.2.840.10045.4.3."+last, nil)
	case s.PSS:
		return Algorithm("1.2.840.113549.1.1.10", PSSParams(s.Hash, s.Hash, s.Hash.Size()))
	}
	return Algorithm("1.2.840.113549.1.1."+map[crypto.Hash]string{
		crypto.SHA1: "5", crypto.SHA256: "11", crypto.SHA384: "12", crypto.SHA512: "13",
	}[s.Hash], Null())
}

// PSSParams are RSASSA-PSS-params.
func PSSParams(hash, mask crypto.Hash, salt int) []byte {
	return Seq(
		TLV(0xA0, HashID(hash)),
		TLV(0xA1, Algorithm("1.2.840.113549.1.1.8", HashID(mask))),
		TLV(0xA2, Int(int64(salt))),
	)
}

// Sign signs message; on a curve always in the same way (RFC 6979).
func (k Key) Sign(message []byte) ([]byte, error) {
	h := k.Hash.New()
	h.Write(message)
	var opts crypto.SignerOpts = k.Hash
	if k.PSS {
		opts = &rsa.PSSOptions{SaltLength: k.Hash.Size(), Hash: k.Hash}
	}
	random := rand.Reader
	if k.Curve != nil {
		random = nil
	}
	return k.signer.Sign(random, h.Sum(nil), opts)
}

// PublicKeyInfo is the key's SubjectPublicKeyInfo.
func (k Key) PublicKeyInfo() ([]byte, error) {
	switch pub := k.signer.Public().(type) {
	case *rsa.PublicKey:
		kind := Algorithm("1.2.840.113549.1.1.1", Null())
		if k.PSSOnly {
			kind = Algorithm("1.2.840.113549.1.1.10", k.PSSKey)
		}
		return Seq(kind, bitString(Seq(bigInt(pub.N), Int(int64(pub.E))))), nil
	case *ecdsa.PublicKey:
		point, err := pub.Bytes()
		if err != nil {
			return nil, err
		}
		params := OID(map[elliptic.Curve]string{
			elliptic.P256(): "1.2.840.10045.3.1.7", elliptic.P384(): "1.3.132.0.34", elliptic.P521(): "1.3.132.0.35",
		}[k.Curve])
		if k.Explicit {
			params = ExplicitParams(k.Curve.Params())
		}
		if k.Spelled != nil {
			params = ExplicitParams(k.Spelled)
		}
		return Seq(Algorithm("1.2.840.10045.2.1", params), bitString(point)), nil
	}
	return nil, nil
}

// ExplicitParams spells a curve over a prime field out.
func ExplicitParams(p *elliptic.CurveParams) []byte {
	size := (p.BitSize + 7) / 8
	field := func(n *big.Int) []byte { return n.FillBytes(make([]byte, size)) }
	a := new(big.Int).Sub(p.P, big.NewInt(3))
	return Seq(
		Int(1),
		Seq(OID("1.2.840.10045.1.1"), bigInt(p.P)),
		Seq(Octets(field(a)), Octets(field(p.B))),
		Octets(append(append([]byte{4}, field(p.Gx)...), field(p.Gy)...)),
		bigInt(p.N),
		Int(1),
	)
}
