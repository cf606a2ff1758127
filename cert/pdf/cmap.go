// SPDX-License-Identifier: Apache-2.0

package pdf

// maxMapped bounds how many characters a character map may list, one listed
// twice counting twice: a broken one could claim any number.
const maxMapped = 1 << 20

// parseCmap reads the character map: format 12 where there is one, else
// format 4, and the variation sequences of format 14.
func (f *font) parseCmap() {
	f.cmap = map[rune]uint16{}
	f.variants = map[variant]uint16{}
	t := f.tables["cmap"]
	var bmp, full, sequences table
	for i := range t.u16(2) {
		platform, encoding := t.u16(4+8*i), t.u16(6+8*i)
		sub := t.from(t.u32(8 + 8*i))
		unicode := platform == 0 || platform == 3 && (encoding == 1 || encoding == 10)
		switch format := sub.u16(0); {
		case !unicode:
		case format == 4:
			bmp = sub
		case format == 12:
			full = sub
		case format == 14:
			sequences = sub
		}
	}
	if full != nil {
		f.parseFormat12(full)
	} else {
		f.parseFormat4(bmp)
	}
	f.parseFormat14(sequences)
}

// put notes a character unless the font says "no glyph" for it.
func (f *font) put(r rune, glyph int) {
	if glyph > 0 && glyph < f.glyphs {
		f.cmap[r] = uint16(glyph)
	}
}

func (f *font) parseFormat12(t table) {
	left := maxMapped
	for i := range min(t.u32(12), len(t)/12) {
		first, last, glyph := t.u32(16+12*i), t.u32(20+12*i), t.u32(24+12*i)
		for c := first; c <= last && c <= 0x10FFFF && left > 0; c++ {
			left--
			f.put(rune(c), glyph+c-first)
		}
	}
}

func (f *font) parseFormat4(t table) {
	left := maxMapped
	segments := t.u16(6) / 2
	for i := range segments {
		last, first := t.u16(14+2*i), t.u16(16+2*segments+2*i)
		delta, at := t.u16(16+4*segments+2*i), 16+6*segments+2*i
		offset := t.u16(at)
		for c := first; c <= last && c < 0xFFFF && left > 0; c++ {
			left--
			glyph := c
			if offset != 0 {
				if glyph = t.u16(at + offset + 2*(c-first)); glyph == 0 {
					continue
				}
			}
			f.put(rune(c), (glyph+delta)&0xFFFF)
		}
	}
}

func (f *font) parseFormat14(t table) {
	for i := range min(t.u32(6), len(t)/11) {
		rec := 10 + 11*i
		selector := rune(t.u24(rec))
		if at := t.u32(rec + 3); at != 0 { // sequences that show the usual glyph
			usual := t.from(at)
			for j := range min(usual.u32(0), len(usual)/4) {
				first, more := usual.u24(4+4*j), usual.u16(6+4*j)&0xFF
				for c := first; c <= first+more; c++ {
					f.variants[variant{rune(c), selector}] = 0
				}
			}
		}
		if at := t.u32(rec + 7); at != 0 {
			other := t.from(at)
			for j := range min(other.u32(0), len(other)/5) {
				if g := other.u16(7 + 5*j); g > 0 && g < f.glyphs {
					f.variants[variant{rune(other.u24(4 + 5*j)), selector}] = uint16(g)
				}
			}
		}
	}
}
