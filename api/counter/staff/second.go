// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"errors"
	"fmt"
)

// credentials reads what the account of a session signs in with.
func (s *Service) credentials(ctx context.Context, l live) (Credentials, error) {
	a, c, err := s.Accounts.AccountByLogin(ctx, l.account.Municipality, l.account.Login)
	switch {
	case errors.Is(err, ErrNoAccount):
		return Credentials{}, ErrNoSession
	case err != nil:
		return Credentials{}, fmt.Errorf("staff: read the account: %w", err)
	case a.ID != l.account.ID || a.Epoch != l.st.Epoch:
		return Credentials{}, ErrNoSession
	}
	return c, nil
}

// spend takes one of the tries at the second factor: at this terminal, and in
// this session, which is over when there is none left.
func (s *Service) spend(ctx context.Context, t Terminal, token string, take func(l *live) error) (live, error) {
	l, err := s.read(ctx, t, token)
	if err != nil {
		return live{}, err
	}
	if err := s.throttle(ctx, t, "second", l.account.Login); err != nil {
		return live{}, err
	}
	l, err = s.amend(ctx, t, token, func(l *live) error {
		if l.st.Stage == StageFull {
			return ErrNoSession
		}
		l.st.Tries++
		return take(l)
	})
	if err == nil && l.st.Tries > triesOfFactor {
		err = s.end(ctx, l, "tries")
	}
	return l, err
}

// Code judges a code of TOTP in a session of StagePassword, and makes it
// StageFull under a new token; in one of StageEnrol it ends the enrolment and
// the session: fresh is empty, and the person signs in with what they set.
// Errors: [ErrSignIn], [ErrSecond], [ErrWait], [ErrNoSession].
func (s *Service) Code(ctx context.Context, t Terminal, token, code string) (fresh string, v Session, err error) {
	if !s.policy(t.Municipality).accepts(TOTP) {
		return "", Session{}, ErrSecond
	}
	l, err := s.spend(ctx, t, token, func(*live) error { return nil })
	if err != nil {
		return "", Session{}, err
	}
	if l.st.Stage == StageEnrol {
		return s.enrolTOTP(ctx, l, code)
	}
	c, err := s.credentials(ctx, l)
	if err != nil {
		return "", Session{}, err
	}
	if len(c.TOTP) == 0 {
		return "", Session{}, ErrSecond
	}
	secret, ok := s.openTOTP(l.account.ID, c.TOTP)
	if !ok {
		return "", Session{}, errors.New("staff: open a TOTP secret: it was sealed under another secret, or for another account")
	}
	step, ok := s.totpStep(secret, code)
	clear(secret)
	if ok {
		err := s.SignIns.UseStep(ctx, l.account.ID, step)
		if err != nil && !errors.Is(err, ErrConflict) {
			return "", Session{}, fmt.Errorf("staff: note a time step: %w", err)
		}
		ok = err == nil
	}
	if !ok {
		return "", Session{}, s.refuse(ctx, l.v, "code")
	}
	return s.complete(ctx, l, TOTP)
}

// PasskeyBegin begins a ceremony in a session of StagePassword or StageEnrol.
// An account without a passkey, or a policy that wants none, is [ErrSecond].
func (s *Service) PasskeyBegin(ctx context.Context, t Terminal, token string) (options []byte, err error) {
	if s.Passkeys == nil || !s.policy(t.Municipality).accepts(PasskeyKey) {
		return nil, ErrSecond
	}
	l, err := s.read(ctx, t, token)
	if err != nil {
		return nil, err
	}
	if l.st.Stage == StageFull {
		return nil, ErrNoSession
	}
	c, err := s.credentials(ctx, l)
	if err != nil {
		return nil, err
	}
	create := l.st.Stage == StageEnrol
	if !create && len(c.Passkeys) == 0 {
		return nil, ErrSecond
	}
	options, ceremony, err := s.Passkeys.Begin(l.account, c.Passkeys, create)
	if err != nil {
		return nil, fmt.Errorf("staff: begin a passkey ceremony: %w", err)
	}
	_, err = s.amend(ctx, t, token, func(l *live) error {
		l.st.Ceremony = ceremony
		return nil
	})
	return options, err
}

// PasskeyFinish is to PasskeyBegin as [Service.Code] is to a code. A ceremony
// is judged once, whatever comes of it.
func (s *Service) PasskeyFinish(ctx context.Context, t Terminal, token string, response []byte) (fresh string, v Session, err error) {
	if s.Passkeys == nil || !s.policy(t.Municipality).accepts(PasskeyKey) {
		return "", Session{}, ErrSecond
	}
	var ceremony []byte
	l, err := s.spend(ctx, t, token, func(l *live) error {
		ceremony, l.st.Ceremony = l.st.Ceremony, nil
		return nil
	})
	if err != nil {
		return "", Session{}, err
	}
	if len(ceremony) == 0 {
		return "", Session{}, ErrPasskey
	}
	c, err := s.credentials(ctx, l)
	if err != nil {
		return "", Session{}, err
	}
	create := l.st.Stage == StageEnrol
	p, err := s.Passkeys.Finish(l.account, c.Passkeys, create, ceremony, response)
	if errors.Is(err, ErrPasskey) {
		if err := s.refuse(ctx, l.v, "passkey"); !errors.Is(err, ErrSignIn) {
			return "", Session{}, err
		}
		return "", Session{}, ErrPasskey
	} else if err != nil {
		return "", Session{}, fmt.Errorf("staff: finish a passkey ceremony: %w", err)
	}
	if create {
		return s.enrolled(ctx, l, PasskeyKey, Credentials{Passkeys: []Passkey{p}})
	}
	switch err := s.SignIns.UsePasskey(ctx, l.account.ID, p); {
	case errors.Is(err, ErrConflict): // taken away meanwhile
		return "", Session{}, ErrNoSession
	case err != nil:
		return "", Session{}, fmt.Errorf("staff: note the use of a passkey: %w", err)
	}
	return s.complete(ctx, l, PasskeyKey)
}
