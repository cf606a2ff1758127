// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// otherDoors floods the phones' door and looks at the counter and at kiosks.
func (s *Site) otherDoors(t *testing.T, b bounds, peak float64, office *http.Client, page string, stores *http.Client) {
	t.Helper()
	measure := func(rate float64) (Samples, int, map[string]int) {
		ctx, stop := context.WithCancel(t.Context())
		type seen struct {
			took   Samples
			failed int
		}
		clerks, people := make(chan seen, 1), make(chan map[string]int, 1)
		step := s.step("900010", rate, peak, 2*b.each)
		go func() {
			took, failed := Probe(ctx, office, page, 50*time.Millisecond)
			clerks <- seen{took, failed}
		}()
		go func() { people <- s.Visits(ctx, stores, 2) }()
		_, err := s.Offer(t.Context(), step)
		stop()
		if err != nil {
			t.Fatal(err)
		}
		c := <-clerks
		return c.took, c.failed, <-people
	}
	calm, _, calmVisits := measure(0.5 * peak)
	flooded, failed, visits := measure(3 * peak)
	t.Logf("counter: p95 %v calm, %v while phones ask for three times the peak; %d failed", calm.P(95), flooded.P(95), failed)
	t.Logf("kiosks: %v calm, %v then", calmVisits, visits)
	if failed > 0 {
		t.Errorf("%d requests at the counter failed", failed)
	}
	if most := time.Duration(b.counter*float64(calm.P(95))) + 5*time.Millisecond; flooded.P(95) > most {
		t.Errorf("the counter is hurt: p95 %v, want %v", flooded.P(95), most)
	}
	for end := range visits {
		if end != "thanks" && end != "come_again" {
			t.Errorf("a visit at a kiosk ended with %q", end)
		}
	}
	if visits["thanks"] == 0 {
		t.Error("kiosks got nothing at all")
	}
}

// neighbours floods one municipality and looks at another.
func (s *Site) neighbours(t *testing.T, b bounds, peak float64) {
	t.Helper()
	all, err := s.Offer(t.Context(), s.step("900010", 3*peak, peak, b.each), s.step("900028", .2*peak, peak, b.each))
	if err != nil {
		t.Fatal(err)
	}
	flood, other := all[0], all[1]
	part := float64(other.Done) / float64(max(1, other.Offered))
	t.Logf("one municipality at three times the peak, another at a fifth of it\n%s\n%s\n%s", Head(), flood, other)
	if part < b.neighbour {
		t.Errorf("the other one got %.2f of what it asked for", part)
	}
}

// slowRecords has the record service take 5 s for everything, with 300 people a
// second: nothing grows, and afterwards all is as before.
func (s *Site) slowRecords(t *testing.T, b bounds) {
	t.Helper()
	if err := s.Fault(t.Context(), "kind=late&delay=5s"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	most := make(chan map[string]float64, 1)
	go func() { most <- s.watch(ctx) }()
	all, err := s.Offer(t.Context(), Step{Town: "900010", Rate: 300, Last: b.slow, Stock: 600})
	stop()
	top := <-most
	if err != nil {
		t.Fatal(err)
	}
	r := all[0]
	t.Logf("the record service takes 5 s for everything\n%s\n%s\nat most %v", Head(), r, top)
	if r.Refused.P(99) > b.refusal || r.Silent > 0 {
		t.Errorf("refusals: p99 %v, %d without Retry-After", r.Refused.P(99), r.Silent)
	}
	for name, limit := range map[string]float64{"go_goroutines": 2500, "kofu_vrs_running": 64, "process_resident_memory_bytes": 400 << 20, "process_open_fds": 1500} {
		if top[name] == 0 && name != "process_open_fds" || top[name] > limit {
			t.Errorf("%s: %.0f, want at most %.0f", name, top[name], limit)
		}
	}
	if err := s.Fault(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	time.Sleep(6 * time.Second) // what is on its way
	after, err := s.Offer(t.Context(), Step{Town: "900010", Rate: 50, Last: 4 * time.Second, Warm: 2 * time.Second, Stock: spare + 200})
	if err != nil {
		t.Fatal(err)
	}
	if after[0].Goodput() < 30 {
		t.Errorf("it does not recover: %s", after[0])
	}
}

// watch looks at what might grow, and returns the most of each.
func (s *Site) watch(ctx context.Context) map[string]float64 {
	top := map[string]float64{}
	for ctx.Err() == nil {
		for _, name := range []string{"go_goroutines", "kofu_vrs_running", "kofu_vrs_waiting", "process_resident_memory_bytes", "process_open_fds"} {
			if v, err := s.Metric(ctx, name); err == nil {
				top[name] = max(top[name], v)
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return top
}
