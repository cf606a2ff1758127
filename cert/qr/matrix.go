// SPDX-License-Identifier: Apache-2.0

// Package qr turns text into QR Code symbols (ISO/IEC 18004, Model 2) and
// reads symbols back, from modules or from pictures. The writers ([Encoder],
// and [Skip2] to compare with) and the reader (github.com/makiuchi-d/gozxing)
// share no code, so that one can check the other.
package qr

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math/bits"
	"slices"
)

// QuietZone is the empty margin that a symbol needs on every side, in modules
// (ISO/IEC 18004 6.3.8).
const QuietZone = 4

// Errors of this package. None of them carries any of the text.
var (
	ErrEmpty     = errors.New("qr: nothing to encode")
	ErrText      = errors.New("qr: not UTF-8")
	ErrTooLong   = errors.New("qr: text too long for a symbol")
	ErrEncode    = errors.New("qr: symbol could not be made")
	ErrMatrix    = errors.New("qr: not the size of a symbol")
	ErrUnread    = errors.New("qr: no symbol could be read")
	ErrDamaged   = errors.New("qr: symbol differs from what its codewords say")
	ErrTooLarge  = errors.New("qr: picture too large")
	errRecovered = errors.New("qr: decoder gave up")
)

// Level is how much of a symbol may be lost before it cannot be read.
type Level int

// The four levels: about 7, 15, 25 and 30 per cent.
const (
	L Level = iota
	M
	Q
	H
)

// Matrix is the square of modules of one symbol, without its quiet zone.
type Matrix struct {
	Size    int // modules on a side: 17 + 4 × Version
	Version int // 1 to 40
	rows    []row
}

// row is a row of modules: bit x%64 of word x/64 stands for column x, dark
// where it is set. Bits beyond the symbol are not.
type row [3]uint64

// NewMatrix returns an all-light matrix of size modules on a side, or
// [ErrMatrix] where no symbol has that size.
func NewMatrix(size int) (*Matrix, error) {
	if size < 21 || size > 177 || size%4 != 1 {
		return nil, ErrMatrix
	}
	return &Matrix{Size: size, Version: (size - 17) / 4, rows: make([]row, size)}, nil
}

// Dark reports whether the module in column x of row y, both from 0 at the
// upper left, is dark. Everything outside the matrix is light.
func (m *Matrix) Dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < m.Size && y < m.Size && m.rows[y][x>>6]>>(x&63)&1 == 1
}

// Set makes one module dark or light; outside the matrix it does nothing.
func (m *Matrix) Set(x, y int, dark bool) {
	if x >= 0 && y >= 0 && x < m.Size && y < m.Size {
		m.rows[y][x>>6] &^= 1 << (x & 63)
		if dark {
			m.rows[y][x>>6] |= 1 << (x & 63)
		}
	}
}

// Equal reports whether m and o have the same modules.
func (m *Matrix) Equal(o *Matrix) bool { return slices.Equal(m.rows, o.rows) }

// Image draws m with scale pixels per module (at least 1) and its quiet zone.
func (m *Matrix) Image(scale int) *image.Paletted {
	scale = max(1, scale)
	side := (m.Size + 2*QuietZone) * scale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		row := img.Pix[y*img.Stride:]
		for x := range side {
			if m.Dark(x/scale-QuietZone, y/scale-QuietZone) {
				row[x] = 1
			}
		}
	}
	return img
}

// PNG is [Matrix.Image] as a PNG file.
func (m *Matrix) PNG(scale int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, m.Image(scale)) // a paletted image into memory cannot fail
	return b.Bytes()
}

// AppendBits appends the modules as samples of one bit: row by row from the
// upper left, eight to a byte, the first in its highest bit, 1 for a dark one,
// every row filled up with zeros.
func (m *Matrix) AppendBits(out []byte) []byte {
	for _, r := range m.rows {
		for i := range (m.Size + 7) / 8 {
			out = append(out, bits.Reverse8(byte(r[i>>3]>>(8*(i&7)))))
		}
	}
	return out
}
