// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kofu/cert"
)

// Limit is what the policy asks of the operator now. protected: the person is
// under a protective measure. why is "protected", "night" or empty.
func (s *Service) Limit(by Session, protected bool) (l Limit, why string) {
	now, p := s.Now(), s.policy(by.Terminal.Municipality)
	l = Limit{Most: p.Hourly, Since: now.Add(-time.Hour)}
	switch {
	case protected:
		why = "protected"
	case p.night(now):
		why = "night"
	}
	l.Held = why != ""
	return l, why
}

// Watch counts what the person did, by whichever account, and raises alerts.
// family is the family name of who was issued to: it is hashed under a key of
// the day and counted, not kept. What is counted is this half hour of the clock
// and the one before. It never fails the act: what went wrong is returned for
// the log of the server.
//
// Each issue is told once, as OpIssue; printing it again is OpPrint. OpVoid is
// told once it is published.
func (s *Service) Watch(ctx context.Context, by Session, op Operation, family cert.Private) error {
	p := s.policy(by.Terminal.Municipality)
	wrong := s.outOfHours(ctx, by)
	switch op {
	case OpIssue:
		_, err := s.note(ctx, who(by, string(OpIssue))...)
		wrong = errors.Join(wrong, err, s.familyRun(ctx, by, family, p.FamilyRun))
	case OpSearch, OpOpen:
		wrong = errors.Join(wrong, s.fruitless(ctx, by, op, p.Fruitless))
	case OpVoid:
		wrong = errors.Join(wrong, s.withdrawn(ctx, by, p.Withdrawn))
	case OpHeld:
		wrong = errors.Join(wrong, s.Alarm(ctx, by, AlertHeld, 1))
	}
	return wrong
}

// who names a person of a municipality in what is counted, whichever account
// they use.
func who(by Session, what ...string) []string {
	person := by.Person()
	if person == "" {
		person = "account " + by.Account.ID // no number has a space
	}
	return append([]string{string(by.Terminal.Municipality), person}, what...)
}

// familyRun counts issues of one family name by one person. The name is hashed
// under a key of the day.
func (s *Service) familyRun(ctx context.Context, by Session, family cert.Private, most int) error {
	if family == "" {
		return nil
	}
	n, err := s.note(ctx, who(by, "family", family.Reveal())...)
	if err != nil || n < most {
		return err
	}
	return s.Alarm(ctx, by, AlertFamily, n)
}

// fruitless counts the people a person looked for or at, less what they issued.
func (s *Service) fruitless(ctx context.Context, by Session, op Operation, most int) error {
	n, err := s.note(ctx, who(by, string(op))...)
	if err != nil || n < most {
		return err
	}
	issued, err := s.noted(ctx, who(by, string(OpIssue))...)
	if err != nil || n-issued < most {
		return err
	}
	return s.Alarm(ctx, by, AlertFruitless, n-issued)
}

// Withdraw counts a withdrawal that is about to be made. Above what the policy
// lets one person do in an hour it is [ErrMost], whichever account they use.
func (s *Service) Withdraw(ctx context.Context, by Session) error {
	most := s.policy(by.Terminal.Municipality).MostWithdrawn
	if n, err := s.noted(ctx, who(by, "withdraw")...); err != nil {
		return err
	} else if n >= most {
		return ErrMost
	}
	switch n, err := s.note(ctx, who(by, "withdraw")...); {
	case err != nil:
		return err
	case n > most: // another request was faster
		return ErrMost
	}
	return nil
}

// withdrawn counts what one person has withdrawn.
func (s *Service) withdrawn(ctx context.Context, by Session, most int) error {
	n, err := s.note(ctx, who(by, string(OpVoid))...)
	if err != nil || n <= most {
		return err
	}
	return s.Alarm(ctx, by, AlertWithdrawn, n)
}

func (s *Service) outOfHours(ctx context.Context, by Session) error {
	if s.policy(by.Terminal.Municipality).office(s.Now()) {
		return nil
	}
	return s.Alarm(ctx, by, AlertNight, 1)
}

// Alarm raises an alert about an operator, once in an hour of the clock for
// each kind.
func (s *Service) Alarm(ctx context.Context, by Session, kind AlertKind, count int) error {
	return s.raise(ctx, by, kind, count, time.Hour)
}

// raise raises an alert once in a window of the clock. If that fails, the next
// one raises it.
func (s *Service) raise(ctx context.Context, by Session, kind AlertKind, count int, window time.Duration) error {
	slot := strconv.FormatInt(s.Now().Unix()/int64(window/time.Second), 10)
	first, undo, err := s.once(ctx, window, "alert", string(kind), string(by.Terminal.Municipality), by.Account.ID, by.Member, slot)
	if err != nil || !first {
		return err
	}
	err = s.Alerts.Raise(ctx, Alert{ID: rand.Text(), Municipality: by.Terminal.Municipality, At: s.Now(), Kind: kind,
		Operator: by.Operator(), Account: by.Account.ID, Terminal: by.Terminal.ID, Count: count})
	if err != nil {
		undo()
		return fmt.Errorf("staff: raise an alert: %w", err)
	}
	return nil
}
