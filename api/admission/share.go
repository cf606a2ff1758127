// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"math"
	"time"

	"kofu/cert"
)

// memory is how long what was asked for and had is remembered, to tell who has
// had more than a share: it fades to a third in this time.
const memory = 2 * time.Second

// faint is when what is remembered of somebody counts no more.
const faint = 0.05

// door is what one door has asked for and had.
type door struct {
	weight float64
	cost   float64 // seconds of computing an issue
	asked  float64 // fading
	let    float64 // were admitted, fading
	had    float64 // seconds of computing, fading
	towns  map[cert.MunicipalityCode]*town
}

// town is what one municipality has, at one door.
type town struct{ asked, had float64 }

func newDoor(weight float64, cost time.Duration) *door {
	return &door{weight: weight, cost: cost.Seconds(), towns: map[cert.MunicipalityCode]*town{}}
}

// ask notes that somebody asks. The towns are those of the directory, so they
// are not many.
func (d *door) ask(m cert.MunicipalityCode) {
	t := d.towns[m]
	if t == nil {
		t = new(town)
		d.towns[m] = t
	}
	t.asked++
	d.asked++
}

// book notes what somebody has been given.
func (d *door) book(m cert.MunicipalityCode, seconds float64) {
	d.had = max(0, d.had+seconds)
	if t := d.towns[m]; t != nil {
		t.had = max(0, t.had+seconds)
	}
}

// greedy reports whether a municipality has had more than an equal part, while
// others ask.
func (d *door) greedy(m cert.MunicipalityCode) bool {
	n := len(d.towns)
	return n > 1 && d.towns[m].had > d.had/float64(n)
}

// fade forgets, and drops those of whom nothing is left.
func (d *door) fade(dt time.Duration) {
	keep := math.Exp(-dt.Seconds() / memory.Seconds())
	d.asked *= keep
	d.let *= keep
	d.had *= keep
	for m, t := range d.towns {
		t.asked *= keep
		t.had *= keep
		if t.asked < faint {
			delete(d.towns, m)
		}
	}
}
