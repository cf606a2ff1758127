// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"iter"
	"strings"
)

// readFont is what the reader needs to know of a font: how strings fall into
// codes, how wide each is, and which text it stands for.
type readFont struct {
	wide    bool // two bytes to a code
	widths  map[int]float64
	usual   float64
	chars   map[int]string
	ranges  []codeRange
	unicode bool // it has a ToUnicode map
	dict    dict
}

// maxCodes bounds how many painted codes of a page are kept; one of ours has
// about a thousand.
const maxCodes = 1 << 14

// painted is one code of a text.
type painted struct {
	font *readFont
	code int
}

func (p painted) text() string { return p.font.text(p.code) }

// codeRange maps from … to onto consecutive texts that begin with text.
type codeRange struct {
	from, to int
	text     []uint16
}

// font returns the font behind a resource; nil where there is none.
func (in *interpreter) font(v any) *readFont {
	r, isRef := v.(ref)
	if isRef {
		if f, ok := in.fonts[r]; ok {
			return f
		}
	}
	d := in.file.dict(v)
	if d == nil {
		return nil
	}
	f := &readFont{dict: d, widths: map[int]float64{}, chars: map[int]string{}}
	if in.file.resolve(d["Subtype"]) == name("Type0") {
		f.wide = true
		if kids := in.file.array(d["DescendantFonts"]); len(kids) > 0 {
			kid := in.file.dict(kids[0])
			f.usual = in.file.number(kid["DW"], 1000)
			f.compositeWidths(in.file, in.file.array(kid["W"]))
		}
	} else {
		first := in.file.number(d["FirstChar"], 0)
		for i, w := range in.file.numbers(d["Widths"]) {
			f.widths[int(first)+i] = w
		}
		f.usual = 500
	}
	if s, ok := in.file.resolve(d["ToUnicode"]).(stream); ok {
		if data, err := in.file.inflate(s); err == nil {
			f.unicode = true
			f.toUnicode(data)
		}
	}
	if isRef && len(in.fonts) < 4096 {
		in.fonts[r] = f
	}
	return f
}

// compositeWidths reads the W array of a CIDFont (9.7.4.3).
func (f *readFont) compositeWidths(file *file, w array) {
	for len(w) >= 2 {
		first, ok := file.resolve(w[0]).(float64)
		if !ok {
			return
		}
		if list := file.numbers(w[1]); list != nil {
			for i, width := range list {
				f.widths[int(first)+i] = width
			}
			w = w[2:]
			continue
		}
		if len(w) < 3 {
			return
		}
		last, width := file.number(w[1], 0), file.number(w[2], 0)
		for c := int(first); c <= int(last) && c <= 0xFFFF; c++ {
			f.widths[c] = width
		}
		w = w[3:]
	}
}

// codes gives the codes of a string, and of how many bytes each is.
func (f *readFont) codes(s string) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for s != "" {
			code, n := int(s[0]), 1
			if f.wide && len(s) > 1 {
				code, n = code<<8|int(s[1]), 2
			}
			if s = s[n:]; !yield(code, n) {
				return
			}
		}
	}
}

func (f *readFont) width(code int) float64 {
	if w, ok := f.widths[code]; ok {
		return w
	}
	return f.usual
}

// text returns what a code stands for. A font without a map is taken as
// Latin-1 if its codes are bytes; else nobody knows (U+FFFD).
func (f *readFont) text(code int) string {
	if t, ok := f.chars[code]; ok {
		return t
	}
	for _, r := range f.ranges {
		if code >= r.from && code <= r.to {
			units := append([]uint16(nil), r.text...)
			if n := len(units) - 1; n >= 0 {
				units[n] += uint16(code - r.from)
			}
			return decodeUnits(units)
		}
	}
	if !f.unicode && !f.wide {
		return string(rune(code))
	}
	return "\uFFFD"
}

func decodeUnits(units []uint16) string {
	var b strings.Builder
	for _, u := range units {
		b.WriteByte(byte(u >> 8))
		b.WriteByte(byte(u))
	}
	return utf16BE(b.String())
}

// toUnicode reads a ToUnicode map (9.10.3).
func (f *readFont) toUnicode(data []byte) {
	l := &lexer{data: data}
	var before array
	for {
		v := l.next(0)
		switch v {
		case endOfInput{}:
			return
		case keyword("beginbfchar"), keyword("beginbfrange"):
			before = before[:0]
			continue
		case keyword("endbfchar"):
			for i := 0; i+1 < len(before); i += 2 {
				code, ok1 := before[i].(str)
				text, ok2 := before[i+1].(str)
				if ok1 && ok2 {
					f.chars[codeOf(code)] = utf16BE(string(text))
				}
			}
			continue
		case keyword("endbfrange"):
			for i := 0; i+2 < len(before); i += 3 {
				f.bfRange(before[i], before[i+1], before[i+2])
			}
			continue
		}
		if len(before) < 1<<17 {
			before = append(before, v)
		}
	}
}

func (f *readFont) bfRange(first, last, to any) {
	from, ok1 := first.(str)
	until, ok2 := last.(str)
	if !ok1 || !ok2 {
		return
	}
	switch t := to.(type) {
	case str:
		if len(f.ranges) < 1<<12 {
			r := codeRange{from: codeOf(from), to: codeOf(until)}
			for i := 0; i+1 < len(t); i += 2 {
				r.text = append(r.text, uint16(t[i])<<8|uint16(t[i+1]))
			}
			f.ranges = append(f.ranges, r)
		}
	case array:
		for i, item := range t {
			if s, ok := item.(str); ok {
				f.chars[codeOf(from)+i] = utf16BE(string(s))
			}
		}
	}
}

func codeOf(s str) int {
	n := 0
	for i := range min(len(s), 4) {
		n = n<<8 | int(s[i])
	}
	return n
}

// embedded is the font program that a page carries: by which numbers its
// glyphs go, and what they look like.
type embedded struct {
	*typeface
	byCode  bool   // codes are the numbers of glyphs
	numbers octets // else, of the glyph of every code
}

// glyph returns the number of the glyph that a code paints.
func (e *embedded) glyph(code int) int {
	if e.byCode {
		return code
	}
	return e.numbers.u16(2 * code)
}

// embedded opens the font program behind f: TrueType outlines, of which codes
// of two bytes are the names (9.7.4.2). It returns nil for any other font.
func (f *readFont) embedded(file *file) *embedded {
	kids := file.array(f.dict["DescendantFonts"])
	if !f.wide || len(kids) != 1 || file.resolve(f.dict["Encoding"]) != name("Identity-H") {
		return nil
	}
	kid := file.dict(kids[0])
	program, ok1 := file.resolve(file.dict(kid["FontDescriptor"])["FontFile2"]).(stream)
	if !ok1 || file.resolve(kid["Subtype"]) != name("CIDFontType2") {
		return nil
	}
	data, err := file.inflate(program)
	face, ok2 := openTypeface(data)
	if err != nil || !ok2 {
		return nil
	}
	out := &embedded{typeface: face}
	switch m := file.resolve(kid["CIDToGIDMap"]).(type) {
	case name:
		out.byCode = m == "Identity"
		ok2 = out.byCode
	case stream:
		out.numbers, err = file.inflate(m)
	default:
		return nil
	}
	if !ok2 || err != nil {
		return nil
	}
	return out
}
