// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Step is what is offered: people of one municipality at the phones' door.
type Step struct {
	Town  string
	Rate  float64 // a second
	Last  time.Duration
	Warm  time.Duration // of Last, that is not counted
	Stock int           // applications signed in advance
}

// Samples are times.
type Samples []time.Duration

// P returns a percentile of all samples; 0 of none.
func (s Samples) P(percent float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	return s[min(len(s)-1, int(float64(len(s))*percent/100))]
}

// Result is what came of a [Step].
type Result struct {
	Step
	Offered  int // in the time that is counted
	Admitted int
	Done     int            // certificates of these
	Took     Samples        // from when they were to ask to the certificate
	Refused  Samples        // from when they were to ask to the refusal
	Silent   int            // refusals without Retry-After
	Failed   map[string]int // who was admitted and got no certificate, or no answer, by code
}

// Goodput is certificates a second.
func (r *Result) Goodput() float64 { return float64(r.Done) / (r.Last - r.Warm).Seconds() }

// String is a line of the table.
func (r *Result) String() string {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/1e6) }
	line := fmt.Sprintf("%7.0f %8.0f %9s %9s %8d %11s", r.Rate, r.Goodput(), ms(r.Took.P(50)), ms(r.Took.P(99)), len(r.Refused), ms(r.Refused.P(99)))
	if len(r.Failed) > 0 {
		line += fmt.Sprint("  failed ", r.Failed)
	}
	return line
}

// Head is the head of the table.
func Head() string {
	return "  offered/s  goodput/s   p50 ms    p99 ms  refused  p99 refusal ms\n" + strings.Repeat("-", 72)
}

// Offer offers steps side by side. The applications are signed before.
func (s *Site) Offer(ctx context.Context, steps ...Step) ([]*Result, error) {
	shelves := make([]*shelf, len(steps))
	for i, step := range steps {
		var err error
		if shelves[i], err = s.stock(ctx, step.Town, step.Stock); err != nil {
			return nil, err
		}
	}
	results := make([]*Result, len(steps))
	var group sync.WaitGroup
	start := time.Now().Add(50 * time.Millisecond)
	for i, step := range steps {
		results[i] = &Result{Step: step, Failed: map[string]int{}}
		group.Go(func() { s.arrive(ctx, start, results[i], shelves[i]) })
	}
	group.Wait()
	return results, nil
}

// arrive has everybody ask at their time, whatever has become of the others.
func (s *Site) arrive(ctx context.Context, start time.Time, r *Result, f *shelf) {
	var due []time.Duration
	random := rand.New(rand.NewPCG(1, uint64(r.Rate))) // #nosec G404 -- made-up people
	for at := time.Duration(0); at < r.Last; at += time.Duration(random.ExpFloat64() / r.Rate * 1e9) {
		due = append(due, at)
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, d := range due {
		time.Sleep(time.Until(start.Add(d)))
		group.Go(func() {
			one := s.person(ctx, start.Add(d), f)
			if d < r.Warm {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			r.count(one)
		})
	}
	group.Wait()
}

// outcome is what came of one person.
type outcome struct {
	admitted, silent bool
	took             time.Duration
	failed           string
}

func (r *Result) count(o outcome) {
	r.Offered++
	switch {
	case o.admitted && o.failed == "":
		r.Admitted++
		r.Done++
		r.Took = append(r.Took, o.took)
	case o.admitted:
		r.Admitted++
		r.Failed[o.failed]++
	case o.failed != "":
		r.Failed[o.failed]++
	default:
		r.Refused = append(r.Refused, o.took)
		if o.silent {
			r.Silent++
		}
	}
}

// person asks for a challenge, and, let in, goes on.
func (s *Site) person(ctx context.Context, due time.Time, f *shelf) (o outcome) {
	status, header, answer, err := s.post(ctx, "/app/v1/challenges", f.town, nil)
	o.took = time.Since(due)
	switch {
	case err != nil:
		o.failed = "no answer"
		return o
	case status == http.StatusServiceUnavailable:
		o.silent = header.Get("Retry-After") == ""
		return o
	case status != http.StatusCreated:
		o.failed = codeIn(answer, status)
		return o
	}
	o.admitted = true
	code, err := s.issue(ctx, f)
	o.took = time.Since(due)
	switch {
	case errors.Is(err, errNoStock):
		o.failed = "no stock"
	case err != nil:
		o.failed = "no answer"
	default:
		o.failed = code
	}
	return o
}
