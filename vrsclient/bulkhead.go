// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"context"
	"math"
	"sync"
	"time"

	"kofu/cert"
)

// bulkhead shares the connections out. A municipality whose partition is slow
// holds its own part of them and no other's; calls that finish what was begun
// (reserve, confirm, void) go before those that begin something, which leave a
// quarter of the connections to them. A call that could not be answered within
// its time is refused at once.
type bulkhead struct {
	now  func() time.Time // the clock of the machine
	most int              // calls at once
	own  int              // of one municipality
	ask  int              // that begin something

	mu      sync.Mutex
	running map[*call]struct{}
	asking  int
	by      map[cert.MunicipalityCode]int
	line    [2][]*call // that finish, that begin
	took    float64    // seconds, of late, when
	told    time.Time  // a call ended last
}

// shortLine may always wait, if there is time.
const shortLine = 16

// call is one that runs, or waits to.
type call struct {
	town   cert.MunicipalityCode
	begins int // 1: begins something
	since  time.Time
	turn   chan struct{}
	let    bool
}

func newBulkhead(c Config) *bulkhead {
	return &bulkhead{
		now: time.Now, most: c.MaxConns, own: c.PerMunicipality, ask: c.MaxConns - c.MaxConns/4,
		running: map[*call]struct{}{}, by: map[cert.MunicipalityCode]int{},
	}
}

// beginning tells which calls begin something for somebody who could as well
// come again. Those of the counter do not: a person stands there, and clerks
// are few.
func beginning(name string) int {
	if name == "find" {
		return 1
	}
	return 0
}

// enter waits for a connection. The function returned gives it back, told whether there was an answer. A cause
// says why there is none.
func (b *bulkhead) enter(ctx context.Context, name string, m cert.MunicipalityCode) (leave func(answered bool), cause string) {
	c := &call{town: m, begins: beginning(name)}
	b.mu.Lock()
	if b.room(c) { // then nobody waits for the same
		b.start(c)
		b.mu.Unlock()
		return func(answered bool) { b.leave(c, answered) }, ""
	}
	if !b.inTime(ctx, c) {
		b.mu.Unlock()
		return nil, CauseBusy
	}
	c.turn = make(chan struct{})
	b.line[c.begins] = append(b.line[c.begins], c)
	b.mu.Unlock()
	select {
	case <-c.turn:
		return func(answered bool) { b.leave(c, answered) }, ""
	case <-ctx.Done():
	}
	if b.giveUp(c) {
		if ctx.Err() == context.Canceled {
			return nil, CauseCancelled
		}
		return nil, CauseBusy // which says nothing against the gateway
	}
	return func(answered bool) { b.leave(c, answered) }, "" // its turn came at that very moment
}

func (b *bulkhead) room(c *call) bool {
	if c.begins == 1 {
		return b.asking < b.ask && len(b.running) < b.most && !b.ownFull(c.town)
	}
	return len(b.running) < b.most && b.by[c.town] < b.own
}

// ownFull reports whether a municipality has so many calls that no more may
// begin something: a quarter of its part is left to those that finish.
func (b *bulkhead) ownFull(m cert.MunicipalityCode) bool { return b.by[m] >= b.own-b.own/4 }

// inTime reports whether a call that has to wait could be answered within its
// time. Of those that begin something no more wait than run, of one
// municipality either.
func (b *bulkhead) inTime(ctx context.Context, c *call) bool {
	ahead := len(b.line[0])
	if c.begins == 1 {
		ahead += len(b.line[1])
	}
	theirs := 0
	for _, w := range b.line[1] {
		if w.town == c.town {
			theirs++
		}
	}
	until, bounded := ctx.Deadline()
	if c.begins == 1 && theirs >= max(shortLine, b.own) {
		return false
	}
	if ahead >= 2*max(shortLine, b.most) || c.begins == 1 && len(b.line[1]) >= max(shortLine, b.ask) {
		return false
	}
	each := b.each()
	wait := max(0, each-b.oldest(c.town)) + each*float64(ahead)/float64(b.most)
	return !bounded || b.now().Add(time.Duration(1.2*(wait+each)*1e9)).Before(until)
}

// oldest is how long the call that a call for m waits for has run: of m, when m
// has as many as it may.
func (b *bulkhead) oldest(m cert.MunicipalityCode) (seconds float64) {
	now, own := b.now(), b.ownFull(m)
	for c := range b.running {
		if !own || c.town == m {
			seconds = max(seconds, now.Sub(c.since).Seconds())
		}
	}
	return seconds
}

func (b *bulkhead) start(c *call) {
	c.let, c.since = true, b.now()
	b.running[c] = struct{}{}
	b.by[c.town]++
	b.asking += c.begins
}

func (b *bulkhead) giveUp(c *call) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.let {
		return false
	}
	line := b.line[c.begins]
	for i := range line {
		if line[i] == c {
			b.line[c.begins] = append(line[:i], line[i+1:]...)
			break
		}
	}
	return true
}

// leave gives a connection on: to the first, of those that finish and then of
// those that begin, whose municipality has room.
func (b *bulkhead) leave(c *call, answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if took := b.now().Sub(c.since).Seconds(); answered || took > b.took { // else it was given up before its time
		weight := 1. / 16
		if took < b.took { // it has become quicker: that is good to know soon
			weight = 1. / 4
		}
		b.took += (took - b.took) * weight
	}
	b.told = b.now()
	delete(b.running, c)
	b.asking -= c.begins
	if b.by[c.town]--; b.by[c.town] == 0 {
		delete(b.by, c.town)
	}
	for kind := range b.line {
		for i := 0; i < len(b.line[kind]) && len(b.running) < b.most; i++ {
			if next := b.line[kind][i]; b.room(next) {
				b.line[kind] = append(b.line[kind][:i], b.line[kind][i+1:]...)
				i--
				b.start(next)
				close(next.turn)
			}
		}
	}
}

// each is how many seconds a call takes as things are: as it was of late, or,
// when most connections are in use, as long as those have run already.
func (b *bulkhead) each() float64 {
	if len(b.running) == 0 { // the longer nobody asks, the less is known
		return b.took * math.Exp2(-b.now().Sub(b.told).Seconds())
	}
	if len(b.running) < b.most*3/4 {
		return b.took
	}
	now, age := b.now(), 0.
	for c := range b.running {
		age += now.Sub(c.since).Seconds()
	}
	return max(b.took, age/float64(len(b.running)))
}

// Full reports whether a find for m would have to wait now: for lack of any
// connection, or because m uses as many as it may.
func (c *Client) Full(m cert.MunicipalityCode) (all, own bool) {
	b := c.bulkhead
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asking >= b.ask || len(b.running) >= b.most, m != "" && b.ownFull(m)
}

// Load returns how many calls there can be at once, and how long one takes as
// things are; 0 when none was made.
func (c *Client) Load() (connections int, each time.Duration) {
	b := c.bulkhead
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.most, time.Duration(b.each() * 1e9)
}

// InUse is how many calls run, and how many wait, for metrics.
func (c *Client) InUse() (running, waiting int) {
	b := c.bulkhead
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.running), len(b.line[0]) + len(b.line[1])
}
