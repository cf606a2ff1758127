// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"

	"kofu/cert"
)

// Platform is whose word a device's attestation is.
type Platform string

// The two platforms.
const (
	IOS     Platform = "ios"     // Apple, App Attest
	Android Platform = "android" // Google, Play Integrity
)

// Valid reports whether p is one of the two.
func (p Platform) Valid() bool { return p == IOS || p == Android }

// Device is what an attestation has shown: which key the device holds, and
// that the genuine app holds it. Its key tells one device from another, so it
// prints, logs and marshals as "[redacted]".
type Device struct {
	cert.Redacted
	Platform    Platform
	Key         *ecdsa.PublicKey // P-256; the device alone should hold it (package comment)
	Development bool             // attested by an environment for developers
	AppVersion  string           // as the platform vouches for it: Android's version code, iOS's bundle version from iOS 27 on; else empty
}

// Thumbprint returns the RFC 7638 SHA-256 thumbprint of the device's key in
// unpadded base64url, 43 characters: the same for as long as the app keeps its
// key, so treat it as personal. It is "" for a device without a P-256 key.
func (d Device) Thumbprint() string { return thumbprint(d.Key) }

// An Asserter judges what a device's key signed.
type Asserter interface {
	// VerifyAssertion returns nil if the key of d has signed clientDataHash,
	// in d's platform's way, from within one of the configured apps; else an
	// [Error]. It is safe for concurrent use, needs no network, keeps nothing,
	// and never panics, whatever assertion is.
	VerifyAssertion(d Device, clientDataHash [32]byte, assertion []byte) error
}

// Asserters is an [Asserter] that hands on to the device's platform.
type Asserters map[Platform]Asserter

// VerifyAssertion implements [Asserter].
func (a Asserters) VerifyAssertion(d Device, clientDataHash [32]byte, assertion []byte) error {
	by := a[d.Platform]
	switch {
	case by == nil:
		return Refuse("assertion", CodePlatform)
	case len(assertion) == 0:
		return Refuse("assertion", CodeAssertionMissing)
	}
	return by.VerifyAssertion(d, clientDataHash, assertion)
}

// thumbprint is RFC 7638 section 3.1 for P-256, "" for any other key.
func thumbprint(key *ecdsa.PublicKey) string {
	x, y, ok := coordinates(key)
	if !ok {
		return ""
	}
	// Section 3.2: the required members in lexicographic order, no spaces.
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
