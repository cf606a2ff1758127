// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"compress/zlib"
	"strconv"
)

// Objects of every file. Of those below firstOwn only four are the
// document's own.
const (
	objectPages     = iota + 1
	objectResources // own
	objectPage
	objectContent // own
	objectCatalog
	objectInfo // own
	objectTree // own: the structure tree's root
	objectFont // the template's: five
	firstOwn   = objectFont + fontObjects
)

// fontObjects is how many objects a font takes.
const fontObjects = 5

// staticFont is the name of the template's font among the resources.
const staticFont = "S"

// documentLang is the language of all that is not marked with another.
const documentLang = "ja"

// startOf writes the beginning of a file: its header and all objects that no
// document changes.
func startOf(face *subset) spool {
	var s spool
	s.text("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n") // bytes that say: not a text
	s.object(objectPages, "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595.28 841.89]>>")
	s.object(objectPage, "<</Type /Page /Parent 1 0 R /Resources 2 0 R /Contents 4 0 R /StructParents 0 /Tabs /S>>")
	s.object(objectCatalog, "<</Type /Catalog /Pages 1 0 R /Lang ("+documentLang+") /MarkInfo <</Marked true>> /StructTreeRoot 7 0 R /ViewerPreferences <</DisplayDocTitle true>>>>")
	program := face.appendProgram(nil)
	s.font(objectFont, face, "AAAAAA+kofu0", deflated(program), len(program))
	s.beginStream(objectFont+4, "/Filter /FlateDecode ")
	s.b = append(s.b, deflated(face.appendToUnicode(nil))...)
	s.endStream()
	return s
}

// deflated packs what is written once as well as can be.
func deflated(data []byte) []byte {
	var packed bytes.Buffer
	z, _ := zlib.NewWriterLevel(&packed, zlib.BestCompression) // the level exists
	_, _ = z.Write(data)                                       // a buffer takes all
	_ = z.Close()
	return packed.Bytes()
}

// font writes the objects of a font, all but the last: a composite one whose codes are the
// numbers of its glyphs (9.7), with a map to what they stand for (9.10.3).
// program may be deflated; length is that of the whole.
func (s *spool) font(number int, f *subset, name string, program []byte, length int) {
	s.begin(number)
	s.text("<</Type /Font /Subtype /Type0 /BaseFont /", name, " /Encoding /Identity-H /DescendantFonts [")
	s.ref(number + 1)
	s.text("] /ToUnicode ")
	s.ref(number + 4)
	s.text(">>")
	s.end()
	s.begin(number + 1)
	s.text("<</Type /Font /Subtype /CIDFontType2 /BaseFont /", name,
		" /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /CIDToGIDMap /Identity /DW 1000 /FontDescriptor ")
	s.ref(number + 2)
	s.text(" /W [0 [")
	for _, g := range f.old[:len(f.texts)] {
		width, _ := f.font.advance(g)
		s.int(f.font.thousandths(width))
		s.text(" ")
	}
	s.text("]]>>")
	s.end()
	s.begin(number + 2)
	s.text("<</Type /FontDescriptor /FontName /", name, " /Flags 4 /ItalicAngle 0 /StemV 80 /Ascent ")
	head, hhea := f.font.tables["head"], f.font.tables["hhea"]
	s.int(f.font.thousandths(hhea.i16(4)))
	s.text(" /CapHeight ")
	s.int(f.font.thousandths(hhea.i16(4)))
	s.text(" /Descent ")
	s.int(f.font.thousandths(hhea.i16(6)))
	s.text(" /FontBBox [")
	for at := 36; at < 44; at += 2 {
		s.int(f.font.thousandths(head.i16(at)))
		s.text(" ")
	}
	s.text("] /FontFile2 ")
	s.ref(number + 3)
	s.text(">>")
	s.end()
	entries := "/Length1 " + strconv.Itoa(length) + " "
	if len(program) != length {
		entries += "/Filter /FlateDecode "
	}
	s.beginStream(number+3, entries)
	s.b = append(s.b, program...)
	s.endStream()
}

// thousandths turns font units into thousandths of an em.
func (f *font) thousandths(units int) int {
	if units < 0 {
		return -f.thousandths(-units)
	}
	return (units*1000 + f.unit/2) / f.unit
}

// mostMapped is how many characters one section of a map may have (Adobe
// Technical Note 5014).
const mostMapped = 100

// appendToUnicode appends the map from codes to text.
func (f *subset) appendToUnicode(b []byte) []byte {
	b = append(b, "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"+
		"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"+
		"/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"+
		"1 begincodespacerange <0000> <FFFF> endcodespacerange\n"...)
	known := 0
	for _, t := range f.texts {
		if t != "" {
			known++
		}
	}
	n := 0
	for code, t := range f.texts {
		if t == "" {
			continue
		}
		if n%mostMapped == 0 {
			b = append(strconv.AppendInt(b, int64(min(known-n, mostMapped)), 10), " beginbfchar\n"...)
		}
		b = append(appendHex(append(b, '<'), uint16(code)), "> <"...)
		b = append(appendUTF16(b, t), ">\n"...)
		if n++; n%mostMapped == 0 || n == known {
			b = append(b, "endbfchar\n"...)
		}
	}
	return append(b, "endcmap CMapName currentdict /CMap defineresource pop end end"...)
}
