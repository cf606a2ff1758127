// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"encoding/binary"
	"sort"
)

// octets is part of a font file. Reading outside it gives zero.
type octets []byte

func (o octets) u16(at int) int {
	if at < 0 || at+2 > len(o) {
		return 0
	}
	return int(o[at])<<8 | int(o[at+1])
}

func (o octets) u32(at int) int { return o.u16(at)<<16 | o.u16(at+2) }

func (o octets) part(from, to int) octets {
	if from < 0 || to < from || to > len(o) {
		return nil
	}
	return o[from:to]
}

// typeface is what it takes to say what glyphs of a TrueType font look like
// (OpenType 1.9): in the file of a page, and in the whole fonts that the page
// should be set in. Nothing in it changes.
type typeface struct {
	unit, count, metrics int // units to the em, glyphs, full entries of hmtx
	long                 bool
	hmtx, loca, glyf     octets
	usual, sequences     octets // cmap subtables: of characters, of variation sequences
	everything           bool   // usual is of format 12, not 4
}

// openTypeface reads the directory of a font. A font without a character map
// will do: that of a page is asked by glyph number.
func openTypeface(data []byte) (*typeface, bool) {
	file, tables := octets(data), map[string]octets{}
	for i := range min(file.u16(4), 64) {
		rec := file.part(12+16*i, 28+16*i)
		if rec == nil {
			return nil, false
		}
		tables[string(rec[:4])] = file.part(rec.u32(8), rec.u32(8)+rec.u32(12))
	}
	f := &typeface{
		unit: tables["head"].u16(18), count: tables["maxp"].u16(4), metrics: tables["hhea"].u16(34),
		long: tables["head"].u16(50) == 1, hmtx: tables["hmtx"], loca: tables["loca"], glyf: tables["glyf"],
	}
	f.openMap(tables["cmap"])
	return f, f.unit > 0 && f.count > 0 && f.metrics > 0 && f.loca != nil && f.glyf != nil
}

func (f *typeface) openMap(cmap octets) {
	for i := range min(cmap.u16(2), 64) {
		platform, encoding := cmap.u16(4+8*i), cmap.u16(6+8*i)
		sub := cmap.part(cmap.u32(8+8*i), len(cmap))
		if platform != 0 && (platform != 3 || encoding != 1 && encoding != 10) {
			continue
		}
		switch sub.u16(0) {
		case 4:
			if !f.everything {
				f.usual = sub
			}
		case 12:
			f.usual, f.everything = sub, true
		case 14:
			f.sequences = sub
		}
	}
}

// character returns the glyph of a character; 0 where the font has none.
func (f *typeface) character(r rune) int {
	c, g := int(r), 0
	if f.everything {
		n := min(f.usual.u32(12), len(f.usual)/12)
		i := sort.Search(n, func(i int) bool { return f.usual.u32(20+12*i) >= c })
		if first := f.usual.u32(16 + 12*i); i < n && first <= c {
			g = f.usual.u32(24+12*i) + c - first
		}
	} else if c < 0xFFFF {
		g = f.basic(c)
	}
	if g >= f.count {
		return 0
	}
	return g
}

// basic looks a character up in a map of format 4.
func (f *typeface) basic(c int) int {
	twice := f.usual.u16(6) &^ 1
	i := 2 * sort.Search(twice/2, func(i int) bool { return f.usual.u16(14+2*i) >= c })
	first, delta, at := f.usual.u16(16+twice+i), f.usual.u16(16+2*twice+i), 16+3*twice+i
	if i >= twice || first > c {
		return 0
	}
	if offset := f.usual.u16(at); offset != 0 {
		if c = f.usual.u16(at + offset + 2*(c-first)); c == 0 {
			return 0
		}
	}
	return (c + delta) & 0xFFFF
}

// sequence returns the glyph of a character with a variation selector; 0
// where the font does not know the two together.
func (f *typeface) sequence(base, selector rune) int {
	b, s, u24 := int(base), f.sequences, func(at int) int { return f.sequences.u32(at-1) & 0xFFFFFF }
	for i := range min(s.u32(6), len(s)/11) {
		rec := 10 + 11*i
		if u24(rec) != int(selector) {
			continue
		}
		if at := s.u32(rec + 7); at != 0 {
			n := min(s.u32(at), len(s)/5)
			k := sort.Search(n, func(k int) bool { return u24(at+4+5*k) >= b })
			if g := s.u16(at + 7 + 5*k); k < n && u24(at+4+5*k) == b && g < f.count {
				return g
			}
		}
		if at := s.u32(rec + 3); at != 0 {
			n := min(s.u32(at), len(s)/4)
			k := sort.Search(n, func(k int) bool { return u24(at+4+4*k)+s.u16(at+6+4*k)&0xFF >= b })
			if k < n && u24(at+4+4*k) <= b {
				return f.character(base)
			}
		}
	}
	return 0
}

