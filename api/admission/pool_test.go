// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kofu/cert"
)

// worker works for so long when it is its turn, and notes when it was done.
func worker(t *testing.T, p *Pool, ch cert.Channel, took time.Duration, done func()) {
	end, err := p.Certificate(t.Context(), ch)
	if err != nil {
		t.Error(err)
		return
	}
	time.Sleep(took)
	end()
	done()
}

// Rows: R4.3
func TestNoMoreWorkAtOnceThanSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(2, time.Now, nil)
		start := time.Now()
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() { worker(t, p, cert.App, time.Second, func() {}) })
		}
		group.Wait()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("ten seconds of work on two took %v", took)
		}
		if s := p.Spent(cert.App); s.Computed != 10*time.Second || s.Issues != 10 {
			t.Errorf("booked %+v", s)
		}
	})
}

// A line at one door does not delay another by more than what is being done.
//
// Rows: R4.3
func TestFloodAtOneDoorDoesNotDelayAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(1, time.Now, nil)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() { worker(t, p, cert.App, time.Second, func() {}) })
		}
		time.Sleep(10500 * time.Millisecond)
		for _, ch := range []cert.Channel{cert.Counter, cert.Kiosk} {
			start := time.Now()
			worker(t, p, ch, time.Second, func() {})
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("%s waited %v", ch, took-time.Second)
			}
		}
		if d := p.Delay(time.Now()); d < 10*time.Second {
			t.Errorf("the line is %v old", d)
		}
		group.Wait()
	})
}

// Doors that all have work share by weight, and none stands still.
//
// Rows: R4.3
func TestDoorsShareByWeight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(1, time.Now, nil)
		had := map[cert.Channel]int{}
		var mu sync.Mutex
		ctx, stop := context.WithTimeout(t.Context(), 120*time.Second)
		defer stop()
		var group sync.WaitGroup
		for ch := range p.lanes {
			for range 20 {
				group.Go(func() {
					for {
						end, err := p.Card(ctx, ch)
						if err != nil {
							return
						}
						time.Sleep(time.Second)
						end()
						mu.Lock()
						had[ch]++
						mu.Unlock()
					}
				})
			}
		}
		group.Wait()
		if had[cert.Counter] < 70 || had[cert.App] < 17 || had[cert.Kiosk] < 17 {
			t.Errorf("had %v, want about 80, 20 and 20", had)
		}
	})
}

// Who gives up waiting leaves no hole, and work that would be late is not begun.
//
// Rows: R4.3
func TestWhoGivesUpLeavesTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(1, time.Now, nil)
		worker(t, p, cert.App, time.Second, func() {}) // so it knows what work takes
		end, err := p.Card(t.Context(), cert.App)
		if err != nil {
			t.Fatal(err)
		}
		short, stop := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer stop()
		if _, err := p.Card(short, cert.App); !errors.Is(err, ErrFull) || !errors.Is(err, cert.ErrUnavailable) {
			t.Errorf("too late anyway: %v", err)
		}
		gone, leave := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := p.Card(gone, cert.App); !errors.Is(err, context.Canceled) {
				t.Errorf("gone: %v", err)
			}
		})
		synctest.Wait()
		leave()
		group.Wait()
		end()
		worker(t, p, cert.App, time.Second, func() {})
		if p.free != 1 || len(p.lanes[cert.App].line) != 0 {
			t.Errorf("%d free, %d in line", p.free, len(p.lanes[cert.App].line))
		}
	})
}

// Rows: R4.3
func TestLineIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(1, time.Now, nil)
		ctx, stop := context.WithCancel(t.Context())
		var group sync.WaitGroup
		full := 0
		var mu sync.Mutex
		end, _ := p.Card(ctx, cert.App)
		for range longestLine + 7 {
			group.Go(func() {
				if _, err := p.Card(ctx, cert.App); errors.Is(err, ErrFull) {
					mu.Lock()
					full++
					mu.Unlock()
				}
			})
		}
		synctest.Wait()
		if full != 7 {
			t.Errorf("%d found the line full", full)
		}
		stop()
		group.Wait()
		end()
	})
}
