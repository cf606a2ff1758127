// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"kofu/cert"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// A failing is one way of the record service to fail, at a call.
type failing struct {
	name   string
	faults []vrs.Fault                 // of that call, the first of them first
	before func(t *testing.T, s *site) // what happens just before the call
	after  func(t *testing.T, s *site) // and is made good
	only   []string                    // calls; every one if empty
	want   []string                    // codes; unavailable if empty
}

// failings are all of them. What an answer says is not every call's alike.
func failings() []failing {
	var list []failing
	for _, status := range []int{204, 206, 301, 302, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 422, 423, 429, 431, 451,
		500, 501, 502, 503, 504, 505, 507, 511} {
		x := failing{name: fmt.Sprintf("status %d", status), faults: []vrs.Fault{{Kind: vrs.Status, Status: status}}}
		if !slices.Contains([]int{204, 401, 404, 409, 429, 500, 503}, status) { // the client tells no more of them apart
			x.only = []string{"find", "search"}
		}
		list = append(list, x)
	}
	for _, kind := range []vrs.FaultKind{vrs.Reset, vrs.Truncated, vrs.Redirect, vrs.Altered, vrs.NoDigest, vrs.HTML, vrs.Empty, vrs.TooLarge, vrs.HalfJSON,
		vrs.Trailing, vrs.DoubledName, vrs.UnknownName, vrs.UnknownResult, vrs.MissingName, vrs.ErrorFlag, vrs.Null, vrs.WrongType, vrs.OtherRequest, vrs.OtherMunicipality} {
		list = append(list, failing{name: string(kind), faults: []vrs.Fault{{Kind: kind}}})
	}
	list = append(list,
		failing{name: "time-out", faults: []vrs.Fault{{Kind: vrs.Late, Delay: time.Minute}}},
		failing{name: "slow body", faults: []vrs.Fault{{Kind: vrs.Slow, Delay: 50 * time.Millisecond}}},
		failing{name: "connection refused", before: func(_ *testing.T, s *site) { _ = s.gateway.Close() }, after: reopen, only: []string{"find", "search", "open", "open again", "reserve"}},
	)
	for kind, calls := range map[vrs.FaultKind][]string{
		vrs.OtherPerson: {"find", "search", "open", "open again"}, vrs.OtherHolder: {"open", "open again"}, vrs.OtherIssuance: {"open", "open again", "reserve", "confirm"},
		vrs.Stale: {"find", "search", "open", "open again", "reserve"}, vrs.Ahead: {"find", "search", "open", "open again", "reserve"},
		vrs.NoDoses: {"find", "open", "open again"}, vrs.BadID: {"reserve", "confirm"}, vrs.Crowd: {"search"},
	} {
		list = append(list, failing{name: string(kind), faults: []vrs.Fault{{Kind: kind}}, only: calls})
	}
	persons, again := []string{"find", "search", "open"}, []string{"start_again"}
	return append(list,
		failing{name: "empty list of doses, truncated at first", faults: []vrs.Fault{{Kind: vrs.Truncated, Times: 1}, {Kind: vrs.NoDoses}}, only: []string{"find", "open"}},
		failing{name: "somebody else on the second attempt", faults: []vrs.Fault{{Kind: vrs.Reset, Times: 1}, {Kind: vrs.OtherPerson}}, only: persons},
		failing{name: "503, then an older answer", faults: []vrs.Fault{{Kind: vrs.Status, Status: 503, Times: 1}, {Kind: vrs.Stale}}, only: persons},
		failing{name: "503, then another issuance", faults: []vrs.Fault{{Kind: vrs.Status, Status: 503, Times: 1}, {Kind: vrs.OtherIssuance}}, only: []string{"reserve", "confirm"}},
		failing{name: "lapsed", faults: []vrs.Fault{{Kind: vrs.Rewritten, Alter: func(b []byte) []byte { return bytes.Replace(b, []byte(`"confirmed"`), []byte(`"lapsed"`), 1) }}},
			only: []string{"confirm"}, want: again},
		failing{name: "version changed", before: change(func(t *testing.T, p *vrs.Partition, number string) error {
			return p.Correct(t.Context(), number, "KM"+strconv.Itoa(int(time.Now().UnixMicro()%1e6)))
		}),
			only: []string{"reserve"}, want: again},
		failing{name: "blocked in between", before: change(func(t *testing.T, p *vrs.Partition, number string) error { return p.Stop(t.Context(), number, true) }),
			after: change(func(t *testing.T, p *vrs.Partition, number string) error { return p.Stop(t.Context(), number, false) }), only: []string{"reserve"}, want: again},
	)
}

