// SPDX-License-Identifier: Apache-2.0

package vrsclient_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/cert"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

// aboutPersons are the faults of answers that bring persons.
func aboutPersons() []faultCase {
	return []faultCase{
		{vrs.Fault{Kind: vrs.OtherPerson}, vrsclient.CauseOtherPerson, 1},
		{vrs.Fault{Kind: vrs.Stale}, vrsclient.CauseStale, 1},
		{vrs.Fault{Kind: vrs.Ahead}, vrsclient.CauseFuture, 1},
		{vrs.Fault{Kind: vrs.UnknownResult}, "", 1},
		{vrs.Fault{Kind: vrs.MissingName}, "", 1},
	}
}

// withCause fills the causes left open.
func withCause(cases []faultCase, cause string) []faultCase {
	for i := range cases {
		if cases[i].cause == "" {
			cases[i].cause = cause
		}
	}
	return cases
}

// Rows: A6, R4.1, R1.8
func TestSearchIsUnavailableInEveryFailure(t *testing.T) {
	t.Parallel()
	s, c := connect(t, patient)
	r := resident(t, "doses: 5")
	crowd := faultCase{vrs.Fault{Kind: vrs.Crowd}, vrsclient.CauseMalformed, 1}
	for _, q := range []cert.Search{byNumber(t, r), byTicket(r), byName(r, r.Kana)} {
		for _, x := range append(append(everyCall(), withCause(aboutPersons(), vrsclient.CauseMalformed)...), crowd) {
			during(t, s, "search", x, func() error {
				list, err := c.Desk().Search(t.Context(), q)
				if list != nil {
					t.Errorf("%s brought persons", x.fault.Kind)
				}
				return err
			})
		}
	}
	nobody := resident(t, "no record in the municipality") // faults of answers without persons
	for _, x := range withCause(aboutPersons(), vrsclient.CauseUnknown) {
		during(t, s, "search", x, func() error {
			_, err := c.Desk().Search(t.Context(), byNumber(t, nobody))
			return err
		})
	}
}

