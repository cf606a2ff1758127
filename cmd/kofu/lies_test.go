// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"testing"
	"time"

	"kofu/test/faults"
	"kofu/test/vrs"
)

// lieTime is how long each door is lied to.
const lieTime = 8 * time.Second

// oneHour is how many certificates a clerk issues here: above thirty in an hour
// each waits for a second person.
const oneHour = 25

// known are the codes a person may be told while the record service fails.
var known = []string{"unavailable", "start_again", "no_record", "record_needs_check", "busy", "come_again"}

// Whatever the record service says, at whatever calls, what is issued says what
// is on record of the person who asked; or nothing is issued, and the person is
// told a code and no number of doses. On a failure the test tells the seed.
//
// Rows: A6, R4.1, R1.4
func TestLiesAreNotPassedOn(t *testing.T) {
	if testing.Short() {
		t.Skip("one failure after the other takes a while")
	}
	seed := uint64(time.Now().UnixNano())
	threeDoors(t, func(t *testing.T, s *site, d wayIn) {
		people := []vrs.Resident{vrs.Residents()[0], vrs.Residents()[1], vrs.Residents()[4]}
		truth := map[string]string{}
		for _, r := range people {
			got := d.walk(t, r, nil)
			if len(got.papers) == 0 {
				t.Fatalf("nothing is issued at all: %s", got.code)
			}
			truth[r.ID] = s.says(t, got.papers[0])
		}
		well, tried, issued := s.healthy(t), 0, 0
		for until := time.Now().Add(lieTime); time.Now().Before(until) && (d.name != "counter" || issued < oneHour); tried++ {
			one := seed + uint64(tried)
			for _, f := range faults.New(one).Plan(d.calls) {
				s.standIn.Faults().Add(f)
			}
			r := people[tried%len(people)]
			got := d.walk(t, r, nil)
			s.standIn.Faults().Clear()
			issued += len(got.papers)
			got.judge(t, one, func(paper []byte) bool { return s.says(t, paper) == truth[r.ID] })
			well()
		}
		t.Logf("%s: %d applications, %d certificates, from seed %d", d.name, tried, issued, seed)
	})
}

// judge holds what came of an application against the truth.
func (g trip) judge(t *testing.T, seed uint64, right func(paper []byte) bool) {
	t.Helper()
	for _, paper := range g.papers {
		if !right(paper) {
			t.Errorf("seed %d: a certificate says what is not on record", seed)
		}
	}
	if len(g.papers) > 0 {
		return
	}
	if !slices.Contains(known, g.code) {
		t.Errorf("seed %d: told %q", seed, g.code)
	}
	if m := doseCount.FindString(g.last); m != "" && g.code != "no_record" {
		t.Errorf("seed %d, %s: %q is shown", seed, g.code, m)
	}
	if g.keys > 0 || g.coins.Captured > 0 || g.coins.Escrow > 0 {
		t.Errorf("seed %d, %s: %d keys left, coins %+v", seed, g.code, g.keys, g.coins)
	}
}
