// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// everythingOf is all that is read for a municipality.
func everythingOf(t *testing.T, s *Store, k *clock, m cert.MunicipalityCode) string {
	t.Helper()
	var b strings.Builder
	show := func(v any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%+v\n", v)
	}
	ctx := t.Context()
	list, err := s.Accounts(ctx, m)
	for n, a := range list {
		if a.Shared != nil {
			show(*a.Shared, nil)
			list[n].Shared = nil // printed, it is an address
		}
	}
	show(list, err)
	desks, err := s.CounterTerminals(ctx, m)
	show(desks, err)
	acts, err := s.Acts(ctx, staff.Filter{Municipality: m}, 999)
	show(acts, err)
	approvals, err := s.Pending(ctx, m)
	show(approvals, err)
	alerts, err := s.Alerts(ctx, m, false)
	show(alerts, err)
	reviews, err := s.Reviews(ctx, m)
	show(reviews, err)
	inquiries, err := s.Inquiries(ctx, m)
	show(inquiries, err)
	issued, err := s.Issued(ctx, m, "clerk", time.Time{})
	show(issued, err)
	issues, err := s.Recall(ctx, m, "clerk", k.Now().Truncate(time.Hour))
	show(issues, err)
	return b.String()
}

// busy has something of each kind happen in m. The numbers of what happens in
// two municipalities differ.
func busy(t *testing.T, s *Store, k *clock, m cert.MunicipalityCode, n int) {
	t.Helper()
	ctx, d := t.Context(), cert.Date{Year: 2026, Month: 4, Day: 1}
	a := approval(k, n)
	a.ID, a.Municipality, a.Account, a.Terminal = "approval-"+string(m), m, "clerk-"+string(m), "desk-"+string(m)
	_, err := s.Ask(ctx, by(m, "clerk", staff.OpHeld, ""), a)
	if err := errors.Join(err,
		s.AddAccounts(ctx, by(m, "admin", staff.OpAccountAdd, ""), []staff.NewAccount{{Account: sharedAccount(m)}}),
		s.NoteIssue(ctx, nth(m, n), limit(9, k)), s.NoteIssue(ctx, nth(m, n+1), limit(9, k)), s.Revoke(ctx, []staff.Revocation{withdrawal(m, n)}),
		s.Raise(ctx, staff.Alert{ID: "alert-" + string(m), Municipality: m, Kind: staff.AlertNight, Account: "clerk-" + string(m)}),
		s.AddReview(ctx, by(m, "auditor", staff.OpReviewDone, "log"), staff.Review{Municipality: m, Of: "log", From: d, Until: d, Finding: "of " + string(m)}),
		s.AddInquiry(ctx, by(m, "clerk", staff.OpInquiry, ""), staff.Inquiry{Municipality: m, Topic: "name", By: "phone", Answer: "of " + string(m)}),
	); err != nil {
		t.Fatal(err)
	}
}

// TestMunicipalitiesAreApart: by no id does a call for one municipality read
// or change anything of another.
//
// Rows: D4, D5
func TestMunicipalitiesAreApart(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx := t.Context()
		busy(t, s, k, here, 10)
		busy(t, s, k, there, 20)
		before := everythingOf(t, s, k, here)
		if got := everythingOf(t, s, k, there); strings.Contains(got, string(here)) || strings.Contains(got, hex32(10)) || strings.Contains(got, hex32(11)) {
			t.Errorf("read for another: %s", got)
		}
		own, err := s.Account(ctx, "clerk-472051")
		if err != nil {
			t.Fatal(err)
		}
		moved := own
		moved.Municipality = there
		a := func(op staff.Operation) staff.Act { return by(there, "approver", op, "x") }
		for name, try := range map[string]struct {
			do   func() error
			want error
		}{
			"change an account":    {func() error { return s.SetAccount(ctx, a(staff.OpAccountChange), own) }, staff.ErrNoAccount},
			"take an account over": {func() error { return s.SetAccount(ctx, a(staff.OpAccountChange), moved) }, staff.ErrNoAccount},
			"set a password": {func() error {
				return s.SetCredentials(ctx, a(staff.OpAccountPassword), own.ID, staff.Credentials{Password: "x"}, staff.Active, true)
			}, staff.ErrNoAccount},
			"add an account": {func() error {
				return s.AddAccounts(ctx, a(staff.OpAccountAdd), []staff.NewAccount{{Account: account(here, "new", staff.Clerk)}})
			}, staff.ErrAccount},
			"use a terminal": {func() error {
				return s.AddAccounts(ctx, a(staff.OpAccountAdd), []staff.NewAccount{{Account: account(there, "new", staff.Clerk), Terminals: []string{"desk-472051"}}})
			}, staff.ErrNoTerminal},
			"change a terminal": {func() error { return s.SetUsers(ctx, a(staff.OpTerminalUsers), "desk-472051", nil, false) }, staff.ErrNoTerminal},
			"let one of theirs work": {func() error {
				return s.SetUsers(ctx, a(staff.OpTerminalUsers), "desk-131016", []string{"clerk-472051"}, true)
			}, staff.ErrNoAccount},
			"approve":                {func() error { return s.Decide(ctx, a(staff.OpApprove), "approval-472051", staff.Approved) }, staff.ErrNoApproval},
			"refuse":                 {func() error { return s.Decide(ctx, a(staff.OpRefuse), "approval-472051", staff.Refused) }, staff.ErrNoApproval},
			"read an approval":       {func() error { return second(s.Approval(ctx, there, "approval-472051", "")) }, staff.ErrNoApproval},
			"read one by its token":  {func() error { return second(s.Approval(ctx, there, "", hex64(10))) }, staff.ErrNoApproval},
			"close an alert":         {func() error { return s.CloseAlert(ctx, a(staff.OpAlertClose), "alert-472051", "x") }, staff.ErrNoAlert},
			"revoke":                 {func() error { return s.Revoke(ctx, []staff.Revocation{withdrawal(there, 11)}) }, staff.ErrDenied},
			"revoke what is revoked": {func() error { return s.Revoke(ctx, []staff.Revocation{withdrawal(there, 10)}) }, staff.ErrDenied},
			"print again":            {func() error { return s.NoteIssue(ctx, nth(there, 10), limit(99, k)) }, staff.ErrConflict},
			"sign in":                {func() error { _, _, err := s.AccountByLogin(ctx, there, own.ID); return err }, staff.ErrNoAccount},
			"review": {func() error {
				return s.AddReview(ctx, a(staff.OpReviewDone), staff.Review{Municipality: here, Of: "log"})
			}, ErrRegister},
			"answer an inquiry":   {func() error { return s.AddInquiry(ctx, a(staff.OpInquiry), staff.Inquiry{Municipality: here}) }, ErrRegister},
			"ask for an approval": {func() error { return second(s.Ask(ctx, a(staff.OpHeld), approval(k, 30))) }, ErrApproval},
			"issue by their approval": {func() error {
				i := nth(there, 30)
				i.Approval = "approval-472051"
				return s.NoteIssue(ctx, i, staff.Limit{Held: true})
			}, staff.ErrHeld},
		} {
			unlogged(t, s, name, try.want, try.do)
		}
		if after := everythingOf(t, s, k, here); after != before {
			t.Errorf("was\n%s\nis\n%s", before, after)
		}
		// One account that never was in a municipality is not found in none.
		unlogged(t, s, "in no municipality", staff.ErrNoAccount, func() error {
			return s.SetAccount(ctx, staff.Act{Operator: "root", Operation: staff.OpAccountChange}, own)
		})
	})
}

func second(_ staff.Approval, err error) error { return err }
