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

// Watch counts what the operator did, and raises alerts. family is the family
// name of who was issued to: it is hashed under a key of the day and counted,
// not kept. Hours are those of the clock. It never fails the act: what went
// wrong is returned for the log of the server.
//
// Each issue is told once, as OpIssue; printing it again is OpPrint.
func (s *Service) Watch(ctx context.Context, by Session, op Operation, family cert.Private) error {
	p := s.policy(by.Terminal.Municipality)
	wrong := s.outOfHours(ctx, by)
	switch op {
	case OpIssue:
		wrong = errors.Join(wrong, s.familyRun(ctx, by, family, p.FamilyRun))
	case OpSearch, OpOpen:
		wrong = errors.Join(wrong, s.fruitless(ctx, by, op, p.Fruitless))
	case OpHeld:
		wrong = errors.Join(wrong, s.Alarm(ctx, by, AlertHeld, 1))
	}
	return wrong
}

// familyRun counts issues of one family name by one operator. The name is
// hashed twice: what is counted is a name of the tally, and that has a key of
// the day.
func (s *Service) familyRun(ctx context.Context, by Session, family cert.Private, most int) error {
	if family == "" {
		return nil
	}
	n, err := s.tally(ctx, time.Hour, "family", by.Account.ID, by.Member, family.Reveal())
	if err != nil || n < most {
		return err
	}
	return s.Alarm(ctx, by, AlertFamily, n)
}

// fruitless counts the persons an operator looked for or at. The log knows
// whether any of it came to something.
func (s *Service) fruitless(ctx context.Context, by Session, op Operation, most int) error {
	n, err := s.tally(ctx, time.Hour, string(op), by.Account.ID, by.Member)
	if err != nil || n < most {
		return err
	}
	acts, err := s.Log.Acts(ctx, Filter{Municipality: by.Terminal.Municipality, Operator: by.Operator(), Operation: OpIssue,
		From: s.Now().Truncate(time.Hour)}, 1)
	if err != nil {
		return fmt.Errorf("staff: read the log: %w", err)
	}
	if len(acts) > 0 {
		return nil
	}
	return s.Alarm(ctx, by, AlertFruitless, n)
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
