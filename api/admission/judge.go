// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"kofu/cert"
)

// Reason says why somebody was not admitted. It is for metrics.
type Reason string

// The reasons.
const (
	ReasonCapacity     Reason = "capacity"     // this process has as much to compute as it can
	ReasonDelay        Reason = "delay"        // who was admitted waits too long already
	ReasonRecords      Reason = "records"      // the record service has as much to do as it can, or does not answer
	ReasonMunicipality Reason = "municipality" // the municipality's part of it has
	Admitted           Reason = "admitted"
)

// Reasons returns all of them.
func Reasons() []Reason {
	return []Reason{Admitted, ReasonCapacity, ReasonDelay, ReasonRecords, ReasonMunicipality}
}

// Refusal is the error of who is not admitted.
type Refusal struct {
	Reason Reason
	After  time.Duration // until it is worth asking again, drawn by lot: nobody comes back with everybody else
}

// ErrBusy is what every [Refusal] is.
var ErrBusy = errors.New("admission: busy")

// Error implements the error interface.
func (r *Refusal) Error() string { return ErrBusy.Error() }

// Is reports whether target is [ErrBusy].
func (r *Refusal) Is(target error) bool { return target == ErrBusy }

// Records is the record service, as the judge sees it. It answers at once and
// from memory, and is safe for concurrent use.
type Records interface {
	// Full reports whether a question about somebody of m would have to wait
	// now: all the connections are in use, or all that m may use of them.
	Full(m cert.MunicipalityCode) (all, own bool)
	// Load returns how many questions can be asked at once, and how long one
	// takes as things are: 0 when nothing is known.
	Load() (connections int, each time.Duration)
	// Open reports whether no questions are asked for the moment.
	Open() bool
}

// Config is what a [Judge] is made of. Pool and Now are needed.
type Config struct {
	Pool    *Pool
	Cores   int // processors that this process may use; at least 1
	Now     func() time.Time
	CPU     func() time.Duration // computing time that this process has used so far; nil: only turns of the pool are known
	Lag     func() time.Duration // how long what could run has lately waited for a processor; nil: not known
	Records Records              // nil: whatever they can do is enough
	// Known reports whether there is such a municipality. Others share one
	// place. Nil: all are.
	Known func(m cert.MunicipalityCode) bool
	// Decided is told of every decision. Nil tells nobody.
	Decided func(ch cert.Channel, r Reason)
}

// Judge admits. It is safe for concurrent use. It shares nothing with other
// processes: each knows its own machine.
type Judge struct {
	Config

	mu      sync.Mutex
	work    budget // seconds of computing
	calls   budget // seconds of connections to the record service
	doors   map[cert.Channel]*door
	meter   meter
	learned time.Time
	trim    float64 // what experience makes of what was reckoned; 1 at first
	asked   float64 // in the last seconds, and
	refused float64 // of these not admitted, and
	short   float64 // of these for want of computing
}

// What an issue is taken to cost before any was measured.
const (
	firstAppCost   = 2500 * time.Microsecond
	firstKioskCost = 12 * time.Millisecond
)

// callsOfAnIssue is how often the record service is asked for one: find,
// reserve, confirm.
const callsOfAnIssue = 3

// tooLong is how long a turn may be waited for before nobody is admitted at
// all.
const tooLong = 200 * time.Millisecond

// trickle is how many of one door are let in within [memory] whatever was
// reckoned.
const trickle = 4

// NewJudge returns a judge.
func NewJudge(c Config) *Judge {
	c.Cores = max(1, c.Cores)
	now := c.Now()
	j := &Judge{Config: c, trim: 1, learned: now, doors: map[cert.Channel]*door{
		cert.App:   newDoor(2, firstAppCost),
		cert.Kiosk: newDoor(1, firstKioskCost),
	}}
	if c.CPU != nil {
		j.meter.cpu = c.CPU()
	}
	j.work = budget{at: now, rate: usable * float64(c.Cores), most: idleStock * float64(c.Cores)}
	j.work.level, j.work.debt = j.work.most, 2*j.work.most
	j.calls = budget{at: now}
	return j
}

// Admit decides about one who asks to begin at a door, for a municipality or,
// where that is not known yet, for "". The error is a [*Refusal].
func (j *Judge) Admit(ch cert.Channel, m cert.MunicipalityCode) error {
	if j.Known != nil && m != "" && !j.Known(m) {
		m = ""
	}
	j.mu.Lock()
	why := j.decide(ch, m)
	var err error
	if why != Admitted {
		err = &Refusal{why, j.after(why)}
	}
	j.mu.Unlock()
	if j.Decided != nil {
		j.Decided(ch, why)
	}
	return err
}

