// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"kofu/cert"
	"kofu/kiosk"
)

// tally counts what happened, by route and code. The internal code is told
// here and nowhere else; nothing of a person is.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func newTally() *tally { return &tally{counts: map[string]int{}} }

// Count implements api.Metrics.
func (t *tally) Count(route, public, internal string, _ time.Duration) {
	t.add(fmt.Sprintf("requests{route=%q,code=%q,internal=%q}", route, public, internal))
}

// Mismatch implements issuance.Lookout.
func (t *tally) Mismatch(ch cert.Channel, crossed bool) {
	t.add("mismatches{channel=" + strconv.Quote(string(ch)) + ",crossed=" + strconv.Quote(strconv.FormatBool(crossed)) + "}")
}

// Screen implements kiosk.Metrics.
func (t *tally) Screen(id string) { t.add("screens{id=" + strconv.Quote(id) + "}") }

// Report implements kiosk.Metrics.
func (t *tally) Report(s kiosk.Software) {
	t.add(fmt.Sprintf("terminals{software=%q,version=%q,config=%q}", s.Name, s.Version, s.Config))
}

// observe is told of every call to the record system.
func (t *tally) observe(call, cause string, _ time.Duration) {
	t.add(fmt.Sprintf("record_system{call=%q,cause=%q}", call, cause))
}

func (t *tally) add(series string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[series]++
}

// write lists all counters, in order.
func (t *tally) write(w io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, series := range slices.Sorted(maps.Keys(t.counts)) {
		fmt.Fprintf(w, "kofu_demo_%s %d\n", series, t.counts[series])
	}
}
