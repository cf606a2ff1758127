// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// ErrApproval is an approval that is not asked for in full.
var ErrApproval = errors.New("sqlstore: approval not accepted")

const approvalColumns = `id, municipality, at, until_at, account, operator, terminal, session, token, token_hash, kind, details, why, state, decided_by, decided_at`

// Ask implements [staff.Approvals]. When it was asked is by the clock of the
// store; an approval without an id is given one.
func (s *Store) Ask(ctx context.Context, by staff.Act, a staff.Approval) (kept staff.Approval, err error) {
	o, err := operation(by)
	if err != nil {
		return kept, err
	}
	switch {
	case o.Actor == "":
		return kept, ErrActor
	case by.Municipality == "" || a.Municipality != by.Municipality || a.Account == "" || a.Account != by.Account:
		return kept, fmt.Errorf("%w: it is another's", ErrApproval)
	case !tokenForm.MatchString(a.TokenHash) || a.Until.IsZero():
		return kept, fmt.Errorf("%w: of what, or until when, is not told", ErrApproval)
	}
	text, err := writeDetails(a.Details)
	if err != nil {
		return kept, err
	}
	err = s.chained(ctx, func(c *chain) error {
		if err := c.sweep(ctx); err != nil {
			return err
		}
		list, err := readApprovals(ctx, c.tx, c.at, `municipality = $1 AND token_hash = $2`, string(a.Municipality), a.TokenHash)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			kept = list[0]
			return nil
		}
		if _, err := c.add(ctx, o); err != nil {
			return err
		}
		a.ID, a.At, a.State, a.DecidedBy, a.DecidedAt = newID(a.ID), c.at, staff.Pending, "", time.Time{}
		kept = a
		return c.exec(ctx, "ask for an approval", `INSERT INTO approvals (`+approvalColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'pending', '', NULL)`,
			a.ID, string(a.Municipality), format(a.At), format(a.Until), a.Account, a.Operator, a.Terminal, a.Session, a.Token, a.TokenHash, string(a.Kind), text, a.Why)
	})
	if err != nil {
		return staff.Approval{}, err
	}
	return kept, nil
}

// newID is id, or where there is none one of 26 random characters.
func newID(id string) string {
	if id == "" {
		return rand.Text()
	}
	return id
}

const sweepQuery = `UPDATE approvals SET token = '' WHERE token <> '' AND until_at <= $1`

// sweep empties the applications that have ended.
func (c *chain) sweep(ctx context.Context) error {
	return c.exec(ctx, "forget what has ended", sweepQuery, format(c.at))
}

// Approval implements [staff.Approvals]. With both id and tokenHash, both must
// be its own.
func (s *Store) Approval(ctx context.Context, m cert.MunicipalityCode, id, tokenHash string) (staff.Approval, error) {
	if id == "" && tokenHash == "" {
		return staff.Approval{}, staff.ErrNoApproval
	}
	query := `municipality = $1 AND (CAST($2 AS TEXT) = '' OR id = CAST($2 AS TEXT)) AND (CAST($3 AS TEXT) = '' OR token_hash = CAST($3 AS TEXT))`
	list, err := readApprovals(ctx, s.db, s.now(), query, string(m), id, tokenHash)
	switch {
	case err != nil:
		return staff.Approval{}, err
	case len(list) == 0:
		return staff.Approval{}, staff.ErrNoApproval
	}
	return list[0], nil
}

// Pending implements [staff.Approvals].
func (s *Store) Pending(ctx context.Context, m cert.MunicipalityCode) ([]staff.Approval, error) {
	now := s.now()
	if _, err := s.change(ctx, "forget what has ended", sweepQuery, format(now)); err != nil {
		return nil, err
	}
	return readApprovals(ctx, s.db, now, `municipality = $1 AND state = 'pending' AND until_at > $2`, string(m), format(now))
}

// readApprovals reads approvals, oldest first, as they look at now.
func readApprovals(ctx context.Context, in asker, now time.Time, where string, args ...any) (list []staff.Approval, err error) {
	query := `SELECT ` + approvalColumns + ` FROM approvals WHERE ` + where + ` ORDER BY at, id`
	err = rows(ctx, in, query, args, func(scan func(...any) error) error {
		a, err := scanApproval(scan)
		if err != nil {
			return fmt.Errorf("sqlstore: read the approvals: %w", err)
		}
		if open := a.State == staff.Pending || a.State == staff.Approved; !now.Before(a.Until) {
			a.Token = ""
			if open {
				a.State = staff.Expired
			}
		}
		list = append(list, a)
		return nil
	})
	return list, err
}

func scanApproval(scan func(...any) error) (a staff.Approval, err error) {
	var at, until, text string
	var decided sql.NullString
	if err := scan(&a.ID, &a.Municipality, &at, &until, &a.Account, &a.Operator, &a.Terminal, &a.Session, &a.Token, &a.TokenHash,
		&a.Kind, &text, &a.Why, &a.State, &a.DecidedBy, &decided); err != nil {
		return a, err
	}
	a.Details = readDetails(text)
	if a.At, err = parse(at); err == nil {
		a.Until, err = parse(until)
	}
	if err == nil {
		a.DecidedAt, err = parseOr(decided)
	}
	return a, err
}

// Decide implements [staff.Decisions]. The asker's own is what their account
// asked for, and what the same staff number asked for under another account or
// a shared one.
func (s *Store) Decide(ctx context.Context, by staff.Act, id string, to staff.ApprovalState) error {
	if to != staff.Approved && to != staff.Refused {
		return staff.ErrState
	}
	return s.acted(ctx, by, func(c *chain, _ int) error {
		list, err := readApprovals(ctx, c.tx, c.at, `municipality = $1 AND id = $2`, string(by.Municipality), id)
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return staff.ErrNoApproval
		case by.Account == "":
			return staff.ErrDenied
		}
		a := list[0]
		switch own, err := c.same(ctx, by.Account, by.Operator, a.Account, a.Operator); {
		case err != nil:
			return err
		case own:
			return staff.ErrOwn
		case a.State != staff.Pending:
			return staff.ErrState
		}
		if to == staff.Refused {
			a.Token = ""
		}
		return c.exec(ctx, "decide on an approval", `UPDATE approvals SET state = $2, token = $3, decided_by = $4, decided_at = $5 WHERE id = $1`,
			id, string(to), a.Token, by.Account, format(c.at))
	})
}

// same reports whether two who acted are one person: of one account, or with
// one staff number.
func (c *chain) same(ctx context.Context, account, operator, otherAccount, otherOperator string) (bool, error) {
	if account == otherAccount {
		return true, nil
	}
	one, err := c.person(ctx, account, operator)
	if err != nil || one == "" {
		return false, err
	}
	other, err := c.person(ctx, otherAccount, otherOperator)
	return foldNumber(one) == foldNumber(other), err
}

// foldNumber is how staff numbers are compared: capitals make no other person.
func foldNumber(number string) string { return strings.ToLower(number) }

// person is the staff number of who acted: of a shared ID what stands behind
// the slash, else that of the account; empty where there is none.
func (c *chain) person(ctx context.Context, account, operator string) (number string, err error) {
	if _, member, ok := strings.Cut(operator, "/"); ok {
		return member, nil
	}
	err = c.tx.QueryRowContext(ctx, `SELECT staff_number FROM accounts WHERE id = $1`, account).Scan(&number)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("sqlstore: ask who it is: %w", err)
	}
	return number, nil
}
