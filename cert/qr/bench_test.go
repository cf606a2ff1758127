// SPDX-License-Identifier: Apache-2.0

package qr_test

import (
	"slices"
	"testing"
	"time"

	"rsc.io/qr/coding"

	"kofu/cert/qr"
)

// version22 is the text of the largest SMART Health Card at level M, and one
// that needs level L for it.
func version22() map[qr.Level]string {
	return map[qr.Level]string{qr.M: "shc:/" + digits(2*927), qr.L: "shc:/" + digits(2*1195)}
}

// writer is what Encoder and Skip2 have in common.
type writer interface {
	Name() string
	Encode(text string, l qr.Level) (*qr.Matrix, error)
}

// BenchmarkVersion22 has three writers make the same symbols. The last, which
// takes one mask whatever comes of it and has no plan to keep, is given the
// plan and the segments.
func BenchmarkVersion22(b *testing.B) {
	for l, text := range version22() {
		level := "LMQH"[l : l+1]
		for _, w := range []writer{qr.Skip2{}, qr.NewEncoder()} {
			b.Run(level+"/"+w.Name(), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if m, err := w.Encode(text, l); err != nil || m.Version != 22 {
						b.Fatal(m, err)
					}
				}
			})
		}
		b.Run(level+"/rsc", func(b *testing.B) {
			b.ReportAllocs()
			p, err := coding.NewPlan(22, coding.Level(l), 0)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := p.Encode(coding.String(text[:5]), coding.Num(text[5:])); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRatio reports how many times as fast as Skip2 the Encoder is.
func BenchmarkRatio(b *testing.B) {
	e := qr.NewEncoder()
	var ratios []float64
	for b.Loop() {
		ratios = append(ratios, ratio(b, e))
	}
	b.ReportMetric(median(ratios), "skip2/kofu")
}

// ratio is that of the time that Skip2 and e take for symbols of version 22,
// one at each level.
func ratio(tb testing.TB, e *qr.Encoder) float64 {
	tb.Helper()
	var theirs, ours float64
	for l, text := range version22() {
		theirs += timed(tb, qr.Skip2{}, text, l, 1)
		ours += timed(tb, e, text, l, 10)
	}
	return theirs / ours
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// timed is how many seconds w takes for one symbol, over n of them.
func timed(tb testing.TB, w writer, text string, l qr.Level, n int) float64 {
	tb.Helper()
	start := time.Now()
	for range n {
		if _, err := w.Encode(text, l); err != nil {
			tb.Fatal(err)
		}
	}
	return time.Since(start).Seconds() / float64(n)
}
