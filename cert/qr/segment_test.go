// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// plainOptimum goes through every way to divide text, one character after the
// other: cost[m][k] is of the cheapest that ends in mode m with k characters
// in its last segment.
func plainOptimum(text string, class int) int {
	bits := func(m mode, k int) int {
		switch m {
		case numeric:
			return 4 + countBits[class][m] + k/3*10 + []int{0, 4, 7}[k%3]
		case alphanumeric:
			return 4 + countBits[class][m] + k/2*11 + k%2*6
		}
		return 4 + countBits[class][m] + 8*k
	}
	best := make([]int, len(text)+1) // of the first characters
	for end := 1; end <= len(text); end++ {
		best[end] = 1 << 30
		kind := numeric
		for start := end - 1; start >= 0; start-- {
			kind = max(kind, narrowest(text[start]))
			for m := kind; m < modes; m++ {
				best[end] = min(best[end], best[start]+bits(m, end-start))
			}
		}
	}
	return best[len(text)]
}

// mixed is text of stretches that suit one mode or the other, short and long.
func mixed(r *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		set := []string{"0123456789", "ABCXYZ0189 $%*+-./:", "abcxyz{}\"", "a1", "A1", "新型コロナ"}[r.IntN(6)]
		chars := []rune(set)
		for range r.IntN(3 << r.IntN(5)) {
			b.WriteRune(chars[r.IntN(len(chars))])
		}
	}
	return b.String()
}

func TestSegmentsAreTheOptimum(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 18004))
	for i := range 1500 {
		text := mixed(r, 1+r.IntN(1+i%120))
		for class := range versionClasses {
			runs := split(nil, text)
			bits := choose(runs, class)
			if want := plainOptimum(text, class); bits != want {
				t.Fatalf("%q, class %d: %d bits, %d would do", text, class, bits, want)
			}
			w := bitWriter{buf: make([]byte, 4096)}
			w.segments(text, runs, class)
			if n := 8*w.n + w.left; n != bits {
				t.Fatalf("%q, class %d: %d bits written, %d counted", text, class, n, bits)
			}
		}
	}
}
