// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/qr"
)

// Where a document was written nothing of it is left, in the room that slices
// keep beyond their ends either.
//
// Rows: R1.3, R5.3
func TestWritingForgets(t *testing.T) {
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := qr.NewMatrix(21)
	if err != nil {
		t.Fatal(err)
	}
	d := Document{CopyEvident: true, Specimen: true, Certificate: &cert.Certificate{
		ID: "JPN90000120230719000001", Kind: cert.Overseas, IssuedAt: time.Unix(1689724800, 0), Issuer: cert.Issuer{Ja: "見本市長", En: "Mayor of Mihon"},
		Holder:   cert.Holder{Name: "𠮷野　葛\U000E0100城　邉\U000E0103", BirthDate: cert.Date{Year: 1999}},
		Passport: &cert.Passport{Number: "TK0000000", Primary: "YOSHINO", Secondary: "KATSURAGI ALEXANDRA ELIZABETH MARIA ANNA THERESIA", Nationality: "JPN"},
	}}
	w := r.writing()
	w.template = r.templates[variantOfPage(d.Certificate)]
	if err := w.place(d, m, m); err != nil {
		t.Fatal(err)
	}
	if _, err := r.finish(w); err != nil {
		t.Fatal(err)
	}
	if len(w.b) < 5000 || len(w.program) < 1000 || len(w.texts) < 20 || len(w.own[0].texts) < 5 || len(w.nodes) < 20 {
		t.Fatal("nothing was written")
	}
	w.clear()
	for what, b := range map[string][]byte{"file": w.b, "font": w.program} {
		if all := b[:cap(b)]; len(bytes.Trim(all, "\x00")) > 0 || len(b) > 0 {
			t.Errorf("%s: not cleared", what)
		}
	}
	zeros(t, "lines placed", w.texts, func(p placedLine) bool { return p.glyphs == nil && p.x == 0 })
	zeros(t, "symbols", w.symbols, func(p placedSymbol) bool { return p.Matrix == nil })
	zeros(t, "glyphs", w.glyphs, func(g glyph) bool { return g == glyph{} })
	zeros(t, "lines", w.lines, func(l line) bool { return l.glyphs == nil && l.size == 0 })
	zeros(t, "columns", w.columns, func(c cell) bool { return c.lines == nil })
	zeros(t, "cells", w.cells, func(c cell) bool { return c.lines == nil })
	zeros(t, "texts of codes", w.own[0].texts[1:], func(s string) bool { return s == "" })
	zeros(t, "glyphs of codes", w.own[0].old[1:], func(g uint16) bool { return g == 0 })
	if w.document.Certificate != nil || w.template != nil || w.err != nil || w.own[0].used() || w.marks > 0 || len(w.nodes)+len(w.starts) > 0 {
		t.Error("something is kept")
	}
}

func zeros[T any](t *testing.T, what string, s []T, zero func(T) bool) {
	t.Helper()
	for i, v := range s[:cap(s)] {
		if !zero(v) {
			t.Errorf("%s: %d of %d is left", what, i, cap(s))
			return
		}
	}
}