// advance returns how far a glyph moves the pen, in thousandths of an em.
func (f *typeface) advance(g int) float64 {
	return float64(f.hmtx.u16(4*min(g, f.metrics-1))) * 1000 / float64(f.unit)
}

// bearing returns where a glyph begins, in font units.
func (f *typeface) bearing(g int) int {
	if g < f.metrics {
		return f.hmtx.u16(4*g + 2)
	}
	return f.hmtx.u16(4*f.metrics + 2*(g-f.metrics))
}

// Flags of points and of components.
const (
	onCurve, shortX, shortY, repeated, sameX, sameY = 1, 2, 4, 8, 16, 32

	wideArguments, scaled, more, scaledBoth, turned, instructed = 1, 8, 32, 64, 128, 256
)

// drawn describes what glyph g looks like, in a form that is the same in
// every font that draws it the same, whatever its number, its hinting and how
// its points are packed. It reports false for a broken glyph.
func (f *typeface) drawn(g int) ([]byte, bool) {
	left := 64 // glyphs of which this one may be composed
	return f.appendDrawn(binary.BigEndian.AppendUint16(nil, uint16(f.bearing(g))), g, &left)
}

func (f *typeface) appendDrawn(out []byte, g int, left *int) ([]byte, bool) {
	var o octets
	if f.long {
		o = f.glyf.part(f.loca.u32(4*g), f.loca.u32(4*g+4))
	} else {
		o = f.glyf.part(2*f.loca.u16(2*g), 2*f.loca.u16(2*g+2))
	}
	*left--
	switch {
	case o == nil || g >= f.count || *left < 0:
		return nil, false
	case len(o) == 0:
		return append(out, 0), true
	case len(o) < 10:
		return nil, false
	}
	out = append(append(out, 1), o[:10]...)
	if o.u16(0) < 0x8000 {
		return o.appendPoints(out)
	}
	for at, flags := 10, more; flags&more != 0; {
		start := at + 4
		flags = o.u16(at)
		at = start + 2
		for _, extra := range [][2]int{{wideArguments, 2}, {scaled, 2}, {scaledBoth, 4}, {turned, 8}} {
			if flags&extra[0] != 0 {
				at += extra[1]
			}
		}
		how := o.part(start, at)
		if how == nil {
			return nil, false
		}
		out = binary.BigEndian.AppendUint16(out, uint16(flags&^instructed))
		out = append(out, how...)
		var ok bool
		if out, ok = f.appendDrawn(out, o.u16(start-2), left); !ok {
			return nil, false
		}
	}
	return out, true
}

// appendPoints unpacks the points of a simple glyph: ends of contours, then
// for every point whether it is on the curve, and the steps to it.
func (o octets) appendPoints(out []byte) ([]byte, bool) {
	contours := o.u16(0)
	ends := o.part(10, 10+2*contours)
	if ends == nil {
		return nil, false
	}
	at := 12 + 2*contours + o.u16(10+2*contours)
	var flags []byte
	for n := ends.u16(2*contours-2) + 1; contours > 0 && len(flags) < n; at++ {
		if at >= len(o) {
			return nil, false
		}
		flags = append(flags, o[at])
		if o[at]&repeated != 0 && at+1 < len(o) {
			for range o[at+1] {
				flags = append(flags, o[at])
			}
			at++
		}
	}
	out = append(out, ends...)
	for _, f := range flags {
		out = append(out, f&onCurve)
	}
	for _, axis := range [][2]byte{{shortX, sameX}, {shortY, sameY}} {
		for _, f := range flags {
			short, same, step := f&axis[0] != 0, f&axis[1] != 0, 0
			switch {
			case short:
				if step = o.u16(at-1) & 0xFF; !same {
					step = -step
				}
				at++
			case !short && !same:
				step = o.u16(at)
				at += 2
			}
			out = binary.BigEndian.AppendUint16(out, uint16(step))
		}
	}
	return out, at <= len(o)
}
