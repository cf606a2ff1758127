// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// ChangePassword of one's own; all other sessions of the account end, this one
// goes on under a new token. Both are wiped. Errors: [ErrSignIn] (old is
// wrong), [ErrWeak], [ErrWait], [ErrBusy], [ErrNoSession].
func (s *Service) ChangePassword(ctx context.Context, t Terminal, token string, old, new []byte) (fresh string, err error) {
	defer clear(old)
	defer clear(new)
	was, will := foldWidth(old), foldWidth(new)
	defer clear(was)
	defer clear(will)
	l, err := s.read(ctx, t, token)
	if err != nil {
		return "", err
	}
	if l.st.Stage != StageFull {
		return "", ErrNoSession
	}
	if err := s.throttle(ctx, t, "password", l.account.Login); err != nil {
		return "", err
	}
	c, err := s.credentials(ctx, l)
	if err != nil {
		return "", err
	}
	right, err := s.hashes.verify(ctx, c.Password, was)
	if err != nil {
		return "", err
	}
	if !right {
		return "", s.refuse(ctx, l.v, "password_change")
	}
	if s.known.weak(will, aboutAccount(l.account)...) || bytes.Equal(was, will) {
		return "", ErrWeak
	}
	if c.Password, err = s.hashes.create(ctx, will); err != nil {
		return "", err
	}
	return s.goOn(ctx, l, c)
}

// goOn puts new credentials in the place of the old, and the session on.
func (s *Service) goOn(ctx context.Context, l live, c Credentials) (fresh string, err error) {
	c.PasswordAt, c.Epoch = s.Now().UTC().Truncate(time.Second), l.st.Epoch
	err = s.Book.SetCredentials(ctx, l.v.Act(OpAccountPassword, l.account.ID), l.account.ID, c, l.account.State, true)
	switch {
	case errors.Is(err, ErrConflict), errors.Is(err, ErrState), errors.Is(err, ErrNoAccount):
		return "", ErrNoSession
	case err != nil:
		return "", fmt.Errorf("staff: change a password: %w", err)
	}
	a, err := s.Accounts.Account(ctx, l.account.ID)
	if err != nil {
		return "", fmt.Errorf("staff: read the account: %w", err)
	}
	if a.Epoch != l.st.Epoch+1 || !a.Usable(s.today()) {
		return "", ErrNoSession // changed again by somebody else
	}
	if err := s.Sessions.Delete(ctx, l.id); err != nil {
		return "", fmt.Errorf("staff: end the session before: %w", err)
	}
	l.st.Epoch = a.Epoch
	l.st.Active = s.Now().UnixMilli()
	l.st.Alive = l.st.Active // and not Since: a new password makes the day no longer
	fresh, id := newToken()
	if err := s.keep(ctx, id, l.st, 0); err != nil {
		return "", err
	}
	if err := s.replace(ctx, l.account, id); err != nil {
		return "", err
	}
	return fresh, nil
}
