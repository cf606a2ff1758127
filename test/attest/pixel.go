// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
)

// Pixel is an Android phone with one app on it, which has one key in the
// Keystore.
type Pixel struct {
	Package     string
	Certificate [32]byte // SHA-256 of the certificate that signed the app
	Version     int64    // its version code
	Key         *ecdsa.PrivateKey
	google      *Google
}

// NewPixel makes a phone with version 100 of an app, signed by what
// AppCertificate says.
func (g *Google) NewPixel(pkg string) (*Pixel, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return &Pixel{Package: pkg, Certificate: AppCertificate(), Version: 100, Key: key, google: g}, err
}

// AppCertificate is SHA-256 of the certificate that signs genuine apps here.
func AppCertificate() [32]byte { return sha256.Sum256([]byte("the app's signing certificate")) }

// SPKI is the key as the Keystore gives it: a SubjectPublicKeyInfo in DER.
func (p *Pixel) SPKI() []byte { return spki(&p.Key.PublicKey) }

// Nonce is what the app requests a token with.
func (p *Pixel) Nonce(challenge [32]byte) string {
	sum := sha256.Sum256(slices.Concat(challenge[:], p.SPKI()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Token is IntegrityManager.requestIntegrityToken for the phone's key and
// challenge: Google's token, wrong where m says so.
func (p *Pixel) Token(challenge [32]byte, m Misprint) (string, error) {
	return p.google.token(p.google.verdict(p, p.Nonce(challenge)), m)
}

// Assert is SHA256withECDSA by the phone's key over clientDataHash.
func (p *Pixel) Assert(clientDataHash [32]byte) ([]byte, error) {
	digest := sha256.Sum256(clientDataHash[:])
	return p.Key.Sign(nil, digest[:], crypto.SHA256)
}
