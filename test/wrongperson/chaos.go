// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Chaos is what goes wrong, and how often. Zero: never.
type Chaos struct {
	Kill     time.Duration // a replica is killed, and started again
	FailOver time.Duration // Redis has another master
	Faults   time.Duration // the record service does something odd a few times
	Slow     time.Duration // how late it is, when it is late
}

// fault is an oddity of the record service.
type fault struct {
	call, kind string
	times      int
}

// oddities are late, twice, swapped, and somebody else's.
func oddities() []fault {
	return []fault{
		{"find", "late", 3}, {"reserve", "late", 3}, {"confirm", "late", 2}, {"search", "late", 1},
		{"find", "other_person", 2}, {"find", "swapped", 2}, {"find", "other_request", 1}, {"find", "other_municipality", 1},
		{"find", "trailing", 1}, {"reserve", "trailing", 1}, {"confirm", "trailing", 1}, // an answer that came twice
		{"reserve", "other_issuance", 1}, {"reserve", "swapped", 2}, {"open", "other_holder", 1}, {"search", "other_person", 1},
		{"find", "reset", 1}, {"reserve", "truncated", 1}, {"confirm", "reset", 1}, {"find", "stale", 1},
	}
}

// disturb goes on until ctx ends, and leaves everything running.
func (s *Site) disturb(ctx context.Context, c Chaos, say func(error)) {
	every := func(d time.Duration, do func()) {
		for d > 0 {
			if wait(ctx, d); ctx.Err() != nil {
				return
			}
			do()
		}
	}
	done := make(chan struct{})
	for _, evil := range []func(){
		func() { every(c.Kill, func() { say(s.killOne(ctx)) }) },
		func() { every(c.FailOver, func() { say(s.redis.failOver()) }) },
		func() { every(c.Faults, func() { say(s.odd(ctx, c.Slow)) }) },
	} {
		go func() {
			evil()
			done <- struct{}{}
		}()
	}
	for range 3 {
		<-done
	}
}

// killOne kills a replica, and starts it again.
func (s *Site) killOne(ctx context.Context) error {
	r := s.replicas[rand.IntN(len(s.replicas))]
	r.kill()
	wait(ctx, 300*time.Millisecond)
	return r.start(context.WithoutCancel(ctx))
}

func (s *Site) odd(ctx context.Context, slow time.Duration) error {
	all := oddities()
	f := all[rand.IntN(len(all))]
	q := url.Values{"call": {f.call}, "kind": {f.kind}, "times": {strconv.Itoa(f.times)}}
	if f.kind == "late" {
		q.Set("delay", time.Duration(rand.Int64N(int64(slow))).String())
	}
	_, _, err := ask(ctx, http.MethodPost, s.faults+"?"+q.Encode())
	if ctx.Err() != nil {
		return nil
	}
	return err
}
