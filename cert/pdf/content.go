// SPDX-License-Identifier: Apache-2.0

package pdf

import "kofu/cert/qr"

// content writes what is on the page, from below to above.
func (w *writing) content(band *background) {
	s := &w.sheet
	w.beginStream(objectContent, "")
	w.text("0 J 0 j\n")
	w.grow(document, -1)
	if s.document.CopyEvident {
		w.text("/Artifact <</Type /Background>> BDC\n")
		w.b = append(w.b, band.operators...)
		w.text("EMC\n")
	}
	if s.document.Specimen {
		n := w.grow(paragraph, 0)
		w.mark("/Span", &w.nodes[n])
		w.text(">> BDC\n")
		w.b = append(w.b, w.template.specimen...)
		w.text("EMC\n")
	}
	w.text("/Artifact <</Type /Layout>> BDC\n")
	for _, r := range s.rules {
		gray := 70
		if r.thick == hair {
			gray = 140
		}
		w.gray(gray)
		w.text(" G\n")
		w.numbers(r.thick / millimetre)
		w.text("w\n")
		y := fromBelow(r.y)
		w.numbers(left/millimetre, y)
		w.text("m ")
		w.numbers(right/millimetre, y)
		w.text("l S\n")
	}
	w.text("EMC\n")
	for i, p := range s.symbols {
		w.mark("/Figure", &w.figures[i])
		w.text(">> BDC\n")
		w.ground(p)
		w.square(p)
		w.text(" cm /", symbolNames[i], " Do Q\nEMC\n")
	}
	for _, t := range s.texts {
		w.setLine(t)
	}
	w.endStream()
}

// square writes the matrix that puts a unit square where the modules are.
func (w *writing) square(p placedSymbol) {
	side := p.side * float64(p.Size) / float64(p.Size+2*qr.QuietZone)
	x, y := p.x+(p.side-side)/2, p.y+(p.side+side)/2
	w.b = appendFixed(append(w.b, "q "...), side/millimetre, 3)
	w.b = appendFixed(append(w.b, " 0 0 "...), side/millimetre, 3)
	w.b = appendFixed(append(w.b, ' '), x/millimetre, 3)
	w.b = appendFixed(append(w.b, ' '), fromBelow(y), 3)
}

// fromBelow turns millimetres from the upper edge of the page into points from
// the lower one.
func fromBelow(y float64) float64 { return 841.89 - y/millimetre }

// gray writes a gray as gofpdf does, 0 for black.
func (w *writing) gray(level int) { w.b = appendFixed(w.b, float64(level)/255, 3) }

// ground paints the white under a symbol: its quiet zone, and what keeps a
// background clear of it.
func (w *writing) ground(p placedSymbol) {
	w.text("1.000 g\n")
	side := p.side + 2*p.clear
	w.numbers((p.x-p.clear)/millimetre, fromBelow(p.y-p.clear), side/millimetre, -side/millimetre)
	w.text("re f\n0.000 g\n")
}

// setLine writes one line. Where codes do not tell the text in their order, since
// two fonts take part, and where there is a wide space, which extractors like
// to turn into an ordinary one, the line is marked with its true text. The
// language is marked, for those who listen to the page, where it is not that of
// the document.
func (w *writing) setLine(t placedLine) {
	w.mark("/Span", w.nodeOf(t.part))
	if t.lang != documentLang {
		w.text(" /Lang (", t.lang, ")")
	}
	if t.drawn == nil && !tellsItself(t.glyphs) {
		w.text("/ActualText <FEFF")
		for _, g := range t.glyphs {
			w.b = appendUTF16(w.b, g.text)
		}
		w.text(">")
	}
	w.text(">> BDC\n")
	x, y := t.x/millimetre, fromBelow(t.y)
	switch {
	case t.drawn != nil:
		w.setFont(fromTemplate, t.size)
		w.b = append(w.b, t.drawn.before...)
		w.numbers(x)
		w.number(y)
		w.b = append(w.b, t.drawn.after...)
	case w.template.face.has(t.glyphs):
		w.stretch(x, y, t.line, t.glyphs, fromTemplate)
	default:
		for rest := t.glyphs; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].font == rest[0].font {
				n++
			}
			w.stretch(x, y, t.line, rest[:n], rest[0].font)
			x += width(rest[:n]) * t.size
			rest = rest[n:]
		}
	}
	w.text("EMC\n")
}

// tellsItself reports whether the codes of a line say what it says.
func tellsItself(glyphs []glyph) bool {
	for _, g := range glyphs {
		if g.font != glyphs[0].font || g.text != " " && blank(g) {
			return false
		}
	}
	return true
}

// stretch writes glyphs in one font as gofpdf writes a text.
func (w *writing) stretch(x, y float64, l line, glyphs []glyph, font int) {
	w.setFont(font, l.size)
	if l.gray != 0 {
		w.text("q ")
		w.gray(l.gray)
		w.text(" g ")
	}
	w.text("BT ")
	w.numbers(x)
	w.number(y)
	w.text(" Td (")
	for _, g := range glyphs {
		var code uint16
		if font == fromTemplate {
			code = w.template.face.codes[g.id]
		} else {
			code = w.own[font].code(g)
		}
		w.b = appendCode(w.b, code)
	}
	w.text(") Tj ET")
	if l.gray != 0 {
		w.text(" Q")
	}
	w.text("\n")
}

func (w *writing) setFont(font int, size float64) {
	if font == w.font && size == w.size {
		return
	}
	w.font, w.size = font, size
	w.text("BT /")
	w.fontName(font)
	w.text(" ")
	w.numbers(size)
	w.text("Tf ET\n")
}

func (w *writing) fontName(font int) {
	if font == fromTemplate {
		w.text(staticFont)
		return
	}
	w.text("D")
	w.int(font)
}

// symbolNames are the names of the symbols among the resources.
var symbolNames = [...]string{"Q0", "Q1"}
