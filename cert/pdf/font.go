// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"encoding/binary"
	"errors"
	"unicode"
)

// ErrFont is returned for a font that cannot be used: only TrueType outlines
// (glyf), one font to a file, and a licence bit that allows cutting.
var ErrFont = errors.New("pdf: font cannot be used")

// table is a table of a font. Reading outside it gives zero, so that a broken
// font gives wrong glyphs and no panic.
type table []byte

func (t table) u16(at int) int {
	if at < 0 || at+2 > len(t) {
		return 0
	}
	return int(binary.BigEndian.Uint16(t[at:]))
}

func (t table) i16(at int) int { return int(int16(t.u16(at))) }

func (t table) u24(at int) int { return t.u16(at)<<8 | t.u16(at+1)&0xff }

func (t table) u32(at int) int { return t.u16(at)<<16 | t.u16(at+2) }

// from returns the part of t that begins at at.
func (t table) from(at int) table {
	if at < 0 || at > len(t) {
		return nil
	}
	return t[at:]
}

// slice returns t[from:to], nil where that does not exist.
func (t table) slice(from, to int) table {
	if from < 0 || to < from || to > len(t) {
		return nil
	}
	return t[from:to]
}

// variant is a character with a variation selector.
type variant struct{ base, selector rune }

// font is a parsed TrueType font. It is never written to, and so is safe for
// concurrent use.
type font struct {
	tables   map[string]table
	unit     int // font units to the em
	glyphs   int
	metrics  int // numberOfHMetrics
	longLoca bool
	cmap     map[rune]uint16
	variants map[variant]uint16 // 0: the character's usual glyph

	// What a text holds most is found without the maps: the glyph of a character
	// that stands by itself, 0 for any that may not, and widths in em.
	simple []uint16
	widths []float64
}

// parseFont reads a font file (OpenType 1.9). It keeps data.
func parseFont(data []byte) (*font, error) {
	file := table(data)
	if v := file.u32(0); v != 0x00010000 && v != 0x74727565 { // "true"
		return nil, ErrFont
	}
	f := &font{tables: map[string]table{}}
	for i := range file.u16(4) {
		rec := 12 + 16*i
		tag := file.slice(rec, rec+4)
		body := file.slice(file.u32(rec+8), file.u32(rec+8)+file.u32(rec+12))
		if tag == nil || body == nil {
			return nil, ErrFont
		}
		f.tables[string(tag)] = body[:len(body):len(body)]
	}
	for tag, least := range map[string]int{
		"head": 54, "hhea": 36, "maxp": 32, "OS/2": 78, "post": 32, "hmtx": 4, "loca": 4, "glyf": 1, "cmap": 4,
	} {
		if len(f.tables[tag]) < least {
			return nil, ErrFont
		}
	}
	f.unit = f.tables["head"].u16(18)
	f.longLoca = f.tables["head"].u16(50) == 1
	f.metrics = f.tables["hhea"].u16(34)
	f.glyphs = f.tables["maxp"].u16(4)
	if f.unit < 16 || f.metrics < 1 || f.glyphs < 1 || !f.embeddable() {
		return nil, ErrFont
	}
	f.parseCmap()
	f.index()
	return f, nil
}

// index fills what is looked up most.
func (f *font) index() {
	f.simple = make([]uint16, 1<<16)
	for r, g := range f.cmap {
		if int(r) < len(f.simple) && printable(r, 1) && !unicode.Is(unicode.Mn, r) {
			f.simple[r] = g
		}
	}
	f.widths = make([]float64, f.glyphs)
	for g := range f.widths {
		w, _ := f.advance(uint16(g))
		f.widths[g] = float64(w) / float64(f.unit)
	}
}

// alone returns the glyph of a character that is printed by itself, unless
// what follows it changes that; 0 for any other.
func (f *font) alone(r rune) uint16 {
	if uint32(r) < uint32(len(f.simple)) {
		return f.simple[r]
	}
	return 0
}

// embeddable reports whether OS/2 fsType allows embedding of outlines and
// cutting, and whether the table is as long as its version says.
func (f *font) embeddable() bool {
	os2 := f.tables["OS/2"]
	if os2.u16(0) > 1 && len(os2) < 96 {
		return false
	}
	licence := os2.u16(8)
	return licence != 0x0002 && licence&0x0300 == 0
}

// advance returns width and left side bearing of a glyph, in font units.
func (f *font) advance(glyph uint16) (width, bearing int) {
	hmtx, g := f.tables["hmtx"], int(glyph)
	if g < f.metrics {
		return hmtx.u16(4 * g), hmtx.i16(4*g + 2)
	}
	return hmtx.u16(4 * (f.metrics - 1)), hmtx.i16(4*f.metrics + 2*(g-f.metrics))
}

// outline returns the glyf entry of a glyph; nil for one without an outline.
func (f *font) outline(glyph uint16) table {
	loca, g := f.tables["loca"], int(glyph)
	if f.longLoca {
		return f.tables["glyf"].slice(loca.u32(4*g), loca.u32(4*g+4))
	}
	return f.tables["glyf"].slice(2*loca.u16(2*g), 2*loca.u16(2*g+2))
}

// glyph returns the glyph of a character.
func (f *font) glyph(r rune) (uint16, bool) {
	g, ok := f.cmap[r]
	return g, ok
}

// variantGlyph returns the glyph of a variation sequence, if the font knows it.
func (f *font) variantGlyph(v variant) (uint16, bool) {
	g, ok := f.variants[v]
	if ok && g == 0 {
		return f.glyph(v.base)
	}
	return g, ok
}
