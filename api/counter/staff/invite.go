// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"kofu/cert"
)

// Invite gives an account a new enrolment: what it signed in with is gone, and
// open sessions of it end. The code is in the administrator's hands, so the
// auditor is alerted if the account had worked; an administrator's and an
// auditor's own are [ErrDenied] here: see [Service.InviteAgain]. Other errors
// as [Service.Change].
func (s *Service) Invite(ctx context.Context, by Session, id string) (Invitation, error) {
	a, err := s.theirs(ctx, by, id)
	if err != nil {
		return Invitation{}, err
	}
	if a.Has(Administrator) || a.Has(Auditor) {
		return Invitation{}, ErrDenied
	}
	return s.reinvite(ctx, by.Act(OpAccountChange, a.ID, "enrolment", "new", "state_before", string(a.State)), a)
}

// InviteAgain is for the command line, and for the accounts that no
// administrator may invite again: administrators and auditors. by is the name
// of who does it. Errors: [ErrNoAccount], [ErrState] (revoked), [ErrDenied]
// (another's: the console does those).
func (s *Service) InviteAgain(ctx context.Context, by string, m cert.MunicipalityCode, login string) (Invitation, error) {
	if !line(by) {
		return Invitation{}, errors.New("staff: invite again: who does it must be told")
	}
	a, _, err := s.Accounts.AccountByLogin(ctx, m, foldLogin(login))
	switch {
	case errors.Is(err, ErrNoAccount):
		return Invitation{}, ErrNoAccount
	case err != nil:
		return Invitation{}, fmt.Errorf("staff: read the account: %w", err)
	case a.State == Revoked:
		return Invitation{}, ErrState
	case !a.Has(Administrator) && !a.Has(Auditor):
		return Invitation{}, ErrDenied
	}
	return s.reinvite(ctx, Act{Operator: by, Municipality: m, Operation: OpAccountChange, Subject: a.ID,
		Details: map[string]string{"enrolment": "new", "state_before": string(a.State)}}, a)
}

// reinvite raises the alert before anybody has the code, each time: whoever
// invites two accounts again could be both of them.
func (s *Service) reinvite(ctx context.Context, by Act, a Account) (Invitation, error) {
	if a.State != Invited || !a.LastSignIn.IsZero() {
		err := s.Alerts.Raise(ctx, Alert{ID: rand.Text(), Municipality: a.Municipality, At: s.Now(), Kind: AlertEnrolment,
			Operator: by.Operator, Account: by.Account, Terminal: by.Terminal, Count: 1})
		if err != nil {
			return Invitation{}, fmt.Errorf("staff: raise an alert: %w", err)
		}
	}
	code, hash := newCode()
	until := s.Now().UTC().Add(invitedFor)
	err := s.Book.SetCredentials(ctx, by, a.ID, Credentials{Enrolment: hash, EnrolmentTill: until, Epoch: a.Epoch}, Invited, true)
	if err != nil {
		return Invitation{}, fmt.Errorf("staff: invite again: %w", err)
	}
	a.State = Invited
	return Invitation{Account: a, Code: code, Until: until}, nil
}
