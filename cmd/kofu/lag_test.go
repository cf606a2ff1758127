// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	sched "runtime/metrics"
	"testing"
	"time"
)

// Rows: R4.3
func TestLagIsOfWhatCameSince(t *testing.T) {
	h := &sched.Float64Histogram{Buckets: []float64{math.Inf(-1), 0, 0.001, 0.1, math.Inf(1)}, Counts: []uint64{0, 100, 50, 0}}
	before := []uint64{0, 100, 40, 0}
	if got := percentile(h, before, 0.9); got != time.Millisecond {
		t.Errorf("got %v", got)
	}
	for name, before := range map[string][]uint64{"nothing since": h.Counts, "never asked": nil} {
		if got := percentile(h, before, 0.9); got != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	lag := schedulerLag()
	if first := lag(); first != 0 {
		t.Errorf("the first time it tells %v", first)
	}
	if lag() > time.Minute {
		t.Error("it cannot be so slow")
	}
}
