// SPDX-License-Identifier: Apache-2.0

package vrsclient_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/cert"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

// faultCase says what a fault of one call is to the client, and how often the
// client has asked.
type faultCase struct {
	fault  vrs.Fault
	cause  string
	called int
}

// everyCall are the faults that every call can suffer.
func everyCall() []faultCase {
	return []faultCase{
		{vrs.Fault{Kind: vrs.Reset}, vrsclient.CauseConnection, 3},
		{vrs.Fault{Kind: vrs.Truncated}, vrsclient.CauseTruncated, 3},
		{vrs.Fault{Kind: vrs.Status, Status: 500}, vrsclient.CauseServerError, 3},
		{vrs.Fault{Kind: vrs.Status, Status: 503}, vrsclient.CauseServerError, 3},
		{vrs.Fault{Kind: vrs.Status, Status: 429}, vrsclient.CauseServerError, 3},
		{vrs.Fault{Kind: vrs.Status, Status: 401}, vrsclient.CauseUnauthorized, 1},
		{vrs.Fault{Kind: vrs.Status, Status: 403}, vrsclient.CauseUnauthorized, 1},
		{vrs.Fault{Kind: vrs.Status, Status: 404}, vrsclient.CauseRefused, 1},
		{vrs.Fault{Kind: vrs.Status, Status: 204}, vrsclient.CauseRefused, 1},
		{vrs.Fault{Kind: vrs.Redirect}, vrsclient.CauseRefused, 1},
		{vrs.Fault{Kind: vrs.HTML}, vrsclient.CauseContentType, 1},
		{vrs.Fault{Kind: vrs.Empty}, vrsclient.CauseMalformed, 1},
		{vrs.Fault{Kind: vrs.TooLarge}, vrsclient.CauseTooLarge, 1},
		{vrs.Fault{Kind: vrs.HalfJSON}, vrsclient.CauseMalformed, 1},
		{vrs.Fault{Kind: vrs.Trailing}, vrsclient.CauseMalformed, 1},
		{vrs.Fault{Kind: vrs.DoubledName}, vrsclient.CauseMalformed, 1},
		{vrs.Fault{Kind: vrs.UnknownName}, vrsclient.CauseMalformed, 1},
		{vrs.Fault{Kind: vrs.ErrorFlag}, vrsclient.CauseMalformed, 1},
		{vrs.Fault{Kind: vrs.Null}, vrsclient.CauseOtherRequest, 1},
		{vrs.Fault{Kind: vrs.WrongType}, vrsclient.CauseMalformed, 1},
		{vrs.Fault{Kind: vrs.Altered}, vrsclient.CauseDigest, 1},
		{vrs.Fault{Kind: vrs.NoDigest}, vrsclient.CauseDigest, 1},
		{vrs.Fault{Kind: vrs.OtherRequest}, vrsclient.CauseOtherRequest, 1},
		{vrs.Fault{Kind: vrs.OtherMunicipality}, vrsclient.CauseOtherMunicipality, 1},
	}
}

// during sets the fault for call, runs ask and checks what the client made of
// it: unavailable, with the cause, and nothing else.
func during(t *testing.T, s *vrs.Server, call string, x faultCase, ask func() error) {
	t.Helper()
	name := call + " " + string(x.fault.Kind) + " " + http.StatusText(x.fault.Status)
	x.fault.Call = call
	s.Faults().Clear()
	s.Faults().Add(x.fault)
	before := s.Faults().Calls(call)
	err := ask()
	if !errors.Is(err, cert.ErrUnavailable) || vrsclient.Cause(err) != x.cause {
		t.Errorf("%s: %v, want %s", name, err, x.cause)
	}
	for _, other := range []error{cert.ErrNoRecord, cert.ErrBlocked, cert.ErrNeedsCheck, cert.ErrRecordChanged, cert.ErrTooMany, cert.ErrNoIssue, cert.ErrBlockList} {
		if errors.Is(err, other) {
			t.Errorf("%s reads as %v", name, other)
		}
	}
	if n := s.Faults().Calls(call) - before; n != x.called {
		t.Errorf("%s: called %d times, want %d", name, n, x.called)
	}
}

