// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"math"

	"kofu/cert/qr"
)

// maxMask bounds the file's bytes of one mask: those of the largest symbol in
// hexadecimal are 8,142.
const maxMask = 1 << 14

// mask notes a symbol that is painted as a mask of one sample to a module
// (8.9.6.2), if that is what Do paints here: upright, not mirrored, square, and
// with nothing in its dictionary that could change how it looks.
func (in *interpreter) mask(operands array) bool {
	if len(operands) != 1 || len(in.page.Symbols) >= maxSymbols {
		return false
	}
	key, _ := operands[0].(name)
	s, ok := in.file.resolve(in.file.dict(in.resources["XObject"])[key]).(stream)
	if !ok || in.file.resolve(s.dict["ImageMask"]) != true {
		return false
	}
	to := in.state.matrix
	near := 0.001 * to[0]
	if to[1] != 0 || to[2] != 0 || !(near > 0) || !(math.Abs(to[0]+to[3]) <= near) {
		return false
	}
	m := in.symbolIn(s)
	if m == nil {
		return false
	}
	box := Box{to[4], to[5] + to[3], to[4] + to[0], to[5]}
	in.plain.symbol(in.state)
	if in.state.white {
		in.wipe(box)
		return true
	}
	in.page.Symbols = append(in.page.Symbols, m)
	in.page.Boxes = append(in.page.Boxes, box)
	return true
}

// symbolIn returns the modules that a mask paints; nil for a mask of no
// symbol's size.
func (in *interpreter) symbolIn(s stream) *qr.Matrix {
	for key := range s.dict {
		switch key {
		case "Type", "Subtype", "Width", "Height", "ImageMask", "BitsPerComponent", "Decode", "Filter", "DecodeParms", "Length":
		default:
			return nil
		}
	}
	number := func(key name) float64 { return in.file.number(s.dict[key], 0) }
	size := number("Width")
	if in.file.resolve(s.dict["Subtype"]) != name("Image") || number("Height") != size || !(size >= 1 && size <= 200) || size != math.Trunc(size) ||
		in.file.number(s.dict["BitsPerComponent"], 1) != 1 || len(s.raw) > maxMask {
		return nil
	}
	painted := byte(0) // the sample that paints, unless Decode turns them round
	if s.dict["Decode"] != nil {
		decode := in.file.numbers(s.dict["Decode"])
		if len(decode) != 2 || decode[0]+decode[1] != 1 || decode[0] != 0 && decode[0] != 1 {
			return nil
		}
		painted = byte(decode[0])
	}
	m, err := qr.NewMatrix(int(size))
	if err != nil {
		return nil
	}
	data, rest, err := in.file.decode(s)
	row := (m.Size + 7) / 8
	if beyond := len(data) - row*m.Size; err != nil || len(rest) > 0 || beyond < 0 || beyond > 1 { // a line end may follow the samples
		return nil
	}
	for y := range m.Size {
		for x := range m.Size {
			m.Set(x, y, data[y*row+x/8]>>(7-x%8)&1 == painted)
		}
	}
	return m
}