// reopen has the gateway answer again where it was.
func reopen(t *testing.T, s *site) {
	t.Helper()
	var err error
	if s.gateway, err = s.standIn.StartWith(s.gateway.URL[len("https://"):], s.certs); err != nil {
		t.Fatal(err)
	}
}

// change changes the record of whom these tests are about.
func change(f func(t *testing.T, p *vrs.Partition, number string) error) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		t.Helper()
		r := vrs.Residents()[1]
		p, err := s.standIn.Partition(s.standIn.Credentials()[r.Municipality])
		if err == nil {
			err = f(t, p, r.Number)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// patient gives the site limits that a hundred failures in a row do not reach,
// and short times.
func (s *site) patient(t *testing.T) {
	t.Helper()
	s.section("vrs")["timeout"] = "1500ms"
	s.section("app")["limits"] = map[string]any{"per_prefix": 1_000_000, "per_card": 1_000_000, "per_device": 1_000_000}
	if s.config["counter"] != nil {
		s.section("counter")["policy"].(map[string]any)["hourly"] = 60
	}
	if s.section("listen")["kiosk"] != nil {
		s.config["kiosk"] = map[string]any{"per_minute": 1_000_000}
	}
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	start(t, s)
}

// healthy returns what asks the record service once with success: no row of
// failures is long enough for the breaker then, which would hide what is tried
// next.
func (s *site) healthy(t *testing.T) func() {
	t.Helper()
	p, wish := s.phone(t, vrs.Residents()[2])
	return func() {
		t.Helper()
		var err error
		for range 20 {
			if _, err = p.Ask(t.Context(), wish); err == nil {
				return
			}
			time.Sleep(500 * time.Millisecond)
		}
		t.Fatalf("does not recover: %v", err)
	}
}

// threeDoors opens each door at a site of its own.
func threeDoors(t *testing.T, use func(t *testing.T, s *site, d wayIn)) {
	t.Run("app", func(t *testing.T) {
		t.Parallel()
		s := makeSite(t)
		s.patient(t)
		use(t, s, phoneDoor(t, s))
	})
	t.Run("kiosk", func(t *testing.T) {
		t.Parallel()
		s, addr := makeKiosk(t)
		s.patient(t)
		use(t, s, terminalDoor(t, s, addr))
	})
	t.Run("counter", func(t *testing.T) {
		t.Parallel()
		s, addr := makeCounter(t)
		s.patient(t)
		use(t, s, clerkDoor(t, s, addr))
	})
}

// doseCount is what nobody may read where nothing is known: a number of
// vaccinations, in any of the languages, or the rows of a table of them.
var doseCount = regexp.MustCompile(`[0-9０-９]\s*回|(?i)\b(?:[0-9]+|no|zero) (?:dose|vaccination)s?\b|"doses"|dose_head|<tbody><tr>`)

// nothing fails the test where a failure was shown as anything but a failure.
func (x failing) nothing(t *testing.T, call string, got trip) {
	t.Helper()
	want := x.want
	if len(want) == 0 {
		want = []string{"unavailable"}
	}
	if !slices.Contains(want, got.code) {
		t.Errorf("%s at %s: told %q, want one of %q", x.name, call, got.code, want)
	}
	if len(got.papers) != 0 || got.keys != 0 {
		t.Errorf("%s at %s: %d papers and %d keys left", x.name, call, len(got.papers), got.keys)
	}
	if got.coins.Captured != 0 || got.coins.Escrow != 0 || got.coins.Returned != got.coins.Inserted {
		t.Errorf("%s at %s: coins %+v", x.name, call, got.coins)
	}
	if m := doseCount.FindString(got.last); m != "" {
		t.Errorf("%s at %s: %q is shown:\n%s", x.name, call, m, got.last)
	}
}

// at sets the failing for one call, and makes it good again.
func (x failing) at(t *testing.T, s *site, d wayIn, call string) {
	t.Helper()
	r := vrs.Residents()[1]
	real := call
	if call == "open again" {
		real = "open"
	}
	got := d.walk(t, r, before{call: func() {
		for _, f := range x.faults {
			f.Call = real
			s.standIn.Faults().Add(f)
		}
		if x.before != nil {
			x.before(t, s)
		}
	}})
	x.nothing(t, call, got)
	s.standIn.Faults().Clear()
	if x.after != nil {
		x.after(t, s)
	}
}

// Whatever the record service does instead of answering, at whatever call, no
// door signs anything, shows a number of doses or keeps a coin.
//
// Rows: A6, R4.1, R1.8
func TestUnavailableIsNeverZero(t *testing.T) {
	if testing.Short() {
		t.Skip("one failure after the other takes a while")
	}
	threeDoors(t, func(t *testing.T, s *site, d wayIn) {
		first := d.walk(t, vrs.Residents()[1], nil)
		if len(first.papers) == 0 {
			t.Fatalf("nothing is issued at all: %s", first.code)
		}
		calls := d.calls
		if d.name == "counter" {
			calls = []string{"search", "open", "open again", "reserve", "confirm"}
		}
		tried, well := 0, s.healthy(t)
		for _, call := range calls {
			for _, x := range failings() {
				if len(x.only) > 0 && !slices.Contains(x.only, call) {
					continue
				}
				x.at(t, s, d, call)
				tried++
				well()
			}
		}
		if last := d.walk(t, vrs.Residents()[1], nil); len(last.papers) == 0 {
			t.Errorf("afterwards: %s", last.code)
		}
		t.Logf("%s: %d failures", d.name, tried)
	})
}

// A reservation that cannot be given up hinders nobody: the coins come back,
// and it lapses.
//
// Rows: R4.1
func TestVoidThatFailsKeepsNoCoin(t *testing.T) {
	s, addr := makeKiosk(t)
	s.patient(t)
	d, well := terminalDoor(t, s, addr), s.healthy(t)
	for _, x := range failings() {
		if len(x.only) > 0 {
			continue
		}
		x.want = []string{"cancelled"}
		x.at(t, s, d, "void")
		well()
	}
	s.report(t, time.Now().In(cert.JST()).Format(time.DateOnly))
}

// The same application gets the same certificate, or none: two answers about
// one reservation that differ are told by the record service's own books, which
// are asked before anything leaves.
//
// Rows: R4.1, R1.3
func TestAnotherReservationForTheSameApplicationIssuesNothing(t *testing.T) {
	s := makeSite(t)
	s.patient(t)
	p, wish := s.phone(t, vrs.Residents()[1])
	reviewed, err := p.Ask(t.Context(), wish)
	if err != nil {
		t.Fatal(err)
	}
	first, err := p.Issue(t.Context(), reviewed.Sealed, false)
	if err != nil {
		t.Fatal(err)
	}
	other := func(b []byte) []byte { return bytes.Replace(b, []byte(first.ID), []byte(first.ID[:17]+"900001"), 1) }
	s.standIn.Faults().Add(vrs.Fault{Call: "reserve", Kind: vrs.Rewritten, Times: 1, Alter: other})
	if _, err := p.Issue(t.Context(), reviewed.Sealed, false); err == nil || phone.CodeOf(err) != "unavailable" {
		t.Errorf("another certificate ID: %v", err)
	}
	if again, err := p.Issue(t.Context(), reviewed.Sealed, false); err != nil || again.SHC != first.SHC {
		t.Errorf("afterwards: %v", err)
	}
}
