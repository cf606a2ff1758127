// SPDX-License-Identifier: Apache-2.0

package main

import (
	sched "runtime/metrics"
	"slices"
	"time"
)

// schedulerLag tells how long nine in ten of what could have run waited for a
// processor at most, since it was asked last. It is for one caller at a time.
func schedulerLag() func() time.Duration {
	sample := []sched.Sample{{Name: "/sched/latencies:seconds"}}
	var before []uint64
	return func() time.Duration {
		sched.Read(sample)
		if sample[0].Value.Kind() != sched.KindFloat64Histogram {
			return 0 // a runtime without it
		}
		h := sample[0].Value.Float64Histogram()
		lag := percentile(h, before, 0.9)
		before = slices.Clone(h.Counts)
		return lag
	}
}

// percentile is of what h has counted since before.
func percentile(h *sched.Float64Histogram, before []uint64, part float64) time.Duration {
	if len(before) != len(h.Counts) {
		return 0
	}
	all := uint64(0)
	for i, n := range h.Counts {
		all += n - before[i]
	}
	seen := uint64(0)
	for i, n := range h.Counts {
		if seen += n - before[i]; all > 0 && float64(seen) >= part*float64(all) {
			return time.Duration(max(0, h.Buckets[i]) * 1e9) // its lower bound; the first has none
		}
	}
	return 0
}
