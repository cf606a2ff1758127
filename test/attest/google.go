// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Google is Play with the response encryption keys of one app.
type Google struct {
	DecryptionKey []byte // AES, 32 bytes
	Signer        *ecdsa.PrivateKey
	now           func() time.Time
}

// NewGoogle makes Play whose tokens are requested at now.
func NewGoogle(now func() time.Time) (*Google, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	g := &Google{DecryptionKey: make([]byte, 32), Signer: key, now: now}
	_, _ = rand.Read(g.DecryptionKey) // never fails
	return g, err
}

// Console gives both keys as the Play Console shows them.
func (g *Google) Console() (decryption, verification string) {
	return base64.StdEncoding.EncodeToString(g.DecryptionKey), base64.StdEncoding.EncodeToString(spki(&g.Signer.PublicKey))
}

// spki is a SubjectPublicKeyInfo in DER.
func spki(key *ecdsa.PublicKey) []byte {
	der, _ := x509.MarshalPKIXPublicKey(key) // a key of P-256 has one
	return der
}

// Verdict is the JSON of a token, by its first two names.
type Verdict map[string]map[string]any

// Misprint is where a token can be made wrong, from the inside out. Nil and
// empty change nothing.
type Misprint struct {
	Verdict   func(Verdict)                  // before it is encoded
	Payload   func([]byte) []byte            // the JSON, before it is signed
	Signing   *jose.SigningKey               // instead of Google's
	JWSHeader map[jose.HeaderKey]any         // more members
	JWS       func(string) string            // before it is encrypted
	Recipient *jose.Recipient                // instead of the app
	Content   jose.ContentEncryption         // instead of A256GCM
	Options   func(o *jose.EncrypterOptions) // compression, more members of the header
	JWE       func(string) string
}

// token signs and encrypts v, wrong where m says so.
func (g *Google) token(v Verdict, m Misprint) (string, error) {
	if m.Verdict != nil {
		m.Verdict(v)
	}
	payload, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	signed, err := g.sign(change(m.Payload, payload), m)
	if err != nil {
		return "", err
	}
	sealed, err := g.seal(change(m.JWS, signed), m)
	return change(m.JWE, sealed), err
}

func (g *Google) sign(payload []byte, m Misprint) (string, error) {
	key := jose.SigningKey{Algorithm: jose.ES256, Key: g.Signer}
	if m.Signing != nil {
		key = *m.Signing
	}
	signer, err := jose.NewSigner(key, &jose.SignerOptions{ExtraHeaders: m.JWSHeader})
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

func (g *Google) seal(text string, m Misprint) (string, error) {
	to := jose.Recipient{Algorithm: jose.A256KW, Key: g.DecryptionKey}
	if m.Recipient != nil {
		to = *m.Recipient
	}
	content, options := jose.A256GCM, new(jose.EncrypterOptions)
	if m.Content != "" {
		content = m.Content
	}
	if m.Options != nil {
		m.Options(options)
	}
	encrypter, err := jose.NewEncrypter(content, to, options)
	if err != nil {
		return "", err
	}
	jwe, err := encrypter.Encrypt([]byte(text))
	if err != nil {
		return "", err
	}
	return jwe.CompactSerialize()
}

// verdict is what Google says of an app on a sound device, with numbers in
// quotes, and nothing that an app has to opt in to.
func (g *Google) verdict(p *Pixel, nonce string) Verdict {
	return Verdict{
		"requestDetails": {
			"requestPackageName": p.Package,
			"nonce":              nonce,
			"timestampMillis":    strconv.FormatInt(g.now().UnixMilli(), 10),
		},
		"appIntegrity": {
			"appRecognitionVerdict":   "PLAY_RECOGNIZED",
			"packageName":             p.Package,
			"certificateSha256Digest": []string{base64.RawURLEncoding.EncodeToString(p.Certificate[:])},
			"versionCode":             strconv.FormatInt(p.Version, 10),
		},
		"deviceIntegrity": {"deviceRecognitionVerdict": []string{"MEETS_DEVICE_INTEGRITY"}},
		"accountDetails":  {"appLicensingVerdict": "LICENSED"},
	}
}
