// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kofu/cert"
)

// Invitation is a one-time enrolment code, to be handed over on paper.
type Invitation struct {
	Account Account
	Code    string // 20 characters in groups of five
	Until   time.Time
}

// administers reports whether a session may change accounts.
func administers(by Session) error {
	if by.Stage != StageFull || !by.Account.Has(Administrator) || by.Account.Municipality != by.Terminal.Municipality {
		return ErrDenied
	}
	return nil
}

// Add adds accounts, all or none. An administrator adds no administrator:
// those come from the command line. A login taken meanwhile is [ErrAccount].
func (s *Service) Add(ctx context.Context, by Session, list []Draft) ([]Invitation, []RowError, error) {
	if err := administers(by); err != nil {
		return nil, nil, err
	}
	if len(list) == 0 || len(list) > mostRows {
		return nil, []RowError{{Code: codeRows}}, nil
	}
	m := by.Terminal.Municipality
	accounts, wrong, err := s.drafted(ctx, m, list, by.Operator())
	if err != nil {
		return nil, nil, err
	}
	for i, d := range list {
		if slices.Contains(d.Functions, Administrator) {
			wrong = append(wrong, RowError{Row: i + 1, Column: colFunctions, Code: codeNotHere})
		}
	}
	if len(wrong) > 0 {
		return nil, wrong, nil
	}
	subject := ""
	if len(accounts) == 1 {
		subject = accounts[0].ID
	}
	pairs := append(newcomers(list), "count", strconv.Itoa(len(accounts)))
	sent, err := s.invite(ctx, by.Act(OpAccountAdd, subject, pairs...), accounts, list)
	return sent, nil, err
}

// newcomers tells the log who is added with what, and put where: names and
// values.
func newcomers(list []Draft) []string {
	var added, terminals, roster []string
	for _, d := range list {
		added = append(added, d.Login+":"+strings.ReplaceAll(functionNames(d.Functions), " ", "+"))
		for _, t := range d.Terminals {
			terminals = append(terminals, d.Login+":"+t)
		}
		if d.Shared != nil {
			for _, m := range terms(d.Shared.Roster) {
				roster = append(roster, d.Login+":"+m)
			}
		}
	}
	return slices.Concat(parts("added", added), parts("terminals", terminals), parts("roster", roster))
}

// drafted turns drafts into accounts, and judges them against the clock, the
// registry and each other.
func (s *Service) drafted(ctx context.Context, m cert.MunicipalityCode, list []Draft, by string) (accounts []Account, wrong []RowError, err error) {
	others, err := s.Accounts.Accounts(ctx, m)
	if err != nil {
		return nil, nil, fmt.Errorf("staff: list the accounts: %w", err)
	}
	terminals, err := s.Terminals.CounterTerminals(ctx, m)
	if err != nil {
		return nil, nil, fmt.Errorf("staff: list the terminals: %w", err)
	}
	before := len(others)
	for i, d := range list {
		f := &faults{row: i + 1}
		d.form(f)
		a := Account{ID: rand.Text(), Municipality: m, Login: d.Login, Name: d.Name, StaffNumber: d.StaffNumber, Functions: slices.Clone(d.Functions),
			State: Invited, ValidUntil: d.ValidUntil, Shared: d.Shared, AddedBy: by, AddedAt: s.Now().UTC()}
		if len(f.list) == 0 {
			s.place(f, d, a, terminals, others, before)
		}
		wrong = append(wrong, f.list...)
		accounts, others = append(accounts, a), append(others, a)
	}
	return accounts, wrong, nil
}

// place judges a draft of good form in its surroundings; others before the
// index before are there already, the rest stand in the same list.
func (s *Service) place(f *faults, d Draft, a Account, terminals []Terminal, others []Account, before int) {
	if code := soon(d.ValidUntil, s.today()); code != "" {
		f.add(colUntil, code)
	}
	if d.Shared != nil {
		if code := soon(d.Shared.Until, s.today()); code != "" {
			f.add(colSharedTo, code)
		}
	}
	if column, code := beside(a, others[:before]); code != "" {
		f.add(column, code)
	} else if column, code := beside(a, others[before:]); code != "" {
		if code == codeTaken {
			code = codeTwice
		}
		f.add(column, code)
	}
	for _, id := range d.Terminals {
		if !slices.ContainsFunc(terminals, func(t Terminal) bool { return t.ID == id }) {
			f.add(colTerminals, codeNone)
			break
		}
	}
}

