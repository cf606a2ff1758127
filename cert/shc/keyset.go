// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json/jsontext"
)

// KeySet is the public keys that cards are verified with. The zero set knows
// no key.
type KeySet struct {
	keys map[string]publicKey
}

type publicKey struct {
	public  *ecdsa.PublicKey
	issuers []*url.URL // nil: no certificate
	version int64      // crlVersion; 0: none
}

type readJWK struct {
	KTY string         `json:"kty"`
	CRV string         `json:"crv"`
	Use string         `json:"use"`
	Alg string         `json:"alg"`
	KID string         `json:"kid"`
	X   string         `json:"x"`
	Y   string         `json:"y"`
	X5C []string       `json:"x5c"`
	D   jsontext.Value `json:"d"`
	CRL jsontext.Value `json:"crlVersion"`
}

const maxKeySet = 1 << 20

// ParseKeySet reads JWKS documents into one set. Keys for other purposes are
// passed over; of the others each must be named by its RFC 7638 thumbprint,
// hold no private member, and agree with its certificate chain if it has one
// (x5c: the leaf is the key, each certificate is signed by the next; dates
// are not judged here) and give its crlVersion, if any, as a whole number. It
// fails with a [*MalformedError], also if no key for cards is left.
func ParseKeySet(jwks ...[]byte) (KeySet, error) {
	set := KeySet{keys: make(map[string]publicKey)}
	for _, data := range jwks {
		if len(data) > maxKeySet {
			return KeySet{}, malformed("key set: too long")
		}
		var doc struct {
			Keys []readJWK `json:"keys"`
		}
		if err := decode("key set", data, &doc); err != nil {
			return KeySet{}, err
		}
		for _, k := range doc.Keys {
			if k.KTY != "EC" || k.CRV != "P-256" || k.Use != "sig" || k.Alg != "ES256" {
				continue
			}
			key, err := k.key()
			if err != nil {
				return KeySet{}, err
			}
			key.version = max(key.version, set.keys[k.KID].version)
			set.keys[k.KID] = key
		}
	}
	if len(set.keys) == 0 {
		return KeySet{}, malformed("key set: no ES256 key for signatures")
	}
	return set, nil
}

// NewKeySet returns a set of P-256 keys held already; others are left out.
func NewKeySet(keys ...*ecdsa.PublicKey) KeySet {
	set := KeySet{keys: make(map[string]publicKey, len(keys))}
	for _, k := range keys {
		if kid := thumbprint(k); kid != "" {
			set.keys[kid] = publicKey{public: k}
		}
	}
	return set
}

// KIDs returns the ids of the keys, sorted.
func (s KeySet) KIDs() []string { return slices.Sorted(maps.Keys(s.keys)) }

// CRLVersion returns the newest crlVersion that the documents give for a key:
// the counter of the revocation list that its issuer had published by then. A
// list with a smaller one is out of date. 0 if there is no such list or key.
func (s KeySet) CRLVersion(kid string) int64 { return s.keys[kid].version }

func (k readJWK) key() (publicKey, error) {
	if k.D != nil {
		return publicKey{}, malformed("key set: holds a private key")
	}
	point := []byte{4}
	for _, c := range []string{k.X, k.Y} {
		b, err := base64.RawURLEncoding.Strict().DecodeString(c)
		if err != nil || len(b) != 32 {
			return publicKey{}, malformed("key set: coordinate is not 32 bytes of base64url")
		}
		point = append(point, b...)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return publicKey{}, malformed("key set: not a point of P-256")
	}
	if thumbprint(public) != k.KID {
		return publicKey{}, malformed("key set: kid is not the thumbprint of its key")
	}
	out := publicKey{public: public}
	if k.CRL != nil {
		if out.version, err = counter(k.CRL); err != nil {
			return publicKey{}, malformed("key set: crlVersion is not a whole number")
		}
	}
	if len(k.X5C) == 0 {
		return out, nil
	}
	out.issuers, err = chainIssuers(k.X5C, public)
	return out, err
}

// chainIssuers checks a chain and returns the URIs that its leaf names, never
// nil.
func chainIssuers(x5c []string, public *ecdsa.PublicKey) ([]*url.URL, error) {
	var chain []*x509.Certificate
	for _, text := range x5c {
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, malformed("key set: x5c is not base64")
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, malformed("key set: x5c is not a certificate")
		}
		chain = append(chain, c)
	}
	if !public.Equal(chain[0].PublicKey) {
		return nil, malformed("key set: x5c is of another key")
	}
	for i := range chain[1:] {
		if chain[i].CheckSignatureFrom(chain[i+1]) != nil {
			return nil, malformed("key set: x5c is not a chain")
		}
	}
	return append([]*url.URL{}, chain[0].URIs...), nil
}

// thumbprint returns the RFC 7638 thumbprint, "" for a key that has none.
func thumbprint(key *ecdsa.PublicKey) string {
	if key == nil || key.Curve != elliptic.P256() {
		return ""
	}
	sum, err := (&jose.JSONWebKey{Key: key}).Thumbprint(crypto.SHA256)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}