// patient is for faults that answer something; the breaker has a test of its
// own.
func patient(c *vrsclient.Config) { c.Timeout, c.Failures = 20*time.Second, 1000 }

// hasty is for answers that come too late.
func hasty(c *vrsclient.Config) { c.Timeout, c.Failures = 200*time.Millisecond, 1000 }

// late are the answers that outlast the deadline of a call.
func late() []faultCase {
	return []faultCase{
		{vrs.Fault{Kind: vrs.Late, Delay: time.Minute}, vrsclient.CauseTimeout, 1},
		{vrs.Fault{Kind: vrs.Slow, Delay: 50 * time.Millisecond}, vrsclient.CauseTimeout, 1},
	}
}

// Rows: A6, R4.1, R1.8
func TestFindIsUnavailableInEveryFailure(t *testing.T) {
	t.Parallel()
	s, c := connect(t, patient)
	r := resident(t, "doses: 5")
	cases := append(everyCall(),
		faultCase{vrs.Fault{Kind: vrs.OtherPerson}, vrsclient.CauseOtherPerson, 1},
		faultCase{vrs.Fault{Kind: vrs.Stale}, vrsclient.CauseStale, 1},
		faultCase{vrs.Fault{Kind: vrs.Ahead}, vrsclient.CauseFuture, 1},
		faultCase{vrs.Fault{Kind: vrs.NoDoses}, vrsclient.CauseNoDoses, 1},
		faultCase{vrs.Fault{Kind: vrs.MissingName}, vrsclient.CauseUnknown, 1},
	)
	for _, x := range cases {
		during(t, s, "find", x, func() error {
			record, err := c.FindForCertificate(t.Context(), query(t, r, "id")).Record()
			if record != nil {
				t.Errorf("%s brought a record", x.fault.Kind)
			}
			return err
		})
	}
	for _, other := range []string{"no record in", "(DV) in force, no end", "要確認"} { // faults of answers without a record
		r := resident(t, other)
		for _, x := range []faultCase{
			{vrs.Fault{Kind: vrs.OtherPerson}, vrsclient.CauseOtherPerson, 1},
			{vrs.Fault{Kind: vrs.Stale}, vrsclient.CauseStale, 1},
			{vrs.Fault{Kind: vrs.UnknownResult}, vrsclient.CauseUnknown, 1},
		} {
			during(t, s, "find", x, func() error {
				_, err := c.FindForCertificate(t.Context(), query(t, r, "id")).Record()
				return err
			})
		}
	}
}

