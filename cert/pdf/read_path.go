// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"math"

	"kofu/cert/qr"
)

// maxRects bounds the rectangles of one path: the largest symbol, every
// second module dark, has 15,665.
const maxRects = 1 << 16

// path is the current path (8.5): its upright rectangles, and the bounds of
// everything in it.
type path struct {
	rects []Box
	other bool // it has more than rectangles
	steps int  // operators that built it
	box   Box
	begun bool
}

func (p *path) point(x, y float64) {
	if !p.begun {
		p.box, p.begun = Box{x, y, x, y}, true
		return
	}
	p.box = Box{min(p.box.X0, x), min(p.box.Y0, y), max(p.box.X1, x), max(p.box.Y1, y)}
}

// pathOperator builds and paints paths.
func (in *interpreter) pathOperator(op keyword, n []float64) {
	p, m := &in.path, in.state.matrix
	switch op {
	case "m", "l", "c", "v", "y":
		p.other = true
		p.steps++
		for i := 0; i+1 < len(n); i += 2 {
			p.point(m.apply(n[i], n[i+1]))
		}
	case "re":
		if len(n) != 4 {
			return
		}
		var r path
		for _, corner := range [][2]float64{{0, 0}, {n[2], 0}, {0, n[3]}, {n[2], n[3]}} {
			x, y := m.apply(n[0]+corner[0], n[1]+corner[1])
			r.point(x, y)
			p.point(x, y)
		}
		if m[1] != 0 || m[2] != 0 || len(p.rects) >= maxRects {
			p.other = true
			return
		}
		p.rects = append(p.rects, r.box)
	case "f", "F", "f*", "B", "B*", "b", "b*":
		in.filled()
		in.path = path{}
	case "S", "s":
		in.stroked()
		in.path = path{}
	case "n":
		in.path = path{}
	}
}

// stroked notes a line, whatever its colour, as wide as its pen makes it.
func (in *interpreter) stroked() {
	p := in.path
	if !p.begun {
		return
	}
	half := in.state.pen / 2 * math.Hypot(in.state.matrix[0], in.state.matrix[1])
	box := Box{p.box.X0 - half, p.box.Y0 - half, p.box.X1 + half, p.box.Y1 + half}
	in.plain.stroked(p, box)
	in.page.Rules = append(in.page.Rules, box)
}

// maxSymbols bounds how many symbols of a file are noted.
const maxSymbols = 256

// filled notes a filled path: a symbol, an area, or white that wipes out the
// symbols it touches.
func (in *interpreter) filled() {
	p := in.path
	switch {
	case !p.begun:
		return
	case in.state.white:
		in.wipe(p.box)
		in.plain.whitened(p)
		return
	}
	if !p.other {
		m := symbolOf(p.rects, p.box)
		if m != nil && len(in.page.Symbols) < maxSymbols {
			in.plain.symbol(in.state)
			in.page.Symbols = append(in.page.Symbols, m)
			in.page.Boxes = append(in.page.Boxes, p.box)
			return
		}
	}
	in.plain.broken = true
	in.page.Rules = append(in.page.Rules, p.box)
}

func (in *interpreter) wipe(area Box) {
	symbols, boxes := in.page.Symbols, in.page.Boxes
	in.page.Symbols, in.page.Boxes = nil, nil
	for i, b := range boxes {
		if !b.Overlaps(area) {
			in.page.Symbols = append(in.page.Symbols, symbols[i])
			in.page.Boxes = append(in.page.Boxes, b)
			continue
		}
		in.plain.broken = true
	}
}

// symbolOf returns the modules of a path that is a square of rectangles on
// the grid of some symbol size; nil for any other path. The upper left finder
// pattern tells the size of a module: seven of them are its upper edge.
func symbolOf(rects []Box, box Box) *qr.Matrix {
	width, height := box.X1-box.X0, box.Y1-box.Y0
	if len(rects) < 21 || width <= 0 || math.Abs(width-height) > 0.01*width {
		return nil
	}
	module := width
	for _, r := range rects {
		module = min(module, r.X1-r.X0, r.Y1-r.Y0)
	}
	if module <= 0 || width/module > 200 {
		return nil
	}
	m, err := qr.NewMatrix(int(math.Round(width / module)))
	if err != nil {
		return nil
	}
	module = width / float64(m.Size)
	for _, r := range rects {
		x0, ok1 := onGrid((r.X0 - box.X0) / module)
		x1, ok2 := onGrid((r.X1 - box.X0) / module)
		y0, ok3 := onGrid((r.Y0 - box.Y0) / module)
		y1, ok4 := onGrid((r.Y1 - box.Y0) / module)
		if !ok1 || !ok2 || !ok3 || !ok4 {
			return nil
		}
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				m.Set(x, y, true)
			}
		}
	}
	return m
}

func onGrid(v float64) (int, bool) {
	n := math.Round(v)
	return int(n), math.Abs(v-n) < 0.1
}
