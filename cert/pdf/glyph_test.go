// SPDX-License-Identifier: Apache-2.0

package pdf

import (
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
	const name = "𠮷野　葛\U000E0100城邉\U000E0103葛\U000E0101濵﨑"
	r, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := r.Render(Document{SHC: "shc:/0123", Certificate: &cert.Certificate{
		ID: "JPN90000120230719000001", Kind: cert.Domestic, IssuedAt: time.Unix(1689724800, 0),
		Issuer: cert.Issuer{Ja: "見本市長", En: "Mayor of Mihon"}, Holder: cert.Holder{Name: name, BirthDate: cert.Date{Year: 1999}},
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
	glyphs, _, err := shape(r.fonts, name)
	if err != nil {
		t.Fatal(err)
	}
	private := []uint16{}
	for _, g := range glyphs {
		if !g.plain(r.fonts) {
			private = append(private, g.id)
		}
	}
	small, toGlyph := fontInFile(t, f)
	codes := 0
	for code := range small.cmap {
		shown := uint16(toGlyph.u16(2 * int(code)))
		want, ok := whole.glyph(code)
		if code >= firstPrivate && int(code) < firstPrivate+len(private) {
			want, ok = private[code-firstPrivate], true
		}
		if !ok || shown == 0 || !sameOutline(whole, small, want, shown) {
			t.Errorf("code %04x shows another outline", code)
		}
		codes++
	}
	if codes < 100 || len(private) != 4 {
		t.Errorf("%d codes, %d private", codes, len(private))
	}
}

// fontInFile returns the font file and the CIDToGIDMap of a finished file.
func fontInFile(t *testing.T, f *file) (*font, table) {
	t.Helper()
	for n := range f.entries {
		d := f.dict(ref{number: n})
		if f.resolve(d["Subtype"]) != name("CIDFontType2") {
			continue
		}
		inflate := func(v any) table {
			s, ok := f.resolve(v).(stream)
			if !ok {
				t.Fatal("no stream")
			}
			data, err := f.inflate(s)
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		small, err := parseFont(inflate(f.dict(d["FontDescriptor"])["FontFile2"]))
		if err != nil {
			t.Fatal(err)
		}
		return small, inflate(d["CIDToGIDMap"])
	}
	t.Fatal("no font")
	return nil, nil
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
	s := &sheet{document: Document{Certificate: &cert.Certificate{IssuedAt: time.Unix(0, 0)}}}
	const text = "SMITH 𠮷野 葛\U000E0100 JOHN"
	glyphs, _, err := shape(r.fonts, text)
	if err != nil {
		t.Fatal(err)
	}
	s.texts = []placedLine{{20, 40, line{glyphs: glyphs, size: 12, lang: "ja"}}}
	data, err := r.draw(s)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Read(data)
	if err != nil || len(page.Runs) != 1 || page.Runs[0].Text != text {
		t.Fatalf("%+v, %v", page, err)
	}
	if got, want := page.Runs[0].Width, s.texts[0].width(); got < want-0.1 || got > want+0.1 {
		t.Errorf("width %.2f mm, want %.2f", got, want)
	}
}
