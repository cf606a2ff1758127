// SPDX-License-Identifier: Apache-2.0

package phone

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// published is one example of cardauth/attest/testdata/hashes.json.
type published struct {
	Name, Of, Challenge string
	Files, Chip, MRZ    []string
	Kind, Municipality  string
	JWE                 string
	Hash                string
}

// What the app hashes, written from the contract alone, is what is published.
//
// Rows: B7
func TestHashesArePublished(t *testing.T) {
	text, err := os.ReadFile("../../cardauth/attest/testdata/hashes.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []published
	if err := json.Unmarshal(text, &all); err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	for _, e := range all {
		var got [32]byte
		switch e.Of {
		case "attestation":
			got = hash("kofu-attestation-v1", field(bytesOf(t, e.Challenge)))
		case "application":
			got = e.application(t).Hash(bytesOf(t, e.Challenge))
		case "sealed":
			got = hash("kofu-sealed-v1", field([]byte(e.JWE)))
		default:
			t.Errorf("%s: of what?", e.Name)
		}
		if hex.EncodeToString(got[:]) != e.Hash {
			t.Errorf("%s: %x", e.Name, got)
		}
	}
}

func (e published) application(t *testing.T) *Application {
	t.Helper()
	var files [12][]byte
	for i, f := range e.Files {
		files[i] = bytesOf(t, f)
	}
	a := &Application{Kind: e.Kind, Municipality: e.Municipality, MRZ: e.MRZ,
		Card: CardFiles{EF0001: files[0], EF0002: files[1], EF0003: files[2], EF0004: files[3], EF0007: files[4]}}
	if len(e.Files) == len(files) {
		a.Card.Surface = &Surface{files[5], files[6], files[7], files[8], files[9], files[10], files[11]}
	}
	if len(e.Chip) == 2 {
		a.Chip = &Chip{bytesOf(t, e.Chip[0]), bytesOf(t, e.Chip[1])}
	}
	return a
}

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
