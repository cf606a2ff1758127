// SPDX-License-Identifier: Apache-2.0

package pdf

// plain holds what is seen of a file against the way in which this package
// paints. What [Page.Symbols] says of a file that is not plain may not be what
// a reader of the paper sees: a code may be clipped away, transparent, covered,
// on another page or in an annotation.
type plain struct{ broken bool }

// operators are all that this package paints with.
func (p *plain) operator(op keyword) {
	switch op {
	case "BDC", "BT", "EMC", "ET", "G", "J", "Q", "S", "Td", "Tf", "Tj", "cm", "f", "g", "gs", "j", "l", "m", "q", "re", "rg", "w":
	default:
		p.broken = true
	}
}

// leaf looks at the page object: nothing is turned, cropped or laid over it.
func (p *plain) leaf(f *file, l leaf) {
	for key := range l.object {
		switch key {
		case "Type", "Parent", "Resources", "MediaBox", "Group", "Contents":
		default:
			p.broken = true
		}
	}
	if _, one := f.resolve(l.object["Contents"]).(stream); !one || f.dict(f.trailer["Root"])["OCProperties"] != nil {
		p.broken = true
	}
}

// filled looks at a filled path: one of many rectangles is a symbol, and those
// are black and opaque.
func (p *plain) filled(s state, rects int, symbol bool) {
	if rects > 32 && (!symbol || !s.black || s.alpha < 1) {
		p.broken = true
	}
}

// page looks at the finished page: every symbol is on it, large enough to be
// seen, and nothing else is painted there.
func (p *plain) page(page *Page) bool {
	if p.broken || page.Count != 1 || len(page.Images) > 0 {
		return false
	}
	for i, b := range page.Boxes {
		if b.X0 < 0 || b.Y0 < 0 || b.X1 > page.Width || b.Y1 > page.Height || b.X1-b.X0 < 20 {
			return false
		}
		for _, other := range append(page.Rules[:len(page.Rules):len(page.Rules)], page.Boxes[i+1:]...) {
			if b.Overlaps(other) {
				return false
			}
		}
	}
	return true
}

// alpha returns the opacity of fills that a graphics state dictionary sets (ca),
// or the one there was.
func (in *interpreter) alpha(v array) float64 {
	if len(v) != 1 {
		return in.state.alpha
	}
	key, _ := v[0].(name)
	if ca, ok := in.file.resolve(in.file.dict(in.file.dict(in.resources["ExtGState"])[key])["ca"]).(float64); ok {
		return ca
	}
	return in.state.alpha
}

// black reports whether a colour is full black.
func black(op keyword, n []float64) bool {
	for i, c := range n {
		if key := op == "k" && i == 3; key && c < 0.999 || !key && op != "k" && c > 0.001 {
			return false
		}
	}
	return len(n) > 0
}
