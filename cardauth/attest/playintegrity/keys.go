// SPDX-License-Identifier: Apache-2.0

package playintegrity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"kofu/cardauth/attest"
)

const spkiLength = 91 // bytes of a SubjectPublicKeyInfo of P-256, its point uncompressed

// ConsoleKeys reads the two response encryption keys of an app as the Play
// Console shows them, in base64: an AES key, and a SubjectPublicKeyInfo. White
// space around them is nothing. What it returns wraps [attest.ErrConfig], and
// does not show the keys.
func ConsoleKeys(decryption, verification string) (aes []byte, key *ecdsa.PublicKey, err error) {
	strict := base64.StdEncoding.Strict()
	aes, err = strict.DecodeString(strings.TrimSpace(decryption))
	if err != nil || len(aes) != 32 {
		return nil, nil, wrong("the decryption key is not 32 bytes in base64")
	}
	der, err := strict.DecodeString(strings.TrimSpace(verification))
	if err != nil {
		return nil, nil, wrong("the verification key is not base64")
	}
	if key = publicKey(der); key == nil {
		return nil, nil, wrong("the verification key is not on P-256")
	}
	return aes, key, nil
}

// Nonce is what a token must have been requested with: SHA-256 of challenge
// and, behind it, of the Keystore key's SubjectPublicKeyInfo, in base64url
// without padding.
func Nonce(challenge [32]byte, keystoreKey []byte) string {
	sum := nonce(challenge, keystoreKey)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func nonce(challenge [32]byte, keystoreKey []byte) (out [32]byte) {
	h := sha256.New()
	h.Write(challenge[:])
	h.Write(keystoreKey)
	h.Sum(out[:0])
	return out
}

// deviceKey reads the Keystore key a phone sends.
func deviceKey(der []byte) (*ecdsa.PublicKey, error) {
	key := publicKey(der)
	if key == nil {
		return nil, refuse("keystore key", attest.CodePlayKey)
	}
	return key, nil
}

// publicKey reads the one encoding of a key on P-256, nil for anything else.
func publicKey(der []byte) *ecdsa.PublicKey {
	if len(der) != spkiLength {
		return nil
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	key, ok := parsed.(*ecdsa.PublicKey)
	if err != nil || !ok || key.Curve != elliptic.P256() {
		return nil
	}
	if again, err := x509.MarshalPKIXPublicKey(key); err != nil || !bytes.Equal(again, der) {
		return nil
	}
	return key
}

// configuredDigest reads a certificate digest as it is shown to people, or as
// it is in a token.
func configuredDigest(text string) (out [32]byte, ok bool) {
	if len(text) != 95 { // pairs and the colons between
		return digest(text)
	}
	pairs := strings.Split(text, ":")
	if len(pairs) != 32 {
		return out, false
	}
	for i, p := range pairs {
		b, err := hex.DecodeString(p)
		if err != nil || len(b) != 1 {
			return out, false
		}
		out[i] = b[0]
	}
	return out, true
}

// digest reads 32 bytes of base64 in either alphabet, with padding or without
// (package comment), each in one spelling.
func digest(text string) (out [32]byte, ok bool) {
	if len(text) == 44 {
		text = strings.TrimSuffix(text, "=")
	}
	if len(text) != 43 {
		return out, false
	}
	text = strings.NewReplacer("+", "-", "/", "_").Replace(text)
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != len(out) {
		return out, false
	}
	return [32]byte(b), true
}
