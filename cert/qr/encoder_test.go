// SPDX-License-Identifier: Apache-2.0

package qr_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"

	"kofu/cert/qr"
)

// fits is how many characters a symbol holds in one segment: of digits, of
// capital letters, of others (ISO/IEC 18004 table 7), counted from the
// codewords that the reader's library has in its tables.
func fits(t *testing.T, version int, l qr.Level) [3]int {
	t.Helper()
	v, err := decoder.Version_GetVersionForNumber(version)
	if err != nil {
		t.Fatal(err)
	}
	level := []decoder.ErrorCorrectionLevel{decoder.ErrorCorrectionLevel_L, decoder.ErrorCorrectionLevel_M, decoder.ErrorCorrectionLevel_Q, decoder.ErrorCorrectionLevel_H}[l]
	bits := 8 * (v.GetTotalCodewords() - v.GetECBlocksForLevel(level).GetTotalECCodewords())
	count := [3]int{10, 9, 8}
	if version > 9 {
		count = [3]int{12, 11, 16}
	}
	if version > 26 {
		count = [3]int{14, 13, 16}
	}
	n, a, b := bits-4-count[0], bits-4-count[1], bits-4-count[2]
	digits := n / 10 * 3
	switch {
	case n%10 >= 7:
		digits += 2
	case n%10 >= 4:
		digits++
	}
	letters := a / 11 * 2
	if a%11 >= 6 {
		letters++
	}
	return [3]int{digits, letters, b / 8}
}

// TestLongestTextOfEachSize fills each size of symbol to its last character,
// and one more.
func TestLongestTextOfEachSize(t *testing.T) {
	e := qr.NewEncoder()
	for l := qr.L; l <= qr.H; l++ {
		for version := 1; version <= 40; version++ {
			for kind, n := range fits(t, version, l) {
				text := []string{digits(n + 1), strings.Repeat("ABC:", n), strings.Repeat("abc,", n)}[kind][:n+1]
				m, err := e.Encode(text[:n], l)
				if err != nil || m.Version != version {
					t.Fatalf("version %d, level %d, kind %d, %d characters: %v", version, l, kind, n, err)
				}
				if (version+kind)%3 == 0 || !underRace && !testing.Short() {
					if got, err := qr.ReadExact(m); err != nil || got != text[:n] {
						t.Errorf("version %d, level %d, kind %d: %v", version, l, kind, err)
					}
				}
				m, err = e.Encode(text, l)
				if version == 40 && !errors.Is(err, qr.ErrTooLong) || version < 40 && (err != nil || m.Version != version+1) {
					t.Errorf("version %d, level %d, kind %d: one more: %v", version, l, kind, err)
				}
			}
		}
	}
}

// TestEncoderIsShared has many write at once what one wrote alone.
func TestEncoderIsShared(t *testing.T) {
	shared := qr.NewEncoder()
	var texts []string
	var want []*qr.Matrix
	for i := range 24 {
		texts = append(texts, strings.Repeat("x", i%3)+digits(10+90*i))
		m, err := qr.NewEncoder().Encode(texts[i], qr.Level(i%4))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, m)
	}
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 3 * len(texts) {
				k := (i*7 + g*5) % len(texts)
				if m, err := shared.Encode(texts[k], qr.Level(k%4)); err != nil || !m.Equal(want[k]) {
					t.Errorf("text %d: another symbol, or %v", k, err)
				}
			}
		})
	}
	all.Wait()
}

func TestEncoderAllocates(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates")
	}
	e := qr.NewEncoder()
	for l, text := range version22() {
		if n := testing.AllocsPerRun(100, func() { _, _ = e.Encode(text, l) }); n > 3 {
			t.Errorf("level %d: %v allocations", l, n)
		}
	}
}

// TestEncoderIsFaster holds the Encoder to its ratio to the library it took the
// place of: 170 or more where it was measured. Both are timed in turn, and the
// median of five ratios counts.
func TestEncoderIsFaster(t *testing.T) {
	if underRace || testing.Short() {
		t.Skip("times say nothing under the race detector")
	}
	e := qr.NewEncoder()
	var ratios []float64
	for range 5 {
		ratios = append(ratios, ratio(t, e))
	}
	if r := median(ratios); r < 15 {
		t.Errorf("only %.0f times as fast", r)
	}
}

// TestWritersAgreeOnSize has both writers make symbols of the same version,
// which read the same.
func TestWritersAgreeOnSize(t *testing.T) {
	e := qr.NewEncoder()
	for _, text := range []string{"0", "a", "A", "shc:/" + digits(900), `{"data":{"hdr":{"is":"JPN"}}}`, "𠮷野"} {
		for l := qr.L; l <= qr.H; l++ {
			ours, err := e.Encode(text, l)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := qr.Skip2{}.Encode(text, l)
			if err != nil {
				t.Fatal(err)
			}
			got, err := qr.ReadExact(theirs)
			if err != nil || got != text || theirs.Version != ours.Version {
				t.Errorf("%d bytes, level %d: versions %d and %d, %v", len(text), l, ours.Version, theirs.Version, err)
			}
		}
	}
}
