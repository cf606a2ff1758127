// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"encoding/binary"
	"slices"
)

// subset is the part of a font that a file carries. A code of a text is the
// number of its glyph in there (Identity-H). Two texts that look the same, が
// and か with a combining mark, have two codes, so that each can be told.
type subset struct {
	font  *font
	old   []uint16 // by new number: the glyph of font
	texts []string // by code: what it stands for; beyond them are components only
}

// reset empties s for glyphs of f, and forgets what was in it.
func (s *subset) reset(f *font) {
	clear(s.texts)
	clear(s.old)
	s.font, s.old, s.texts = f, append(s.old[:0], 0), append(s.texts[:0], "")
}

// used reports whether s has any code.
func (s *subset) used() bool { return len(s.texts) > 1 }

// code returns the code of g, a new one if need be.
func (s *subset) code(g glyph) uint16 {
	for from := 1; ; {
		i := slices.Index(s.old[from:], g.id)
		if i < 0 {
			break
		}
		if s.texts[from+i] == g.text {
			return uint16(from + i)
		}
		from += i + 1
	}
	s.old, s.texts = append(s.old, g.id), append(s.texts, g.text)
	return uint16(len(s.old) - 1)
}

// maxDepth bounds how deeply glyphs are composed of others. What goes deeper
// is a cycle for all practical purposes.
const maxDepth = 8

// maxParts bounds the components of one font's glyphs, one met twice counting
// twice.
const maxParts = 1 << 14

// close adds what the glyphs of s are composed of. No code comes after it.
func (s *subset) close() error {
	left := maxParts
	for _, g := range s.old {
		if err := s.addParts(g, maxDepth, &left); err != nil {
			return err
		}
	}
	return nil
}

func (s *subset) addParts(g uint16, depth int, left *int) error {
	parts := components(s.font.outline(g))
	if *left -= len(parts); *left < 0 || depth < 0 {
		return ErrFont
	}
	for _, p := range parts {
		id := uint16(p.glyph)
		if !slices.Contains(s.old, id) {
			s.old = append(s.old, id)
		}
		if err := s.addParts(id, depth-1, left); err != nil {
			return err
		}
	}
	return nil
}

// programTables are the tables that a TrueType font of codes needs in a file
// (ISO 32000-1 9.9), in the order of the directory.
var programTables = [...]string{"glyf", "head", "hhea", "hmtx", "loca", "maxp"}

// Places in programTables.
const (
	inGlyf = iota
	inHead
	inHhea
	inHmtx
	inLoca
	inMaxp
)

// appendProgram appends the font file. Hinting is left out.
func (s *subset) appendProgram(out []byte) []byte {
	start, n := len(out), len(s.old)
	out = binary.BigEndian.AppendUint32(out, 0x00010000)
	for _, v := range [...]uint16{uint16(len(programTables)), 64, 2, 32} {
		out = binary.BigEndian.AppendUint16(out, v)
	}
	out = append(out, make([]byte, 16*len(programTables))...)
	var at, length [len(programTables)]int
	table := func(i int, appendTo func([]byte) []byte) {
		at[i] = len(out) - start
		out = appendTo(out)
		length[i] = len(out) - start - at[i]
		for (len(out)-start)%4 != 0 {
			out = append(out, 0)
		}
	}
	table(inHead, s.appendHead)
	table(inHhea, s.appendHhea)
	table(inHmtx, s.appendHmtx)
	table(inMaxp, s.appendMaxp)
	table(inLoca, func(b []byte) []byte { return append(b, make([]byte, 4*n+4)...) })
	table(inGlyf, func(b []byte) []byte { return s.appendGlyf(b, start+at[inLoca]) })
	file := out[start:]
	for i, tag := range programTables {
		rec := file[12+16*i:]
		copy(rec, tag)
		binary.BigEndian.PutUint32(rec[4:], checksum(file[at[i]:at[i]+(length[i]+3)&^3]))
		binary.BigEndian.PutUint32(rec[8:], uint32(at[i]))
		binary.BigEndian.PutUint32(rec[12:], uint32(length[i]))
	}
	binary.BigEndian.PutUint32(file[at[inHead]+8:], 0xB1B0AFBA-checksum(file)) // checkSumAdjustment
	return out
}

func (s *subset) appendHead(out []byte) []byte {
	at := len(out)
	out = append(out, s.font.tables["head"][:54]...)
	head := out[at:]
	binary.BigEndian.PutUint32(head[8:], 0)  // checkSumAdjustment
	binary.BigEndian.PutUint16(head[50:], 1) // long loca
	binary.BigEndian.PutUint16(head[52:], 0)
	return out
}

func (s *subset) appendHhea(out []byte) []byte {
	out = append(out, s.font.tables["hhea"][:34]...)
	return binary.BigEndian.AppendUint16(out, uint16(len(s.old)))
}

func (s *subset) appendMaxp(out []byte) []byte {
	at := len(out)
	out = append(out, s.font.tables["maxp"][:32]...)
	binary.BigEndian.PutUint16(out[at+4:], uint16(len(s.old)))
	return out
}

func (s *subset) appendHmtx(out []byte) []byte {
	for _, g := range s.old {
		width, bearing := s.font.advance(g)
		out = binary.BigEndian.AppendUint16(out, uint16(width))
		out = binary.BigEndian.AppendUint16(out, uint16(bearing))
	}
	return out
}

// appendGlyf appends the outlines, and writes where each begins to the loca
// table that out has at loca.
func (s *subset) appendGlyf(out []byte, loca int) []byte {
	start := len(out)
	for i, g := range s.old {
		binary.BigEndian.PutUint32(out[loca+4*i:], uint32(len(out)-start))
		out = s.appendOutline(out, g)
		for (len(out)-start)%4 != 0 {
			out = append(out, 0)
		}
	}
	binary.BigEndian.PutUint32(out[loca+4*len(s.old):], uint32(len(out)-start))
	if len(out) == start { // only blanks: readers want a table that is not empty
		out = append(out, 0, 0, 0, 0)
	}
	return out
}

// appendOutline appends a glyph without its instructions, components
// renumbered.
func (s *subset) appendOutline(out []byte, g uint16) []byte {
	o := s.font.outline(g)
	if len(o) < 10 {
		return out
	}
	if parts := components(o); parts != nil {
		at := len(out)
		out = append(out, o[:min(parts[len(parts)-1].end, len(o))]...)
		for _, p := range parts {
			binary.BigEndian.PutUint16(out[at+p.start:], uint16(p.flags&^hasInstructions))
			binary.BigEndian.PutUint16(out[at+p.start+2:], uint16(max(0, slices.Index(s.old, uint16(p.glyph)))))
		}
		return out
	}
	at := 10 + 2*o.i16(0) // instructionLength
	rest := o.from(at + 2 + o.u16(at))
	if at+2 > len(o) || rest == nil {
		return out
	}
	out = append(append(out, o[:at]...), 0, 0)
	return append(out, rest...)
}

// checksum adds up a table of whole words (OpenType 1.9, Calculating Checksums).
func checksum(b []byte) uint32 {
	var sum uint32
	for ; len(b) >= 4; b = b[4:] {
		sum += binary.BigEndian.Uint32(b)
	}
	return sum
}
