// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/jung-kurt/gofpdf"

	"kofu/cert"
)

// firstPrivate is the first code of the Private Use Area: glyphs that gofpdf
// has no way to name go by codes from here on.
const firstPrivate = 0xE000

// drawing writes one sheet with gofpdf.
type referenceDrawing struct {
	*gofpdf.Fpdf
	fonts   []*font
	mark    []glyph
	codes   []map[uint16]uint16 // per font: code → glyph, what the document's own font is cut to
	private []map[uint16]rune   // per font: glyph → its private code
}

// draw writes the finished file.
func (r *Renderer) drawReference(s *sheet) (file []byte, err error) {
	// All that gofpdf is known to panic on is kept from it; should it panic on
	// something else, this one request fails.
	defer func() {
		if recover() != nil {
			file, err = nil, errDraw
		}
	}()
	d := &referenceDrawing{Fpdf: gofpdf.New("P", "mm", "A4", ""), fonts: r.fonts}
	if s.document.Specimen {
		if d.mark, _, err = shape(r.fonts, labelSpecimen); err != nil {
			return nil, err
		}
	}
	if err := d.cutFonts(s); err != nil {
		return nil, err
	}
	d.describe(s.document.Certificate)
	d.AddPage()
	d.SetAlpha(1, "Normal") // says PDF 1.4, which ActualText needs
	if s.document.CopyEvident {
		picture, err := band()
		if err != nil {
			return nil, err
		}
		(&drawing{Fpdf: d.Fpdf}).drawBackground(picture)
	}
	if s.document.Specimen {
		d.drawSpecimen(d.mark)
	}
	for _, r := range s.rules {
		gray := 70
		if r.thick == hair {
			gray = 140
		}
		d.SetDrawColor(gray, gray, gray)
		d.SetLineWidth(r.thick)
		d.Line(left, r.y, right, r.y)
	}
	for _, p := range s.symbols {
		d.drawSymbol(p)
	}
	for _, t := range s.texts {
		d.drawText(t.x, t.y, t.line)
	}
	var out bytes.Buffer
	if err := d.Output(&out); err != nil {
		return nil, errDraw
	}
	return out.Bytes(), nil
}

// describe sets what a viewer shows about the file: nothing about the holder,
// and no time but the certificate's own.
func (d *referenceDrawing) describe(c *cert.Certificate) {
	d.SetAutoPageBreak(false, 0)
	d.SetMargins(0, 0, 0)
	d.SetCompression(true)
	d.SetCatalogSort(true)
	d.SetTitle(labelTitle.ja+" "+labelTitle.en, true)
	d.SetCreator("kofu", true)
	d.SetProducer("kofu", true)
	at := c.IssuedAt.UTC() // gofpdf writes no offset, and readers take that for UTC
	d.SetCreationDate(at)
	d.SetModificationDate(at)
}

// cutFonts makes one small font of every font that the sheet uses.
func (d *referenceDrawing) cutFonts(s *sheet) error {
	d.codes = make([]map[uint16]uint16, len(d.fonts))
	d.private = make([]map[uint16]rune, len(d.fonts))
	for i := range d.fonts {
		d.codes[i], d.private[i] = map[uint16]uint16{}, map[uint16]rune{}
	}
	d.note(d.mark)
	for _, t := range s.texts {
		d.note(t.glyphs)
	}
	for i, codes := range d.codes {
		if len(codes) == 0 {
			continue
		}
		small, err := d.fonts[i].cut(codes)
		if err != nil {
			return fmt.Errorf("pdf: cut font: %w", err)
		}
		d.AddUTF8FontFromBytes(family(i), "", small)
	}
	return nil
}

func family(i int) string { return "kofu" + strconv.Itoa(i) }

// note gives every glyph its code: the character's own where that says it
// all, else a private one.
func (d *referenceDrawing) note(glyphs []glyph) {
	for _, g := range glyphs {
		d.codes[g.font][uint16(d.code(g))] = g.id
	}
}