// Rows: A6, R4.1, R1.8
func TestOpenIsUnavailableInEveryFailure(t *testing.T) {
	t.Parallel()
	s, c := connect(t, patient)
	r := resident(t, "doses: 5")
	ref := found(t, c, byTicket(r)).Ref
	for _, x := range append(append(everyCall(), withCause(aboutPersons(), vrsclient.CauseUnknown)...),
		faultCase{vrs.Fault{Kind: vrs.OtherHolder}, vrsclient.CauseOtherPerson, 1},
		faultCase{vrs.Fault{Kind: vrs.OtherIssuance}, vrsclient.CauseOtherIssuance, 1},
		faultCase{vrs.Fault{Kind: vrs.NoDoses}, vrsclient.CauseNoDoses, 1},
	) {
		during(t, s, "open", x, func() error {
			f, err := c.Desk().Open(t.Context(), fileOf(r.Municipality, ref, "id"))
			if f != nil {
				t.Errorf("%s brought a file", x.fault.Kind)
			}
			return err
		})
	}
	for _, x := range withCause(aboutPersons(), vrsclient.CauseUnknown) { // of an answer without a file
		during(t, s, "open", x, func() error {
			_, err := c.Desk().Open(t.Context(), fileOf("900028", ref, "id"))
			return err
		})
	}
	s.Faults().Clear()
	if _, err := c.Desk().Open(t.Context(), fileOf(r.Municipality, ref, "id")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Rows: R4.1
func TestInvalidateAndSetBlocksAreUnavailableInEveryFailure(t *testing.T) {
	t.Parallel()
	s, c := connect(t, patient)
	r := resident(t, "doses: 5")
	id := issued(t, c, r, opened(t, c, r, "id"), "id", cert.Domestic, nil)
	row := cert.BlockRow{Ticket: cert.Private(r.Ticket), Block: cert.Block{Class: cert.Protective, From: cert.Date{Year: 2099, Month: 1, Day: 1}}}
	list := cert.BlockList{Municipality: r.Municipality, Rows: []cert.BlockRow{row}}
	both := append(everyCall(),
		faultCase{vrs.Fault{Kind: vrs.UnknownResult}, vrsclient.CauseUnknown, 1},
		faultCase{vrs.Fault{Kind: vrs.MissingName}, vrsclient.CauseUnknown, 1},
	)
	for _, x := range append(both, faultCase{vrs.Fault{Kind: vrs.BadID}, vrsclient.CauseOtherIssuance, 1}) {
		during(t, s, "invalidate", x, func() error { return c.Desk().Invalidate(t.Context(), r.Municipality, id) })
	}
	for _, x := range append(both, faultCase{vrs.Fault{Kind: vrs.OtherList}, vrsclient.CauseOtherList, 1}) {
		during(t, s, "blocks", x, func() error { return c.SetBlocks(t.Context(), list) })
	}
}

// Rows: R4.1
func TestLateAnswersToTheCounterAreNotTaken(t *testing.T) {
	t.Parallel()
	s, c := connect(t, func(c *vrsclient.Config) { hasty(c); c.ListTimeout = c.Timeout })
	r := resident(t, "doses: 5")
	ref := found(t, c, byTicket(r)).Ref
	for _, x := range late() {
		during(t, s, "search", x, func() error {
			_, err := c.Desk().Search(t.Context(), byTicket(r))
			return err
		})
		during(t, s, "open", x, func() error {
			_, err := c.Desk().Open(t.Context(), fileOf(r.Municipality, ref, "id"))
			return err
		})
		during(t, s, "invalidate", x, func() error { return c.Desk().Invalidate(t.Context(), r.Municipality, "JPN90001020261123000001") })
		during(t, s, "blocks", x, func() error { return c.SetBlocks(t.Context(), cert.BlockList{Municipality: r.Municipality}) })
	}
}

// A list of blocks has more time than the other calls.
func TestSetBlocksHasATimeOfItsOwn(t *testing.T) {
	t.Parallel()
	s, c := connect(t, func(c *vrsclient.Config) { c.Timeout, c.ListTimeout = 200*time.Millisecond, 20*time.Second })
	s.Faults().Add(vrs.Fault{Kind: vrs.Late, Delay: 600 * time.Millisecond})
	if err := c.SetBlocks(t.Context(), cert.BlockList{Municipality: "900010"}); err != nil {
		t.Error(err)
	}
}

// Rows: A6
func TestSwappedAnswersOfTwoClerksAreTakenByNeither(t *testing.T) {
	t.Parallel()
	s, c := connect(t, func(c *vrsclient.Config) { c.Failures = 1000 })
	a, b := resident(t, "same name and birthday as the next"), resident(t, "same name and birthday as the one before")
	refs := []cert.PersonRef{found(t, c, byTicket(a)).Ref, found(t, c, byTicket(b)).Ref}
	for _, call := range []string{"search", "open"} {
		s.Faults().Clear()
		s.Faults().Add(vrs.Fault{Call: call, Kind: vrs.Swapped})
		for range 10 {
			var wg sync.WaitGroup
			for i, r := range []vrs.Resident{a, b} {
				wg.Go(func() {
					_, err := c.Desk().Search(t.Context(), byTicket(r))
					if call == "open" {
						_, err = c.Desk().Open(t.Context(), fileOf(r.Municipality, refs[i], "id"))
					}
					if vrsclient.Cause(err) != vrsclient.CauseOtherRequest {
						t.Errorf("%s, %s: %v", call, r.ID, err)
					}
				})
			}
			wg.Wait()
		}
	}
}

func TestErrorsOfTheCounterHaveNothingPersonalInThem(t *testing.T) {
	t.Parallel()
	s, c := connect(t, patient)
	r := resident(t, "doses: 5")
	ref := found(t, c, byTicket(r)).Ref
	for _, x := range append(everyCall(), faultCase{vrs.Fault{Kind: vrs.OtherPerson}, "", 0}) {
		s.Faults().Clear()
		s.Faults().Add(x.fault)
		_, number := c.Desk().Search(t.Context(), byNumber(t, r))
		_, ticket := c.Desk().Search(t.Context(), byTicket(r))
		_, name := c.Desk().Search(t.Context(), byName(r, r.Name))
		_, open := c.Desk().Open(t.Context(), fileOf(r.Municipality, ref, "canary-issuance"))
		text := errors.Join(number, ticket, name, open).Error()
		for _, word := range []string{r.Number, r.Name, r.VRSName, r.Kana, r.Ticket, string(ref), "canary", "KM1", s.Credentials()[r.Municipality]} {
			if strings.Contains(text, word) {
				t.Errorf("%q has %q in it", text, word)
			}
		}
	}
}
