// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/gowebpki/jcs"

	"kofu/cert"
)

// What Encode refuses. The error's text names the member at fault, never its
// content.
var (
	ErrNotOverseas = errors.New("vdsnc: not an overseas certificate")      // E4: nothing else carries passport data
	ErrTooLong     = errors.New("vdsnc: longer than the standard allows")  // only the name may be shortened
	ErrCharacter   = errors.New("vdsnc: a character that may not be used") // or a member that must not be empty
	ErrKey         = errors.New("vdsnc: key and certificate do not serve") // see [Key]
)

// Key is a signing key with its certificate. The key may live in an HSM; it
// must be P-256 and belong to the certificate.
type Key struct {
	Signer      crypto.Signer
	Certificate *x509.Certificate
}

func (k Key) check() (*ecdsa.PublicKey, error) {
	if k.Signer == nil || k.Certificate == nil {
		return nil, ErrKey
	}
	pub, ok := k.Signer.Public().(*ecdsa.PublicKey)
	if !ok || !pub.Equal(k.Certificate.PublicKey) {
		return nil, ErrKey
	}
	return pub, nil
}

// Encode signs c and returns the whole document in RFC 8785 form. The same
// certificate and software key always give the same bytes (RFC 6979).
//
// The key's certificate must be valid at the time of issue. Every length of
// the standard is enforced; a name of more than 39 characters is truncated as
// ICAO Doc 9303 does, anything else is [ErrTooLong].
func Encode(c *cert.Certificate, k Key) ([]byte, error) {
	pub, err := k.check()
	if err != nil || pub.Curve != elliptic.P256() {
		return nil, fmt.Errorf("vdsnc: encode: %w", ErrKey)
	}
	if c.IssuedAt.Before(k.Certificate.NotBefore) || c.IssuedAt.After(k.Certificate.NotAfter) {
		return nil, fmt.Errorf("vdsnc: encode: signer's certificate is not valid at issue: %w", ErrKey)
	}
	data, signed, err := unsigned(c)
	if err != nil {
		return nil, err
	}
	sig, err := sign(k.Signer, signed)
	if err != nil {
		return nil, err
	}
	return canonical(wireDocument{Data: data, Sig: wireSignature{
		Alg:   "ES256",
		Cer:   base64.URLEncoding.EncodeToString(k.Certificate.Raw),
		Sigvl: base64.URLEncoding.EncodeToString(sig),
	}})
}

// Check does all that [Encode] does but signing, and fails as it would for
// any key that serves: it tells before a key is at hand whether c can become
// a document.
func Check(c *cert.Certificate) error {
	_, _, err := unsigned(c)
	return err
}

// unsigned returns the value of "data" and the bytes of it that are signed.
func unsigned(c *cert.Certificate) (wireData, []byte, error) {
	data, err := statement(c)
	if err != nil {
		return wireData{}, nil, err
	}
	signed, err := canonical(data)
	return data, signed, err
}

func canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, errors.New("vdsnc: encode: marshal") // the library's text could quote a value
	}
	out, err := jcs.Transform(raw)
	if err != nil {
		return nil, errors.New("vdsnc: encode: canonical form")
	}
	return out, nil
}

// sign returns r‖s, 32 bytes each.
func sign(key crypto.Signer, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	der, err := key.Sign(nil, digest[:], crypto.SHA256) // nil: deterministic, RFC 6979
	if err != nil {
		return nil, fmt.Errorf("vdsnc: sign: %w", ErrKey) // a token's own text may say anything
	}
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &rs); err != nil || len(rest) != 0 ||
		rs.R.Sign() <= 0 || rs.S.Sign() <= 0 || rs.R.BitLen() > 256 || rs.S.BitLen() > 256 {
		return nil, errors.New("vdsnc: sign: the key gave no ECDSA signature")
	}
	out := make([]byte, 64)
	rs.R.FillBytes(out[:32])
	rs.S.FillBytes(out[32:])
	return out, nil
}
