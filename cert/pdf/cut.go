// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"encoding/binary"
	"maps"
	"slices"
)

// Flags of a composite glyph's component (OpenType 1.9, glyf).
const (
	wordArguments   = 0x0001
	oneScale        = 0x0008
	moreComponents  = 0x0020
	twoScales       = 0x0040
	fourScales      = 0x0080
	hasInstructions = 0x0100
)

// cutting is a small font in the making.
type cutting struct {
	from   *font
	old    []uint16          // new glyph number → number in from
	number map[uint16]uint16 // and back
}

// cut returns a font file, fresh bytes every time, with nothing but the
// glyphs of codes (character code → glyph of f) and what those are composed
// of. Hinting is left out.
func (f *font) cut(codes map[uint16]uint16) ([]byte, error) {
	c := &cutting{from: f, old: []uint16{0}, number: map[uint16]uint16{0: 0}}
	order := slices.Sorted(maps.Keys(codes))
	for _, code := range order {
		if err := c.add(codes[code], 0); err != nil {
			return nil, err
		}
	}
	var glyf, loca, hmtx []byte
	for _, g := range c.old {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		width, bearing := f.advance(g)
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(width))
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(bearing))
		glyf = append(glyf, c.outline(g)...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	if len(glyf) == 0 { // only blanks: readers want a table that is not empty
		glyf = make([]byte, 4)
	}

	head, hhea, maxp := slices.Clone(f.tables["head"]), slices.Clone(f.tables["hhea"]), slices.Clone(f.tables["maxp"])
	binary.BigEndian.PutUint32(head[8:], 0)  // checkSumAdjustment: gofpdf makes it anew
	binary.BigEndian.PutUint16(head[50:], 1) // long loca
	binary.BigEndian.PutUint16(head[52:], 0)
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(c.old)))
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(c.old)))
	post := slices.Clone(f.tables["post"][:32])
	binary.BigEndian.PutUint32(post, 0x00030000) // no glyph names
	return assemble(map[string][]byte{
		"OS/2": f.tables["OS/2"], "cmap": c.cmap(order, codes), "glyf": glyf, "head": head, "hhea": hhea,
		"hmtx": hmtx, "loca": loca, "maxp": maxp, "name": {0, 0, 0, 0, 0, 6}, "post": post,
	}), nil
}

// add gives glyph g a number, and its components after it. Nesting deeper
// than eight is a cycle for all practical purposes.
func (c *cutting) add(g uint16, depth int) error {
	if depth > 8 {
		return ErrFont
	}
	if _, ok := c.number[g]; !ok {
		c.number[g] = uint16(len(c.old))
		c.old = append(c.old, g)
	}
	for _, part := range components(c.from.outline(g)) {
		if err := c.add(uint16(part.glyph), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// component is one part of a composite glyph: where its record begins and
// ends in the outline.
type component struct{ glyph, flags, start, end int }

func components(o table) []component {
	if o.i16(0) >= 0 { // a number of contours: a simple glyph
		return nil
	}
	var out []component
	for at, more := 10, true; more && at+4 <= len(o); {
		p := component{flags: o.u16(at), glyph: o.u16(at + 2), start: at}
		at += 6
		if p.flags&wordArguments != 0 {
			at += 2
		}
		switch {
		case p.flags&oneScale != 0:
			at += 2
		case p.flags&twoScales != 0:
			at += 4
		case p.flags&fourScales != 0:
			at += 8
		}
		p.end = at
		out = append(out, p)
		more = p.flags&moreComponents != 0
	}
	return out
}

// outline copies a glyph without its instructions, components renumbered.
func (c *cutting) outline(g uint16) []byte {
	o := c.from.outline(g)
	if len(o) < 10 {
		return nil
	}
	if parts := components(o); parts != nil {
		out := slices.Clone(o[:min(parts[len(parts)-1].end, len(o))])
		for _, p := range parts {
			binary.BigEndian.PutUint16(out[p.start:], uint16(p.flags&^hasInstructions))
			binary.BigEndian.PutUint16(out[p.start+2:], c.number[uint16(p.glyph)])
		}
		return out
	}
	at := 10 + 2*o.i16(0) // instructionLength
	rest := o.from(at + 2 + o.u16(at))
	if at+2 > len(o) || rest == nil {
		return nil
	}
	out := append(slices.Clone(o[:at]), 0, 0)
	return append(out, rest...)
}

// cmap writes a character map of format 4, one segment to every stretch of
// neighbouring codes with neighbouring glyphs.
func (c *cutting) cmap(order []uint16, codes map[uint16]uint16) []byte {
	type segment struct{ first, last, delta uint16 }
	var segments []segment
	for _, code := range order {
		delta := c.number[codes[code]] - code
		if n := len(segments) - 1; n >= 0 && segments[n].last == code-1 && segments[n].delta == delta {
			segments[n].last = code
			continue
		}
		segments = append(segments, segment{code, code, delta})
	}
	segments = append(segments, segment{0xFFFF, 0xFFFF, 1})
	n := len(segments)
	out := []byte{0, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 12}
	put := func(values ...int) {
		for _, v := range values {
			out = binary.BigEndian.AppendUint16(out, uint16(v))
		}
	}
	put(4, 16+8*n, 0, 2*n, 0, 0, 0)
	for _, s := range segments {
		put(int(s.last))
	}
	put(0)
	for _, s := range segments {
		put(int(s.first))
	}
	for _, s := range segments {
		put(int(s.delta))
	}
	for range segments {
		put(0)
	}
	return out
}

// assemble writes tables into a font file. Checksums are left to gofpdf,
// which takes the font apart once more.
func assemble(tables map[string][]byte) []byte {
	tags := slices.Sorted(maps.Keys(tables))
	out := binary.BigEndian.AppendUint32(nil, 0x00010000)
	out = binary.BigEndian.AppendUint16(out, uint16(len(tags)))
	out = append(out, make([]byte, 6+16*len(tags))...)
	for i, tag := range tags {
		rec := out[12+16*i:]
		copy(rec, tag)
		binary.BigEndian.PutUint32(rec[8:], uint32(len(out)))
		binary.BigEndian.PutUint32(rec[12:], uint32(len(tables[tag])))
		out = append(out, tables[tag]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}
