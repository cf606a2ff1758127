// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing/qrcode/encoder"
)

// plainPenalty is ISO/IEC 18004 7.8.3.1, module by module.
func plainPenalty(m *Matrix) int {
	cost, dark := 0, 0
	turned := func(x, y int) bool { return m.Dark(y, x) }
	for i := range m.Size {
		for _, at := range []func(x, y int) bool{m.Dark, turned} {
			cost += plainLine(m.Size, func(x int) bool { return at(x, i) })
		}
	}
	for y := range m.Size {
		for x := range m.Size {
			if m.Dark(x, y) {
				dark++
			}
			if x+1 < m.Size && y+1 < m.Size && m.Dark(x, y) == m.Dark(x+1, y) && m.Dark(x, y) == m.Dark(x, y+1) && m.Dark(x, y) == m.Dark(x+1, y+1) {
				cost += 3
			}
		}
	}
	percent := float64(dark) * 100 / float64(m.Size*m.Size)
	for off := max(percent-50, 50-percent); off >= 5; off -= 5 {
		cost += 10
	}
	return cost
}

func plainLine(size int, dark func(int) bool) (cost int) {
	run := 0
	for x := range size {
		if x > 0 && dark(x) == dark(x-1) {
			run++
		} else {
			run = 1
		}
		switch {
		case run == 5:
			cost += 3
		case run > 5:
			cost++
		}
	}
	var line strings.Builder
	for x := -4; x < size+4; x++ {
		line.WriteByte("01"[map[bool]int{true: 1}[x >= 0 && x < size && dark(x)]])
	}
	s := line.String()
	for i := range s {
		if rest := s[i:]; strings.HasPrefix(rest, "1011101") && (strings.HasPrefix(rest[7:], "0000") || strings.HasSuffix(s[:i], "0000")) {
			cost += 40
		}
	}
	return cost
}

// strangerPenalty is what the library of the reader has for the same.
func strangerPenalty(m *Matrix) int {
	b := encoder.NewByteMatrix(m.Size, m.Size)
	for y := range m.Size {
		for x := range m.Size {
			b.SetBool(x, y, m.Dark(x, y))
		}
	}
	return encoder.MaskUtil_applyMaskPenaltyRule1(b) + encoder.MaskUtil_applyMaskPenaltyRule2(b) +
		encoder.MaskUtil_applyMaskPenaltyRule3(b) + encoder.MaskUtil_applyMaskPenaltyRule4(b)
}

// penaltyOf is that of the bit-parallel way.
func penaltyOf(m *Matrix) int {
	f := newFrame(m.Size)
	up, turned := make(raster, f.length()), make(raster, f.length())
	for y := range m.Size {
		for x := range m.Size {
			if b := f.bit(x, y); m.Dark(x, y) {
				up[b>>6] |= 1 << (b & 63)
			}
		}
	}
	f.turn(turned, up)
	return f.penalty(up, turned)
}

// scattered fills a matrix with dark modules, some of them in stretches, and
// with patterns like a finder's in rows and columns, at the edges too.
func scattered(r *rand.Rand, size int) *Matrix {
	m, err := NewMatrix(size)
	if err != nil {
		panic(err)
	}
	share, stretch := r.Float64(), r.IntN(10)+1
	for y := range size {
		for x := range size {
			dark := r.Float64() < share
			if r.IntN(stretch) > 0 && x > 0 {
				dark = m.Dark(x-1, y)
			}
			if r.IntN(stretch) > 0 && y > 0 {
				dark = m.Dark(x, y-1)
			}
			m.Set(x, y, dark)
		}
	}
	for range r.IntN(size) {
		x, y, down := r.IntN(size+8)-8, r.IntN(size+8)-8, r.IntN(2)
		for i, c := range []string{"00001011101", "10111010000", "1011101", "000010111010000"}[r.IntN(4)] {
			m.Set(x+i*(1-down), y+i*down, c == '1')
		}
	}
	return m
}

func TestPenaltyIsThePlainOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 18004))
	for size := 21; size <= 177; size += 4 {
		for range 6 {
			m := scattered(r, size)
			if got, want, stranger := penaltyOf(m), plainPenalty(m), strangerPenalty(m); got != want || got != stranger {
				t.Errorf("size %d: %d, plain %d, library %d", size, got, want, stranger)
			}
		}
	}
	for name, dark := range map[string]func(x, y int) bool{
		"light": func(_, _ int) bool { return false }, "dark": func(_, _ int) bool { return true },
		"squares": func(x, y int) bool { return (x+y)%2 == 0 }, "stripes": func(x, _ int) bool { return x%10 < 5 },
		"fours": func(_, y int) bool { return y%8 < 4 },
	} {
		m, err := NewMatrix(125)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 125 * 125 {
			m.Set(i%125, i/125, dark(i%125, i/125))
		}
		if got, want := penaltyOf(m), plainPenalty(m); got != want {
			t.Errorf("%s: %d, plain %d", name, got, want)
		}
	}
}

// TestMaskOfLeastPenalty makes each symbol with the other seven masks, too.
func TestMaskOfLeastPenalty(t *testing.T) {
	e := NewEncoder()
	chosen := map[int]int{}
	for n := 1; n < 2900; n = n*9/8 + 1 {
		for l := L; l <= H; l++ {
			m, err := e.Encode(strings.Repeat(fmt.Sprintf("%x", n*n), n)[:n], l)
			if err != nil {
				continue
			}
			c := newCanvas(m.Version)
			own, best, least := -1, -1, 1<<30
			for mask := range masks {
				c.format(l, mask)
				if same(c, m) {
					own = mask
				}
			}
			for mask := range masks {
				c.format(l, mask)
				if cost := plainPenalty(remasked(c, m, own, mask)); cost < least {
					best, least = mask, cost
				}
			}
			if chosen[own]++; own != best {
				t.Errorf("%d characters, level %d: mask %d, least %d", n, l, own, best)
			}
		}
	}
	if len(chosen) < masks {
		t.Errorf("masks seen: %v", chosen)
	}
}

// same reports whether m has the fixed modules of c.
func same(c *canvas, m *Matrix) bool {
	for i, mod := range c.modules {
		if mod.fixed && mod.dark != m.Dark(i%c.size, i/c.size) {
			return false
		}
	}
	return true
}

func remasked(c *canvas, m *Matrix, from, to int) *Matrix {
	out, err := NewMatrix(m.Size)
	if err != nil {
		panic(err)
	}
	for i, mod := range c.modules {
		x, y := i%c.size, i/c.size
		dark := m.Dark(x, y) != (masked(from, x, y) != masked(to, x, y))
		if mod.fixed {
			dark = mod.dark
		}
		out.Set(x, y, dark)
	}
	return out
}
