// SPDX-License-Identifier: Apache-2.0

package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"

	"kofu/cert"
)

// Format is a signed form of a certificate.
type Format string

// The two signed forms.
const (
	SHC   Format = "shc"   // SMART Health Cards
	VDSNC Format = "vdsnc" // ICAO VDS-NC
)

// Valid reports whether f is one of the two forms.
func (f Format) Valid() bool { return f == SHC || f == VDSNC }

// Signer is a key that signs one format for one channel. A key that serves
// several channels stands in the ring once for each.
type Signer struct {
	Format  Format
	Channel cert.Channel
	// KID is the RFC 7638 thumbprint of the key; empty to have it computed.
	KID string
	// Key signs with ECDSA on P-256 and gives ASN.1 DER.
	Key crypto.Signer
	// Chain is the key's certificate first, each followed by its issuer.
	// Optional for SHC (published as x5c); for VDS-NC the barcode-signer
	// certificate and the CSCA that issued it, both required.
	Chain []*x509.Certificate
	// Environment must be that of the ring.
	Environment cert.Environment
}

// Public is a key that may have signed: an active one without its private
// half, or an archived one.
type Public struct {
	Format Format
	// KID is the RFC 7638 thumbprint of the key; empty to have it computed.
	KID string
	Key *ecdsa.PublicKey
	// Chain is as in [Signer].
	Chain []*x509.Certificate
	// Environment must be that of the ring.
	Environment cert.Environment
	// Archived is set for a key that signs no more.
	Archived bool
}

func (s Signer) public() (Public, error) {
	pub, ok := s.Key.Public().(*ecdsa.PublicKey)
	if !ok {
		return Public{}, ErrKey
	}
	return Public{Format: s.Format, KID: s.KID, Key: pub, Chain: s.Chain, Environment: s.Environment}, nil
}

// Thumbprint returns the RFC 7638 SHA-256 thumbprint of a P-256 key in
// unpadded base64url, 43 characters; "" for any other key.
func Thumbprint(key *ecdsa.PublicKey) string {
	x, y, ok := coordinates(key)
	if !ok {
		return ""
	}
	// RFC 7638 3.2: the required members in lexicographic order, no spaces.
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// coordinates returns x and y of a P-256 key as a JWK holds them.
func coordinates(key *ecdsa.PublicKey) (x, y string, ok bool) {
	if key == nil || key.Curve != elliptic.P256() {
		return "", "", false
	}
	point, err := key.Bytes()
	if err != nil || len(point) != 65 {
		return "", "", false
	}
	enc := base64.RawURLEncoding
	return enc.EncodeToString(point[1:33]), enc.EncodeToString(point[33:]), true
}
