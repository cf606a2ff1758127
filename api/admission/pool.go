// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kofu/cert"
)

// ErrFull is what [Pool] answers to work that could not be finished within its
// time, or for which there is no place left to wait. It is the last net: who
// was admitted at a door meets it only when a door has admitted too many.
// It is [cert.ErrUnavailable], too: nothing is known about anybody.
var ErrFull = fmt.Errorf("admission: no place to wait for a turn: %w", cert.ErrUnavailable)

// longestLine is how many wait in one lane at most: more than can be served
// within the time of any request.
const longestLine = 1024

// A Pool bounds how much is computed at once in this process: card proofs and
// certificates, which are nearly all of its computing. A turn is held for no
// longer than the computing takes, and never while somebody else is asked: a
// slow record service holds no turn.
//
// Each door has a lane of its own, first come, first served. Between lanes the
// next turn goes to the one that has had the least, for its weight: a flood at
// one door delays the others by the one piece of work that is being done. A Pool
// is safe for concurrent use.
type Pool struct {
	now  func() time.Time
	wait func(ch cert.Channel, waited time.Duration)

	mu    sync.Mutex
	slots int
	free  int
	lanes map[cert.Channel]*lane
	clock float64 // virtual time of the lane served last
}

// lane is one door's.
type lane struct {
	weight float64
	had    float64 // virtual time used
	line   []*waiter
	spent  Spent
}

// Spent is what a door has had of a [Pool] since it began.
type Spent struct {
	Computed time.Duration // of turns
	Issues   int           // certificates among them
}

type waiter struct {
	since time.Time
	turn  chan struct{} // closed when it has come
	had   bool
}

// NewPool returns a pool in which slots work at once. waited, when not nil, is
// told how long each had to wait for its turn.
func NewPool(slots int, now func() time.Time, waited func(ch cert.Channel, waited time.Duration)) *Pool {
	if waited == nil {
		waited = func(cert.Channel, time.Duration) {}
	}
	return &Pool{
		now: now, wait: waited, slots: max(1, slots), free: max(1, slots),
		lanes: map[cert.Channel]*lane{cert.App: {weight: 2}, cert.Kiosk: {weight: 2}, cert.Counter: {weight: 8}},
	}
}

// Card waits for a turn to prove a card. The function returned ends the turn,
// and is called once. The error is ctx's, or [ErrFull].
func (p *Pool) Card(ctx context.Context, ch cert.Channel) (end func(), err error) {
	return p.begin(ctx, ch, 0)
}

// Certificate likewise, to make a certificate.
func (p *Pool) Certificate(ctx context.Context, ch cert.Channel) (end func(), err error) {
	return p.begin(ctx, ch, 1)
}

func (p *Pool) begin(ctx context.Context, ch cert.Channel, issues int) (end func(), err error) {
	if ctx.Err() != nil { // nobody waits for it any more
		return nil, context.Cause(ctx)
	}
	began := p.now()
	w, err := p.join(ctx, ch, began)
	if err != nil {
		return nil, err
	}
	if w != nil {
		select {
		case <-w.turn:
		case <-ctx.Done():
			if p.leave(ch, w) {
				return nil, context.Cause(ctx)
			} // its turn came at that very moment
		}
	}
	start := p.now()
	p.wait(ch, start.Sub(began))
	return func() { p.done(ch, p.now().Sub(start), issues) }, nil
}

// join takes a turn, or a place in the line for one.
func (p *Pool) join(ctx context.Context, ch cert.Channel, now time.Time) (*waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lanes[ch]
	if l == nil { // no such door
		return nil, ErrFull
	}
	if len(l.line) == 0 { // it has saved nothing up while it had no work
		l.had = max(l.had, p.clock)
	}
	if p.free > 0 {
		p.free--
		p.serve(l)
		return nil, nil
	}
	if len(l.line) >= longestLine || p.tooLate(ctx, l, now) {
		return nil, ErrFull
	}
	w := &waiter{since: now, turn: make(chan struct{})}
	l.line = append(l.line, w)
	return w, nil
}

// tooLate reports whether the line is so long that its end is served after ctx
// has ended. How long a turn takes is what it has taken so far.
func (p *Pool) tooLate(ctx context.Context, l *lane, now time.Time) bool {
	until, bounded := ctx.Deadline()
	if !bounded || l.spent.Issues == 0 {
		return false
	}
	each := l.spent.Computed / time.Duration(l.spent.Issues)
	return now.Add(each * time.Duration(len(l.line)+1) / time.Duration(p.slots)).After(until)
}

// serve books a turn to a lane.
func (p *Pool) serve(l *lane) {
	p.clock = l.had
	l.had += 1 / l.weight
}

// leave takes a waiter out of its line, unless its turn has come.
func (p *Pool) leave(ch cert.Channel, w *waiter) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.had {
		return false
	}
	l := p.lanes[ch]
	for i := range l.line {
		if l.line[i] == w {
			l.line = append(l.line[:i], l.line[i+1:]...)
			break
		}
	}
	return true
}

// done ends a turn and gives it on.
func (p *Pool) done(ch cert.Channel, took time.Duration, issues int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lanes[ch].spent.Computed += took
	p.lanes[ch].spent.Issues += issues
	var next *lane
	for _, l := range p.lanes {
		if len(l.line) > 0 && (next == nil || l.had+1/l.weight < next.had+1/next.weight) {
			next = l
		}
	}
	if next == nil {
		p.free++
		return
	}
	w := next.line[0]
	next.line[0] = nil
	next.line = next.line[1:]
	p.serve(next)
	w.had = true
	close(w.turn)
}

// Slots is how many work at once.
func (p *Pool) Slots() int { return p.slots }

// Spent returns what a door has had.
func (p *Pool) Spent(ch cert.Channel) Spent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lanes[ch].spent
}

// Delay is how long the one who has waited longest, at a door that admits, has
// waited by now.
func (p *Pool) Delay(now time.Time) (longest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ch, l := range p.lanes {
		if ch != cert.Counter && len(l.line) > 0 {
			longest = max(longest, now.Sub(l.line[0].since))
		}
	}
	return longest
}
