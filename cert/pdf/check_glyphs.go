// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"math"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// proof holds what the codes of a finished file look like against what the
// whole fonts have for the characters that the codes should show. What a
// person reads are outlines: not ToUnicode maps, and not ActualText.
type proof struct {
	file  *file
	whole []*typeface
	small map[*readFont]*embedded
	seen  map[shown]bool
}

// shown is a code that should show a text.
type shown struct {
	painted
	text string
}

func newProof(f *file, whole []*typeface) *proof {
	return &proof{file: f, whole: whole, small: map[*readFont]*embedded{}, seen: map[shown]bool{}}
}

// run reports whether every code of r shows its part of the text.
func (p *proof) run(r Run) bool {
	parts, ok := r.parts()
	for i, text := range parts {
		ok = ok && p.shows(shown{r.codes[i], text})
	}
	return ok
}

func (p *proof) shows(s shown) bool {
	good, known := p.seen[s]
	if !known {
		good = p.compare(s)
		p.seen[s] = good
	}
	return good
}

// compare holds outline, place and width of a code's glyph against those of
// the whole font.
func (p *proof) compare(s shown) bool {
	small, known := p.small[s.font]
	if !known {
		small = s.font.embedded(p.file)
		p.small[s.font] = small
	}
	face, want := p.wanted(s.text)
	if small == nil || face == nil || small.unit != face.unit {
		return false
	}
	got := small.glyph(s.code)
	a, ok1 := small.drawn(got)
	b, ok2 := face.drawn(want)
	return ok1 && ok2 && bytes.Equal(a, b) && math.Abs(s.font.width(s.code)-face.advance(want)) <= 1
}

// wanted finds the glyph for a character, alone or with a variation selector
// or a combining mark: in the first font that knows the two together, and
// where none does, the character's usual one.
func (p *proof) wanted(text string) (*typeface, int) {
	base, n := utf8.DecodeRuneInString(text)
	second, m := utf8.DecodeRuneInString(text[n:])
	switch {
	case m == 0:
	case selects(second):
		for _, f := range p.whole {
			if g := f.sequence(base, second); g != 0 {
				return f, g
			}
		}
	default:
		one := norm.NFC.String(text)
		if base, n = utf8.DecodeRuneInString(one); n != len(one) {
			return nil, 0
		}
	}
	for _, f := range p.whole {
		if g := f.character(base); g != 0 {
			return f, g
		}
	}
	return nil, 0
}
