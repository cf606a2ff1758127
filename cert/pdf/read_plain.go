// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain holds what is seen of a file against the way in which this package
// paints. What a [Page] says of a file that is not plain may not be what a
// reader of the paper sees: a code or a name may be clipped away, transparent,
// white, covered, on another page or in an annotation.
type plain struct {
	broken bool
	whites []Box // painted to be the ground of symbols
	bands  int   // pictures of the copy-evident background, as far as it has been painted
	band   ref   // which all are this one
}

// Bounds on the text of a plain page.
const (
	leastType = 7.0        // points
	brightest = 90.0 / 255 // Ink of the lightest label
	maxRuns   = 1000
	thickest  = 1.2 // millimetres, of a rule
)

// operator looks at an operator: one of those that this package paints with.
// Of those that Do paints there is more to ask ([interpreter.do]).
func (p *plain) operator(op keyword) {
	switch op {
	case "BDC", "BT", "Do", "EMC", "ET", "G", "J", "Q", "S", "Td", "Tf", "Tj", "cm", "f", "g", "gs", "j", "l", "m", "q", "re", "rg", "w":
	default:
		p.broken = true
	}
}

// leaf looks at the page object: nothing is turned, cropped or laid over it.
func (p *plain) leaf(f *file, l leaf) {
	for key := range l.object {
		switch key {
		case "Type", "Parent", "Resources", "MediaBox", "Group", "Contents", "StructParents", "Tabs":
		default:
			p.broken = true
		}
	}
	if _, one := f.resolve(l.object["Contents"]).(stream); !one || l.altered || f.dict(f.trailer["Root"])["OCProperties"] != nil ||
		len(f.dict(l.resources["ColorSpace"])) > 0 { // DefaultRGB there would give every colour another meaning
		p.broken = true
	}
}

// symbol looks at the colour of a symbol: black and opaque.
func (p *plain) symbol(s state) {
	if s.ink > 0.001 || s.alpha < 1 {
		p.broken = true
	}
}

// whitened notes a white area. Anything but one rectangle is none of ours.
func (p *plain) whitened(area path) {
	if len(area.rects) != 1 || len(p.whites) >= maxSymbols {
		p.broken = true
		return
	}
	p.whites = append(p.whites, area.box)
}

// stroked looks at a line: a thin one from one point to another.
func (p *plain) stroked(line path, box Box) {
	if line.steps != 2 || len(line.rects) > 0 || box.Y1-box.Y0 > thickest {
		p.broken = true
	}
}

// run looks at a text by itself. Slanted text, such as the specimen mark, may
// be pale, and so has to lie below everything else.
func (p *plain) run(r Run, page *Page) {
	switch {
	case !r.opaque, !r.even, r.Size < leastType-0.01, !r.speaksTrue():
		p.broken = true
	case r.Angle != 0:
		p.broken = p.broken || len(page.Runs)+len(page.Rules)+len(page.Symbols)+len(p.whites) > 0
	default:
		p.broken = p.broken || r.Ink > brightest+0.002 || !r.Box().inside(page) || len(page.Runs) >= maxRuns
	}
}

// speaksTrue reports whether the painted codes say what the ActualText says.
func (r Run) speaksTrue() bool {
	_, ok := r.parts()
	return ok
}

// parts shares Text out among the painted codes. A code that says what it
// stands for has to say the next character; a private one takes the next
// character with what belongs to it: a variation selector, or a combining
// mark, since a character of the Basic Multilingual Plane by itself has a
// code of its own.
func (r Run) parts() ([]string, bool) {
	parts, rest := make([]string, 0, len(r.codes)), r.Text
	for _, c := range r.codes {
		t := c.text()
		if !private(t) {
			if t == "" || !strings.HasPrefix(rest, t) {
				return nil, false
			}
			parts, rest = append(parts, t), rest[len(t):]
			continue
		}
		first, n := utf8.DecodeRuneInString(rest)
		if n == 0 {
			return nil, false
		}
		next, m := utf8.DecodeRuneInString(rest[n:])
		if selects(next) || first <= 0xFFFF && unicode.Is(unicode.Mn, next) {
			n += m
		}
		parts, rest = append(parts, rest[:n]), rest[n:]
	}
	return parts, rest == ""
}

// private reports whether s is one character of the Private Use Area.
func private(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n == len(s) && r >= 0xE000 && r <= 0xF8FF
}

// selects reports whether r is a variation selector.
func selects(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) && r >= 0xFE00 }

func (b Box) inside(page *Page) bool {
	return b.X0 >= 0 && b.Y0 >= 0 && b.X1 <= page.Width && b.Y1 <= page.Height
}

// page looks at the finished page: every symbol is on it, large enough to be
// seen, and nothing covers anything.
func (p *plain) page(page *Page) bool {
	if p.broken || page.Count != 1 || len(page.Images) > 0 || len(page.Runs)+len(page.Rules) > maxRuns {
		return false
	}
	for i, b := range page.Boxes {
		if !b.inside(page) || b.X1-b.X0 < 20 || b.overlapsAny(page.Rules) || b.overlapsAny(page.Boxes[i+1:]) {
			return false
		}
	}
	if p.bands != 0 && p.bands != latentBands {
		return false
	}
	for i, b := range page.Boxes {
		if p.bands > 0 && !p.clears(b, page.Symbols[i]) {
			return false
		}
	}
	for _, w := range p.whites {
		if !slices.ContainsFunc(page.Boxes, w.grounds) {
			return false
		}
	}
	return !p.coversText(page)
}

// grounds reports whether b is the ground of a symbol with its quiet zone,
// and not much more.
func (b Box) grounds(symbol Box) bool {
	return b.X0 <= symbol.X0 && b.Y0 <= symbol.Y0 && b.X1 >= symbol.X1 && b.Y1 >= symbol.Y1 &&
		b.X1-b.X0 < 1.5*(symbol.X1-symbol.X0) && b.Y1-b.Y0 < 1.5*(symbol.Y1-symbol.Y0)
}

// coversText reports whether upright text touches other text or anything else
// that is painted.
func (p *plain) coversText(page *Page) bool {
	taken := slices.Concat(page.Rules, page.Boxes, p.whites)
	for _, r := range page.Runs {
		if r.Angle != 0 {
			continue
		}
		if r.Box().overlapsAny(taken) {
			return true
		}
		taken = append(taken, r.Box())
	}
	return false
}

func (b Box) overlapsAny(others []Box) bool { return slices.ContainsFunc(others, b.Overlaps) }

// alpha returns the opacity of fills that a graphics state dictionary sets
// (ca), or the one there was. Whatever else one could set is not plain.
func (in *interpreter) alpha(v array) float64 {
	if len(v) != 1 {
		return in.state.alpha
	}
	key, _ := v[0].(name)
	d := in.file.dict(in.file.dict(in.resources["ExtGState"])[key])
	for k, value := range d {
		switch {
		case k == "Type", k == "ca", k == "CA", k == "BM" && in.file.resolve(value) == name("Normal"):
		default:
			in.plain.broken = true
		}
	}
	return in.file.number(d["ca"], in.state.alpha)
}

// ink returns the brightest component of a colour, 1 where that is not known.
func ink(op keyword, n []float64) float64 {
	switch {
	case len(n) == 0:
		return 1
	case op == "k" && len(n) == 4:
		return (1 - min(n[0], n[1], n[2])) * (1 - n[3])
	}
	return slices.Max(n)
}
