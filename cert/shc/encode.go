// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"
	"sync"

	"kofu/cert"
)

// MaxJWS is how many characters of JWS fit into one QR code of version 22 at
// error correction level L (SMART Health Cards FAQ, "QR codes"). A longer card
// would have to be cut into chunks, which are deprecated and never written.
const MaxJWS = 1195

// Why a certificate cannot be encoded.
var (
	ErrTooLong  = errors.New("shc: does not fit into one QR code")
	ErrKey      = errors.New("shc: key cannot sign")
	ErrTime     = errors.New("shc: time of issue is not whole seconds")
	ErrPassport = errors.New("shc: overseas card without a name from a passport")
	ErrName     = errors.New("shc: name cannot be written")
	ErrContent  = errors.New("shc: content cannot be written")
)

// Key signs cards.
type Key struct {
	// ID is the RFC 7638 thumbprint of the key.
	ID string
	// Signer signs with ECDSA on P-256 and gives ASN.1 DER. It is asked to
	// sign deterministically (RFC 6979), so that the same certificate is the
	// same card.
	Signer crypto.Signer
}

const (
	kidLength     = 43 // base64url of SHA-256
	signatureSize = 64 // r and s
)

var kidForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// Encode signs c as a SMART Health Card of the issuer iss and returns the
// compact JWS. For a domestic certificate nothing of a passport is written
// even if c has one (E4). The errors are those of this package; none of their
// texts holds anything of c.
func Encode(c *cert.Certificate, iss string, k Key) (string, error) {
	if k.Signer == nil || !kidForm.MatchString(k.ID) {
		return "", fmt.Errorf("shc: encode: %w", ErrKey)
	}
	input, err := unsigned(c, iss, k.ID)
	if err != nil {
		return "", fmt.Errorf("shc: encode: %w", err)
	}
	sig, err := sign(k.Signer, input)
	if err != nil {
		return "", fmt.Errorf("shc: encode: %w", err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// Check does all that [Encode] does but signing, and fails as it would:
// whoever may call it before a key is at hand learns whether c can become a
// card of iss, and whether that fits into one QR code. All key ids and all
// signatures are of one length, so the answer holds for every key.
func Check(c *cert.Certificate, iss string) error {
	if _, err := unsigned(c, iss, strings.Repeat("A", kidLength)); err != nil {
		return fmt.Errorf("shc: check: %w", err)
	}
	return nil
}

// unsigned returns what is signed: the header and the payload of a JWS that,
// with its signature, is no longer than [MaxJWS].
func unsigned(c *cert.Certificate, iss, kid string) (string, error) {
	if err := checkIssuer(iss); err != nil {
		return "", err
	}
	payload, err := payloadOf(c, iss)
	if err != nil {
		return "", err
	}
	packed, err := deflate(payload)
	if err != nil {
		return "", ErrContent
	}
	enc := base64.RawURLEncoding
	input := enc.EncodeToString([]byte(`{"zip":"DEF","alg":"ES256","kid":"`+kid+`"}`)) + "." + enc.EncodeToString(packed)
	if len(input)+1+enc.EncodedLen(signatureSize) > MaxJWS {
		return "", ErrTooLong
	}
	return input, nil
}

// sign returns r and s of 32 bytes each (RFC 7518 3.4).
func sign(s crypto.Signer, input string) ([]byte, error) {
	digest := sha256.Sum256([]byte(input))
	der, err := s.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, ErrKey // a token's own text may say anything
	}
	var v struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &v); err != nil || len(rest) > 0 {
		return nil, ErrKey
	}
	if v.R.Sign() <= 0 || v.S.Sign() <= 0 || v.R.BitLen() > 256 || v.S.BitLen() > 256 {
		return nil, ErrKey
	}
	out := make([]byte, signatureSize)
	v.R.FillBytes(out[:32])
	v.S.FillBytes(out[32:])
	return out, nil
}

// writers keeps deflate writers: making one costs eight times what a card's
// compression does.
var writers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestCompression)
	if err != nil {
		return nil // only for a level that does not exist
	}
	return w
}}

// deflate compresses data and then clears it, and the pooled writer's copy of
// it too: the window of a writer would keep one person's card until the next.
func deflate(data []byte) ([]byte, error) {
	w, ok := writers.Get().(*flate.Writer)
	if !ok {
		return nil, ErrContent
	}
	defer writers.Put(w)
	var buf bytes.Buffer
	w.Reset(&buf)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	clear(data)
	w.Reset(io.Discard)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
