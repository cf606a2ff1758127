// SPDX-License-Identifier: Apache-2.0

package shc_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"testing"

	"kofu/cert/shc"
)

var b64 = base64.RawURLEncoding

// forge signs whatever it is given, as a careless or hostile issuer might.
type forge struct {
	key *ecdsa.PrivateKey
	kid string
	set shc.KeySet
}

func newForge(t testing.TB) forge {
	t.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{0x5a}, 32))
	if err != nil {
		t.Fatal(err)
	}
	set := shc.NewKeySet(&key.PublicKey)
	return forge{key: key, kid: set.KIDs()[0], set: set}
}

func (f forge) issuer() shc.Key { return shc.Key{ID: f.kid, Signer: f.key} }

func (f forge) header() string { return `{"zip":"DEF","alg":"ES256","kid":"` + f.kid + `"}` }

// jws signs a header and a payload already packed.
func (f forge) jws(t testing.TB, header string, packed []byte) string {
	t.Helper()
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString(packed)
	digest := sha256.Sum256([]byte(input))
	der, err := f.key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &v); err != nil {
		t.Fatal(err)
	}
	sig := append(v.R.FillBytes(make([]byte, 32)), v.S.FillBytes(make([]byte, 32))...)
	return input + "." + b64.EncodeToString(sig)
}

// card signs a payload given as JSON.
func (f forge) card(t testing.TB, payload string) string {
	t.Helper()
	return f.jws(t, f.header(), deflated(t, payload))
}

func deflated(t testing.TB, text string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
