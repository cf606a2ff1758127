// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var loginForm = regexp.MustCompile(`^[a-z0-9._-]{2,32}$`)

// foldLogin forgives capitals, full-width letters and spaces around a login.
// Text of no login's length is cut: it is only counted.
func foldLogin(s string) string {
	if len(s) > 128 {
		s = s[:128]
	}
	return strings.ToLower(strings.TrimSpace(strings.Map(halfWidth, s)))
}

// find returns an account and what it signs in with; nothing for one that does
// not exist.
func (s *Service) find(ctx context.Context, t Terminal, login string) (Account, Credentials, error) {
	if !loginForm.MatchString(login) {
		return Account{}, Credentials{}, nil
	}
	a, c, err := s.Accounts.AccountByLogin(ctx, t.Municipality, login)
	if errors.Is(err, ErrNoAccount) {
		return Account{}, Credentials{}, nil
	} else if err != nil {
		return Account{}, Credentials{}, fmt.Errorf("staff: read the account: %w", err)
	}
	if a.Municipality != t.Municipality || a.Login != login {
		return Account{}, Credentials{}, errors.New("staff: read the account: the store answered with another one")
	}
	return a, c, nil
}

// SignIn judges login and password on a terminal, and begins a session of
// StagePassword. member is the staff number of who uses a shared ID; with a
// personal one it says nothing. password is wiped. Errors: [ErrSignIn],
// [ErrWait], [ErrBusy].
func (s *Service) SignIn(ctx context.Context, t Terminal, login string, password []byte, member string) (token string, v Session, err error) {
	defer clear(password)
	folded := foldWidth(password)
	defer clear(folded)
	login, member = foldLogin(login), strings.TrimSpace(strings.Map(halfWidth, member))
	if err := s.throttle(ctx, t, "password", login); err != nil {
		return "", Session{}, err
	}
	a, c, err := s.find(ctx, t, login)
	if err != nil {
		return "", Session{}, err
	}
	right, err := s.hashes.verify(ctx, c.Password, folded)
	if err != nil {
		return "", Session{}, err
	}
	if a.Shared == nil {
		member = ""
	}
	why := s.refusal(t, a, right, member)
	if why == "" {
		if member, why, err = s.onRoster(ctx, a, member); err != nil {
			return "", Session{}, err
		}
	}
	if why != "" {
		return "", Session{}, s.refuse(ctx, Session{Account: a, Terminal: t}, why)
	}
	return s.enter(ctx, t, live{account: a, st: state{Stage: StagePassword, Account: a.ID, Member: member, Terminal: t.ID, Epoch: a.Epoch}})
}

// onRoster returns the member of a shared ID as its roster writes the staff
// number, or says, for the log alone, why they may not use it: whoever gives
// rights, approves or looks into the log with an account of their own.
func (s *Service) onRoster(ctx context.Context, a Account, member string) (as, why string, err error) {
	if a.Shared == nil {
		return "", "", nil
	}
	others, err := s.Accounts.Accounts(ctx, a.Municipality)
	if err != nil {
		return "", "", fmt.Errorf("staff: list the accounts: %w", err)
	}
	for _, o := range others {
		if o.Shared == nil && o.State != Revoked && apart(o) != "" && samePerson(o.StaffNumber, member) {
			return "", "apart", nil
		}
	}
	for _, m := range a.Shared.Roster {
		if samePerson(m.StaffNumber, member) {
			return m.StaffNumber, "", nil
		}
	}
	return "", "member", nil
}

// refusal says, for the log alone, why a sign-in is none.
func (s *Service) refusal(t Terminal, a Account, right bool, member string) string {
	switch {
	case a.ID == "":
		return "login"
	case !right:
		return "password"
	case !a.Usable(s.today()):
		return "account"
	case !t.Allows(a):
		return "not_allowed_here"
	case !s.memberToday(a, member, StagePassword):
		return "member"
	}
	return ""
}

// enter begins the session of l.
func (s *Service) enter(ctx context.Context, t Terminal, l live) (token string, v Session, err error) {
	token, l.id, err = s.begin(ctx, l.st)
	if err != nil {
		return "", Session{}, err
	}
	now := s.Now().UnixMilli()
	l.st.Since, l.st.Active = now, now
	if l.st.Language == "" {
		l.st.Language = "ja"
	}
	return token, s.view(l, t), nil
}

// complete makes a session of StagePassword StageFull, under a new token. The
// row of the log stands before anybody has that token.
func (s *Service) complete(ctx context.Context, l live, factor Factor) (fresh string, v Session, err error) {
	t := l.v.Terminal
	if err := s.close(ctx, l); err != nil {
		return "", Session{}, err
	}
	if err := s.leave(ctx, l.account); err != nil {
		return "", Session{}, err
	}
	whole := Session{Account: l.account, Member: l.st.Member, Terminal: t}
	if err := s.Log.Write(ctx, whole.Act(OpSignIn, "", "factor", string(factor))); err != nil {
		return "", Session{}, fmt.Errorf("staff: log a sign-in: %w", err)
	}
	if err := s.SignIns.SignedIn(ctx, l.account.ID, s.Now()); err != nil {
		return "", Session{}, fmt.Errorf("staff: note a sign-in: %w", err)
	}
	l.st = state{Stage: StageFull, Account: l.account.ID, Member: l.st.Member, Terminal: t.ID, Epoch: l.st.Epoch,
		Factor: string(factor), Language: l.st.Language}
	if err := s.outOfHours(ctx, whole); err != nil {
		return "", Session{}, err
	}
	if fresh, v, err = s.enter(ctx, t, l); err != nil {
		return "", Session{}, err
	}
	if err := s.replace(ctx, l.account, v.ID); err != nil {
		return "", Session{}, err
	}
	return fresh, v, nil
}
