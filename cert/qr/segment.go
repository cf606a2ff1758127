// SPDX-License-Identifier: Apache-2.0

package qr

import "strings"

// mode is how a segment is written, the narrowest first: what one mode can
// write, the later ones can, too.
type mode uint8

const (
	numeric mode = iota
	alphanumeric
	bytewise // octets, taken as UTF-8
	modes
)

// maxText is the most characters there are: numeric, version 40, level L.
const maxText = 7089

// symbols that stand beside digits and capital letters in the alphanumeric
// mode, from value 36 on (ISO/IEC 18004 table 5).
const alphanumericSymbols = " $%*+-./:"

// narrowest returns the first mode that can write c.
func narrowest(c byte) mode {
	switch {
	case c >= '0' && c <= '9':
		return numeric
	case c >= 'A' && c <= 'Z', strings.IndexByte(alphanumericSymbols, c) >= 0:
		return alphanumeric
	}
	return bytewise
}

// classes of versions, which differ in the width of character counts
// (ISO/IEC 18004 table 3), with the last version of each.
const versionClasses = 3

var lastOfClass = [versionClasses]int{9, 26, 40}

var countBits = [versionClasses][modes]int{{10, 9, 8}, {12, 11, 16}, {14, 13, 16}}

// perCharacter is what a character costs in sixths of a bit: three digits take
// ten bits, two alphanumeric characters eleven, and what is left of either
// rounds up to whole bits.
var perCharacter = [modes]int{20, 33, 48}

// run is a stretch of characters with the same narrowest mode. No split inside
// one saves anything.
type run struct {
	end  uint16 // its first character is the end of the run before
	kind mode
	use  mode        // what it is written in
	from [modes]mode // the mode before, if this run is written in the mode of the index
}

// split writes the runs of text, of maxText characters at most, to runs.
func split(runs []run, text string) []run {
	runs = runs[:0]
	for i := 0; i < len(text); {
		kind := narrowest(text[i])
		for i++; i < len(text) && narrowest(text[i]) == kind; i++ {
		}
		runs = append(runs, run{end: uint16(i), kind: kind}) // #nosec G115 -- maxText at most
	}
	return runs
}

// choose sets the modes of runs that take the fewest bits in a class of
// versions, and returns these bits. There is at least one run.
//
// It goes through the runs with the least cost of ending in each mode. Of two
// ways to the same mode the one cheaper in sixths of a bit stays so, rounded
// up or not.
func choose(runs []run, class int) int {
	const never = 1 << 30
	head := func(m mode) int { return 6 * (4 + countBits[class][m]) }
	var cost [modes]int
	start := 0
	for i := range runs {
		r := &runs[i]
		var next [modes]int
		for m := range modes {
			if m < r.kind {
				next[m] = never
				continue
			}
			least := head(m)
			if i > 0 {
				least = never
				for before := range modes {
					c := cost[before]
					if before != m {
						c = (c+5)/6*6 + head(m)
					}
					if c < least {
						least, r.from[m] = c, before
					}
				}
			}
			next[m] = least + (int(r.end)-start)*perCharacter[m]
		}
		cost, start = next, int(r.end)
	}
	best := bytewise
	for m := range modes {
		if cost[m] < cost[best] {
			best = m
		}
	}
	bits := (cost[best] + 5) / 6
	for i := len(runs) - 1; i >= 0; i-- {
		runs[i].use, best = best, runs[i].from[best]
	}
	return bits
}

// bitWriter puts bits into buf, the highest first.
type bitWriter struct {
	buf  []byte // has room
	n    int    // bytes written
	last uint64 // the bits not written yet are its lowest
	left int    // how many there are, fewer than 8
}

func (w *bitWriter) put(value, width int) {
	w.last = w.last<<width | uint64(value) // #nosec G115 -- never negative
	w.left += width
	for w.left >= 8 {
		w.left -= 8
		w.buf[w.n] = byte(w.last >> w.left)
		w.n++
	}
}

// segments writes text as runs say.
func (w *bitWriter) segments(text string, runs []run, class int) {
	start := 0
	for i, r := range runs {
		if i+1 < len(runs) && runs[i+1].use == r.use {
			continue // the next run belongs to the same segment
		}
		w.segment(text[start:r.end], r.use, class)
		start = int(r.end)
	}
}

func (w *bitWriter) segment(s string, m mode, class int) {
	w.put(1<<m, 4)
	w.put(len(s), countBits[class][m])
	switch m {
	case numeric:
		for ; len(s) >= 3; s = s[3:] {
			w.put(int(s[0]-'0')*100+int(s[1]-'0')*10+int(s[2]-'0'), 10)
		}
		switch len(s) {
		case 2:
			w.put(int(s[0]-'0')*10+int(s[1]-'0'), 7)
		case 1:
			w.put(int(s[0]-'0'), 4)
		}
	case alphanumeric:
		for ; len(s) >= 2; s = s[2:] {
			w.put(45*alphanumericValue(s[0])+alphanumericValue(s[1]), 11)
		}
		if len(s) == 1 {
			w.put(alphanumericValue(s[0]), 6)
		}
	default:
		for i := range len(s) {
			w.put(int(s[i]), 8)
		}
	}
}

func alphanumericValue(c byte) int {
	switch {
	case c <= '9' && c >= '0':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return 36 + strings.IndexByte(alphanumericSymbols, c)
}

// finish ends the segments and fills up to capacity bytes (ISO/IEC 18004
// 7.4.10): a terminator of up to four bits, the rest of its byte, and two bytes
// by turns.
func (w *bitWriter) finish(capacity int) {
	w.put(0, min(4, 8*(capacity-w.n)-w.left))
	w.put(0, (8-w.left)%8)
	for fill := 0xec; w.n < capacity; fill ^= 0xec ^ 0x11 {
		w.put(fill, 8)
	}
}
