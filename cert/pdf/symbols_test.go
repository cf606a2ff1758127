// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"errors"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/qr"
)

// Symbols as paths, which papers had before they had masks, are read as well,
// and every fault in one is seen.
//
// Rows: R1.4
func TestSymbolsAsPaths(t *testing.T) {
	r := renderer(t)
	d := sample(plain(), cert.Overseas, 3, 1)
	file := render(t, r, d)
	if err := r.Check(asPaths(t, file, func(int, *qr.Matrix) {}), d); err != nil {
		t.Fatal(err)
	}
	for item, n := range map[string]int{"SHC": 0, "VDS-NC": 1} {
		for _, at := range [][2]int{{0, 0}, {50, 50}, {60, 12}} {
			bad := asPaths(t, file, func(i int, m *qr.Matrix) {
				if i == n {
					m.Set(at[0], at[1], !m.Dark(at[0], at[1]))
				}
			})
			var mismatch *pdf.MismatchError
			if err := r.Check(bad, d); !errors.As(err, &mismatch) || mismatch.Item != item {
				t.Errorf("%s: module %v: %v", item, at, err)
			}
		}
	}
}

// Whatever could make a mask look otherwise than its samples is seen.
//
// Rows: R1.4
func TestMasksThatLookOtherwise(t *testing.T) {
	r := renderer(t)
	d := sample(plain(), cert.Overseas, 3, 1)
	file := render(t, r, d)
	if err := r.Check(remask(t, file, 0, func(samples []byte, _ int) { samples[len(samples)-1] ^= 1 }), d); err != nil {
		t.Fatalf("the byte beyond the samples: %v", err)
	}
	content := func(old, new string) []byte { return rewrite(t, file, isContent, replace(old, new)) }
	entry := func(old, new string) []byte { return reentered(t, file, 0, old, new) }
	for what, bad := range map[string][]byte{
		"inverted":       entry("/Decode [1 0]", "/Decode [0 1]"),
		"by default":     entry("/Decode [1 0]", ""),
		"other samples":  entry("/Decode [1 0]", "/Decode [1 0.5]"),
		"a picture":      entry("/ImageMask true", "/ColorSpace /DeviceGray"),
		"smoothed":       entry("/ImageMask true", "/ImageMask true /Interpolate true"),
		"optional":       entry("/ImageMask true", "/ImageMask true /OC <</Type /OCG>>"),
		"softly masked":  entry("/ImageMask true", "/ImageMask true /SMask 4 0 R"),
		"as a form":      entry("/Subtype /Image", "/Subtype /Form"),
		"lower":          entry("/Height ", "/Height 21 /H "),
		"deeper":         entry("/BitsPerComponent 1", "/BitsPerComponent 8"),
		"too short":      remask(t, file, 0, func(samples []byte, _ int) { clear(samples) }),
		"mirrored":       content(" cm /Q0", " cm -1 0 0 1 1 0 cm /Q0"),
		"upside down":    content(" cm /Q0", " cm 1 0 0 -1 0 1 cm /Q0"),
		"turned":         content(" cm /Q0", " cm 0 1 -1 0 1 0 cm /Q0"),
		"skewed":         content(" cm /Q0", " cm 1 0.1 0 1 0 0 cm /Q0"),
		"flat":           content(" cm /Q0", " cm 1 0 0 0.9 0 0 cm /Q0"),
		"in white":       content("/Q0 Do", "1 g /Q0 Do"),
		"twice":          content("/Q0 Do", "/Q0 Do 1 0 0 1 0.1 0 cm /Q0 Do"),
		"in the other's": content("/Q0 Do", "/Q1 Do"),
		"missing":        content("/Q0 Do", ""),
		"clipped":        content("/Q0 Do", "0 0 1 0.5 re W n /Q0 Do"),
		"see-through":    withState(t, content("/Q0 Do", "/T gs /Q0 Do"), "/ca 0.3"),
		"grey":           content("/Q0 Do", "0.4 g /Q0 Do"),
		"coloured":       content("/Q0 Do", "0.9 0 0 rg /Q0 Do"),
		"covered":        content("/Q0 Do", "/Q0 Do 1 g 0 0 .5 .5 re f"),
		"struck out":     content("/Q0 Do", "/Q0 Do .01 w 0 .5 m 1 .5 l S"),
		"off the page":   content("/Q0 Do", "1 0 0 1 9 0 cm /Q0 Do"),
		"under its ground": rewrite(t, file, isContent, func(b []byte) []byte {
			m := symbolMatrix.Find(b)
			return append(append(bytes.Clone(m), '\n'), bytes.Replace(b, m, nil, 1)...)
		}),
	} {
		var mismatch *pdf.MismatchError
		if err := r.Check(bad, d); !errors.As(err, &mismatch) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestSymbolsByEitherWriter makes the same page with each writer of symbols:
// both are what Check wants, and the version tells them apart.
//
// Rows: R1.4
func TestSymbolsByEitherWriter(t *testing.T) {
	d := sample(plain(), cert.Overseas, 3, 1)
	versions := map[string]bool{}
	for _, w := range []pdf.SymbolWriter{nil, qr.NewEncoder(), qr.Skip2{}} {
		r, err := pdf.New(pdf.Config{Symbols: w})
		if err != nil {
			t.Fatal(err)
		}
		versions[r.Version()] = true
		file := render(t, r, d)
		if err := r.Check(file, d); err != nil {
			t.Errorf("%T: %v", w, err)
		}
		page, err := pdf.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if w == nil {
			w = qr.NewEncoder()
		}
		want, err := w.Encode(d.VDSNC, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, m := range page.Symbols {
			found = found || m.Equal(want)
		}
		if !found {
			t.Errorf("%s: not its symbol on the page", w.Name())
		}
	}
	if len(versions) != 2 {
		t.Errorf("%d versions of two writers", len(versions))
	}
}
