// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	halfway   = 10 * time.Minute // how long StagePassword and StageEnrol last
	conflicts = 16               // how often a session changed by another request is read again
	fineness  = time.Second      // activity is not noted more exactly
	overFor   = time.Minute      // how long it is remembered that a session has ended
	owedAfter = 30 * time.Second // when the row of an end that another request began is written after all
)

// live is a session that was judged good just now.
type live struct {
	id      string
	version int
	st      state
	account Account // whole; v.Account has no functions before StageFull
	v       Session
}

// read loads a session and judges all of it: terminal, account, epoch, member,
// ends. Whatever is wrong is [ErrNoSession].
func (s *Service) read(ctx context.Context, t Terminal, token string) (live, error) {
	if !isToken(token) {
		return live{}, ErrNoSession
	}
	l := live{id: tokenID(token)}
	data, version, err := s.Sessions.Load(ctx, l.id)
	if errors.Is(err, ErrNoSession) {
		return live{}, ErrNoSession
	} else if err != nil {
		return live{}, fmt.Errorf("staff: load the session: %w", err)
	}
	st, ok := decodeState(data)
	if !ok || st.Over && !s.owes(st) {
		return live{}, ErrNoSession
	}
	a, err := s.Accounts.Account(ctx, st.Account)
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return live{}, fmt.Errorf("staff: read the account: %w", err)
	}
	l.version, l.st, l.account = version, st, a
	l.v = s.view(l, t)
	if err != nil {
		return live{}, ErrNoSession // nobody to write a row about; it ends by itself
	}
	why := st.Owed
	if why == "" {
		why = s.ended(l, t)
	}
	if why != "" {
		return live{}, s.end(ctx, l, why)
	}
	return l, nil
}

// owes reports whether the log may not have the end of a session, because
// whoever ended it could not write the row.
func (s *Service) owes(st state) bool {
	return st.Over && st.Owed != "" && !s.Now().Before(at(st.Ended).Add(owedAfter))
}

func (s *Service) view(l live, t Terminal) Session {
	v := Session{ID: l.id, Stage: l.st.Stage, Account: l.account, Member: l.st.Member, Terminal: t, Factor: l.st.Factor,
		Since: at(l.st.Since), ActiveAt: at(l.st.Active), Language: l.st.Language}
	if v.Stage != StageFull {
		v.Account.Functions = nil
		v.Factor = s.factors(t.Municipality)
	}
	return v
}

// ended says why a session is none any more, or nothing.
func (s *Service) ended(l live, t Terminal) string {
	st, a, now := l.st, l.account, s.Now()
	p := s.policy(t.Municipality)
	switch {
	case st.Terminal != t.ID:
		return "terminal" // the token has left its terminal
	case !t.Allows(a):
		return "not_allowed_here"
	case st.Epoch != a.Epoch, !s.inForce(st.Stage, a):
		return "account"
	case !s.memberToday(a, st.Member, st.Stage):
		return "member"
	case st.Stage != StageFull && !now.Before(at(st.Since).Add(halfway)):
		return "halfway"
	case st.Stage != StageFull:
		return ""
	case !now.Before(at(st.Since).Add(p.Absolute)):
		return "absolute"
	case !now.Before(at(st.Active).Add(p.Idle)):
		return "idle"
	case !now.Before(at(st.Alive).Add(p.Alive)):
		return "page_closed"
	}
	return ""
}

// inForce reports whether an account may be in a stage today.
func (s *Service) inForce(stage Stage, a Account) bool {
	if stage == StageEnrol {
		if a.State != Invited {
			return false
		}
		a.State = Active
	}
	return a.Usable(s.today())
}

// memberToday reports whether a shared ID is used by one of its roster, today.
// Who enrols a shared ID is known by the code alone.
func (s *Service) memberToday(a Account, member string, stage Stage) bool {
	if a.Shared == nil || stage == StageEnrol {
		return member == ""
	}
	today := s.today()
	return slices.ContainsFunc(a.Shared.Roster, func(m Member) bool {
		return samePerson(m.StaffNumber, member) && member != "" && m.From.Compare(today) <= 0 && today.Compare(m.Until) <= 0
	})
}

// end ends a session that is none any more, once, with a row of the log if
// anybody worked in it: in the log of the account's municipality, wherever the
// token has turned up. It returns ErrNoSession, or that the log is down: then
// the row is owed, and the next request or sign-in writes it.
func (s *Service) end(ctx context.Context, l live, why string) error {
	if l.st.Stage == StageFull {
		l.st.Owed = why
	}
	if err := s.close(ctx, l); err != nil {
		return err
	}
	if l.st.Stage == StageFull {
		row := l.v.Act(OpSignOut, "", "reason", why)
		row.Municipality = l.account.Municipality
		if err := s.Log.Write(ctx, row); err != nil {
			return fmt.Errorf("staff: log the end of a session: %w", err)
		}
	}
	if err := s.Sessions.Delete(ctx, l.id); err != nil {
		return fmt.Errorf("staff: end the session: %w", err)
	}
	return ErrNoSession
}

