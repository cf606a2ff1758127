// SPDX-License-Identifier: Apache-2.0

package canary

import "encoding/binary"

// bitReader reads as DEFLATE does (RFC 1951, 3.1.1).
type bitReader struct {
	b    []byte
	at   int // in bits
	over bool
}

func (r *bitReader) bit() int { return r.number(1) }

// number reads n bits, 25 at most, the least significant first.
func (r *bitReader) number(n int) int {
	at := r.at >> 3
	r.at += n
	if at+4 > len(r.b) {
		return r.tail(at, n)
	}
	return int(binary.LittleEndian.Uint32(r.b[at:])>>((r.at-n)&7)) & (1<<n - 1)
}

// tail is number where fewer than four bytes are left.
func (r *bitReader) tail(at, n int) int {
	var last [4]byte
	if at < len(r.b) {
		copy(last[:], r.b[at:])
	}
	r.over = r.over || r.at > 8*len(r.b)
	return int(binary.LittleEndian.Uint32(last[:])>>((r.at-n)&7)) & (1<<n - 1)
}

// code reads n bits of a Huffman code, the most significant first.
func (r *bitReader) code(v, n int) int {
	for range n {
		v = v<<1 | r.bit()
	}
	return v
}

// likely reports whether b may begin a DEFLATE stream. Of random bytes hardly
// any passes, so that every offset can be tried. A stored block is not looked
// at: what is in it is found as it stands.
func likely(b []byte) bool {
	r := &bitReader{b: b, at: 1} // after BFINAL
	switch r.number(2) {
	case 1:
		return likelyFixed(r)
	case 2:
		return likelyDynamic(r)
	}
	return false
}

// likelyFixed reads a few symbols of the fixed codes (RFC 1951, 3.2.6).
func likelyFixed(r *bitReader) bool {
	const enough = 24
	out := 0
	for range enough {
		c := r.code(0, 7)
		length := 0
		switch {
		case r.over:
			return false
		case c == 0:
			return out >= shortest
		case c <= 0x17: // 256 to 279
			length = 256 + c
		default:
			c = r.code(c, 1)
			if c >= 0xc8 {
				r.bit() // 144 to 255
			} else if c >= 0xc0 {
				length = 280 + c - 0xc0
			}
		}
		if length == 0 {
			out++
			continue
		}
		if length > 285 {
			return false
		}
		n, ok := copied(r, length-257, out)
		if !ok {
			return false
		}
		out += n
	}
	return !r.over
}

// copied reads the rest of a length and a distance, which must not reach
// before the beginning.
func copied(r *bitReader, length, out int) (n int, ok bool) {
	n = 3 + length
	if length >= 8 && length < 28 {
		extra := length>>2 - 1
		n = (4+length&3)<<extra + 3 + r.number(extra)
	}
	d := r.code(0, 5)
	if d > 29 {
		return 0, false
	}
	distance := d + 1
	if d >= 4 {
		extra := d>>1 - 1
		distance = (2+d&1)<<extra + 1 + r.number(extra)
	}
	return n, distance <= out && !r.over
}

// likelyDynamic wants counts in their range, and code lengths of a complete
// code (RFC 1951, 3.2.7).
func likelyDynamic(r *bitReader) bool {
	literals, distances, lengths := r.number(5), r.number(5), r.number(4)+4
	if literals > 29 || distances > 29 {
		return false
	}
	sum := 0
	for range lengths {
		if n := r.number(3); n > 0 {
			sum += 128 >> n
		}
	}
	return sum == 128 && !r.over
}