func (d *referenceDrawing) code(g glyph) rune {
	if g.plain(d.fonts) {
		r, _ := utf8.DecodeRuneInString(g.text)
		return r
	}
	private := d.private[g.font]
	if _, ok := private[g.id]; !ok {
		private[g.id] = rune(firstPrivate + len(private))
	}
	return private[g.id]
}

// drawText writes one line. Where codes do not tell the text, where two fonts
// take part, and where there is a wide space, which extractors like to turn
// into an ordinary one, the line is marked with its true text. The language is
// marked for those who listen to the page.
func (d *referenceDrawing) drawText(x, y float64, l line) {
	d.SetTextColor(l.gray, l.gray, l.gray)
	marks := "/Lang (" + l.lang + ")"
	if !d.tellsItself(l.glyphs) {
		marks += "/ActualText <" + hexUTF16(l.text()) + ">"
	}
	d.RawWriteStr("/Span <<" + marks + ">> BDC\n")
	d.drawGlyphs(x, y, l.size, l.glyphs)
	d.RawWriteStr("EMC\n")
}

// drawGlyphs writes glyphs on a baseline, stretch by stretch of one font.
func (d *referenceDrawing) drawGlyphs(x, y, size float64, glyphs []glyph) {
	for len(glyphs) > 0 {
		n := 1
		for n < len(glyphs) && glyphs[n].font == glyphs[0].font {
			n++
		}
		var codes strings.Builder
		for _, g := range glyphs[:n] {
			codes.WriteRune(d.code(g))
		}
		d.SetFont(family(glyphs[0].font), "", size)
		d.Text(x, y, codes.String())
		x += width(glyphs[:n]) * size * millimetre
		glyphs = glyphs[n:]
	}
}

func (d *referenceDrawing) tellsItself(glyphs []glyph) bool {
	for _, g := range glyphs {
		if g.font != glyphs[0].font || !g.plain(d.fonts) || g.text != " " && blank(g) {
			return false
		}
	}
	return true
}

// hexUTF16 is a PDF text string in hexadecimal, with its byte order mark.
func hexUTF16(s string) string {
	out := "FEFF"
	for _, u := range utf16.Encode([]rune(s)) {
		out += fmt.Sprintf("%04X", u)
	}
	return out
}

// drawSymbol paints the modules of a symbol as one shape, in steps of one
// module, onto white that includes the quiet zone and what keeps a background
// clear of it.
func (d *referenceDrawing) drawSymbol(p placedSymbol) {
	d.SetFillColor(255, 255, 255)
	d.Rect(p.x-p.clear, p.y-p.clear, p.side+2*p.clear, p.side+2*p.clear, "F")
	d.SetFillColor(0, 0, 0)
	module := p.side / float64(p.Size+8) / millimetre
	x, y := p.x/millimetre+4*module, (pageHeight-p.y)/millimetre-4*module
	b := fmt.Appendf(nil, "q %.5f 0 0 %.5f %.3f %.3f cm\n", module, -module, x, y)
	for row := range p.Size {
		for from := 0; from < p.Size; from++ {
			to := from
			for p.Dark(to, row) {
				to++
			}
			if to > from {
				b = fmt.Appendf(b, "%d %d %d 1 re\n", from, row, to-from)
				from = to
			}
		}
	}
	d.RawWriteStr(string(append(b, "f Q\n"...)))
}

// drawSpecimen writes the specimen mark across the page in large light type.
// It comes before everything but the background, so that all else, the white
// of the symbols' quiet zones included, lies above it.
func (d *referenceDrawing) drawSpecimen(glyphs []glyph) {
	const size, angle, middle = 80.0, 47.0, 124.0 // above the symbols, as far as it can be
	length := width(glyphs) * size * millimetre
	d.SetTextColor(240, 208, 208)
	d.RawWriteStr("/Span <</Lang (ja)>> BDC\n")
	d.TransformBegin()
	d.TransformRotate(angle, pageWidth/2, middle)
	d.drawGlyphs((pageWidth-length)/2, middle+0.35*size*millimetre, size, glyphs)
	d.TransformEnd()
	d.RawWriteStr("EMC\n")
}
