// SPDX-License-Identifier: Apache-2.0

package qr

import "math/bits"

// pad is how many rows of light modules stand above and below the symbol in a
// raster: as many as the quiet zone has, which is all that rule 3 looks at.
const pad = QuietZone

// The largest raster: three words across, 177 rows and the light ones.
const maxRaster = 3 * (177 + 2*pad)

// raster is a symbol in columns of words, 64 modules wide each: first the
// leftmost 64 modules of every row from top to bottom, then the next. Bit x%64
// of a word stands for column x. What lies outside the symbol is light. So 64
// columns are looked at in one step from row to row; looking along rows is the
// same on the raster turned over.
type raster []uint64

// frame is the shape of the rasters of one size of symbol.
type frame struct {
	size  int // modules on a side
	words int // across
}

func newFrame(size int) frame { return frame{size, (size + 63) / 64} }

// rows is the height of a raster with what is above and below the symbol.
func (f frame) rows() int { return f.size + 2*pad }

// length is that of a whole raster.
func (f frame) length() int { return f.words * f.rows() }

// bit is the place of a module: its word's index times 64, and its bit.
func (f frame) bit(x, y int) int { return (x>>6*f.rows()+pad+y)<<6 | x&63 }

// column is the w-th column of words, with what is above and below.
func (f frame) column(r raster, w int) []uint64 { return r[w*f.rows():][:f.rows():f.rows()] }

// valid has a bit for each column of the symbol in the w-th column of words.
func (f frame) valid(w int) uint64 {
	if n := f.size - w<<6; n < 64 {
		return 1<<max(n, 0) - 1
	}
	return 1<<64 - 1
}

// penalty scores a symbol and the same turned over by ISO/IEC 18004 7.8.3.1.
// Where the standard leaves room: a pattern like a finder's has modules of
// width one and counts once, whether four light modules stand on one side of
// it or on both, and those may be of the quiet zone; the share of dark modules
// is rounded down to whole steps of five per cent.
func (f frame) penalty(upright, turned raster) int {
	var runs, squares, finders, dark int
	for w := range f.words {
		down, across, valid := f.column(upright, w), f.column(turned, w), f.valid(w)
		runs += longRuns(down, valid) + longRuns(across, valid)
		finders += finderLike(down) + finderLike(across)
		var right []uint64
		if w+1 < f.words {
			right = f.column(upright, w+1)
		}
		squares += evenSquares(down, right, valid, f.valid(w+1))
		for _, row := range down {
			dark += bits.OnesCount64(row)
		}
	}
	all := f.size * f.size
	steps := max(2*dark-all, all-2*dark) * 10 / all
	return runs + 3*squares + 40*finders + 10*steps
}

// longRuns is rule 1: a run of n ≥ 5 modules of one colour costs n - 2. Every
// stretch of five in a run adds one, the first of them two more.
func longRuns(column []uint64, valid uint64) (cost int) {
	var same1, two1, two2, five1 uint64 // of the row before, and before that
	rows := column[pad : len(column)-pad]
	before := rows[0]
	for _, row := range rows[1:] {
		same := ^(row ^ before) & valid
		two := same & same1
		five := two & two2
		cost += bits.OnesCount64(five) + 2*bits.OnesCount64(five&^five1)
		before, same1, two1, two2, five1 = row, same, two, two1, five
	}
	return cost
}

// evenSquares is rule 2: how many squares of 2 by 2 modules have one colour.
// right is the next column of words, nil at the last.
func evenSquares(column, right []uint64, valid, validRight uint64) (n int) {
	for y := pad + 1; y < len(column)-pad; y++ {
		above, row := column[y-1], column[y]
		var aboveRight, rowRight, sameRight uint64
		if right != nil {
			aboveRight, rowRight = right[y-1], right[y]
			sameRight = ^(aboveRight ^ rowRight) & validRight
		}
		same := ^(above ^ row) & valid
		both := same & (same>>1 | sameRight<<63)
		n += bits.OnesCount64(both &^ (row ^ (row>>1 | rowRight<<63)))
	}
	return n
}

// finderLike is rule 3: how many times dark, light, three dark, light, dark
// stand together with four light modules before or after.
func finderLike(column []uint64) (n int) {
	for y := 0; y+7+2*pad <= len(column); y++ {
		c := column[y : y+15 : y+15]
		found := c[4] &^ c[5] & c[6] & c[7] & c[8] &^ c[9] & c[10]
		if found == 0 {
			continue
		}
		before, after := c[0]|c[1]|c[2]|c[3], c[11]|c[12]|c[13]|c[14]
		n += bits.OnesCount64(found &^ (before & after))
	}
	return n
}

// turn writes to turned what upright shows with rows and columns exchanged.
func (f frame) turn(turned, upright raster) {
	var block [64]uint64
	for w := range f.words {
		for v := range f.words {
			n := copy(block[:], f.column(upright, w)[pad+v<<6:f.rows()-pad])
			clear(block[n:])
			transpose(&block)
			copy(f.column(turned, v)[pad+w<<6:f.rows()-pad], block[:])
		}
	}
}

// transpose exchanges rows and columns of 64 by 64 bits: the two quarters off
// the diagonal change places, and so on within each quarter.
func transpose(a *[64]uint64) {
	mask := uint64(1<<32 - 1)
	for half := 32; half > 0; half >>= 1 {
		for i := 0; i < 64; i = (i + half + 1) &^ half {
			t := (a[i]>>half ^ a[i+half]) & mask
			a[i] ^= t << half
			a[i+half] ^= t
		}
		mask ^= mask << (half >> 1)
	}
}
