// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

var errSealed = errors.New("vrs: column cannot be opened with this key")

// vault seals the personal columns of one municipality, and names persons by
// a keyed hash, so that no number stands in the database.
type vault struct {
	aead    cipher.AEAD
	index   []byte
	handles cipher.Block
}

func newVault(key []byte) (*vault, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("vrs: key of %d bytes, want 32", len(key))
	}
	seal, err := hkdf.Key(sha256.New, key, nil, "kofu vrs columns", 32)
	if err != nil {
		return nil, fmt.Errorf("vrs: derive key: %w", err)
	}
	index, err := hkdf.Key(sha256.New, key, nil, "kofu vrs index", 32)
	if err != nil {
		return nil, fmt.Errorf("vrs: derive key: %w", err)
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return nil, fmt.Errorf("vrs: cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("vrs: cipher: %w", err)
	}
	name, err := hkdf.Key(sha256.New, key, nil, "kofu vrs handles", 32)
	if err != nil {
		return nil, fmt.Errorf("vrs: derive key: %w", err)
	}
	handles, err := aes.NewCipher(name)
	if err != nil {
		return nil, fmt.Errorf("vrs: cipher: %w", err)
	}
	return &vault{aead, index, handles}, nil
}

// person returns the key of the row of the person with this number: 16 bytes
// of a keyed hash.
func (v *vault) person(number []byte) []byte {
	mac := hmac.New(sha256.New, v.index)
	mac.Write(number)
	return mac.Sum(nil)[:16]
}

// ticket and birth return the keys that tickets and birth dates are looked up
// by. No number of a person begins as these do.
func (v *vault) ticket(number string) []byte { return v.person([]byte("ticket " + number)) }
func (v *vault) birth(day string) []byte     { return v.person([]byte("birth " + day))[:8] }

// handle returns a record's stable name toward kofu: the key of its row in one
// block of AES-256, so that no table of names is needed.
func (v *vault) handle(row []byte) string {
	name := make([]byte, aes.BlockSize)
	v.handles.Encrypt(name, row)
	return base64.RawURLEncoding.EncodeToString(name)
}

// unhandle returns the key of the row that a handle names; nil if none can be.
func (v *vault) unhandle(handle string) []byte {
	name, err := base64.RawURLEncoding.Strict().DecodeString(handle)
	if err != nil || len(name) != aes.BlockSize {
		return nil
	}
	v.handles.Decrypt(name, name)
	return name
}

// seal encrypts a column with AES-256-GCM under a random nonce, and binds it
// to its row.
func (v *vault) seal(row, plain []byte) []byte {
	nonce := make([]byte, v.aead.NonceSize(), v.aead.NonceSize()+len(plain)+v.aead.Overhead())
	_, _ = rand.Read(nonce) // never fails
	return v.aead.Seal(nonce, nonce, plain, row)
}

func (v *vault) open(row, sealed []byte) ([]byte, error) {
	n := v.aead.NonceSize()
	if len(sealed) < n {
		return nil, errSealed
	}
	plain, err := v.aead.Open(nil, sealed[:n], sealed[n:], row)
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}
