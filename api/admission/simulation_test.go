// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kofu/cert"
)

// What a simulated issue costs: in turns, beside them, and a refusal.
const (
	simTurn    = 1000 * time.Microsecond
	simBeside  = 600 * time.Microsecond
	simRefusal = 60 * time.Microsecond
)

// machine is a simulated process with one processor that serves first come,
// first served, and its own clock.
type machine struct {
	now    time.Time
	free   time.Time // when what is in line is done
	cpu    time.Duration
	slow   float64 // how much longer everything takes; a neighbour has the rest
	pool   *Pool
	judge  *Judge
	random *rand.Rand
	coming arrivals
}

// arrival is somebody who asks, or, admitted, who comes back with a card.
type arrival struct {
	at   time.Time
	town cert.MunicipalityCode
	asks bool
}

type arrivals []arrival

func (a arrivals) Len() int           { return len(a) }
func (a arrivals) Less(i, k int) bool { return a[i].at.Before(a[k].at) }
func (a arrivals) Swap(i, k int)      { a[i], a[k] = a[k], a[i] }
func (a *arrivals) Push(v any)        { *a = append(*a, v.(arrival)) }
func (a *arrivals) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

func newMachine() *machine {
	m := &machine{now: time.Unix(1e9, 0), slow: 1, random: rand.New(rand.NewPCG(1, 2))}
	m.free = m.now
	m.pool = NewPool(1, func() time.Time { return m.now }, nil)
	m.judge = NewJudge(Config{Pool: m.pool, Cores: 1, Now: func() time.Time { return m.now }, CPU: func() time.Duration { return m.cpu }})
	return m
}

// tally is what came of one municipality's people.
type tally struct {
	asked, admitted, done int
	took                  []time.Duration // of the work, its line included
}

func (t *tally) p99() time.Duration {
	slices.Sort(t.took)
	if len(t.took) == 0 {
		return 0
	}
	return t.took[len(t.took)*99/100]
}

// crowd sends rate people a second, by chance, for a time.
func (m *machine) crowd(town cert.MunicipalityCode, rate float64, from, lasting time.Duration) {
	for at := from; at < from+lasting; at += time.Duration(m.random.ExpFloat64() / rate * 1e9) {
		m.coming = append(m.coming, arrival{m.now.Add(at), town, true})
	}
}

// run plays everybody, and counts those who asked or came after warm.
func (m *machine) run(think time.Duration, stays float64, warm time.Duration) map[cert.MunicipalityCode]*tally {
	counted := m.now.Add(warm)
	all := map[cert.MunicipalityCode]*tally{}
	var line []time.Time // when the works in line are done, and
	var since []time.Time
	heap.Init(&m.coming)
	for len(m.coming) > 0 {
		a := heap.Pop(&m.coming).(arrival)
		m.now = a.at
		for len(line) > 0 && !line[0].After(m.now) {
			line, since = line[1:], since[1:]
			m.pool.lanes[cert.App].spent.Issues++
			m.pool.lanes[cert.App].spent.Computed += time.Duration(float64(simTurn) * m.slow)
		}
		m.pool.lanes[cert.App].line = nil
		if len(since) > 1 {
			m.pool.lanes[cert.App].line = []*waiter{{since: since[1]}}
		}
		t := all[a.town]
		if t == nil {
			t = new(tally)
			all[a.town] = t
		}
		counts := m.now.After(counted)
		if a.asks {
			admitted := m.judge.Admit(cert.App, a.town) == nil
			if counts {
				t.asked++
			}
			if !admitted {
				m.compute(simRefusal)
				continue
			}
			if counts {
				t.admitted++
			}
			if m.random.Float64() < stays {
				heap.Push(&m.coming, arrival{m.now.Add(time.Duration(float64(think) * (0.5 + m.random.Float64()))), a.town, false})
			}
			continue
		}
		line, since = append(line, m.compute(simTurn+simBeside)), append(since, m.now)
		if counts {
			t.done++
			t.took = append(t.took, m.free.Sub(m.now))
		}
	}
	return all
}

