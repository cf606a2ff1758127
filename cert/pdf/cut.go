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

// cut returns a font file, fresh bytes every time, with nothing but the
// glyphs of codes (character code → glyph of f) and what those are composed
// of, and all tables that gofpdf looks for. Hinting is left out.
func (f *font) cut(codes map[uint16]uint16) ([]byte, error) {
	order := slices.Sorted(maps.Keys(codes))
	s := &subset{}
	s.reset(f)
	for _, code := range order {
		s.old = append(s.old, codes[code])
	}
	if err := s.close(); err != nil {
		return nil, err
	}
	length := 4*len(s.old) + 4
	both := s.appendGlyf(make([]byte, length), 0)
	loca, glyf := both[:length], both[length:]
	post := slices.Clone(f.tables["post"][:32])
	binary.BigEndian.PutUint32(post, 0x00030000) // no glyph names
	return assemble(map[string][]byte{
		"OS/2": f.tables["OS/2"], "cmap": characterMap(order), "glyf": glyf, "head": s.appendHead(nil), "hhea": s.appendHhea(nil),
		"hmtx": s.appendHmtx(nil), "loca": loca, "maxp": s.appendMaxp(nil), "name": {0, 0, 0, 0, 0, 6}, "post": post,
	}), nil
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

// characterMap writes a map of format 4 in which the codes, in their order,
// have the glyphs from 1 on: one segment to every stretch of neighbours.
func characterMap(order []uint16) []byte {
	type segment struct{ first, last, delta uint16 }
	var segments []segment
	for i, code := range order {
		delta := uint16(i+1) - code
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
