// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"kofu/cert"
)

// Change is what an administrator does to an account. Zero values leave things
// as they are.
type Change struct {
	State      State // Active, Suspended or Revoked
	ValidUntil cert.Date
	Functions  []Function
	Roster     []Member
}

// Change changes an account of the administrator's municipality, never their
// own ([ErrOwn]): open sessions of it end. Errors: [ErrAccount] (what is asked
// for), [ErrState] (what the account is now), [ErrNoAccount], [ErrDenied].
func (s *Service) Change(ctx context.Context, by Session, id string, c Change) error {
	for range conflicts {
		a, err := s.theirs(ctx, by, id)
		if err != nil {
			return err
		}
		before := a
		if a, err = s.changed(ctx, a, c); err != nil {
			return err
		}
		err = s.Book.SetAccount(ctx, by.Act(OpAccountChange, a.ID, c.pairs(before)...), a)
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrConflict) {
			return fmt.Errorf("staff: change an account: %w", err)
		}
	}
	return fmt.Errorf("staff: change an account: %w", ErrConflict)
}

func (c Change) empty() bool {
	return c.State == "" && c.ValidUntil.IsZero() && c.Functions == nil && c.Roster == nil
}

// pairs tells the log what changes in a, and what it was before.
func (c Change) pairs(a Account) (pairs []string) {
	if c.State != "" {
		pairs = append(pairs, "state", string(c.State), "state_before", string(a.State))
	}
	if !c.ValidUntil.IsZero() {
		pairs = append(pairs, "valid_until", c.ValidUntil.String(), "valid_until_before", a.ValidUntil.String())
	}
	if c.Functions != nil {
		pairs = append(pairs, "functions", functionNames(c.Functions), "functions_before", functionNames(a.Functions))
	}
	if c.Roster != nil && a.Shared != nil {
		pairs = append(pairs, "roster", strconv.Itoa(len(c.Roster)))
		pairs = append(pairs, differences(terms(a.Shared.Roster), terms(c.Roster))...)
	}
	return pairs
}

// theirs returns an account an administrator may change.
func (s *Service) theirs(ctx context.Context, by Session, id string) (Account, error) {
	if err := administers(by); err != nil {
		return Account{}, err
	}
	if id == by.Account.ID {
		return Account{}, ErrOwn
	}
	a, err := s.Accounts.Account(ctx, id)
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return Account{}, fmt.Errorf("staff: read the account: %w", err)
	}
	if err != nil || a.Municipality != by.Terminal.Municipality {
		return Account{}, ErrNoAccount // another city's is none
	}
	if a.State == Revoked {
		return Account{}, ErrState
	}
	return a, nil
}

// changed returns a with c made to it.
func (s *Service) changed(ctx context.Context, a Account, c Change) (Account, error) {
	if c.empty() {
		return a, ErrAccount
	}
	if err := s.changeState(ctx, &a, c.State); err != nil {
		return a, err
	}
	if !c.ValidUntil.IsZero() {
		if !c.ValidUntil.Full() || soon(c.ValidUntil, s.today()) != "" {
			return a, ErrAccount
		}
		a.ValidUntil = c.ValidUntil
	}
	if c.Functions != nil {
		if a.Has(Administrator) || a.Has(Auditor) || slices.Contains(c.Functions, Administrator) || together(c.Functions, a.Shared != nil) != "" {
			return a, ErrAccount
		}
		a.Functions = slices.Clone(c.Functions)
	}
	if c.Roster != nil {
		if a.Shared == nil || rosterFault(c.Roster) != "" {
			return a, ErrAccount
		}
		shared := *a.Shared
		shared.Roster = slices.Clone(c.Roster)
		a.Shared = &shared
	}
	if c.Functions == nil && c.Roster == nil {
		return a, nil
	}
	others, err := s.Accounts.Accounts(ctx, a.Municipality)
	if err != nil {
		return a, fmt.Errorf("staff: list the accounts: %w", err)
	}
	if _, code := beside(a, others); code != "" {
		return a, ErrAccount
	}
	return a, nil
}

// changeState lets an account be used again only if it was: who has no
// password yet enrols.
func (s *Service) changeState(ctx context.Context, a *Account, to State) error {
	switch to {
	case "":
		return nil
	case Suspended, Revoked:
	case Active:
		_, c, err := s.Accounts.AccountByLogin(ctx, a.Municipality, a.Login)
		if err != nil {
			return fmt.Errorf("staff: read the account: %w", err)
		}
		if a.State != Suspended || c.Password == "" {
			return ErrState
		}
	default:
		return ErrAccount
	}
	a.State = to
	return nil
}

// SetUsers says who may work on a terminal, and whether it is active. An
// administrator neither puts themselves on a terminal nor takes themselves off
// ([ErrOwn]). An account that is revoked, or another city's, is [ErrNoAccount].
func (s *Service) SetUsers(ctx context.Context, by Session, terminal string, accounts []string, active bool) error {
	if err := administers(by); err != nil {
		return err
	}
	m := by.Terminal.Municipality
	terminals, err := s.Terminals.CounterTerminals(ctx, m)
	if err != nil {
		return fmt.Errorf("staff: list the terminals: %w", err)
	}
	i := slices.IndexFunc(terminals, func(t Terminal) bool { return t.ID == terminal && t.Municipality == m })
	if i < 0 {
		return ErrNoTerminal
	}
	there, err := s.Accounts.Accounts(ctx, m)
	if err != nil {
		return fmt.Errorf("staff: list the accounts: %w", err)
	}
	accounts = slices.Compact(slices.Sorted(slices.Values(accounts)))
	for _, id := range accounts {
		if !slices.ContainsFunc(there, func(a Account) bool { return a.ID == id && a.State != Revoked }) {
			return ErrNoAccount
		}
	}
	if slices.Contains(accounts, by.Account.ID) != slices.Contains(terminals[i].Users, by.Account.ID) {
		return ErrOwn
	}
	op := OpTerminalUsers
	if active != terminals[i].Active {
		op = OpTerminalState
	}
	pairs := differences(logins(there, terminals[i].Users), logins(there, accounts))
	act := by.Act(op, terminal, append(pairs, "users", strconv.Itoa(len(accounts)), "active", strconv.FormatBool(active))...)
	if err := s.Terminals.SetUsers(ctx, act, terminal, accounts, active); err != nil {
		return fmt.Errorf("staff: set the users of a terminal: %w", err)
	}
	return nil
}
