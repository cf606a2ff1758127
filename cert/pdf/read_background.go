// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	_ "embed"
	"math"
	"slices"
	"strings"

	"kofu/cert/qr"
)

// latentWords says where the words of the copy-evident background are: 40
// lines of 195 cells, '#' for the word. It is data that writer and reader
// share; what follows from it each works out for itself.
//
//go:embed background/words.txt
var latentWords string

// What a copy-evident background is, for the reader: seven pictures below
// each other, in millimetres from the upper left corner of the page; each of
// 4680 × 960 samples of one bit, 1 for the light blue; in cells of 12 × 12.
// There is no other that a plain page may have.
const (
	latentBands  = 7
	latentLeft   = 5.969
	latentTop    = 6.223
	latentWide   = 198.12
	latentHigh   = 40.64
	latentNear   = 0.01 // millimetres
	latentCells  = 390
	latentRows   = 80
	latentCell   = 12
	latentColors = "\xFF\xFF\xFF\x00\xAE\xEF" // palette: white, light blue
	latentClear  = 0.99                       // millimetres of white around a symbol's quiet zone, at least
)

// background takes the next picture of the background, if that is what Do
// paints here: the very samples, in the very colours, at the place where it
// belongs, with nothing painted before it that it could cover.
func (in *interpreter) background(operands array) bool {
	i := in.plain.bands
	if len(operands) != 1 || i >= latentBands || in.state.alpha < 1 || !in.untouched() {
		return false
	}
	want := matrix{latentWide, 0, 0, -latentHigh, latentLeft, latentTop + float64(i+1)*latentHigh}
	for k, v := range in.state.matrix {
		if !(math.Abs(v-want[k]) <= latentNear) {
			return false
		}
	}
	key, _ := operands[0].(name)
	target, ok := in.file.dict(in.resources["XObject"])[key].(ref)
	if !ok || in.plain.band != target && !in.latent(target) {
		return false
	}
	in.plain.band = target
	in.plain.bands++
	return true
}

// untouched reports whether nothing but the background has been painted.
func (in *interpreter) untouched() bool {
	p := in.page
	return !in.plain.broken && len(in.plain.whites)+len(p.Runs)+len(p.Rules)+len(p.Symbols)+len(p.Images) == 0 &&
		in.actual == nil && !in.path.begun
}

// latent reports whether an object is the picture of the background: in its
// dictionary nothing that could change how it looks, and every sample right.
func (in *interpreter) latent(target ref) bool {
	s, ok := in.file.resolve(target).(stream)
	if !ok {
		return false
	}
	for key := range s.dict {
		switch key {
		case "Type", "Subtype", "Width", "Height", "ColorSpace", "BitsPerComponent", "Filter", "DecodeParms", "Length":
		default:
			return false
		}
	}
	number := func(key name) float64 { return in.file.number(s.dict[key], 0) }
	if in.file.resolve(s.dict["Subtype"]) != name("Image") || number("Width") != latentCells*latentCell ||
		number("Height") != latentRows*latentCell || number("BitsPerComponent") != 1 || !in.latentSpace(s.dict["ColorSpace"]) {
		return false
	}
	data, rest, err := in.file.decode(s)
	return err == nil && len(rest) == 0 && latentSamples(data)
}

// latentSpace reports whether a colour space is the palette of the background.
func (in *interpreter) latentSpace(v any) bool {
	a := in.file.array(v)
	if len(a) != 4 || in.file.resolve(a[0]) != name("Indexed") || in.file.resolve(a[1]) != name("DeviceRGB") || in.file.number(a[2], 0) != 1 {
		return false
	}
	switch p := in.file.resolve(a[3]).(type) {
	case str:
		return p == latentColors
	case stream:
		colors, err := in.file.inflate(p)
		return err == nil && string(colors) == latentColors
	}
	return false
}

// latentSamples compares all samples of a picture, row by row.
func latentSamples(data []byte) bool {
	const width = latentCells * latentCell / 8
	lines := strings.Fields(latentWords)
	if len(data) != width*latentRows*latentCell || len(lines) != 40 {
		return false
	}
	want := make([]byte, 0, width)
	for row := range latentRows {
		// The second line of words begins within a word.
		line := strings.Repeat(lines[row%40], 3)[row/40*97:]
		for y := range latentCell {
			ground, word := latentDots(row, y)
			want = want[:0]
			for x := 0; x < latentCells; x += 2 {
				a, b := ground, ground
				if line[x] == '#' {
					a = word
				}
				if line[x+1] == '#' {
					b = word
				}
				want = append(want, byte(a>>4), byte(a<<4|b>>8), byte(b))
			}
			if !bytes.Equal(data[:width], want) {
				return false
			}
			data = data[width:]
		}
	}
	return true
}

// latentDots returns the twelve samples, the first the highest bit, of line y
// of a cell: in the ground one of three, every third line, two of the four
// lines moved by one; in a word four in the four lines in the middle, to the
// left and to the right in turn.
func latentDots(row, y int) (ground, word uint16) {
	switch y {
	case 1, 7:
		ground = 0b_100_100_100_100
	case 4, 10:
		ground = 0b_010_010_010_010
	}
	if y >= 4 && y < 8 {
		word = 0b_011110_000000
		if row%2 == 1 {
			word = 0b_000000_011110
		}
	}
	return ground, word
}

// clears reports whether one of the white areas keeps the background away
// from a symbol, its quiet zone and a little more.
func (p *plain) clears(symbol Box, m *qr.Matrix) bool {
	far := 4*(symbol.X1-symbol.X0)/float64(m.Size) + latentClear
	return slices.ContainsFunc(p.whites, func(w Box) bool {
		return w.X0 <= symbol.X0-far && w.Y0 <= symbol.Y0-far && w.X1 >= symbol.X1+far && w.Y1 >= symbol.Y1+far
	})
}
