// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// TestApprovals: what waits is there once, with what it needs to be judged by,
// until it is decided or has ended.
//
// Rows: F10, R3.1
func TestApprovals(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx := t.Context()
		want := approval(k, 1)
		want.At, want.State = k.Now(), staff.Pending
		for range 2 {
			if got := asked(t, s, k, 1); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			k.pass(time.Second)
		}
		if got := actions(t, s); got[len(got)-1] != "certificate.held" || got[len(got)-2] == "certificate.held" {
			t.Errorf("%q", got)
		}
		nameless := approval(k, 2)
		nameless.ID = ""
		second, err := s.Ask(ctx, by(here, "clerk", staff.OpHeld, ""), nameless)
		if err != nil || len(second.ID) != 26 {
			t.Errorf("%+v, %v", second, err)
		}
		list, err := s.Pending(ctx, here)
		if err != nil || len(list) != 2 || !list[0].At.Equal(want.At) || list[0].Token != "sealed" || list[1].ID != second.ID {
			t.Errorf("%+v, %v", list, err)
		}
		for _, q := range [][2]string{{"approval-1", ""}, {"", hex64(1)}, {"approval-1", hex64(1)}} {
			if got, err := s.Approval(ctx, here, q[0], q[1]); err != nil || got.ID != "approval-1" || got.Details["purpose"] != "new" {
				t.Errorf("%q: %+v, %v", q, got, err)
			}
		}
		for _, q := range [][2]string{{"", ""}, {"approval-1", hex64(2)}, {"nothing", ""}, {"", "nothing"}} {
			if _, err := s.Approval(ctx, here, q[0], q[1]); !errors.Is(err, staff.ErrNoApproval) {
				t.Errorf("%q: %v", q, err)
			}
		}
		for name, spoil := range map[string]func(*staff.Approval){
			"another's":              func(a *staff.Approval) { a.Account = "approver-472051" },
			"of no token":            func(a *staff.Approval) { a.TokenHash = "" },
			"that has no end":        func(a *staff.Approval) { a.Until = time.Time{} },
			"another municipality's": func(a *staff.Approval) { a.Municipality = there },
		} {
			a := approval(k, 3)
			spoil(&a)
			unlogged(t, s, name, ErrApproval, func() error {
				_, err := s.Ask(ctx, by(here, "clerk", staff.OpHeld, ""), a)
				return err
			})
		}
	})
}

// TestDecide: somebody else decides, once, in time.
//
// Rows: R3.1
func TestDecide(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx := t.Context()
		same := account(here, "samehand", staff.Approver) // the clerk's second account
		same.StaffNumber = "no-clerk"
		if err := s.AddAccounts(ctx, by(here, "admin", staff.OpAccountAdd, ""), []staff.NewAccount{{Account: same}, {Account: sharedAccount(here)}}); err != nil {
			t.Fatal(err)
		}
		decide := func(login, id string, to staff.ApprovalState) error {
			return s.Decide(ctx, by(here, login, staff.OpApprove, id), id, to)
		}
		a := asked(t, s, k, 1)
		unlogged(t, s, "by who asks", staff.ErrOwn, func() error { return decide("clerk", a.ID, staff.Approved) })
		unlogged(t, s, "by who asks, refusing", staff.ErrOwn, func() error { return decide("clerk", a.ID, staff.Refused) })
		unlogged(t, s, "by the same person's other account", staff.ErrOwn, func() error { return decide("samehand", a.ID, staff.Approved) })
		unlogged(t, s, "by the same person at a shared ID", staff.ErrOwn, func() error { return decide("window/no-clerk", a.ID, staff.Approved) })
		unlogged(t, s, "no decision", staff.ErrState, func() error { return decide("approver", a.ID, staff.Used) })
		unlogged(t, s, "of nothing", staff.ErrNoApproval, func() error { return decide("approver", "nothing", staff.Approved) })
		if err := decide("approver", a.ID, staff.Approved); err != nil {
			t.Fatal(err)
		}
		got, err := s.Approval(ctx, here, a.ID, "")
		if err != nil || got.State != staff.Approved || got.DecidedBy != "approver-472051" || !got.DecidedAt.Equal(k.Now()) || got.Token != "sealed" {
			t.Errorf("%+v, %v", got, err)
		}
		unlogged(t, s, "twice", staff.ErrState, func() error { return decide("approver", a.ID, staff.Refused) })
		b := asked(t, s, k, 2)
		if err := decide("window/100", b.ID, staff.Refused); err != nil {
			t.Fatal(err)
		}
		if got, err = s.Approval(ctx, here, b.ID, ""); err != nil || got.State != staff.Refused || got.Token != "" {
			t.Errorf("%+v, %v", got, err)
		}
		late := asked(t, s, k, 3)
		k.pass(12 * time.Minute)
		unlogged(t, s, "too late", staff.ErrState, func() error { return decide("approver", late.ID, staff.Approved) })
	})
}

