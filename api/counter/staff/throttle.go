// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"fmt"
	"time"
)

// Attempts are counted by terminal, and never by account alone: whoever wants
// to lock somebody out would have to sit at that person's own terminal.
const (
	attemptWindow   = 15 * time.Minute
	attemptsOfLogin = 10 // at one terminal
	attemptsAtOne   = 60 // terminal, whoever
	triesOfFactor   = 5  // in one session
	failuresOfDay   = 30 // of one account, everywhere: more raise an alert, and change nothing else
)

// throttle counts an attempt. Beyond the limits it is [ErrWait], and the first
// one beyond is on record.
func (s *Service) throttle(ctx context.Context, t Terminal, what, login string) error {
	byLogin, err := s.tally(ctx, attemptWindow, what, string(t.Municipality), t.ID, login)
	if err != nil {
		return err
	}
	all, err := s.tally(ctx, attemptWindow, "terminal", string(t.Municipality), t.ID)
	if err != nil {
		return err
	}
	if byLogin <= attemptsOfLogin && all <= attemptsAtOne {
		return nil
	}
	if byLogin == attemptsOfLogin+1 || all == attemptsAtOne+1 {
		nobody := Session{Account: Account{Login: unknown}, Terminal: t}
		if err := s.Log.Write(ctx, nobody.Act(OpSignInFailed, "", "reason", "wait")); err != nil {
			return fmt.Errorf("staff: log a sign-in refused: %w", err)
		}
	}
	return ErrWait
}

// unknown is who failed to sign in with a login that does not exist. What was
// typed is not on record: it may be a password in the wrong field.
const unknown = "-"

// refuse records a failed sign-in and counts it against the account, if there
// is one. It returns [ErrSignIn], or that this could not be recorded.
func (s *Service) refuse(ctx context.Context, v Session, why string) error {
	if v.Account.ID == "" {
		v.Account = Account{Login: unknown}
	}
	if err := s.Log.Write(ctx, v.Act(OpSignInFailed, "", "reason", why)); err != nil {
		return fmt.Errorf("staff: log a sign-in refused: %w", err)
	}
	if v.Account.ID == "" {
		return ErrSignIn
	}
	n, err := s.tally(ctx, day, "failures", v.Account.ID)
	if err != nil {
		return err
	}
	if n > failuresOfDay {
		if err := s.raise(ctx, v, AlertSignIn, n, day); err != nil {
			return err
		}
	}
	return ErrSignIn
}