// compute puts work in line and tells when it is done.
func (m *machine) compute(d time.Duration) time.Time {
	m.cpu += d
	d = time.Duration(float64(d) * m.slow)
	if m.free.Before(m.now) {
		m.free = m.now
	}
	m.free = m.free.Add(d)
	return m.free
}

const simCapacity = 625. // issues in a second

// Rows: R4.3, N10
func TestGoodputHoldsWhateverIsOffered(t *testing.T) {
	for _, tt := range []struct {
		name  string
		think time.Duration
		stays float64
		slow  float64
		times float64
		least float64 // of capacity
		p99   time.Duration
	}{
		{"half", time.Millisecond, 1, 1, .5, .49, 15 * time.Millisecond},
		{"as much as it can", time.Millisecond, 1, 1, 1, .85, 40 * time.Millisecond},
		{"half as much again", time.Millisecond, 1, 1, 1.5, .85, 30 * time.Millisecond},
		{"twice", time.Millisecond, 1, 1, 2, .8, 30 * time.Millisecond},
		{"three times", time.Millisecond, 1, 1, 3, .75, 30 * time.Millisecond},
		{"three times, half of the processor gone", time.Millisecond, 1, 2, 3, .33, 150 * time.Millisecond},
		{"three times, people who think", 20 * time.Second, 1, 1, 3, .75, 200 * time.Millisecond},
		{"three times, of whom a third goes away", 20 * time.Second, .67, 1, 3, .5, 200 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine()
			m.slow = tt.slow
			m.crowd("", 0.3*simCapacity/tt.slow, 0, 5*time.Second) // it has been open for a while
			m.crowd("", tt.times*simCapacity, 5*time.Second, 115*time.Second)
			warm := 35 * time.Second
			got := m.run(tt.think, tt.stays, warm)[""]
			rate := float64(got.done) / 85
			if tt.think > time.Second { // the last ones come back when nobody asks any more
				rate = float64(got.admitted) * tt.stays / 85
			}
			t.Logf("%.0f/s of %.0f, p99 %v, %d refused", rate, simCapacity/tt.slow, got.p99(), got.asked-got.admitted)
			if rate < tt.least*simCapacity {
				t.Errorf("%.0f issues a second, want %.0f", rate, tt.least*simCapacity)
			}
			if p := got.p99(); p > tt.p99 {
				t.Errorf("p99 %v, want %v", p, tt.p99)
			}
		})
	}
}

// Rows: R4.3
func TestOneMunicipalitysFloodStarvesNoOther(t *testing.T) {
	m := newMachine()
	m.crowd("900010", 3*simCapacity, 0, 60*time.Second)
	m.crowd("900028", 0.2*simCapacity, 0, 60*time.Second)
	m.crowd("900036", 0.05*simCapacity, 0, 60*time.Second)
	got := m.run(time.Millisecond, 1, 5*time.Second)
	for town, least := range map[cert.MunicipalityCode]float64{"900028": .97, "900036": .97} {
		if part := float64(got[town].admitted) / float64(got[town].asked); part < least {
			t.Errorf("%s: %.2f were admitted", town, part)
		}
	}
	if rate := float64(got["900010"].done) / 55; rate < .5*simCapacity {
		t.Errorf("the others' rest is not given out: %.0f", rate)
	}
}

// Two that both flood get about the same, though one asks three times as often.
//
// Rows: R4.3
func TestTwoFloodsShare(t *testing.T) {
	m := newMachine()
	m.crowd("900010", 3*simCapacity, 0, 60*time.Second)
	m.crowd("900028", 1*simCapacity, 0, 60*time.Second)
	got := m.run(time.Millisecond, 1, 5*time.Second)
	a, b := float64(got["900010"].done), float64(got["900028"].done)
	if a > 1.5*b {
		t.Errorf("%.0f and %.0f", a, b)
	}
}
