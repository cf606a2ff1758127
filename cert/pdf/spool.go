// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"math"
	"strconv"
)

// spool is a file, or a part of one, in the making: bytes, and where in them
// each object begins.
type spool struct {
	b      []byte
	starts []start

	length, data int // of the stream that is open: where its length goes, and where its data begins
}

// start is where an object begins.
type start struct{ number, at int }

func (s *spool) text(texts ...string) {
	for _, t := range texts {
		s.b = append(s.b, t...)
	}
}

func (s *spool) int(n int) { s.b = strconv.AppendInt(s.b, int64(n), 10) }

// ref writes a reference to an object.
func (s *spool) ref(number int) {
	s.int(number)
	s.text(" 0 R")
}

func (s *spool) begin(number int) {
	s.starts = append(s.starts, start{number, len(s.b)})
	s.int(number)
	s.text(" 0 obj\n")
}

func (s *spool) end() { s.text("\nendobj\n") }

// object writes an object that is nothing but text.
func (s *spool) object(number int, text string) {
	s.begin(number)
	s.text(text)
	s.end()
}

// lengthRoom keeps room for a length that is not yet known.
const lengthRoom = "       "

// beginStream begins an object that is a stream with these entries; what is
// written until endStream is its data.
func (s *spool) beginStream(number int, entries string) {
	s.begin(number)
	s.text("<<", entries, "/Length ")
	s.length = len(s.b)
	s.text(lengthRoom, ">>\nstream\n")
	s.data = len(s.b)
}

// endStream ends it, and returns the length of the data.
func (s *spool) endStream() int {
	n := len(s.b) - s.data
	s.fill(s.length, n)
	s.text("\nendstream")
	s.end()
	return n
}

// fill writes n into the room at at.
func (s *spool) fill(at, n int) {
	for i := at + len(lengthRoom) - 1; i >= at && (n > 0 || i == at+len(lengthRoom)-1); i-- {
		s.b[i] = byte('0' + n%10)
		n /= 10
	}
}

// number writes v with two decimals.
func (s *spool) number(v float64) { s.b = appendFixed(s.b, v, 2) }

// numbers writes values with two decimals, a space after each.
func (s *spool) numbers(values ...float64) {
	for _, v := range values {
		s.b = append(appendFixed(s.b, v, 2), ' ')
	}
}

// appendFixed writes v with so many decimals, at most 5: much faster than
// package strconv, which finds out how many it takes.
func appendFixed(b []byte, v float64, decimals int) []byte {
	scale := [...]float64{1, 10, 100, 1e3, 1e4, 1e5}[decimals]
	n := int64(math.Round(v * scale))
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	unit := int64(scale)
	b = strconv.AppendInt(b, n/unit, 10)
	if decimals == 0 {
		return b
	}
	b = append(b, '.')
	for n %= unit; unit > 1; n %= unit {
		unit /= 10
		b = append(b, byte('0'+n/unit))
	}
	return b
}

const hexDigits = "0123456789ABCDEF"

// appendHex writes a number of 16 bits in four hexadecimal digits.
func appendHex(b []byte, v uint16) []byte {
	return append(b, hexDigits[v>>12], hexDigits[v>>8&15], hexDigits[v>>4&15], hexDigits[v&15])
}

// appendCode writes a code of two bytes into a literal string (ISO 32000-1
// 7.3.4.2).
func appendCode(b []byte, code uint16) []byte {
	return appendLiteral(appendLiteral(b, byte(code>>8)), byte(code))
}

func appendLiteral(b []byte, c byte) []byte {
	switch c {
	case '(', ')', '\\':
		b = append(b, '\\')
	case '\r':
		b, c = append(b, '\\'), 'r'
	}
	return append(b, c)
}

// appendUTF16 writes a text in hexadecimal UTF-16BE.
func appendUTF16(b []byte, text string) []byte {
	for _, r := range text {
		if r > 0xFFFF {
			r -= 0x10000
			b = appendHex(b, 0xD800|uint16(r>>10))
			r = 0xDC00 | r&0x3FF
		}
		b = appendHex(b, uint16(r))
	}
	return b
}
