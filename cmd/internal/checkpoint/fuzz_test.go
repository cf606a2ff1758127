// SPDX-License-Identifier: Apache-2.0

package checkpoint_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"kofu/cmd/internal/checkpoint"
)

// FuzzOpen: whatever is opened was signed, and is written the same again.
func FuzzOpen(f *testing.F) {
	s, v := pairOf(f)
	for _, c := range story() {
		f.Add(sign(f, s, c).Note)
	}
	f.Add([]byte("vc.example.jp/log\n1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := v.Open(data)
		if err != nil {
			return
		}
		if again, err := v.Open(sign(t, s, c).Note); err != nil || again != c {
			t.Errorf("%+v is read again as %+v: %v", c, again, err)
		}
	})
}

// FuzzRead: a file is read or refused, and an opened line says what it says.
func FuzzRead(f *testing.F) {
	s, v := pairOf(f)
	var all []byte
	for _, c := range story() {
		all = append(all, sign(f, s, c).Line()+"\n"...)
	}
	f.Add(all)
	f.Add(all[:len(all)-20])
	f.Add([]byte("kofu-checkpoint a (cut off)\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "log")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if h, err := v.Read(path); err == nil && (h.Count > len(data)/100 || len(h.Hashes) > h.Count) {
			t.Errorf("%+v", h)
		}
	})
}

// pairOf makes the same pair each time: a fuzzer's finds must be found again.
func pairOf(f *testing.F) (*checkpoint.Signer, *checkpoint.Verifier) {
	f.Helper()
	seed := bytes.Repeat([]byte{7}, ed25519.SeedSize)
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	sum := sha256.Sum256(append([]byte(origin+"\n\x01"), public...))
	key := func(half []byte) string {
		return fmt.Sprintf("%s+%x+%s", origin, sum[:4], base64.StdEncoding.EncodeToString(append([]byte{1}, half...)))
	}
	s, err := checkpoint.ParseSigner("PRIVATE+KEY+" + key(seed))
	if err != nil {
		f.Fatal(err)
	}
	v, err := checkpoint.ParseVerifier(key(public))
	if err != nil {
		f.Fatal(err)
	}
	return s, v
}
