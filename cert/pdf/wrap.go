// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// smallest is the least size of type on the page, in points.
const smallest = 7.0

// millimetre is one point in millimetres.
const millimetre = 25.4 / 72

// noStart are characters that do not begin a line (JIS X 4051, 行頭禁則).
const noStart = "、。，．・：；！？」』）】〉》〕］｝ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョヵヶ)]}.,;:!?"

// line is one line of text in one size.
type line struct {
	glyphs []glyph
	size   float64 // points
	gray   int     // 0 is black
	lang   string  // "ja" or "en"
	drawn  *drawn  // nil for a line that is not a template's
}

func (l line) width() float64  { return width(l.glyphs) * l.size * millimetre }
func (l line) height() float64 { return 1.24 * l.size * millimetre }

func (l line) text() string {
	var b strings.Builder
	for _, g := range l.glyphs {
		b.WriteString(g.text)
	}
	return b.String()
}

// style says how a text may be set: at most largest, on one line down to
// single, then on several lines down to [smallest].
type style struct {
	largest, single float64 // points
	lines           int     // at most
	gray            int
	lang            string
}

// appendFitted sets a text into a width in millimetres, and appends its lines.
// It reports false where even the smallest size needs more lines than allowed.
func (s style) appendFitted(out []line, glyphs []glyph, room float64) ([]line, bool) {
	em := room / millimetre
	if size := min(s.largest, em/max(width(glyphs), 1e-9)); size >= s.single {
		return append(out, s.line(glyphs, s.floor(size))), true
	}
	var some [4][]glyph
	for n := 2; n <= s.lines; n++ {
		for size := s.largest; size >= smallest; size -= 0.5 {
			lines, ok := split(some[:0], glyphs, em/size, n)
			if !ok {
				continue
			}
			for _, l := range lines {
				out = append(out, s.line(l, size))
			}
			return out, true
		}
	}
	return out, false
}

// floor rounds a size down to a tenth of a point.
func (s style) floor(size float64) float64 {
	return max(float64(int(size*10))/10, min(s.single, size))
}

func (s style) line(glyphs []glyph, size float64) line {
	return line{glyphs: glyphs, size: size, gray: s.gray, lang: s.lang}
}

// split breaks a text into lines of at most room em: after a space (which
// then disappears) or a hyphen if there is one, else between two characters. It
// appends them to lines, which is empty, and reports false where there would be
// more than most.
func split(lines [][]glyph, glyphs []glyph, room float64, most int) ([][]glyph, bool) {
	for len(glyphs) > 0 {
		if len(lines) == most {
			return nil, false
		}
		n := 0
		for w := 0.0; n < len(glyphs); n++ {
			if w += glyphs[n].width; w > room && n > 0 {
				break
			}
		}
		if n < len(glyphs) {
			n = breakAt(glyphs, n)
		}
		lines = append(lines, trim(glyphs[:n]))
		glyphs = trimLeft(glyphs[n:])
	}
	return lines, true
}

// breakAt returns the best place to break at or before the n-th glyph.
func breakAt(glyphs []glyph, n int) int {
	if blank(glyphs[n]) {
		return n
	}
	for i := n; i > n/3; i-- { // a very short line would be worse than a broken word
		if blank(glyphs[i-1]) || glyphs[i-1].text == "-" {
			return i
		}
	}
	for i := n; i > n/2; i-- {
		r, _ := utf8.DecodeRuneInString(glyphs[i].text)
		before, _ := utf8.DecodeRuneInString(glyphs[i-1].text)
		wide := r >= 0x2E80 || before >= 0x2E80 // not inside a Latin word
		if wide && !strings.ContainsRune(noStart, r) && !strings.ContainsRune("「『（【(", before) {
			return i
		}
	}
	return n
}

func blank(g glyph) bool {
	r, n := utf8.DecodeRuneInString(g.text)
	return n == len(g.text) && unicode.IsSpace(r)
}

func trim(glyphs []glyph) []glyph {
	for len(glyphs) > 1 && blank(glyphs[len(glyphs)-1]) {
		glyphs = glyphs[:len(glyphs)-1]
	}
	return glyphs
}

func trimLeft(glyphs []glyph) []glyph {
	for len(glyphs) > 0 && blank(glyphs[0]) {
		glyphs = glyphs[1:]
	}
	return glyphs
}