// close makes a session useless to all requests but this one. Whoever comes
// second has [ErrNoSession].
func (s *Service) close(ctx context.Context, l live) error {
	l.st = state{Stage: l.st.Stage, Account: l.st.Account, Member: l.st.Member, Terminal: l.st.Terminal, Language: l.st.Language,
		Since: l.st.Since, Active: l.st.Active, Alive: l.st.Alive, Over: true, Owed: l.st.Owed, Ended: s.Now().UnixMilli()}
	ttl := overFor
	if l.st.Owed != "" {
		ttl = day
	}
	switch err := s.Sessions.Save(ctx, l.id, l.st.encode(), l.version, ttl); {
	case errors.Is(err, ErrConflict):
		return ErrNoSession
	case err != nil:
		return fmt.Errorf("staff: end the session: %w", err)
	}
	return nil
}

// amend changes a session, again if another request was faster. change may be
// called several times; what it returns ends the attempt.
func (s *Service) amend(ctx context.Context, t Terminal, token string, change func(l *live) error) (live, error) {
	for range conflicts {
		l, err := s.read(ctx, t, token)
		if err != nil {
			return live{}, err
		}
		before := string(l.st.encode())
		if err := change(&l); err != nil {
			return live{}, err
		}
		l.v = s.view(l, t)
		if before == string(l.st.encode()) {
			return l, nil
		}
		err = s.keep(ctx, l.id, l.st, l.version)
		if err == nil {
			l.version++
			return l, nil
		}
		if !errors.Is(err, ErrConflict) {
			return live{}, err
		}
	}
	return live{}, fmt.Errorf("staff: keep the session: %w", ErrConflict)
}

// keep saves a session until the last of its ends.
func (s *Service) keep(ctx context.Context, id string, st state, version int) error {
	last := halfway
	if st.Stage == StageFull {
		last = 24 * time.Hour // a policy may be made longer while the session is open
	}
	ttl := max(at(st.Since).Add(last).Sub(s.Now()), time.Second)
	if err := s.Sessions.Save(ctx, id, st.encode(), version, ttl); err != nil {
		return fmt.Errorf("staff: keep the session: %w", err)
	}
	return nil
}

// begin makes a new session, with a token nobody has seen.
func (s *Service) begin(ctx context.Context, st state) (token, id string, err error) {
	now := s.Now().UnixMilli()
	st.Since, st.Active, st.Alive = now, now, now
	if st.Language != "en" {
		st.Language = "ja"
	}
	token, id = newToken()
	if err := s.keep(ctx, id, st, 0); err != nil {
		return "", "", err
	}
	return token, id, nil
}

// Session returns a session as it is now: terminal, account, epoch, validity
// and all ends judged anew. active: the person did something, not only their
// page. Whatever is wrong is [ErrNoSession].
func (s *Service) Session(ctx context.Context, t Terminal, token string, active bool) (Session, error) {
	l, err := s.amend(ctx, t, token, func(l *live) error {
		if l.st.Stage != StageFull {
			return nil // ends when it ends
		}
		now := s.Now().UnixMilli()
		if now-l.st.Alive >= fineness.Milliseconds() {
			l.st.Alive = now
		}
		if active && now-l.st.Active >= fineness.Milliseconds() {
			l.st.Active = now
		}
		return nil
	})
	return l.v, err
}

// Speak sets the language of a session: "ja" or "en".
func (s *Service) Speak(ctx context.Context, t Terminal, token, language string) error {
	if language != "en" {
		language = "ja"
	}
	_, err := s.amend(ctx, t, token, func(l *live) error {
		l.st.Language = language
		return nil
	})
	return err
}

// SignOut ends a session. One that has ended is no error.
func (s *Service) SignOut(ctx context.Context, t Terminal, token string) error {
	l, err := s.read(ctx, t, token)
	if errors.Is(err, ErrNoSession) {
		return nil
	} else if err != nil {
		return err
	}
	if l.st.Stage == StageFull {
		if err := s.Log.Write(ctx, l.v.Act(OpSignOut, "", "reason", "person")); err != nil {
			return fmt.Errorf("staff: log a sign-out: %w", err)
		}
	}
	if err := s.Sessions.Delete(ctx, l.id); err != nil {
		return fmt.Errorf("staff: end the session: %w", err)
	}
	return nil
}
