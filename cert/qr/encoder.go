// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"sync"
	"unicode/utf8"
)

// Encoder writes symbols. It keeps a plan of each version and level that it
// has written, some 25 KB each, so that a process makes one Encoder at its
// start and shares it. It is safe for concurrent use.
type Encoder struct {
	capacity [41][4]int // data codewords
	plans    [41][4]struct {
		once sync.Once
		plan *plan
	}
	reducers [maxCheck]struct {
		once    sync.Once
		reducer *reducer
	}
	scratch sync.Pool // of *scratch, cleared
}

// scratch is where one symbol is written. All of it may tell what the text
// was.
type scratch struct {
	runs            [maxText]run
	data, all       [maxCodewords]byte
	upright, turned [maxRaster]uint64 // the data alone
	tryUp, tryOver  [maxRaster]uint64 // with one mask
}

// NewEncoder returns an Encoder without plans.
func NewEncoder() *Encoder {
	e := &Encoder{scratch: sync.Pool{New: func() any { return new(scratch) }}}
	for v := 1; v <= 40; v++ {
		for l := L; l <= H; l++ {
			e.capacity[v][l] = newLayout(v, l).data
		}
	}
	return e
}

// Encode is [Encoder.Encode] of a new Encoder: for a symbol now and then.
func Encode(text string, l Level) (*Matrix, error) { return NewEncoder().Encode(text, l) }

// Name tells this writer from others.
func (e *Encoder) Name() string { return "kofu" }

// Encode returns the smallest symbol of level l that holds text, divided into
// numeric, alphanumeric and byte segments in the way that takes the fewest
// bits: for a SMART Health Card that is "shc:/" in bytes, then digits, as its
// specification asks. Of the masks it takes the one with the least penalty, of
// equals the first. It returns [ErrEmpty], [ErrText] or [ErrTooLong]. The caller
// compares Version with the limit of the format, such as 22 for SMART Health
// Cards.
func (e *Encoder) Encode(text string, l Level) (*Matrix, error) {
	switch {
	case text == "":
		return nil, ErrEmpty
	case l < L || l > H:
		return nil, ErrEncode
	case len(text) > maxText:
		return nil, ErrTooLong
	case !utf8.ValidString(text):
		return nil, ErrText
	}
	s := e.scratch.Get().(*scratch)
	defer func() {
		*s = scratch{}
		e.scratch.Put(s)
	}()
	runs := split(s.runs[:], text)
	version, class := e.fit(runs, l)
	if version == 0 {
		return nil, ErrTooLong
	}
	p := e.plan(version, l)
	w := bitWriter{buf: s.data[:]}
	w.segments(text, runs, class)
	w.finish(p.layout.data)
	p.layout.interleave(s.all[:], s.data[:], p.reducer)
	return p.draw(s), nil
}

// fit chooses modes for runs and returns the smallest version that holds them
// at level l, with its class, or zero.
func (e *Encoder) fit(runs []run, l Level) (version, class int) {
	v := 1
	for class, last := range lastOfClass {
		for bits := choose(runs, class); v <= last; v++ {
			if bits <= 8*e.capacity[v][l] {
				return v, class
			}
		}
	}
	return 0, 0
}

func (e *Encoder) plan(version int, l Level) *plan {
	slot := &e.plans[version][l]
	slot.once.Do(func() {
		degree := newLayout(version, l).check
		r := &e.reducers[degree]
		r.once.Do(func() { r.reducer = newReducer(degree) })
		slot.plan = newPlan(version, l, r.reducer)
	})
	return slot.plan
}

// draw places the codewords and chooses the mask.
func (p *plan) draw(s *scratch) *Matrix {
	n := p.length()
	upright, turned := raster(s.upright[:n]), raster(s.turned[:n])
	for i, c := range s.all[:p.layout.total] {
		at := p.where[8*i : 8*i+8 : 8*i+8]
		for k, b := range at {
			upright[b>>6] |= uint64(c>>(7-k)&1) << (b & 63)
		}
	}
	p.turn(turned, upright)
	best, least := 0, 1<<30
	for m := range masks {
		up, over := raster(s.tryUp[:n]), raster(s.tryOver[:n])
		p.mask(up, over, upright, turned, m)
		if cost := p.penalty(up, over); cost < least {
			best, least = m, cost
		}
	}
	return p.matrix(upright, best)
}

// mask writes the whole symbol with mask m, and the same turned over.
func (p *plan) mask(up, over, upright, turned raster, m int) {
	pattern, patternOver := p.upright[m], p.turned[m]
	for i := range up {
		up[i] = upright[i] ^ pattern[i]
		over[i] = turned[i] ^ patternOver[i]
	}
}

// matrix is the symbol with mask m.
func (p *plan) matrix(upright raster, m int) *Matrix {
	out := &Matrix{Size: p.size, Version: p.version, rows: make([]row, p.size)}
	for w := range p.words {
		data, pattern := p.column(upright, w)[pad:], p.column(p.upright[m], w)[pad:]
		for y := range out.rows {
			out.rows[y][w] = data[y] ^ pattern[y]
		}
	}
	return out
}
