// SPDX-License-Identifier: Apache-2.0

package canary

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// look is the search of one window.
type look struct {
	s       *Searcher
	hits    []Hit
	left    int // bytes that may still be taken out of packed things
	raw     io.ReadCloser
	scratch []byte
}

// span is where a mark was seen already, from outside or in something packed.
type span struct{ at, end int }

// at searches b, and takes apart what begins before mine. Offsets within what
// is packed are all that of the outermost, at; path names those around. What
// is seen in two ways at one place is told once.
func (w *look) at(b []byte, mine, depth int, at int64, path string) {
	where := func(i int) int64 {
		if depth == 0 {
			return int64(i)
		}
		return at
	}
	seen := map[Mark][]span{}
	again := func(m Mark, at, end int) bool {
		return slices.ContainsFunc(seen[m], func(s span) bool { return at < s.end && s.at < end })
	}
	w.s.matcher.find(b, func(i int, p pattern) {
		before := seen[*p.mark] // in order: only the last can reach as far as i
		if i < mine && (len(before) == 0 || before[len(before)-1].end <= i) {
			w.hits = append(w.hits, Hit{*p.mark, path + p.how, where(i)})
			seen[*p.mark] = append(before, span{i, i + len(p.bytes)})
		}
	})
	if depth == deepest {
		return
	}
	outer := depth == 0 || depth == 1 && (path == "gzip: " || path == "zlib: ")
	w.parts(b, mine, outer, func(c packed) {
		if w.left -= len(c.inside); w.left < 0 || len(c.inside) < shortest || c.at >= mine {
			return
		}
		from := len(w.hits)
		w.at(c.inside, len(c.inside), depth+1, where(c.at), path+c.how+": ")
		found := slices.DeleteFunc(slices.Clone(w.hits[from:]), func(h Hit) bool { return again(h.Mark, c.at, c.end) })
		w.hits = append(w.hits[:from], found...)
		for _, h := range found {
			seen[h.Mark] = append(seen[h.Mark], span{c.at, c.end})
		}
	})
}

// packed is what was taken out of b[at:end].
type packed struct {
	how     string
	at, end int
	inside  []byte
}

