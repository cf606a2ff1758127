// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"math"
	"time"

	"kofu/cert"
)

const (
	lesson = 100 * time.Millisecond // how often is learned
	recent = 3 * time.Second        // what costs are averaged over: it fades to a third in this time

	// usable is the part of the processors that is given out. The rest is for
	// what nobody reckons with.
	usable = 0.95

	// Stock of computing in seconds a processor: while it has time to spare, a
	// burst may come in at once; while it has none, next to nothing is in stock,
	// and who is admitted is served at once.
	idleStock = 0.25
	busyStock = 0.03
	idle      = 0.75 // of the processors' time used

	// A turn waited for longer than patience, in every look for as long as an
	// interval, is a line that stands (as in CoDel, RFC 8289), not a burst.
	patience = 30 * time.Millisecond
	interval = 500 * time.Millisecond

	callStock = 0.5 // seconds of each connection
)

// meter measures what an issue costs.
type meter struct {
	cpu   time.Duration // all that was used, at the last lesson
	spent map[cert.Channel]Spent

	used     float64 // seconds of computing, fading
	computed float64 // of these in turns, fading
	turns    map[cert.Channel]*average
	busy     float64 // part of the processors' time, of late
	lag      time.Duration
	standing time.Time // since when turns have been waited for too long
	call     float64   // seconds of connections an issue
}

// average is over issues, fading.
type average struct{ computed, issues float64 }

// learn brings the judge up to date with what has happened since the last time.
func (j *Judge) learn(now time.Time) {
	dt := now.Sub(j.learned)
	j.learned = now
	j.work.fill(now)
	j.calls.fill(now)
	for _, d := range j.doors {
		d.fade(dt)
	}
	keep := math.Exp(-dt.Seconds() / memory.Seconds())
	j.asked *= keep
	j.refused *= keep
	j.short *= keep
	j.measure(dt)
	j.correct(now, dt)
	j.work.rate = usable * float64(j.Cores) * j.trim
	j.work.most = j.stock()
	j.work.level = min(j.work.level, j.work.most)
	j.work.debt = 2 * j.work.most
	for _, d := range j.doors {
		j.work.debt = max(j.work.debt, 2*d.cost)
	}
	j.learnCalls()
}

// measure reckons the costs: of each door the turns an issue takes, and on top
// the part of everything that the process does beside turns.
func (j *Judge) measure(dt time.Duration) {
	m := &j.meter
	if m.spent == nil {
		m.spent, m.turns = map[cert.Channel]Spent{}, map[cert.Channel]*average{}
	}
	keep := math.Exp(-dt.Seconds() / recent.Seconds())
	var turns, others time.Duration
	for _, ch := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
		s, before := j.Pool.Spent(ch), m.spent[ch]
		m.spent[ch] = s
		a := m.turns[ch]
		if a == nil {
			a = new(average)
			m.turns[ch] = a
		}
		a.computed = a.computed*keep + (s.Computed - before.Computed).Seconds()
		a.issues = a.issues*keep + float64(s.Issues-before.Issues)
		turns += s.Computed - before.Computed
		if ch == cert.Counter {
			others = s.Computed - before.Computed
		}
	}
	used := time.Duration(float64(turns) * 1.5)
	if j.CPU != nil {
		cpu := j.CPU()
		used, m.cpu = cpu-m.cpu, cpu
	}
	m.used = m.used*keep + used.Seconds()
	m.computed = m.computed*keep + turns.Seconds()
	m.busy += (used.Seconds()/dt.Seconds()/float64(j.Cores) - m.busy) / 2
	beside := 1.
	if m.computed > 0 {
		beside = min(6, max(1, m.used/m.computed))
	}
	for ch, d := range j.doors {
		if a := m.turns[ch]; a.issues >= 5 {
			d.cost = a.computed / a.issues * beside
		}
	}
	j.work.take(others.Seconds() * beside) // who is not judged is served out of the same stock
}

// correct moves the trim by what has come of the reckoning.
func (j *Judge) correct(now time.Time, dt time.Duration) {
	m := &j.meter
	if j.Lag != nil {
		m.lag = j.Lag()
	}
	if j.delay(now) <= patience {
		m.standing = time.Time{}
	} else if m.standing.IsZero() {
		m.standing = now
	}
	lessons := dt.Seconds() / lesson.Seconds()
	switch {
	case j.delay(now) > tooLong/2: // the reckoning is far off: others use the processors, too
		j.trim = max(0.1, j.trim*math.Pow(0.95, min(10, lessons)))
	case !m.standing.IsZero() && now.Sub(m.standing) >= interval:
		j.trim = max(0.1, j.trim*math.Pow(0.98, min(10, lessons)))
	case j.trim < 1:
		j.trim = min(1, j.trim*math.Pow(1.01, min(10, lessons)))
	case j.short > 1 && m.busy < idle: // many were admitted who never finish
		j.trim = min(4, j.trim*math.Pow(1.0005, min(10, lessons)))
	case m.busy > idle:
		j.trim = max(1, j.trim*math.Pow(0.99, min(10, lessons)))
	}
}

// stock is how much computing may be given out at once.
func (j *Judge) stock() float64 {
	most := busyStock
	if j.meter.busy < idle {
		most = idleStock
	}
	return max(most*float64(j.Cores), 4*j.doors[cert.App].cost)
}

// learnCalls does for the connections to the record service what is done for
// computing.
func (j *Judge) learnCalls() {
	if j.Records == nil {
		return
	}
	connections, each := j.Records.Load()
	if each <= 0 || connections <= 0 {
		return
	}
	first := j.calls.most == 0
	j.calls.rate = usable * float64(connections)
	j.calls.most = callStock * float64(connections)
	j.calls.debt = 2 * j.calls.most
	if first {
		j.calls.level = j.calls.most
	}
	j.meter.call = callsOfAnIssue * each.Seconds()
}