// Rows: R4.1
func TestReserveIsUnavailableInEveryFailure(t *testing.T) {
	t.Parallel()
	s, c := connect(t, patient)
	r := resident(t, "doses: 5")
	record, err := c.FindForCertificate(t.Context(), query(t, r, "id")).Record()
	if err != nil {
		t.Fatal(err)
	}
	ask := cert.ReserveRequest{Municipality: r.Municipality, Subject: record.Subject, Version: record.Version, Kind: cert.Domestic, Issuance: "id"}
	for _, x := range append(everyCall(),
		faultCase{vrs.Fault{Kind: vrs.OtherIssuance}, vrsclient.CauseOtherIssuance, 1},
		faultCase{vrs.Fault{Kind: vrs.Stale}, vrsclient.CauseStale, 1},
		faultCase{vrs.Fault{Kind: vrs.Ahead}, vrsclient.CauseFuture, 1},
		faultCase{vrs.Fault{Kind: vrs.BadID}, vrsclient.CauseBadID, 1},
		faultCase{vrs.Fault{Kind: vrs.MissingName}, vrsclient.CauseUnknown, 1},
		faultCase{vrs.Fault{Kind: vrs.UnknownResult}, vrsclient.CauseUnknown, 1},
	) {
		during(t, s, "reserve", x, func() error {
			got, err := c.Reserve(t.Context(), ask)
			if got != (cert.Reservation{}) {
				t.Errorf("%s brought a reservation", x.fault.Kind)
			}
			return err
		})
	}
	s.Faults().Clear()
	if _, err := c.Reserve(t.Context(), ask); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Rows: R4.1
func TestConfirmAndVoidAreUnavailableInEveryFailure(t *testing.T) {
	t.Parallel()
	s, c := connect(t, patient)
	r := resident(t, "doses: 5")
	record, err := c.FindForCertificate(t.Context(), query(t, r, "id")).Record()
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Reserve(t.Context(), cert.ReserveRequest{Municipality: r.Municipality, Subject: record.Subject, Version: record.Version, Kind: cert.Domestic, Issuance: "id"})
	if err != nil {
		t.Fatal(err)
	}
	done := cert.Confirmation{Municipality: r.Municipality, Issuance: "id", ID: got.ID, IssuedOn: cert.DateOf(got.IssuedAt)}
	both := append(everyCall(),
		faultCase{vrs.Fault{Kind: vrs.OtherIssuance}, vrsclient.CauseOtherIssuance, 1},
		faultCase{vrs.Fault{Kind: vrs.MissingName}, vrsclient.CauseUnknown, 1},
		faultCase{vrs.Fault{Kind: vrs.UnknownResult}, vrsclient.CauseUnknown, 1},
	)
	for _, x := range append(both, faultCase{vrs.Fault{Kind: vrs.BadID}, vrsclient.CauseOtherIssuance, 1}) {
		during(t, s, "confirm", x, func() error { return c.Confirm(t.Context(), done) })
	}
	for _, x := range both {
		during(t, s, "void", x, func() error { return c.Void(t.Context(), r.Municipality, "id") })
	}
}

// Rows: R4.1
func TestLateAnswersAreNotTaken(t *testing.T) {
	t.Parallel()
	s, c := connect(t, hasty)
	r := resident(t, "doses: 5")
	day := cert.Date{Year: 2026, Month: 11, Day: 23}
	for _, x := range late() {
		during(t, s, "find", x, func() error {
			_, err := c.FindForCertificate(t.Context(), query(t, r, "id")).Record()
			return err
		})
		during(t, s, "reserve", x, func() error {
			_, err := c.Reserve(t.Context(), cert.ReserveRequest{Municipality: r.Municipality, Subject: "s", Version: "v", Kind: cert.Domestic, Issuance: "id"})
			return err
		})
		during(t, s, "confirm", x, func() error {
			return c.Confirm(t.Context(), cert.Confirmation{Municipality: r.Municipality, Issuance: "id", ID: "JPN90001020261123000001", IssuedOn: day})
		})
		during(t, s, "void", x, func() error { return c.Void(t.Context(), r.Municipality, "id") })
	}
}

// Rows: A6
func TestSwappedAnswersOfTwoConcurrentPeopleAreTakenByNeither(t *testing.T) {
	t.Parallel()
	s, c := connect(t, func(c *vrsclient.Config) { c.Failures = 1000 })
	a, b := resident(t, "same name and birthday as the next"), resident(t, "same name and birthday as the one before")
	s.Faults().Add(vrs.Fault{Call: "find", Kind: vrs.Swapped})
	for range 20 {
		var wg sync.WaitGroup
		for _, r := range []vrs.Resident{a, b} {
			wg.Go(func() {
				_, err := c.FindForCertificate(t.Context(), query(t, r, cert.IssuanceID(r.ID))).Record()
				if vrsclient.Cause(err) != vrsclient.CauseOtherRequest {
					t.Errorf("%s: %v", r.ID, err)
				}
			})
		}
		wg.Wait()
	}
}

func TestCallerWhoGoesAwayGetsNothingAndSaysNothingOfTheGateway(t *testing.T) {
	t.Parallel()
	s, c := connect(t, func(c *vrsclient.Config) { c.Failures, c.Attempts = 2, 1 })
	ask := func(ctx context.Context, fault vrs.Fault) string {
		s.Faults().Clear()
		s.Faults().Add(fault)
		_, err := c.FindForCertificate(ctx, query(t, resident(t, "doses: 1"), "id")).Record()
		return vrsclient.Cause(err)
	}
	for i, open := range []bool{false, true} {
		if got := ask(t.Context(), vrs.Fault{Kind: vrs.Status, Status: 503}); got != vrsclient.CauseServerError || c.Open() != open {
			t.Errorf("failure %d: %s, breaker open: %v", i+1, got, c.Open())
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if got := ask(ctx, vrs.Fault{Kind: vrs.Late, Delay: time.Minute}); i == 0 && got != vrsclient.CauseCancelled {
			t.Errorf("gone away: %s", got)
		}
		cancel()
	}
}

func TestOneFailureIsMadeGoodByAnotherAttempt(t *testing.T) {
	t.Parallel()
	s, c := connect(t, nil)
	for _, kind := range []vrs.FaultKind{vrs.Reset, vrs.Truncated} {
		s.Faults().Add(vrs.Fault{Kind: kind, Times: 1})
		if _, err := c.FindForCertificate(t.Context(), query(t, resident(t, "doses: 1"), "id")).Record(); err != nil {
			t.Errorf("%s once: %v", kind, err)
		}
	}
}

func TestBreakerOpensAndRecovers(t *testing.T) {
	t.Parallel()
	s, c := connect(t, func(c *vrsclient.Config) { c.Failures, c.Attempts, c.Cooldown = 3, 1, 100*time.Millisecond })
	ask := func() string {
		_, err := c.FindForCertificate(t.Context(), query(t, resident(t, "doses: 1"), "id")).Record()
		return vrsclient.Cause(err)
	}
	s.Faults().Add(vrs.Fault{Kind: vrs.OtherPerson, Times: 5})
	for range 5 {
		if got := ask(); got != vrsclient.CauseOtherPerson {
			t.Fatalf("got %s", got)
		}
	}
	if c.Open() {
		t.Fatal("answers for another person are no overload: the breaker hid them")
	}
	s.Faults().Add(vrs.Fault{Kind: vrs.Status, Status: 503})
	for range 3 {
		if got := ask(); got != vrsclient.CauseServerError {
			t.Fatalf("got %s", got)
		}
	}
	before := s.Faults().Calls("find")
	if got := ask(); got != vrsclient.CauseBreakerOpen || !c.Open() {
		t.Errorf("after three failures: %s", got)
	}
	if s.Faults().Calls("find") != before {
		t.Error("a call went out with the breaker open")
	}
	s.Faults().Clear()
	time.Sleep(150 * time.Millisecond)
	if got := ask(); got != "" || c.Open() {
		t.Errorf("after the pause: %s", got)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	s, c := connect(t, func(c *vrsclient.Config) { c.MaxConns, c.Timeout = 2, 600*time.Millisecond })
	s.Faults().Add(vrs.Fault{Kind: vrs.Late, Delay: time.Minute})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			_, err := c.FindForCertificate(t.Context(), query(t, resident(t, "doses: 1"), "id")).Record()
			if cause := vrsclient.Cause(err); cause != vrsclient.CauseTimeout && cause != vrsclient.CauseBusy {
				t.Errorf("got %v", err)
			}
		})
	}
	time.Sleep(300 * time.Millisecond) // the others are waiting now, within their time-out
	n := s.Faults().Calls("find")
	wg.Wait()
	if n != 2 {
		t.Errorf("%d calls at a time, want 2", n)
	}
}

func TestErrorsHaveNothingPersonalInThem(t *testing.T) {
	t.Parallel()
	s, c := connect(t, patient)
	r := resident(t, "doses: 5")
	var causes []string
	for _, x := range append(everyCall(), faultCase{vrs.Fault{Kind: vrs.OtherPerson}, "", 0}) {
		s.Faults().Clear()
		s.Faults().Add(x.fault)
		_, err := c.FindForCertificate(t.Context(), query(t, r, "canary-issuance")).Record()
		if err == nil {
			t.Fatalf("%s: no error", x.fault.Kind)
		}
		causes = append(causes, err.Error())
	}
	for _, text := range causes {
		for _, word := range []string{r.Number, r.Name, r.VRSName, "canary", "KM1", "ファイザー", s.Credentials()[r.Municipality]} {
			if strings.Contains(text, word) {
				t.Errorf("%q has %q in it", text, word)
			}
		}
	}
}
