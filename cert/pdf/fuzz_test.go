// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/qr"
)

// handmade puts objects into a file without a table, so that a fuzzer can
// change them and the file stays readable.
func handmade(objects ...string) []byte {
	out := []byte("%PDF-1.7\n")
	for i, o := range objects {
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	return append(out, "trailer\n<</Root 1 0 R>>\n"...)
}

func streamOf(dict, data string) string {
	return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// handmadePage is a page with every kind of thing that the reader knows.
func handmadePage(content string) []byte {
	return handmade(
		"<</Type /Catalog /Pages 2 0 R>>",
		"<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842]>>",
		"<</Type /Page /Parent 2 0 R /Contents [4 0 R] /Resources <</Font <</F1 5 0 R /F2 8 0 R>> /XObject <</I 9 0 R /M 10 0 R /J 11 0 R>> /Properties <</P <</ActualText (ab\\(c\\051)>>>> >> >>",
		streamOf("", content),
		"<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [6 0 R] /ToUnicode 7 0 R>>",
		"<</Type /Font /Subtype /CIDFontType2 /DW 1000 /W [1 [500 600] 10 20 700]>>",
		streamOf("", "1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfchar <0001> <0041> <0002> <D842DFB7> endbfchar 2 beginbfrange <0010> <0020> <0061> <0030> <0032> [<0042> <0043> <0044>] endbfrange"),
		"<</Type /Font /Subtype /TrueType /FirstChar 32 /Widths [250 300 400]>>",
		streamOf("/Subtype /Image /Width 4 /Height 2 /BitsPerComponent 8 /ColorSpace /DeviceGray", "abcdefgh"),
		streamOf("/Subtype /Form /Matrix [2 0 0 2 10 10] /Resources <</Font <</F1 5 0 R>>>>", "BT /F1 8 Tf (\x00\x01) Tj ET /M Do 1 1 7 7 re f"),
		streamOf("/Subtype /Image /Width 2 /Height 2 /BitsPerComponent 1 /Filter /ASCIIHexDecode /ColorSpace [/Indexed /DeviceRGB 1 <000000FFFFFF>]", "80 40>"),
	)
}

func seedContents() []string {
	return []string{
		"BT /F1 12 Tf 100 700 Td <00010002> Tj T* [(\x00\x10) -200 (\x00\x11)] TJ ET",
		"q 2 0 0 2 0 0 cm 0 g 10 10 20 20 re f Q 1 1 1 rg 0 0 5 5 re f 3 3 m 9 9 l S /I Do /J Do /M Do",
		"/Span <</ActualText <FEFFD842DFB7>>> BDC BT /F2 9 Tf 1 0 0.5 1 30 30 Tm (a!) Tj ET EMC /Span /P BDC BT 5 TL (x) ' 1 2 (y) \" ET EMC",
		"BI /W 1 /H 1 ID x EI BT /F2 9 Tf 3 Tr 50 Tz 2 Tc 3 Tw 4 Ts ( a b) Tj ET",
	}
}

func TestReadHandmadePage(t *testing.T) {
	page, err := pdf.Read(handmadePage(strings.Join(seedContents(), "\n")))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, r := range page.Runs {
		texts = append(texts, r.Text)
	}
	want := []string{"A𠮷", "ab", "A", "𠮷", "ab(c)", " a b"}
	if strings.Join(texts, "|") != strings.Join(want, "|") {
		t.Errorf("texts %q, want %q", texts, want)
	}
	if len(page.Images) != 2 || page.Count != 1 || page.Width < 209 || page.Width > 211 {
		t.Errorf("%d images, %d pages, %.1f mm", len(page.Images), page.Count, page.Width)
	}
	if w := page.Runs[0].Width / (25.4 / 72); w < 13.19 || w > 13.21 { // (500+600)/1000 of 12 points
		t.Errorf("width %.2f points", w)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel() // slow under the race detector
	long := handmadePage("BT ET")
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"empty":           {nil, pdf.ErrNotPDF},
		"text":            {[]byte("hello"), pdf.ErrNotPDF},
		"no objects":      {[]byte("%PDF-1.4\n"), pdf.ErrMalformed},
		"no pages":        {handmade("<</Type /Catalog>>"), pdf.ErrMalformed},
		"pages in a ring": {handmade("<</Type /Catalog /Pages 2 0 R>>", "<</Kids [2 0 R]>>"), pdf.ErrMalformed},
		"encrypted":       {append(long, "trailer <</Root 1 0 R /Encrypt 5 0 R>>"...), pdf.ErrEncrypted},
		"too large":       {append(bytes.Clone(long), make([]byte, 33<<20)...), pdf.ErrTooLarge},
		"too many steps":  {handmadePage(strings.Repeat("q Q ", 1_100_000)), pdf.ErrTooLarge},
		"filter bomb":     {handmade("<</Type /Catalog /Pages 2 0 R>>", "<</Kids [3 0 R]>>", "<</Contents 4 0 R>>", streamOf("/Filter /FlateDecode", "not zlib")), pdf.ErrMalformed},
	} {
		if _, err := pdf.Read(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadEndsAtBomb(t *testing.T) {
	t.Parallel() // slow under the race detector
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	zeros := make([]byte, 1<<20)
	for range 120 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	data := handmade("<</Type /Catalog /Pages 2 0 R>>", "<</Kids [3 0 R]>>", "<</Contents 4 0 R>>", streamOf("/Filter /FlateDecode", packed.String()))
	if _, err := pdf.Read(data); !errors.Is(err, pdf.ErrTooLarge) {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	r := renderer(f)
	f.Add(render(f, r, sample(plain(), cert.Domestic, 1, 0)))
	f.Add(render(f, r, copyEvident(sample(plain(), cert.Domestic, 1, 0))))
	for _, c := range seedContents() {
		f.Add(handmadePage(c))
	}
	f.Add(handmade("<</Type /Catalog /Pages 2 0 R>>", "<</Kids [2 0 R]>>"))
	f.Add([]byte("%PDF-1.5\n1 0 obj <</Type /XRef /W [1 2 1] /Size 3 /Root 2 0 R /Length 8>> stream\n\x01\x00\x09\x00\x01\x00\x09\x00\nendstream endobj startxref 9 %%EOF"))
	f.Add([]byte("%PDF-1.5\n1 0 obj <</Type /ObjStm /N 2 /First 8 /Length 60>> stream\n2 0 3 20 <</Type /Catalog /Pages 3 0 R>> <</Kids []>>\nendstream endobj"))
	f.Fuzz(func(t *testing.T, data []byte) {
		page, err := pdf.Read(data)
		if err != nil {
			return
		}
		if len(page.Symbols) != len(page.Boxes) {
			t.Error("a symbol without a place")
		}
		for _, m := range page.Symbols {
			_, _ = qr.ReadExact(m)
		}
	})
}

func FuzzContent(f *testing.F) {
	for _, c := range seedContents() {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, content string) {
		if _, err := pdf.Read(handmadePage(content)); err != nil && !errors.Is(err, pdf.ErrTooLarge) {
			t.Error(err)
		}
	})
}

// Whatever a name holds, it is refused, or the page says exactly that.
func FuzzName(f *testing.F) {
	for _, s := range []string{"山田　太郎", "𠮷野", "葛\U000E0100城", "DUPONT ÉLODIE", " a  b ", "(\\)", "\xff", "か\u3099", "a\u00a0\u3000b", strings.Repeat("寿限無 ", 30)} {
		f.Add(s)
	}
	r := renderer(f)
	f.Fuzz(func(t *testing.T, name string) {
		p := plain()
		p.name = name
		d := sample(p, cert.Domestic, 1, 0)
		d.SHC = "shc:/0"
		file, err := r.Render(d)
		if err != nil {
			var missing *pdf.GlyphError
			if !errors.As(err, &missing) && !errors.Is(err, pdf.ErrNoRoom) && strings.TrimSpace(name) != "" {
				t.Errorf("%q: %v", name, err)
			}
			return
		}
		if !utf8.ValidString(name) {
			t.Errorf("%q was printed", name)
		}
		if err := r.Check(file, d); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	})
}
