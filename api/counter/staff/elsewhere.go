// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
)

// leave ends the session that a personal account has already, at whatever
// terminal: a person is at one place. An end nobody has noticed is on record
// then, too. A shared ID may be used by several at once.
func (s *Service) leave(ctx context.Context, a Account) error {
	if a.Shared != nil {
		return nil
	}
	before, _, err := s.Sessions.Load(ctx, s.sessionOf(a))
	switch {
	case errors.Is(err, ErrNoSession):
		return nil
	case err != nil:
		return fmt.Errorf("staff: look for another session: %w", err)
	}
	return s.endElsewhere(ctx, a, string(before))
}

// sessionOf is where it is noted which session an account has.
func (s *Service) sessionOf(a Account) string {
	return hex.EncodeToString(mac(s.key("session of"), a.ID))
}

// replace notes the new session of a personal account. Of two that begin at
// once, the later one ends the other.
func (s *Service) replace(ctx context.Context, a Account, fresh string) error {
	if a.Shared != nil {
		return nil
	}
	entry := s.sessionOf(a)
	for range conflicts {
		before, version, err := s.Sessions.Load(ctx, entry)
		switch {
		case errors.Is(err, ErrNoSession):
			version = 0
		case err != nil:
			return fmt.Errorf("staff: look for another session: %w", err)
		default:
			if err := s.endElsewhere(ctx, a, string(before)); err != nil {
				return err
			}
		}
		err = s.Sessions.Save(ctx, entry, []byte(fresh), version, day)
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrConflict) {
			return fmt.Errorf("staff: note the session: %w", err)
		}
	}
	return fmt.Errorf("staff: note the session: %w", ErrConflict)
}

// endElsewhere ends the session id of an account, if it is one still, or writes
// the row that is owed.
func (s *Service) endElsewhere(ctx context.Context, a Account, id string) error {
	for range conflicts {
		data, version, err := s.Sessions.Load(ctx, id)
		if errors.Is(err, ErrNoSession) {
			return nil
		} else if err != nil {
			return fmt.Errorf("staff: load the session before: %w", err)
		}
		st, ok := decodeState(data)
		if !ok || st.Account != a.ID || st.Over && !s.owes(st) {
			return nil
		}
		t := Terminal{ID: st.Terminal, Municipality: a.Municipality, Active: true, Users: []string{a.ID}}
		l := live{id: id, version: version, st: st, account: a}
		l.v = s.view(l, t)
		why := st.Owed
		if why == "" {
			why = s.ended(l, t)
		}
		if why == "" {
			why = "elsewhere"
		}
		if err := s.end(ctx, l, why); !errors.Is(err, ErrNoSession) {
			return err // the log is down
		}
		// It has ended, or another request was faster: it is looked at again.
	}
	return fmt.Errorf("staff: end the session before: %w", ErrConflict)
}