// invite writes accounts with fresh enrolment codes, all or none.
func (s *Service) invite(ctx context.Context, by Act, accounts []Account, list []Draft) ([]Invitation, error) {
	until := s.Now().UTC().Add(invitedFor)
	sent, rows := make([]Invitation, len(accounts)), make([]NewAccount, len(accounts))
	for i, a := range accounts {
		code, hash := newCode()
		terminals := slices.Compact(slices.Sorted(slices.Values(list[i].Terminals)))
		rows[i] = NewAccount{Account: a, Credentials: Credentials{Enrolment: hash, EnrolmentTill: until}, Terminals: terminals}
		sent[i] = Invitation{Account: a, Code: code, Until: until}
	}
	if err := s.Book.AddAccounts(ctx, by, rows); err != nil {
		return nil, fmt.Errorf("staff: add accounts: %w", err)
	}
	return sent, nil
}

// AddAdministrator is for the command line: by is the name of who does it. The
// first one of a municipality is one-time; further ones need again, or it is
// [ErrState]. What is wrong with the draft is [ErrAccount].
func (s *Service) AddAdministrator(ctx context.Context, by string, m cert.MunicipalityCode, d Draft, again bool) (Invitation, error) {
	if !line(by) {
		return Invitation{}, errors.New("staff: add an administrator: who does it must be told")
	}
	if d.Shared != nil || !slices.Equal(d.Functions, []Function{Administrator}) {
		return Invitation{}, fmt.Errorf("%w: an administrator is that alone, and one person", ErrAccount)
	}
	accounts, wrong, err := s.drafted(ctx, m, []Draft{d}, by)
	if err != nil {
		return Invitation{}, err
	}
	if len(wrong) > 0 {
		return Invitation{}, fmt.Errorf("%w: %s: %s", ErrAccount, wrong[0].Column, wrong[0].Code)
	}
	there, err := s.Accounts.Accounts(ctx, m)
	if err != nil {
		return Invitation{}, fmt.Errorf("staff: list the accounts: %w", err)
	}
	if !again && slices.ContainsFunc(there, func(a Account) bool { return a.Has(Administrator) }) {
		return Invitation{}, fmt.Errorf("%w: there is, or was, an administrator", ErrState)
	}
	act := Act{Operator: by, Municipality: m, Operation: OpAccountAdd, Subject: accounts[0].ID,
		Details: map[string]string{"functions": string(Administrator)}}
	sent, err := s.invite(ctx, act, accounts, []Draft{d})
	if err != nil {
		return Invitation{}, err
	}
	if !again {
		if err := s.alone(ctx, act, accounts[0]); err != nil {
			return Invitation{}, err
		}
	}
	return sent[0], nil
}

// alone revokes the first administrator a of a municipality if another one was
// added at the same time: of two, none whose code could be used is left but by
// asking again.
func (s *Service) alone(ctx context.Context, by Act, a Account) error {
	there, err := s.Accounts.Accounts(ctx, a.Municipality)
	if err != nil {
		return fmt.Errorf("staff: list the accounts: %w", err)
	}
	if !slices.ContainsFunc(there, func(o Account) bool { return o.ID != a.ID && o.Has(Administrator) }) {
		return nil
	}
	i := slices.IndexFunc(there, func(o Account) bool { return o.ID == a.ID })
	if i < 0 {
		return ErrNoAccount
	}
	a = there[i]
	a.State = Revoked
	by.Operation, by.Details = OpAccountChange, map[string]string{"state": string(Revoked)}
	if err := s.Book.SetAccount(ctx, by, a); err != nil {
		return fmt.Errorf("staff: revoke an administrator: %w", err)
	}
	return fmt.Errorf("%w: another administrator was added at the same time", ErrState)
}
