// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"cmp"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

// Bounds on what one look at a picture may cost.
const (
	maxSeen    = 2000 // finder patterns noted before the scan is ended
	maxCenters = 48   // the best of them that are combined with each other
	maxCorners = 400  // triples whose modules are looked at
)

type point struct{ x, y float64 }

func (p point) add(q point) point        { return point{p.x + q.x, p.y + q.y} }
func (p point) sub(q point) point        { return point{p.x - q.x, p.y - q.y} }
func (p point) times(f float64) point    { return point{p.x * f, p.y * f} }
func (p point) length() float64          { return math.Hypot(p.x, p.y) }
func (p point) cross(q point) float64    { return p.x*q.y - p.y*q.x }
func (p point) distance(q point) float64 { return p.sub(q).length() }

// center is one finder pattern: its middle and the width of a module there,
// in pixels of the original picture.
type center struct {
	point
	module float64
	count  int // scan lines that agree
}

// corners are the three finder patterns of what may be a symbol.
type corners struct {
	topLeft, topRight, bottomLeft point
	module                        float64
	misfit                        float64 // how far from a square, 0 is best
}

// symbols reads what it can, adds it to all, and returns how many finder
// patterns are left that belong to nothing read so far.
func (a attempt) symbols(all *[]found) (open int) {
	defer func() { _ = recover() }() // the library's scan, on whatever the picture holds
	bits := a.bits()
	if bits == nil {
		return 0
	}
	centers := a.centers(bits)
	light := newPlane(a.gray)
	for i := range centers {
		centers[i].point = light.core(centers[i].point, centers[i].module)
	}
	for i, c := range squares(centers) {
		if i >= maxCorners {
			break
		}
		if inside(*all, c.topLeft) || inside(*all, c.topRight) || inside(*all, c.bottomLeft) {
			continue
		}
		if f, ok := light.symbol(c); ok {
			*all = append(*all, f)
		}
	}
	for _, c := range centers {
		if !inside(*all, c.point) {
			open++
		}
	}
	return open
}

// centers scans the lines of bits for the 1:1:3:1:1 of finder patterns and
// returns the ones seen on at least two lines, best first.
func (a attempt) centers(bits *gozxing.BitMatrix) []center {
	finder := detector.NewFinderPatternFinder(bits, nil)
	for y := 1; y < bits.GetHeight() && len(finder.GetPossibleCenters()) < maxSeen; y += 2 {
		scanLine(finder, bits, y)
	}
	var out []center
	for _, p := range finder.GetPossibleCenters() {
		if p.GetCount() >= 2 {
			at := point{(p.GetX()) / a.scale, (p.GetY()) / a.scale}
			out = append(out, center{at, p.GetEstimatedModuleSize() / a.scale, p.GetCount()})
		}
	}
	slices.SortStableFunc(out, func(x, y center) int { return cmp.Compare(y.count, x.count) })
	return out[:min(len(out), maxCenters)]
}

func scanLine(finder *detector.FinderPatternFinder, bits *gozxing.BitMatrix, y int) {
	runs := make([]int, 5) // dark, light, dark, light, dark
	state := 0
	for x := range bits.GetWidth() + 1 {
		dark := x < bits.GetWidth() && bits.Get(x, y)
		switch {
		case dark == (state%2 == 0): // the run goes on
			runs[state]++
		case state == 0 && runs[0] == 0: // light before any dark
		case state < 4:
			state++
			runs[state] = 1
		default: // a fifth run has ended
			if detector.FinderPatternFinder_foundPatternCross(runs) && finder.HandlePossibleCenter(runs, y, x) {
				clear(runs)
				state = 0
				continue
			}
			copy(runs, runs[2:])
			runs[3], runs[4] = 1, 0
			state = 3
		}
	}
}

// squares combines finder patterns into triples that look like the corners of
// a square, the most regular first.
func squares(centers []center) []corners {
	var out []corners
	for i, tl := range centers {
		for j, tr := range centers {
			for k, bl := range centers {
				if i == j || i == k || j == k {
					continue
				}
				if c, ok := square(tl, tr, bl); ok {
					out = append(out, c)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b corners) int { return cmp.Compare(a.misfit, b.misfit) })
	return out
}

func square(tl, tr, bl center) (corners, bool) {
	right, down := tr.sub(tl.point), bl.sub(tl.point)
	w, h := right.length(), down.length()
	module := (tl.module + tr.module + bl.module) / 3
	if w < 12*module || w > 190*module { // 14 modules between the centres of version 1, 170 of version 40
		return corners{}, false
	}
	lo, hi := min(tl.module, tr.module, bl.module), max(tl.module, tr.module, bl.module)
	skew := 1 - right.cross(down)/(w*h) // 0 for a right angle, turned the right way
	misfit := math.Abs(w-h)/min(w, h) + skew + (hi-lo)/(4*lo)
	if math.Abs(w-h) > 0.2*min(w, h) || skew > 0.1 || hi > 1.6*lo {
		return corners{}, false
	}
	return corners{tl.point, tr.point, bl.point, module, misfit}, true
}

// inside reports whether p lies in a symbol already read.
func inside(all []found, p point) bool {
	for _, f := range all {
		in := true
		for i, a := range f.quad {
			if f.quad[(i+1)%4].sub(a).cross(p.sub(a)) < 0 {
				in = false
			}
		}
		if in {
			return true
		}
	}
	return false
}
