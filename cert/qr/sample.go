// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"cmp"
	"image"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing/common"
)

// plane gives the lightness of a picture at any point; outside it is white.
type plane struct{ gray *image.Gray }

func newPlane(g *image.Gray) plane { return plane{g} }

func (p plane) pixel(x, y int) float64 {
	if x < 0 || y < 0 || x >= p.gray.Rect.Max.X || y >= p.gray.Rect.Max.Y {
		return 255
	}
	return float64(p.gray.Pix[y*p.gray.Stride+x])
}

// at interpolates between the middles of the four pixels around q.
func (p plane) at(q point) float64 {
	fx, fy := math.Floor(q.x-0.5), math.Floor(q.y-0.5)
	if !(fx > -1e6 && fx < 1e6 && fy > -1e6 && fy < 1e6) {
		return 255
	}
	x, y, u, v := int(fx), int(fy), q.x-0.5-fx, q.y-0.5-fy
	return (p.pixel(x, y)*(1-u)+p.pixel(x+1, y)*u)*(1-v) + (p.pixel(x, y+1)*(1-u)+p.pixel(x+1, y+1)*u)*v
}

// core moves q, near the middle of a finder pattern, to the centre of gravity
// of its dark core: the light ring around it makes that precise to a small
// part of a pixel.
func (p plane) core(q point, module float64) point {
	radius := 2 * module
	if !(radius >= 1 && radius < 500) {
		return q
	}
	for range 2 {
		var weight float64
		var sum point
		for y := math.Floor(q.y - radius); y <= q.y+radius; y++ {
			for x := math.Floor(q.x - radius); x <= q.x+radius; x++ {
				middle := point{x + 0.5, y + 0.5}
				if middle.distance(q) > radius {
					continue
				}
				dark := max(0, 255-p.pixel(int(x), int(y)))
				weight += dark
				sum = sum.add(middle.times(dark))
			}
		}
		if weight == 0 {
			return q
		}
		q = sum.times(1 / weight)
	}
	return q
}

// grid maps modules of a symbol of some size to the picture.
type grid struct {
	size  int
	shape *common.PerspectiveTransform
}

func (g grid) point(x, y float64) point {
	at := []float64{x, y}
	g.shape.TransformPoints(at)
	return point{at[0], at[1]}
}

// lay puts a grid through the three corners and through the point of the
// picture where (mx, my), in modules, lies.
func lay(c corners, size int, mx, my float64, fourth point) grid {
	far := float64(size) - 3.5
	return grid{size, common.PerspectiveTransform_QuadrilateralToQuadrilateral(
		3.5, 3.5, far, 3.5, mx, my, 3.5, far,
		c.topLeft.x, c.topLeft.y, c.topRight.x, c.topRight.y, fourth.x, fourth.y, c.bottomLeft.x, c.bottomLeft.y)}
}

// symbol reads the symbol at c, if there is one.
func (p plane) symbol(c corners) (found, bool) {
	fourth := c.topRight.add(c.bottomLeft).sub(c.topLeft)
	threshold := p.threshold(c)
	for _, size := range p.sizes(c, fourth, threshold) {
		far := float64(size) - 3.5
		flat := lay(c, size, far, far, fourth)
		grids := []grid{flat}
		if size > 21 {
			at := p.alignment(flat, threshold, c.module)
			grids = append(grids, lay(c, size, far-3, far-3, at))
		}
		for _, g := range slices.Backward(grids) {
			for _, t := range []float64{threshold, threshold * 0.8, threshold + (255-threshold)*0.25} {
				text, err := Read(p.sample(g, t))
				if err == nil {
					return found{text, g.outline()}, true
				}
			}
		}
	}
	return found{}, false
}

func (g grid) outline() [4]point {
	n := float64(g.size)
	return [4]point{g.point(0, 0), g.point(n, 0), g.point(n, n), g.point(0, n)}
}

// threshold is midway between the dark core and the light ring of the finder
// patterns.
func (p plane) threshold(c corners) float64 {
	right := c.topRight.sub(c.topLeft)
	right = right.times(c.module / right.length())
	down := point{-right.y, right.x}
	var dark, light float64
	for _, q := range []point{c.topLeft, c.topRight, c.bottomLeft} {
		dark += p.at(q) / 3
		for _, ring := range []point{right.times(2), right.times(-2), down.times(2), down.times(-2)} {
			light += p.at(q.add(ring)) / 12
		}
	}
	return (dark + light) / 2
}

// sizes returns the sizes that fit the distance of the corners and whose
// timing patterns alternate, the best first.
func (p plane) sizes(c corners, fourth point, threshold float64) []int {
	type fit struct {
		size  int
		score float64
	}
	var fits []fit
	guess := (c.topLeft.distance(c.topRight)+c.topLeft.distance(c.bottomLeft))/(2*c.module) + 7
	for size := 21; size <= 177; size += 4 {
		if f := float64(size); f < 0.75*guess || f > 1.3*guess {
			continue
		}
		far := float64(size) - 3.5
		g := lay(c, size, far, far, fourth)
		right := 0
		for i := 8; i < size-8; i++ {
			for _, q := range []point{g.point(float64(i)+0.5, 6.5), g.point(6.5, float64(i)+0.5)} {
				if (p.at(q) < threshold) == (i%2 == 0) {
					right++
				}
			}
		}
		if score := float64(right) / float64(2*(size-16)); score > 0.7 {
			fits = append(fits, fit{size, score})
		}
	}
	slices.SortStableFunc(fits, func(a, b fit) int { return cmp.Compare(b.score, a.score) })
	var out []int
	for _, f := range fits[:min(len(fits), 3)] {
		out = append(out, f.size)
	}
	return out
}

// alignment looks for the alignment pattern nearest the lower right corner,
// up to four modules from where g has it, and returns its middle.
func (p plane) alignment(g grid, threshold, module float64) point {
	mid := float64(g.size) - 6.5
	expected := g.point(mid, mid)
	best, score := expected, math.Inf(-1)
	for dy := -4.0; dy <= 4; dy += 0.25 {
		for dx := -4.0; dx <= 4; dx += 0.25 {
			s := -math.Hypot(dx, dy) / 4 // nearer is better
			for y := -2; y <= 2; y++ {
				for x := -2; x <= 2; x++ {
					v := (threshold - p.at(g.point(mid+dx+float64(x), mid+dy+float64(y)))) / 128
					if max(x, -x, y, -y) == 1 {
						v = -v
					}
					s += v
				}
			}
			if s > score {
				best, score = g.point(mid+dx, mid+dy), s
			}
		}
	}
	return best
}

func (p plane) sample(g grid, threshold float64) *Matrix {
	m, err := NewMatrix(g.size)
	if err != nil {
		return nil // not reached: sizes are of symbols
	}
	for y := range g.size {
		for x := range g.size {
			if p.at(g.point(float64(x)+0.5, float64(y)+0.5)) < threshold {
				m.Set(x, y, true)
			}
		}
	}
	return m
}
