// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"kofu/cert/pdf"
	"kofu/cert/qr"
)

// operand is how a text of ASCII is written: such characters go by their own
// codes.
func operand(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(literal(uint16(r)))
	}
	return b.String()
}

func literal(code uint16) string {
	var b strings.Builder
	for _, c := range []byte{byte(code >> 8), byte(code)} {
		if c == '(' || c == ')' || c == '\\' {
			b.WriteByte('\\')
		}
		if c == '\r' {
			b.WriteByte('\\')
			c = 'r'
		}
		b.WriteByte(c)
	}
	return b.String()
}

// setFont is a font of a finished file: by what its ToUnicode map says, the
// codes of its characters.
type setFont struct {
	t      *testing.T
	object string // number of its CIDFont
	dict   string // of that
	codes  map[string]uint16
}

var (
	cidFont = regexp.MustCompile(`\n(\d+) 0 obj\n<<(/Type /Font /Subtype /CIDFontType2 .*?)>>\nendobj`)
	bfchar  = regexp.MustCompile(`<([0-9A-F]{4})> <([0-9A-F]*)>\n`)
)

// fontsOf returns the font that pages of this kind share, and the document's
// own, if it has one.
func fontsOf(t *testing.T, file []byte) (fixed, own setFont) {
	t.Helper()
	var all []setFont
	for _, m := range cidFont.FindAllSubmatch(file, -1) {
		all = append(all, setFont{t, string(m[1]), string(m[2]), map[string]uint16{}})
	}
	var maps [][]byte
	for _, m := range streamObject.FindAllSubmatchIndex(file, -1) {
		if data := streamData(t, file, m); isToUnicode(data) {
			maps = append(maps, data)
		}
	}
	if len(all) == 0 || len(all) > 2 || len(maps) < len(all) {
		t.Fatalf("%d fonts, %d maps", len(all), len(maps))
	}
	for i, f := range all {
		for _, m := range bfchar.FindAllStringSubmatch(string(maps[i]), -1) {
			code, _ := strconv.ParseUint(m[1], 16, 16)
			raw, _ := hex.DecodeString(m[2])
			var units []uint16
			for pair := range slices.Chunk(raw, 2) {
				units = append(units, uint16(pair[0])<<8|uint16(pair[1]))
			}
			f.codes[string(utf16.Decode(units))] = uint16(code)
		}
	}
	return all[0], all[len(all)-1]
}

// has reports whether f has all characters of s.
func (f setFont) has(s string) bool {
	for rest := s; rest != ""; {
		_, n := f.next(rest)
		if n == 0 {
			return false
		}
		rest = rest[n:]
	}
	return true
}

// next returns the code of the longest text at the beginning of s.
func (f setFont) next(s string) (code uint16, n int) {
	for text, c := range f.codes {
		if len(text) > n && strings.HasPrefix(s, text) {
			code, n = c, len(text)
		}
	}
	return code, n
}

// operand is how s is written in f.
func (f setFont) operand(s string) string {
	f.t.Helper()
	out := ""
	for rest := s; rest != ""; {
		code, n := f.next(rest)
		if n == 0 {
			f.t.Fatalf("the font has not all of %q", s)
		}
		out, rest = out+literal(code), rest[n:]
	}
	return out
}

// numbered gives the font of a file a table of the glyphs of its codes, which
// edit changes.
func (f setFont) numbered(file []byte, edit func(numbers []byte) []byte) []byte {
	f.t.Helper()
	var numbers []byte
	for i := range 1 << 16 {
		numbers = append(numbers, byte(i>>8), byte(i))
	}
	file = update(f.t, file, "950", streamOf("", string(edit(numbers))))
	return update(f.t, file, f.object, "<<"+strings.Replace(f.dict, "/CIDToGIDMap /Identity", "/CIDToGIDMap 950 0 R", 1)+">>")
}

// exchanged lets two characters change their glyphs.
func (f setFont) exchanged(file []byte, one, other string) []byte {
	a, b := 2*int(f.codes[one]), 2*int(f.codes[other])
	if a == 0 || b == 0 {
		f.t.Fatalf("no codes of %q and %q", one, other)
	}
	return f.numbered(file, func(m []byte) []byte {
		m[a], m[a+1], m[b], m[b+1] = m[b], m[b+1], m[a], m[a+1]
		return m
	})
}

var maskObject = regexp.MustCompile(`(?s)\n(\d+) 0 obj\n<<([^<>]*/ImageMask true[^<>]*/Width (\d+)[^<>]*)/Length +(\d+)>>\nstream\n`)

// remask edits the samples of the n-th symbol of a file.
func remask(t *testing.T, file []byte, n int, edit func(samples []byte, size int)) []byte {
	t.Helper()
	all := maskObject.FindAllSubmatchIndex(file, -1)
	if len(all) <= n {
		t.Fatalf("%d symbols", len(all))
	}
	m := all[n]
	group := func(i int) string { return string(file[m[2*i]:m[2*i+1]]) }
	size, _ := strconv.Atoi(group(3))
	length, _ := strconv.Atoi(group(4))
	samples := bytes.Clone(file[m[1] : m[1]+length])
	edit(samples, size)
	return update(t, file, group(1), streamOf(group(2), string(samples)))
}

// reentered puts another dictionary entry in place of one of the n-th symbol.
func reentered(t *testing.T, file []byte, n int, old, new string) []byte {
	t.Helper()
	m := maskObject.FindAllSubmatchIndex(file, -1)[n]
	entries := string(file[m[4]:m[5]])
	if !strings.Contains(entries, old) {
		t.Fatalf("no %s", old)
	}
	length, _ := strconv.Atoi(string(file[m[8]:m[9]]))
	return update(t, file, string(file[m[2]:m[3]]), streamOf(strings.Replace(entries, old, new, 1), string(file[m[1]:m[1]+length])))
}

// flip turns one module from light to dark or back.
func flip(x, y int) func([]byte, int) {
	return func(samples []byte, size int) { samples[(size+7)/8*y+x/8] ^= 0x80 >> (x % 8) }
}

// asPaths paints the symbols of a page as paths of rectangles, as papers had
// them before they had masks.
func asPaths(t *testing.T, file []byte, edit func(int, *qr.Matrix)) []byte {
	t.Helper()
	page, err := pdf.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return rewrite(t, file, isContent, func(b []byte) []byte {
		for i, m := range page.Symbols {
			name := fmt.Sprintf("/Q%d Do", i)
			edit(i, m)
			scale := fmt.Sprintf("%.8f 0 0 %.8f 0 1 cm\n", 1/float64(m.Size), -1/float64(m.Size))
			b = bytes.Replace(b, []byte(name), []byte(scale+pathOf(m)), 1)
		}
		return b
	})
}

func pathOf(m *qr.Matrix) string {
	var b strings.Builder
	for y := range m.Size {
		for x := 0; x < m.Size; x++ {
			n := 0
			for m.Dark(x+n, y) {
				n++
			}
			if n > 0 {
				fmt.Fprintf(&b, "%d %d %d 1 re\n", x, y, n)
				x += n
			}
		}
	}
	return b.String() + "f"
}
