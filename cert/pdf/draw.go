// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"cmp"
	"fmt"

	"github.com/jung-kurt/gofpdf"
)

// drawing is a page on which gofpdf draws what a template is made of. Its
// texts are the codes of the template's font.
type drawing struct {
	*gofpdf.Fpdf
	face *face
}

// file returns the finished file.
func (d *drawing) file() ([]byte, error) {
	var out bytes.Buffer
	if err := d.Output(&out); err != nil {
		return nil, errDraw
	}
	return out.Bytes(), nil
}

func (d *drawing) drawLine(l line) {
	d.SetTextColor(l.gray, l.gray, l.gray)
	d.SetFont(staticFont, "", l.size)
	d.Text(0, 0, d.codes(l.glyphs))
}

// codes is a text as gofpdf takes it: a character to each code.
func (d *drawing) codes(glyphs []glyph) string {
	out := make([]rune, len(glyphs))
	for i, g := range glyphs {
		code, _ := d.face.find(g)
		out[i] = rune(code)
	}
	return string(out)
}

// drawSpecimen writes the specimen mark across the page in large light type.
// On the page it comes before everything but the background, so that all else,
// the white of the symbols' quiet zones included, lies above it.
func (d *drawing) drawSpecimen(glyphs []glyph) {
	const size, angle, middle = 80.0, 47.0, 124.0 // above the symbols, as far as it can be
	length := width(glyphs) * size * millimetre
	d.SetTextColor(240, 208, 208)
	d.TransformBegin()
	d.TransformRotate(angle, pageWidth/2, middle)
	d.SetFont(staticFont, "", size)
	d.Text((pageWidth-length)/2, middle+0.35*size*millimetre, d.codes(glyphs))
	d.TransformEnd()
}

// compare orders fixed texts.
func (a fixedText) compare(b fixedText) int {
	return cmp.Or(cmp.Compare(a.string, b.string), cmp.Compare(a.width, b.width), cmp.Compare(fmt.Sprint(a.style), fmt.Sprint(b.style)))
}
