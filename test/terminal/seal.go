// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
)

// What is sealed, by the typ of its header.
const (
	typeApplication = "kofu-application"
	typeCertificate = "kofu-certificate"
	typeReceipt     = "kofu-receipt"
)

var (
	errNotSealed = errors.New("terminal: not a JWE of alg dir and enc A256GCM")
	errKey       = errors.New("terminal: the key does not open what is held")
)

// sealHeader is what a terminal may look at of a JWE's header.
type sealHeader struct {
	Alg string `json:"alg"`
	Enc string `json:"enc"`
	Typ string `json:"typ"`
	Kid string `json:"kid"`
}

// sealParts splits a compact JWE (RFC 7516 section 7.1) of direct encryption.
func sealParts(token string) (h sealHeader, parts []string, err error) {
	parts = strings.Split(token, ".")
	if len(parts) != 5 || parts[1] != "" {
		return h, nil, errNotSealed
	}
	header, err := base64.RawURLEncoding.Strict().DecodeString(parts[0])
	if err != nil || json.Unmarshal(header, &h) != nil || h.Alg != "dir" || h.Enc != "A256GCM" || h.Kid == "" {
		return h, nil, errNotSealed
	}
	return h, parts, nil
}

// unseal opens a JWE with its 32-byte key (RFC 7518 sections 4.5 and 5.3).
func unseal(token string, key []byte) ([]byte, error) {
	_, parts, err := sealParts(token)
	if err != nil {
		return nil, err
	}
	var raw [3][]byte // iv, ciphertext, tag
	for i := range raw {
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(parts[i+2]); err != nil {
			return nil, errNotSealed
		}
	}
	if len(key) != 32 || len(raw[0]) != 12 || len(raw[2]) != 16 {
		return nil, errNotSealed
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errKey
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, errKey
	}
	plain, err := gcm.Open(nil, raw[0], append(raw[1], raw[2]...), []byte(parts[0]))
	if err != nil {
		return nil, errKey
	}
	return plain, nil
}
