// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"testing"
	"time"

	"kofu/cert"
)

// What a reader of the page sees are outlines. Every code in the finished file
// must lead, through the file's own tables, to the outline that the whole
// font has for the character.
//
// Rows: R5.2
func TestFinishedFileShowsTheRightGlyphs(t *testing.T) {
	const person = "𠮷野　葛\U000E0100城邉\U000E0103葛\U000E0101濵﨑"
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := r.Render(Document{SHC: "shc:/0123", Certificate: &cert.Certificate{
		ID: "JPN90000120230719000001", Kind: cert.Domestic, IssuedAt: time.Unix(1689724800, 0),
		Issuer: cert.Issuer{Ja: "見本市長", En: "Mayor of Mihon"}, Holder: cert.Holder{Name: person, BirthDate: cert.Date{Year: 1999}},
		Doses: []cert.CertifiedDose{{
			Dose:    cert.Dose{Number: 1, Administered: true, Date: cert.Date{Year: 2021, Month: 6, Day: 1}, Lot: "AB1"},
			Vaccine: cert.Vaccine{TypeJa: "型", TypeEn: "type", MakerJa: "社", MakerEn: "maker", ProductJa: "品", ProductEn: "product"},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := openFile(data)
	if err != nil {
		t.Fatal(err)
	}
	whole := r.fonts[0]
	glyphs, _, err := shape(r.fonts, person)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]uint16{}
	for _, g := range glyphs {
		want[g.text] = g.id
	}
	fonts, codes := 0, 0
	for n := range f.entries {
		d := f.dict(ref{number: n})
		if f.resolve(d["Subtype"]) != name("Type0") {
			continue
		}
		fonts++
		set := (&interpreter{file: f, fonts: map[ref]*readFont{}}).font(ref{number: n})
		small, face := set.embedded(f), r.proofs[0]
		for code, text := range set.chars {
			id, known := want[text]
			if known {
				delete(want, text)
			} else if id, known = whole.glyph([]rune(text)[0]); !known || len([]rune(text)) != 1 {
				t.Fatalf("code %04x stands for %q", code, text)
			}
			got, ok1 := small.drawn(small.glyph(code))
			should, ok2 := face.drawn(int(id))
			if !ok1 || !ok2 || !bytes.Equal(got, should) {
				t.Errorf("code %04x shows another outline", code)
			}
			codes++
		}
	}
	if fonts != 2 || codes < 200 || len(want) > 0 {
		t.Errorf("%d fonts, %d codes, %d characters of the name are in none", fonts, codes, len(want))
	}
}

// The second font is asked for what the first lacks, and both may take part
// in one line.
func TestFallbackFont(t *testing.T) {
	whole := noto(t)
	codes := map[uint16]uint16{}
	for r := rune(' '); r < 0x7F; r++ {
		codes[uint16(r)], _ = whole.glyph(r)
	}
	latin, err := whole.cut(codes)
	if err != nil {
		t.Fatal(err)
	}
	first, err := parseFont(latin)
	if err != nil {
		t.Fatal(err)
	}
	r := &Renderer{fonts: []*font{first, whole}}
	picture, err := band()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.prepare(picture); err != nil {
		t.Fatal(err)
	}
	const text = "SMITH 𠮷野 葛\U000E0100 JOHN"
	glyphs, _, err := shape(r.fonts, text)
	if err != nil {
		t.Fatal(err)
	}
	w := r.writing()
	w.document = Document{Certificate: &cert.Certificate{Kind: cert.Domestic, IssuedAt: time.Unix(0, 0)}}
	w.template = r.templates[variantOfPage(w.document.Certificate)]
	l := line{glyphs: glyphs, size: 12, lang: "ja"}
	w.texts = []placedLine{{x: 20, y: 40, line: l}}
	data, err := r.finish(w)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Read(data)
	if err != nil || len(page.Runs) != 1 || page.Runs[0].Text != text {
		t.Fatalf("%+v, %v", page, err)
	}
	if got, want := page.Runs[0].Width, l.width(); got < want-0.1 || got > want+0.1 {
		t.Errorf("width %.2f mm, want %.2f", got, want)
	}
}
