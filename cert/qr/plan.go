// SPDX-License-Identifier: Apache-2.0

package qr

// masks is how many data mask patterns there are.
const masks = 8

// plan is what all symbols of one version and level have in common. It is made
// once and never changed.
type plan struct {
	frame
	version int
	layout  layout
	reducer *reducer

	// where has, for each bit of the codewords in the order of placement, its
	// place in the upright raster (frame.bit).
	where []uint16

	// upright has, for each mask, the function patterns, format and version
	// information, and the mask where the data goes; turned the same with rows
	// and columns exchanged. The data is added by exclusive or.
	upright, turned [masks]raster
}

func newPlan(version int, l Level, r *reducer) *plan {
	c := newCanvas(version)
	p := &plan{frame: newFrame(c.size), version: version, layout: newLayout(version, l), reducer: r}
	p.where = make([]uint16, 0, 8*p.layout.total)
	c.placement(func(x, y int) {
		if len(p.where) < cap(p.where) { // else it is one of up to seven remainder bits
			p.where = append(p.where, uint16(p.bit(x, y))) // #nosec G115 -- 64 × maxRaster at most
		}
	})
	for m := range masks {
		c.format(l, m)
		up, turned := make(raster, p.length()), make(raster, p.length())
		for y := range c.size {
			for x := range c.size {
				dark := c.at(x, y).dark
				if !c.at(x, y).fixed {
					dark = masked(m, x, y)
				}
				if dark {
					b, t := p.bit(x, y), p.bit(y, x)
					up[b>>6] |= 1 << (b & 63)
					turned[t>>6] |= 1 << (t & 63)
				}
			}
		}
		p.upright[m], p.turned[m] = up, turned
	}
	return p
}

// masked reports whether mask m turns over the module in column x of row y
// (ISO/IEC 18004 table 10).
func masked(m, x, y int) bool {
	switch m {
	case 0:
		return (x+y)%2 == 0
	case 1:
		return y%2 == 0
	case 2:
		return x%3 == 0
	case 3:
		return (x+y)%3 == 0
	case 4:
		return (y/2+x/3)%2 == 0
	case 5:
		return x*y%2+x*y%3 == 0
	case 6:
		return (x*y%2+x*y%3)%2 == 0
	default:
		return ((x+y)%2+x*y%3)%2 == 0
	}
}

// module is one of a symbol without data; the fixed ones never hold any.
type module struct{ fixed, dark bool }

// canvas is a symbol being planned.
type canvas struct {
	size    int
	modules []module
}

func newCanvas(version int) *canvas {
	size := 17 + 4*version
	c := &canvas{size, make([]module, size*size)}
	for i := range size {
		c.fix(i, 6, i%2 == 0)
		c.fix(6, i, i%2 == 0)
	}
	for _, corner := range [][2]int{{3, 3}, {size - 4, 3}, {3, size - 4}} {
		c.rings(corner[0], corner[1], true, true, false, true, false) // with the separator
	}
	at := alignment(version)
	for i, y := range at {
		for j, x := range at {
			first, last := 0, len(at)-1
			if (i == first && j == first) || (i == first && j == last) || (i == last && j == first) {
				continue // a finder pattern stands there
			}
			c.rings(x, y, true, false, true)
		}
	}
	c.version(version)
	c.format(L, 0) // takes the place; what it says comes later
	return c
}

func (c *canvas) at(x, y int) module { return c.modules[y*c.size+x] }

func (c *canvas) fix(x, y int, dark bool) {
	if x >= 0 && y >= 0 && x < c.size && y < c.size {
		c.modules[y*c.size+x] = module{fixed: true, dark: dark}
	}
}

// rings draws squares around one another, from the middle outwards.
func (c *canvas) rings(x, y int, dark ...bool) {
	radius := len(dark) - 1
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			c.fix(x+dx, y+dy, dark[max(dx, -dx, dy, -dy)])
		}
	}
}

// alignment returns the rows, which are also the columns, of the middles of
// alignment patterns (ISO/IEC 18004 annex E): 6 and size - 7, and between them
// as evenly as even distances allow, counted from the end.
func alignment(version int) []int {
	if version == 1 {
		return nil
	}
	gaps := version/7 + 1
	last := 10 + 4*version
	step := (last - 6 + 2*gaps - 1) / (2 * gaps) * 2
	if version == 32 {
		step = 26 // where the annex departs from this
	}
	at := make([]int, gaps+1)
	at[0] = 6
	for i := range gaps {
		at[gaps-i] = last - i*step
	}
	return at
}

// version writes the version information (ISO/IEC 18004 7.10) where there is
// any: six bits of the version, twelve of a Golay code.
func (c *canvas) version(v int) {
	if v < 7 {
		return
	}
	word := v<<12 | rest(v<<12, 0x1f25, 12)
	for i := range 18 {
		dark := word>>i&1 == 1
		c.fix(i/3, c.size-11+i%3, dark)
		c.fix(c.size-11+i%3, i/3, dark)
	}
}

// format writes the format information (ISO/IEC 18004 7.9), twice, and the
// dark module.
func (c *canvas) format(l Level, mask int) {
	word := [...]int{L: 1, M: 0, Q: 3, H: 2}[l]<<13 | mask<<10
	word = (word | rest(word, 0x537, 10)) ^ 0x5412
	for i := range 15 {
		dark := word>>i&1 == 1
		switch { // beside the upper left finder pattern, around the timing patterns
		case i < 6:
			c.fix(8, i, dark)
		case i < 8:
			c.fix(8, i+1, dark)
		case i < 9:
			c.fix(7, 8, dark)
		default:
			c.fix(14-i, 8, dark)
		}
		if i < 8 { // and beside the other two
			c.fix(c.size-1-i, 8, dark)
		} else {
			c.fix(8, c.size-15+i, dark)
		}
	}
	c.fix(8, c.size-8, true)
}

// rest is the remainder of word divided by the binary polynomial g of a
// degree.
func rest(word, g, degree int) int {
	for i := 20; i >= degree; i-- {
		if word>>i&1 == 1 {
			word ^= g << (i - degree)
		}
	}
	return word
}

// placement calls put with each module for data in the order of ISO/IEC 18004
// 7.7.3: columns in pairs from the right, upwards and downwards by turns,
// leaving out the vertical timing pattern.
func (c *canvas) placement(put func(x, y int)) {
	up := true
	for right := c.size - 1; right > 0; right -= 2 {
		if right == 6 {
			right--
		}
		for i := range c.size {
			y := i
			if up {
				y = c.size - 1 - i
			}
			for _, x := range [2]int{right, right - 1} {
				if !c.at(x, y).fixed {
					put(x, y)
				}
			}
		}
		up = !up
	}
}
