// SPDX-License-Identifier: Apache-2.0

package playintegrity

import (
	"encoding/base64"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"

	"kofu/cardauth/attest"
)

const (
	maxToken = 8 << 10 // characters; one with all that is documented today has about 2,300

	// Bytes of the parts of a JWE with A256KW (RFC 3394: the key and eight
	// more) and A256GCM (RFC 7518 section 5.3).
	wrappedKey = 40
	gcmNonce   = 12
	gcmTag     = 16
)

// open takes a token's two wrappings off, and returns what Google has signed.
func (v *Verifier) open(token string) ([]byte, error) {
	if len(token) > maxToken {
		return nil, refuse("token", attest.CodePlaySize)
	}
	parts, ok := compact(token, 5)
	if !ok {
		return nil, refuse("token", attest.CodePlayMalformed)
	}
	if err := checkHeader(parts[0], map[string]string{"alg": "A256KW", "enc": "A256GCM"}, "JWT"); err != nil {
		return nil, err
	}
	if len(parts[1]) != wrappedKey || len(parts[2]) != gcmNonce || len(parts[3]) == 0 || len(parts[4]) != gcmTag {
		return nil, refuse("token", attest.CodePlayMalformed)
	}
	jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.A256KW}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return nil, refuse("token", attest.CodePlayMalformed)
	}
	signed, err := jwe.Decrypt(v.cfg.DecryptionKey)
	if err != nil {
		return nil, refuse("token", attest.CodePlayDecrypt)
	}
	return v.verified(string(signed))
}

// verified returns the payload of a JWS of Google's.
func (v *Verifier) verified(signed string) ([]byte, error) {
	parts, ok := compact(signed, 3)
	if !ok {
		return nil, refuse("signature", attest.CodePlayMalformed)
	}
	if err := checkHeader(parts[0], map[string]string{"alg": "ES256"}, ""); err != nil {
		return nil, err
	}
	jws, err := jose.ParseSignedCompact(signed, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, refuse("signature", attest.CodePlayMalformed)
	}
	payload, err := jws.Verify(v.cfg.VerificationKey)
	if err != nil {
		return nil, refuse("signature", attest.CodePlaySig)
	}
	return payload, nil
}

// compact splits a compact serialisation of n parts, and takes one spelling of
// each only: base64url without padding, line breaks or unused bits.
func compact(text string, n int) (parts [][]byte, ok bool) {
	fields := strings.Split(text, ".")
	if len(fields) != n || strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	for _, f := range fields {
		b, err := base64.RawURLEncoding.Strict().DecodeString(f)
		if err != nil {
			return nil, false
		}
		parts = append(parts, b)
	}
	return parts, true
}

// checkHeader wants the algorithms named, and lets pass a key id and types
// that say what is known anyway. Every other member changes how a token is
// read ("zip", "crit", "b64"), or whose key is used ("jwk", "x5c"); and what
// Google does not send now, is not guessed at.
func checkHeader(header []byte, algorithms map[string]string, content string) error {
	var members map[string]any
	if json.Unmarshal(header, &members) != nil || members == nil {
		return refuse("header", attest.CodePlayMalformed)
	}
	for name, want := range algorithms {
		if members[name] != want {
			return refuse("header", attest.CodePlayAlgorithm)
		}
	}
	for name, value := range members {
		text, ok := value.(string)
		switch name {
		case "alg", "enc":
			ok = algorithms[name] != ""
		case "typ":
			ok = text == "JWT" || text == "JOSE"
		case "cty":
			ok = content != "" && text == content
		case "kid":
		default:
			ok = false
		}
		if !ok {
			return refuse("header", attest.CodePlayHeader)
		}
	}
	return nil
}
