// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// The files of a published test card (a made-up holder) and their digests.
const (
	vectorEF0001 = "ff100c353337363836363737313838ffff"
	vectorDF31   = "6d5a4c1ef9ab15bf506862d7e66b9c0f179ca065bc936c8e634e9e57449ca9cd"
	vectorEF0002 = "ff2065df2108000e002000590064df220fe9bb92e6a190e38080e5b9b9e4b99fdf2336e69db1e4baace983bde6b885e780ace5b882e8a6b3" +
		"e5b883e5ad90e58d97efbc91efbc92efbc8defbc97efbc8defbc92efbc90efbc92df24083139383030323137df250131"
	vectorDF32 = "b9e0d09427b23b1d4beda2848512b4103752dc2667e51f9712872d65f472cb3b"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPublishedVectors: what is hashed, and what is not.
func TestPublishedVectors(t *testing.T) {
	s, _ := schemeOf(RSA2048SHA256)
	file, sum := unhex(t, vectorEF0001), unhex(t, vectorDF31)
	for name, tt := range map[string]struct {
		file []byte
		want bool
	}{
		"17 bytes":        {file, true},
		"15 bytes":        {file[:15], true}, // the filler is put back
		"16 bytes":        {file[:16], false},
		"filler of zeros": {append(bytes.Clone(file[:15]), 0, 0), false},
	} {
		f, err := parseNumberFile(tt.file)
		if err != nil || f.matches(tt.file, s, sum) != tt.want {
			t.Errorf("EF0001, %s: %v", name, err)
		}
	}
	if bytes.Equal(s.digest(file[:15]), sum) || hex.EncodeToString(s.digest(file[:15]))[:8] != "7ebdbfd7" {
		t.Error("the digest of the 15 bytes is another one")
	}
	attrs := unhex(t, vectorEF0002)
	f, err := parseAttrFile(attrs)
	if err != nil || f.checkOffsets() != nil {
		t.Fatal("EF0002 is not read")
	}
	if !bytes.Equal(s.digest(f.signed), unhex(t, vectorDF32)) {
		t.Error("EF0002: not the published digest")
	}
	h, address, err := f.holder()
	if err != nil || h.Name.Reveal() != "黒桐　幹也" || address.Reveal() != "東京都清瀬市観布子南１２－７－２０２" ||
		h.BirthDate.String() != "1980-02-17" || h.Sex != 1 {
		t.Error("EF0002 reads otherwise")
	}
}

func TestReadObject(t *testing.T) {
	tests := []struct {
		name, in string
		tag      uint32
		value    string
		size     int
	}{
		{"short", "900101", 0x90, "01", 3},
		{"no value", "DF2100", 0xDF21, "", 3},
		{"two-byte tag", "5F4E02AABB", 0x5F4E, "aabb", 5},
		{"three-byte tag", "5F814E0100", 0x5F814E, "00", 5},
		{"tag that begins like filler", "FF100101", 0xFF10, "01", 4},
		{"81", "DF218101AA", 0xDF21, "aa", 5},
		{"82", "DF21820001AA", 0xDF21, "aa", 6},
		{"something behind", "9001010000", 0x90, "01", 3},
	}
	for _, tt := range tests {
		obj, n, ok := readObject(unhex(t, tt.in))
		if !ok || obj.tag != tt.tag || hex.EncodeToString(obj.value) != tt.value || n != tt.size || len(obj.raw) != n {
			t.Errorf("%s: %+v, %d, %t", tt.name, obj, n, ok)
		}
	}
	for name, in := range map[string]string{
		"empty": "", "filler 00": "0000", "filler FF": "FFFFFFFF", "tag alone": "90", "half a tag": "DF", "tag of four bytes": "5F81814E00",
		"no length": "DF21", "value cut": "900201", "indefinite": "90800000", "83": "908300000101", "84": "90840000000101",
		"81 without byte": "9081", "82 without bytes": "908200", "FF as length": "90FF",
	} {
		if _, _, ok := readObject(unhex(t, in)); ok {
			t.Errorf("%s: read", name)
		}
	}
}

// TestCacheForgetsTheLongestUnused: not the first that came.
func TestCacheForgetsTheLongestUnused(t *testing.T) {
	c := NewCertificateCache(2)
	key := func(n byte) cacheKey { return cacheKey{file: [32]byte{n}} }
	c.put(key(1), certificate{})
	c.put(key(2), certificate{})
	c.put(key(2), certificate{})
	c.get(key(1))
	c.put(key(3), certificate{})
	for n, want := range map[byte]bool{1: true, 2: false, 3: true} {
		if _, got := c.get(key(n)); got != want {
			t.Errorf("%d remembered: %t", n, got)
		}
	}
}