// parts takes apart what in b begins before mine.
func (w *look) parts(b []byte, mine int, outer bool, tell func(packed)) {
	add := func(how string, at, end int, inside []byte) { tell(packed{how, at, end, inside}) }
	w.streams(b, mine, outer, add)
	runs(b, mine, isBase64, 16, func(at, end int) { fromBase64(b, at, end, add) })
	runs(b, mine, isHex, 32, func(at, end int) {
		for skip := range 2 {
			run := b[at+skip : end-(end-at-skip)%2]
			out := make([]byte, hex.DecodedLen(len(run)))
			_, _ = hex.Decode(out, run)
			add("hex", at, end, out)
		}
	})
	runs(b, mine, isDigit, 40, func(at, end int) {
		for skip := range 2 {
			add("numeric", at, end, fromNumeric(b[at+skip:end]))
		}
	})
	wide(b, mine, add)
	if bytes.IndexByte(b, '%') >= 0 {
		runs(b, mine, isForm, 8, func(at, end int) {
			if out, any := fromPercent(b[at:end]); any {
				add("percent", at, end, out)
			}
		})
	}
	if bytes.Contains(b, []byte(`\`)) {
		quoted(b, mine, func(at, end int) {
			if out, any := fromEscapes(b[at:end]); any {
				add("json", at, end, out)
			}
		})
	}
}

// runs tells each longest run of bytes that are, of length least and more.
func runs(b []byte, mine int, are func(byte) bool, least int, tell func(at, end int)) {
	for i := 0; i < mine; i++ {
		if !are(b[i]) {
			continue
		}
		at := i
		for i < len(b) && are(b[i]) {
			i++
		}
		if i-at >= least {
			tell(at, i)
		}
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }
func isWord(c byte) bool  { return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// isBase64 has line breaks, which PEM and mail put between.
func isBase64(c byte) bool {
	return isWord(c) || c == '+' || c == '/' || c == '-' || c == '_' || c == '\n' || c == '\r'
}

func isForm(c byte) bool {
	return isWord(c) || bytes.IndexByte([]byte("%+-_.~*'()!:/,@"), c) >= 0
}

func isString(c byte) bool { return c >= ' ' && c != '"' && c != 0x7f }

// wide folds runs of ASCII in UTF-16, of either order: what is written so may
// be an encoding of something else.
func wide(b []byte, mine int, add func(string, int, int, []byte)) {
	const least = 16
	for i := 0; i+1 < len(b) && i < mine; i++ {
		if b[i] != 0 || !printable(b[i+1]) {
			continue
		}
		at := i // of a zero before a character, or after one where b[at-1] begins the run
		if i > 0 && printable(b[i-1]) {
			at--
		}
		first := at
		if b[at] == 0 {
			first++
		}
		var out []byte
		end := first
		for ; end < len(b) && printable(b[end]) && (end+1 == len(b) || b[end+1] == 0); end += 2 {
			out = append(out, b[end])
		}
		if first == at+1 && end < len(b) && printable(b[end]) && b[end-1] == 0 {
			out, end = append(out, b[end]), end+1 // the last of big-endian has nothing after it
		}
		if len(out) >= least {
			add("utf-16", at, min(end, len(b)), out)
		}
		i = max(i, min(end, len(b))-1)
	}
}

func printable(c byte) bool { return c >= ' ' && c < 0x7f || c == '\n' || c == '\r' }

// fromBase64 decodes a run from each of its first four characters on: where
// it began is not known.
func fromBase64(b []byte, at, end int, add func(string, int, int, []byte)) {
	text := make([]byte, 0, end-at)
	for _, c := range b[at:end] {
		switch c {
		case '\n', '\r':
		case '-':
			text = append(text, '+')
		case '_':
			text = append(text, '/')
		default:
			text = append(text, c)
		}
	}
	for skip := range min(4, len(text)) {
		run := text[skip:]
		if len(run)%4 == 1 {
			run = run[:len(run)-1]
		}
		out := make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
		n, _ := base64.RawStdEncoding.Decode(out, run)
		add("base64", at, end, out[:n])
		if len(run) >= 40 {
			if plain := inflate(flate.NewReader(bytes.NewReader(out[:n]))); len(plain) > 0 {
				add("base64: deflate", at, end, plain)
			}
		}
	}
}

// fromNumeric reads pairs of digits as SMART Health Cards do: 00 is '-'.
func fromNumeric(b []byte) []byte {
	out := make([]byte, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		out = append(out, '-'+(b[i]-'0')*10+b[i+1]-'0')
	}
	return out
}

func fromPercent(b []byte) (out []byte, any bool) {
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]):
			n, _ := strconv.ParseUint(string(b[i+1:i+3]), 16, 8)
			out, any = append(out, byte(n)), true
			i += 2
		case b[i] == '+':
			out = append(out, ' ')
		default:
			out = append(out, b[i])
		}
	}
	return out, any
}

// quoted tells runs between quotes or control characters; an escaped quote
// ends none.
func quoted(b []byte, mine int, tell func(at, end int)) {
	for i := 0; i < mine; i++ {
		at := i
		for i < len(b) && isString(b[i]) {
			if b[i] == '\\' {
				i++
			}
			i++
		}
		if i = min(i, len(b)); i-at >= 8 {
			tell(at, i)
		}
	}
}

// fromEscapes undoes the escapes of a JSON, C or Go string.
func fromEscapes(b []byte) (out []byte, any bool) {
	var units []uint16
	flush := func() {
		for _, r := range utf16.Decode(units) {
			out = utf8.AppendRune(out, r)
		}
		units = units[:0]
	}
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			any = true
			if n, size := escape(b[i+1:]); size > 0 {
				if size == 5 {
					units = append(units, uint16(n)) //nolint:gosec // four hex digits
				} else {
					flush()
					out = append(out, byte(n)) //nolint:gosec // two hex digits
				}
				i += size
				continue
			}
			i++
			flush()
			if at := strings.IndexByte("abtnvfr", b[i]); at >= 0 {
				out = append(out, "\a\b\t\n\v\f\r"[at])
			} else {
				out = append(out, b[i]) // \/ and \" stand for what follows
			}
			continue
		}
		flush()
		out = append(out, b[i])
	}
	flush()
	return out, any
}

// escape reads u0041 or x41.
func escape(b []byte) (n uint64, size int) {
	for _, form := range []struct {
		letter byte
		digits int
	}{{'u', 4}, {'x', 2}} {
		if b[0] != form.letter || len(b) <= form.digits {
			continue
		}
		if n, err := strconv.ParseUint(string(b[1:1+form.digits]), 16, 16); err == nil {
			return n, 1 + form.digits
		}
	}
	return 0, 0
}

// streams looks for what is compressed. What has no header is tried at every
// offset of what is outermost, and of a stream that had one.
func (w *look) streams(b []byte, mine int, outer bool, add func(string, int, int, []byte)) {
	for i := 0; i+shortest <= len(b) && i < mine; i++ {
		switch {
		case b[i] == 0x1f && b[i+1] == 0x8b && b[i+2] == 8:
			src := bytes.NewReader(b[i:])
			if r, err := gzip.NewReader(src); err == nil {
				out := inflate(r)
				add("gzip", i, len(b)-src.Len(), out)
			}
		case b[i]&0x0f == 8 && b[i]>>4 <= 7 && (int(b[i])<<8|int(b[i+1]))%31 == 0 && b[i+1]&0x20 == 0:
			src := bytes.NewReader(b[i:])
			if r, err := zlib.NewReader(src); err == nil {
				out := inflate(r)
				add("zlib", i, len(b)-src.Len(), out)
			}
		}
		if every := w.s.Every; (i == 0 || outer && every > 0 && i%every == 0) && likely(b[i:]) {
			if out, used := w.bare(b[i:]); len(out) > 0 {
				add("deflate", i, i+used, out)
			}
		}
	}
}

// bare tries b as DEFLATE without a header. What does not come to an end is
// most likely none: it is returned only if a mark is in it.
func (w *look) bare(b []byte) (out []byte, used int) {
	src := bytes.NewReader(b)
	if w.raw == nil {
		w.raw = flate.NewReader(src)
		w.scratch = make([]byte, 64<<10)
	} else if r, ok := w.raw.(flate.Resetter); !ok || r.Reset(src, nil) != nil {
		return nil, 0
	}
	n, err := io.ReadFull(w.raw, w.scratch)
	if n < shortest {
		return nil, 0
	}
	if whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && w.ended(); !whole {
		found := false
		w.s.matcher.find(w.scratch[:n], func(int, pattern) { found = true })
		if !found {
			return nil, 0
		}
	}
	return bytes.Clone(w.scratch[:n]), len(b) - src.Len()
}

// ended reports whether the stream itself has come to its end: [io.ReadFull]
// says the same of one that was cut off.
func (w *look) ended() bool {
	_, err := w.raw.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

// inflate reads what can be read.
func inflate(r io.Reader) []byte {
	var out bytes.Buffer
	_, _ = io.CopyN(&out, r, fullest)
	return out.Bytes()
}

// whole searches a stream that is gzip from its first byte on, packed and
// unpacked.
func (s *Searcher) whole(r io.Reader) []Hit {
	g, err := gzip.NewReader(r)
	if err != nil {
		return nil
	}
	hits, _, _ := s.stream(g, 1) // as far as it can be read
	for i := range hits {
		hits[i].Encoding = "gzip: " + hits[i].Encoding
	}
	_, _ = io.Copy(io.Discard, r)
	return hits
}
