// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kofu/cert"
)

func testBulkhead(most, own int) *bulkhead {
	return newBulkhead(Config{MaxConns: most, PerMunicipality: own})
}

// look counts under the lock: calls go on.
func (b *bulkhead) look(m cert.MunicipalityCode) (running, own, finish, begin int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.running), b.by[m], len(b.line[0]), len(b.line[1])
}

// callers is what came of calls, by municipality.
type callers struct {
	mu    sync.Mutex
	took  map[cert.MunicipalityCode][]time.Duration
	cause map[cert.MunicipalityCode][]string
}

func newCallers() *callers {
	return &callers{took: map[cert.MunicipalityCode][]time.Duration{}, cause: map[cert.MunicipalityCode][]string{}}
}

// call makes one that takes so long, within 8 s.
func (a *callers) call(t *testing.T, b *bulkhead, name string, m cert.MunicipalityCode, latency time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	start := time.Now()
	leave, cause := b.enter(ctx, name, m)
	if cause == "" {
		select {
		case <-time.After(latency):
			leave(true)
		case <-ctx.Done():
			leave(false)
			cause = CauseTimeout
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.took[m] = append(a.took[m], time.Since(start))
	a.cause[m] = append(a.cause[m], cause)
}

// A municipality whose partition takes 5 s, with 100 calls a second for it,
// takes no connection from another.
//
// Rows: R4.3
func TestSlowMunicipalityDoesNotHoldUpOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, a := testBulkhead(64, 16), newCallers()
		var group sync.WaitGroup
		for range 2000 {
			time.Sleep(10 * time.Millisecond)
			group.Go(func() { a.call(t, b, "find", "900010", 5*time.Second) })
			group.Go(func() { a.call(t, b, "find", "900028", 5*time.Millisecond) })
			if running, own, _, _ := b.look("900010"); running > 64 || own > 16 {
				t.Fatalf("%d run, %d of one", running, own)
			}
		}
		group.Wait()
		if slow := slices.Max(a.took["900028"]); slow > 5*time.Millisecond || slices.Contains(a.cause["900028"], CauseBusy) {
			t.Errorf("the other one waited: %v", slow)
		}
		if len(b.running)+b.asking+len(b.by)+len(b.line[0])+len(b.line[1]) != 0 {
			t.Errorf("something is left: %+v", b)
		}
	})
}

// With 300 calls a second and 5 s each, as many are answered as can be, the
// others are told at once, and few wait in vain.
//
// Rows: R4.3
func TestWhatCannotBeAnsweredInTimeIsRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, a := testBulkhead(64, 64), newCallers()
		var group sync.WaitGroup
		for range 300 * 30 {
			time.Sleep(time.Second / 300)
			group.Go(func() { a.call(t, b, "find", "900010", 5*time.Second) })
		}
		group.Wait()
		fine, atOnce, inVain := 0, 0, 0
		for i, cause := range a.cause["900010"] {
			switch took := a.took["900010"][i]; {
			case cause == "" && took <= 8*time.Second:
				fine++
			case took == 0:
				atOnce++
			default:
				inVain++
			}
		}
		if most := b.ask * 35 / 5; fine < most*7/10 || fine > most+b.ask {
			t.Errorf("%d were answered, want about %d", fine, most)
		}
		if inVain > 3*b.ask || atOnce < 8000 {
			t.Errorf("%d waited in vain, %d were told at once", inVain, atOnce)
		}
	})
}

// What was begun is finished before anything else is begun.
//
// Rows: R4.3
func TestFinishingGoesBeforeBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, a := testBulkhead(8, 8), newCallers()
		var group sync.WaitGroup
		for range 14 { // 6 run, 8 wait
			group.Go(func() { a.call(t, b, "find", "900010", time.Second) })
		}
		synctest.Wait()
		for range 2 {
			group.Go(func() { a.call(t, b, "reserve", "900028", time.Second) })
		}
		synctest.Wait()
		if running, _, _, waiting := b.look(""); running != 8 || waiting != 8 {
			t.Errorf("%d run, %d wait: a quarter is for those that finish", running, waiting)
		}
		group.Go(func() { a.call(t, b, "confirm", "900028", time.Second) })
		synctest.Wait()
		time.Sleep(1500 * time.Millisecond)
		if _, _, finish, begin := b.look(""); finish != 0 || begin == 0 {
			t.Error("a confirmation waits behind a find")
		}
		group.Wait()
	})
}

// Who gives up waiting leaves no hole, and speaks against nobody.
func TestWhoGivesUpWaitingForAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := testBulkhead(1, 1)
		leave, _ := b.enter(t.Context(), "confirm", "900010")
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if _, cause := b.enter(ctx, "confirm", "900010"); cause != CauseCancelled {
				t.Error(cause)
			}
		})
		synctest.Wait()
		cancel()
		group.Wait()
		short, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if _, cause := b.enter(short, "confirm", "900010"); cause != CauseBusy {
			t.Error(cause)
		}
		leave(true)
		if again, cause := b.enter(t.Context(), "confirm", "900010"); cause != "" {
			t.Error(cause)
		} else {
			again(true)
		}
	})
}