// GiveBack returns the place of one who was admitted and will not use it.
func (j *Judge) GiveBack(ch cert.Channel, m cert.MunicipalityCode) {
	if j.Known != nil && m != "" && !j.Known(m) {
		m = ""
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	d := j.doors[ch]
	if d == nil {
		return
	}
	j.work.give(d.cost)
	j.calls.give(j.meter.call)
	d.book(m, -d.cost)
}

// State is what a judge reckons with.
type State struct {
	Rate float64       // issues of the app in a second, if nobody else asked
	Cost time.Duration // computing of an issue of the app
	Trim float64       // 1: what was reckoned is right
	Busy float64       // part of the processors' time that is used
}

// State returns what the judge reckons with now.
func (j *Judge) State() State {
	j.mu.Lock()
	defer j.mu.Unlock()
	cost := j.doors[cert.App].cost
	s := State{Rate: j.work.rate / cost, Cost: time.Duration(cost * 1e9), Trim: j.trim, Busy: j.meter.busy}
	if j.meter.call > 0 {
		s.Rate = min(s.Rate, j.calls.rate/j.meter.call)
	}
	return s
}

func (j *Judge) decide(ch cert.Channel, m cert.MunicipalityCode) Reason {
	now := j.Now()
	d := j.doors[ch]
	if d == nil { // there is no judging at this door
		return Admitted
	}
	j.asked++
	if now.Sub(j.learned) >= lesson {
		j.learn(now)
	}
	j.work.fill(now)
	j.calls.fill(now)
	d.ask(m)
	why := j.judge(now, ch, d, m)
	if why != Admitted {
		j.refused++
		if why == ReasonCapacity {
			j.short++
		}
		return why
	}
	d.let++
	j.work.take(d.cost)
	j.calls.take(j.meter.call)
	d.book(m, d.cost)
	return why
}

func (j *Judge) judge(now time.Time, ch cert.Channel, d *door, m cert.MunicipalityCode) Reason {
	if j.Records != nil {
		if j.Records.Open() {
			return ReasonRecords
		}
		switch all, own := j.Records.Full(m); {
		case own:
			return ReasonMunicipality
		case all:
			return ReasonRecords
		}
	}
	keep := j.reserve(ch, d, m)
	switch {
	case j.Pool.Delay(now) > tooLong:
		return ReasonDelay
	case d.let < trickle: // so few do no harm, and what they cost is learned from them
		return Admitted
	case j.meter.lag > tooLong:
		return ReasonDelay
	case j.work.level <= keep*j.work.most:
		return ReasonCapacity
	case j.calls.most > 0 && j.calls.level <= keep*j.calls.most:
		return ReasonRecords
	}
	return Admitted
}

// delay is how long work waits: for a turn, or for a processor that others use,
// too.
func (j *Judge) delay(now time.Time) time.Duration { return max(j.Pool.Delay(now), j.meter.lag) }

// reserve is the part of the stock that is not for this one: what is left is
// kept for municipalities, and doors, that have had less than their share.
func (j *Judge) reserve(ch cert.Channel, d *door, m cert.MunicipalityCode) (part float64) {
	if d.greedy(m) {
		part += 1. / 3
	}
	if j.greedy(ch) {
		part += 1. / 3
	}
	return part
}

// greedy reports whether a door has had more than its share, while others ask.
func (j *Judge) greedy(ch cert.Channel) bool {
	weights, had := 0., 0.
	for _, d := range j.doors {
		if d.asked > faint {
			weights += d.weight
			had += d.had
		}
	}
	d := j.doors[ch]
	return weights > d.weight && d.had > had*d.weight/weights
}

// after draws when to come again. The more were refused, the wider they are
// spread, so that who comes back finds room.
func (j *Judge) after(why Reason) time.Duration {
	least, spread := 5*time.Second, 10*time.Second
	if why == ReasonRecords || why == ReasonMunicipality {
		least = 10 * time.Second
	}
	if served := j.asked - j.refused; served > 0 {
		spread = time.Duration(float64(spread) * min(10, 1+j.refused/served))
	} else if j.refused > 1 {
		spread *= 5
	}
	return least + rand.N(spread) // #nosec G404 -- to spread, not to hide
}
