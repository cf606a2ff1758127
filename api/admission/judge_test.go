// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"errors"
	"testing"
	"time"

	"kofu/cert"
)

// gateway is a record service as told.
type gateway struct {
	all, own, open bool
	connections    int
	each           time.Duration
}

func (g *gateway) Full(cert.MunicipalityCode) (all, own bool) { return g.all, g.own }
func (g *gateway) Load() (int, time.Duration)                 { return g.connections, g.each }
func (g *gateway) Open() bool                                 { return g.open }

// doorman is a judge with a clock and a record service of the test's.
func doorman(g *gateway) (j *Judge, pass func(time.Duration)) {
	now := time.Unix(1e9, 0)
	clock := func() time.Time { return now }
	c := Config{Pool: NewPool(1, clock, nil), Cores: 16, Now: clock, CPU: func() time.Duration { return 0 },
		Known: func(m cert.MunicipalityCode) bool { return m < "900100" }}
	if g != nil {
		c.Records = g
	}
	return NewJudge(c), func(d time.Duration) { now = now.Add(d) }
}

func reasonOf(err error) Reason {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Reason
	}
	return Admitted
}

// Rows: R4.3
func TestRecordServiceThatCannotKeepsPeopleOut(t *testing.T) {
	for _, tt := range []struct {
		g    gateway
		want Reason
	}{
		{gateway{}, Admitted},
		{gateway{open: true}, ReasonRecords},
		{gateway{all: true}, ReasonRecords},
		{gateway{own: true}, ReasonMunicipality},
		{gateway{all: true, own: true}, ReasonMunicipality},
	} {
		j, _ := doorman(&tt.g)
		err := j.Admit(cert.App, "900010")
		if reasonOf(err) != tt.want || (err != nil) != errors.Is(err, ErrBusy) {
			t.Errorf("%+v: %v", tt.g, err)
		}
	}
}

// As many are let in as the record service can answer, though there is
// computing to spare.
//
// Rows: R4.3
func TestSlowRecordServiceBoundsWhoIsLetIn(t *testing.T) {
	g := &gateway{connections: 64, each: 5 * time.Second}
	j, pass := doorman(g)
	in := 0
	const seconds = 60
	for range 300 * seconds {
		pass(time.Second / 300)
		if j.Admit(cert.App, "") == nil {
			in++
		}
	}
	// 64 connections, three calls of 5 s each: 4.3 a second, and a first stock.
	if in < 3*seconds || in > 5*seconds {
		t.Errorf("%d in %d s", in, seconds)
	}
}

// That the record service is slow says nothing of the processors: when it is
// quick again, no more are let in than before.
//
// Rows: R4.3
func TestSlowRecordServiceTeachesNothingOfComputing(t *testing.T) {
	g := &gateway{connections: 64, each: 5 * time.Second}
	j, pass := doorman(g)
	for range 300 * 300 {
		pass(time.Second / 300)
		_ = j.Admit(cert.App, "")
	}
	if s := j.State(); s.Trim != 1 {
		t.Errorf("the trim is %.2f", s.Trim)
	}
}

// Rows: R4.3
func TestNobodyComesBackWithEverybody(t *testing.T) {
	j, _ := doorman(&gateway{open: true})
	when := map[int]int{}
	for range 2000 {
		r, ok := errors.AsType[*Refusal](j.Admit(cert.App, ""))
		if !ok || r.After < 5*time.Second || r.After > 120*time.Second {
			t.Fatalf("%+v", r)
		}
		when[int(r.After.Seconds())]++
	}
	for second, n := range when {
		if n > 200 {
			t.Errorf("%d of 2000 after %d s", n, second)
		}
	}
}

// Codes that no municipality has are one, however many somebody makes up, and
// a place given back is there for the next.
//
// Rows: R4.3
func TestInventedMunicipalitiesAreOne(t *testing.T) {
	j, _ := doorman(nil)
	for _, m := range []cert.MunicipalityCode{"900200", "900300", ""} {
		_ = j.Admit(cert.App, m)
	}
	if n := len(j.doors[cert.App].towns); n != 1 {
		t.Errorf("%d are remembered", n)
	}
	before := j.work.level
	if err := j.Admit(cert.App, "900010"); err != nil {
		t.Fatal(err)
	}
	j.GiveBack(cert.App, "900010")
	if j.work.level != before || j.doors[cert.App].towns["900010"].had != 0 {
		t.Error("the place is lost")
	}
}

// The counter is no door of the judge's: nobody is sent away there.
//
// Rows: R4.3
func TestCounterIsNeverJudged(t *testing.T) {
	j, _ := doorman(&gateway{open: true, all: true, own: true})
	for range 10_000 {
		if err := j.Admit(cert.Counter, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// Where others use the processors, too, what could run waits: fewer are let in,
// and nobody while the wait is long.
//
// Rows: R4.3
func TestLagOfTheProcessorsKeepsPeopleOut(t *testing.T) {
	j, pass := doorman(nil)
	lag := 300 * time.Millisecond
	j.Lag = func() time.Duration { return lag }
	pass(lesson)
	for range trickle {
		_ = j.Admit(cert.App, "")
	}
	if got := reasonOf(j.Admit(cert.App, "")); got != ReasonDelay || j.trim >= 1 {
		t.Errorf("%s, trim %.2f", got, j.trim)
	}
	lag = 0
	pass(lesson)
	if err := j.Admit(cert.App, ""); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A reckoning that has gone wrong cannot lock everybody out for ever: some are
// let in, and what they cost is learned.
//
// Rows: R4.3
func TestWrongReckoningMends(t *testing.T) {
	j, pass := doorman(nil)
	j.doors[cert.App].cost = 1e6
	in := 0
	for range 100 {
		pass(100 * time.Millisecond)
		if j.Admit(cert.App, "") == nil {
			in++
			j.Pool.lanes[cert.App].spent.Issues++
			j.Pool.lanes[cert.App].spent.Computed += time.Millisecond
		}
	}
	if in < 50 || j.State().Cost > 10*time.Millisecond {
		t.Errorf("%d of 100, at %v each", in, j.State().Cost)
	}
}

func BenchmarkRefuse(b *testing.B) {
	j, _ := doorman(&gateway{open: true})
	for b.Loop() {
		_ = j.Admit(cert.App, "900010")
	}
}
