// SPDX-License-Identifier: Apache-2.0

package attest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"

	"kofu/cardauth/attest"
)

// hashVector is one example of testdata/hashes.json; bytes are in hex.
type hashVector struct {
	Name         string   `json:"name"`
	Of           string   `json:"of"` // attestation, application or sealed
	Challenge    string   `json:"challenge,omitempty"`
	Files        []string `json:"files,omitempty"`
	MRZ          []string `json:"mrz,omitempty"`
	Chip         []string `json:"chip,omitempty"`
	Kind         string   `json:"kind,omitempty"`
	Municipality string   `json:"municipality,omitempty"`
	JWE          string   `json:"jwe,omitempty"`
	Message      string   `json:"message"` // what SHA-256 is taken of
	Hash         string   `json:"hash"`
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unhexAll(t *testing.T, s []string) (out [][]byte) {
	for _, s := range s {
		out = append(out, unhex(t, s))
	}
	return out
}

func number(n int) []byte { return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }

func field(b []byte) []byte { return append(number(len(b)), b...) }

func list(items [][]byte) []byte {
	out := number(len(items))
	for _, b := range items {
		out = append(out, field(b)...)
	}
	return out
}

// message is the documents' words once more, sharing no code with the package.
func (v hashVector) message(t *testing.T) []byte {
	challenge := unhex(t, v.Challenge)
	switch v.Of {
	case "attestation":
		return slices.Concat(field([]byte("kofu-attestation-v1")), field(challenge))
	case "sealed":
		return slices.Concat(field([]byte("kofu-sealed-v1")), field([]byte(v.JWE)))
	}
	var mrz [][]byte
	for _, l := range v.MRZ {
		mrz = append(mrz, []byte(l))
	}
	return slices.Concat(field([]byte("kofu-application-v1")), field(challenge), list(unhexAll(t, v.Files)), list(mrz),
		list(unhexAll(t, v.Chip)), field([]byte(v.Kind)), field([]byte(v.Municipality)))
}

func (v hashVector) hash(t *testing.T) [32]byte {
	switch v.Of {
	case "attestation":
		return attest.AttestationHash([32]byte(unhex(t, v.Challenge)))
	case "sealed":
		return attest.SealedHash(v.JWE)
	}
	return attest.ApplicationHash([32]byte(unhex(t, v.Challenge)), unhexAll(t, v.Files), v.MRZ, unhexAll(t, v.Chip), v.Kind, v.Municipality)
}

var write = flag.Bool("write", false, "write message and hash of testdata/hashes.json anew")

// TestHashVectors holds the package against the published examples, and the
// examples against what the documents say.
func TestHashVectors(t *testing.T) {
	const file = "testdata/hashes.json"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []hashVector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, v := range vectors {
		msg := v.message(t)
		sum := sha256.Sum256(msg)
		if *write {
			vectors[i].Message, vectors[i].Hash = hex.EncodeToString(msg), hex.EncodeToString(sum[:])
			continue
		}
		if v.Message != hex.EncodeToString(msg) || v.Hash != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the example is not what the documents say", v.Name)
		}
		if got := v.hash(t); hex.EncodeToString(got[:]) != v.Hash {
			t.Errorf("%s: %x, want %s", v.Name, got, v.Hash)
		}
		if seen[v.Hash] {
			t.Errorf("%s: the hash of another example", v.Name)
		}
		seen[v.Hash] = true
	}
	if *write {
		out, err := json.MarshalIndent(vectors, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(out, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestApplicationHashIsUnambiguous: nothing can be moved from one place to the
// next without another hash coming out.
func TestApplicationHashIsUnambiguous(t *testing.T) {
	b := func(s ...string) (out [][]byte) {
		for _, s := range s {
			out = append(out, []byte(s))
		}
		return out
	}
	seen := map[[32]byte]string{}
	for name, h := range map[string][32]byte{
		"plain":                       attest.ApplicationHash([32]byte{}, b("ab", "c"), nil, nil, "k", "m"),
		"a byte of the next file":     attest.ApplicationHash([32]byte{}, b("a", "bc"), nil, nil, "k", "m"),
		"one file":                    attest.ApplicationHash([32]byte{}, b("abc"), nil, nil, "k", "m"),
		"an empty file more":          attest.ApplicationHash([32]byte{}, b("ab", "c", ""), nil, nil, "k", "m"),
		"files in another order":      attest.ApplicationHash([32]byte{}, b("c", "ab"), nil, nil, "k", "m"),
		"a file as a line":            attest.ApplicationHash([32]byte{}, b("ab"), []string{"c"}, nil, "k", "m"),
		"a file as a chip's":          attest.ApplicationHash([32]byte{}, b("ab"), nil, b("c"), "k", "m"),
		"kind and municipality moved": attest.ApplicationHash([32]byte{}, b("ab", "c"), nil, nil, "km", ""),
		"no kind":                     attest.ApplicationHash([32]byte{}, b("ab", "c"), nil, nil, "", "km"),
		"another challenge":           attest.ApplicationHash([32]byte{1}, b("ab", "c"), nil, nil, "k", "m"),
		"nothing":                     attest.ApplicationHash([32]byte{}, nil, nil, nil, "", ""),
		"an attestation":              attest.AttestationHash([32]byte{}),
		"something sealed":            attest.SealedHash(string(make([]byte, 32))),
		"nothing sealed":              attest.SealedHash(""),
	} {
		if other, ok := seen[h]; ok {
			t.Errorf("%q hashes as %q", name, other)
		}
		seen[h] = name
	}
}
