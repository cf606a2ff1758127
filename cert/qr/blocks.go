// SPDX-License-Identifier: Apache-2.0

package qr

import "encoding/binary"

// maxCodewords is what version 40 holds.
const maxCodewords = 3706

// checkWords has, for each level and version, the error correction codewords
// of a block, and blockCount the number of blocks (ISO/IEC 18004 table 9).
var checkWords = [4][41]uint8{
	L: {0, 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
	M: {0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28},
	Q: {0, 13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
	H: {0, 17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
}

var blockCount = [4][41]uint8{
	L: {0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25},
	M: {0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49},
	Q: {0, 1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68},
	H: {0, 1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81},
}

// codewords is how many of them a version holds: one for eight modules that
// are not part of a function pattern.
func codewords(version int) int {
	size := 17 + 4*version
	free := size*size - 3*64 - 31 - 2*(size-16) // finders with separators, format and the dark module, timing
	if n := len(alignment(version)); n > 0 {
		free -= 25*(n*n-3) - 5*2*(n-2) // those on a timing pattern share five modules with it
	}
	if version >= 7 {
		free -= 2 * 18
	}
	return free / 8
}

// layout is how the codewords of one version and level are divided: the first
// blocks have short data codewords each, the last ones one more.
type layout struct {
	total  int // codewords
	data   int // of these
	blocks int
	check  int // codewords for error correction in each block
}

func newLayout(version int, l Level) layout {
	b := layout{total: codewords(version), blocks: int(blockCount[l][version]), check: int(checkWords[l][version])}
	b.data = b.total - b.blocks*b.check
	return b
}

// interleave writes the codewords to all in the order they are placed in
// (ISO/IEC 18004 7.6): the first data codeword of each block, the second, and
// so on, then the same with the codewords for error correction.
func (b layout) interleave(all, data []byte, r *reducer) {
	short, long := b.data/b.blocks, b.data%b.blocks
	var rest [maxCheck]byte
	for i := range b.blocks {
		n := short
		if i >= b.blocks-long {
			n++
		}
		block := data[:n]
		data = data[n:]
		for j, c := range block[:short] {
			all[j*b.blocks+i] = c
		}
		if n > short {
			all[short*b.blocks+i-(b.blocks-long)] = block[short]
		}
		r.remainder(&rest, block)
		for j, c := range rest[:b.check] {
			all[b.data+j*b.blocks+i] = c
		}
	}
	clear(rest[:])
}

// maxCheck is room for the codewords for error correction of a block, of
// which there are 30 at most.
const maxCheck = 32

// reducer divides by the generator polynomial of one degree over GF(256)
// (ISO/IEC 18004 7.5.2). Row b is b times that polynomial without its first
// coefficient, which is 1; the next coefficient is the highest byte.
type reducer [256][4]uint64

func newReducer(degree int) *reducer {
	g := make([]byte, degree+1) // highest coefficient first
	g[0] = 1
	root := byte(1)
	for i := range degree { // times x - 2^i
		for j := i + 1; j > 0; j-- {
			g[j] ^= product(g[j-1], root)
		}
		root = product(root, 2)
	}
	r := new(reducer)
	for b := range r {
		var row [maxCheck]byte
		for i, c := range g[1:] {
			row[i] = product(c, byte(b))
		}
		for i := range r[b] {
			r[b][i] = binary.BigEndian.Uint64(row[8*i:])
		}
	}
	return r
}

// product multiplies in GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1.
func product(a, b byte) (p byte) {
	for ; b != 0; b >>= 1 {
		if b&1 == 1 {
			p ^= a
		}
		over := a >> 7
		a = a<<1 ^ over*0x1d
	}
	return p
}

// remainder writes the codewords for error correction of block to out.
func (r *reducer) remainder(out *[maxCheck]byte, block []byte) {
	var a, b, c, d uint64 // the remainder so far, its highest coefficient first
	for _, x := range block {
		row := &r[byte(a>>56)^x]
		a = (a<<8 | b>>56) ^ row[0]
		b = (b<<8 | c>>56) ^ row[1]
		c = (c<<8 | d>>56) ^ row[2]
		d = d<<8 ^ row[3]
	}
	binary.BigEndian.PutUint64(out[0:], a)
	binary.BigEndian.PutUint64(out[8:], b)
	binary.BigEndian.PutUint64(out[16:], c)
	binary.BigEndian.PutUint64(out[24:], d)
}