// TestEndedApprovalsAreEmptied: the sealed application is not kept longer than
// it can be used, decided or not.
//
// Rows: C1
func TestEndedApprovalsAreEmptied(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx := t.Context()
		tokens := func() (n int) {
			if err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM approvals WHERE token <> ''`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		pending, approved := asked(t, s, k, 1), asked(t, s, k, 2)
		if err := s.Decide(ctx, by(here, "approver", staff.OpApprove, ""), approved.ID, staff.Approved); err != nil || tokens() != 2 {
			t.Fatal(err)
		}
		k.pass(12 * time.Minute)
		for _, id := range []string{pending.ID, approved.ID} {
			if a, err := s.Approval(ctx, here, id, ""); err != nil || a.State != staff.Expired || a.Token != "" {
				t.Errorf("%+v, %v", a, err)
			}
		}
		if list, err := s.Pending(ctx, here); err != nil || len(list) != 0 || tokens() != 0 {
			t.Errorf("%+v, %v, %d applications are left", list, err, tokens())
		}
		asked(t, s, k, 3)
		k.pass(12 * time.Minute)
		if asked(t, s, k, 4); tokens() != 1 {
			t.Errorf("%d applications are left", tokens())
		}
	})
}

// TestAlerts are looked at by somebody else than whom they are about.
//
// Rows: F9, F10
func TestAlerts(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx := t.Context()
		first := staff.Alert{ID: "one", Municipality: here, Kind: staff.AlertNight, Operator: "clerk", Account: "clerk-472051", Terminal: "desk-472051", Count: 3}
		for _, a := range []staff.Alert{first, {Municipality: here, Kind: staff.AlertLogDamaged}} {
			if err := s.Raise(ctx, a); err != nil {
				t.Fatal(err)
			}
			k.pass(time.Minute)
		}
		list, err := s.Alerts(ctx, here, true)
		first.At = k.Now().Add(-2 * time.Minute)
		if err != nil || len(list) != 2 || list[1] != first || len(list[0].ID) != 26 {
			t.Fatalf("%+v, %v", list, err)
		}
		acts, err := s.Acts(ctx, staff.Filter{Municipality: here, Operation: staff.OpAlertRaise, Subject: "one"}, 9)
		if err != nil || len(acts) != 1 || acts[0].Operator != System || acts[0].Details["operator"] != "clerk" || acts[0].Details["kind"] != "out_of_hours" || acts[0].Details["count"] != "3" {
			t.Errorf("%+v, %v", acts, err)
		}
		closing := func(login, id, finding string) error {
			return s.CloseAlert(ctx, by(here, login, staff.OpAlertClose, id), id, finding)
		}
		unlogged(t, s, "about oneself", staff.ErrOwn, func() error { return closing("clerk", "one", "残業") })
		unlogged(t, s, "about oneself, as another", staff.ErrOwn, func() error { return closing("window/no-clerk", "one", "残業") })
		unlogged(t, s, "no alert", staff.ErrNoAlert, func() error { return closing("auditor", "two", "残業") })
		unlogged(t, s, "no finding", ErrRegister, func() error { return closing("auditor", "one", "") })
		if err := closing("auditor", "one", "年度末の　残業"); err != nil {
			t.Fatal(err)
		}
		unlogged(t, s, "twice", staff.ErrState, func() error { return closing("auditor", "one", "残業") })
		if err := closing("auditor", list[0].ID, "復旧済み"); err != nil {
			t.Errorf("about nobody: %v", err)
		}
		first.ClosedBy, first.ClosedAt, first.Finding = "auditor-472051", k.Now(), "年度末の　残業"
		if list, err = s.Alerts(ctx, here, false); err != nil || len(list) != 2 || list[1] != first {
			t.Errorf("%+v, %v", list, err)
		}
		if list, err = s.Alerts(ctx, here, true); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		unlogged(t, s, "nobody's", ErrRegister, func() error { return s.Raise(ctx, staff.Alert{Kind: staff.AlertNight}) })
	})
}

// TestRegisters: that somebody has looked, and what was asked, is on record
// with the log as it was then.
//
// Rows: F9, F10, F13
func TestRegisters(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx := t.Context()
		head, err := s.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		r := staff.Review{ID: "review", Municipality: here, Of: "log", From: cert.Date{Year: 2026, Month: 3, Day: 1}, Until: cert.Date{Year: 2026, Month: 3, Day: 31}, Finding: "異常なし"}
		if err := s.AddReview(ctx, by(here, "auditor", staff.OpReviewDone, "log"), r); err != nil {
			t.Fatal(err)
		}
		r.At, r.By, r.Operator, r.Head = k.Now(), "auditor-472051", "auditor", head.String()
		if list, err := s.Reviews(ctx, here); err != nil || len(list) != 1 || list[0] != r {
			t.Errorf("%+v, %v", list, err)
		}
		if _, err := s.Verify(ctx, head); err != nil {
			t.Error(err)
		}
		k.pass(time.Minute)
		r.ID, r.Head = "later", head.String()
		if err := s.AddReview(ctx, by(here, "auditor", staff.OpReviewDone, "log"), r); err != nil {
			t.Fatal(err)
		}
		if list, err := s.Reviews(ctx, here); err != nil || len(list) != 2 || list[0].ID != "later" || list[0].Head != r.Head {
			t.Errorf("%+v, %v", list, err)
		}
		for name, spoil := range map[string]func(*staff.Review){
			"of nothing":             func(r *staff.Review) { r.Of = "" },
			"of no days":             func(r *staff.Review) { r.Until = cert.Date{} },
			"without a finding":      func(r *staff.Review) { r.Finding = "" },
			"of a head that is none": func(r *staff.Review) { r.Head = "3" },
			"of another":             func(r *staff.Review) { r.Municipality = there },
		} {
			r := r
			r.ID = "spoilt"
			spoil(&r)
			unlogged(t, s, name, ErrRegister, func() error { return s.AddReview(ctx, by(here, "auditor", staff.OpReviewDone, "log"), r) })
		}
		i := staff.Inquiry{ID: "inquiry", Municipality: here, Topic: "name", By: "phone", Answer: "窓口をご案内した"}
		if err := s.AddInquiry(ctx, by(here, "clerk", staff.OpInquiry, ""), i); err != nil {
			t.Fatal(err)
		}
		i.At, i.Operator = k.Now(), "clerk"
		if list, err := s.Inquiries(ctx, here); err != nil || len(list) != 1 || list[0] != i {
			t.Errorf("%+v, %v", list, err)
		}
		i.Answer = ""
		unlogged(t, s, "without an answer", ErrRegister, func() error { return s.AddInquiry(ctx, by(here, "clerk", staff.OpInquiry, ""), i) })
		if got := actions(t, s); !slices.Equal(got[len(got)-3:], []string{"review.done", "review.done", "inquiry.note"}) {
			t.Errorf("%q", got)
		}
	})
}
