// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// Account implements [staff.Accounts].
func (s *Store) Account(ctx context.Context, id string) (staff.Account, error) {
	return oneAccount(readAccounts(ctx, s.db, `a.id = $1`, id))
}

// AccountByLogin implements [staff.Accounts].
func (s *Store) AccountByLogin(ctx context.Context, m cert.MunicipalityCode, login string) (a staff.Account, c staff.Credentials, err error) {
	err = s.snapshot(ctx, func(tx *sql.Tx) error {
		a, err = oneAccount(readAccounts(ctx, tx, `a.municipality = $1 AND a.login = $2`, string(m), login))
		if err != nil {
			return err
		}
		c, err = readCredentials(ctx, tx, a.ID)
		c.Epoch = a.Epoch
		return err
	})
	if err != nil {
		return staff.Account{}, staff.Credentials{}, err
	}
	return a, c, nil
}

// Accounts implements [staff.Accounts].
func (s *Store) Accounts(ctx context.Context, m cert.MunicipalityCode) ([]staff.Account, error) {
	return readAccounts(ctx, s.db, `a.municipality = $1`, string(m))
}

// snapshot runs a transaction that reads, all of it as of one moment, and
// keeps nobody from writing.
func (s *Store) snapshot(ctx context.Context, read func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("sqlstore: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	return read(tx)
}

func oneAccount(list []staff.Account, err error) (staff.Account, error) {
	switch {
	case err != nil:
		return staff.Account{}, err
	case len(list) == 0:
		return staff.Account{}, staff.ErrNoAccount
	}
	return list[0], nil
}

// readAccounts reads accounts with their rosters in one statement, so that
// both are of one moment, and orders them by login.
func readAccounts(ctx context.Context, in asker, where string, args ...any) (list []staff.Account, err error) {
	query := `SELECT a.id, a.municipality, a.login, a.name, a.staff_number, a.functions, a.state, a.valid_until, a.shared_purpose, a.shared_until,
		a.epoch, a.added_by, a.added_at, a.last_sign_in, r.staff_number, r.name, r.from_on, r.until_on
		FROM accounts a LEFT JOIN rosters r ON r.account = a.id WHERE ` + where + ` ORDER BY a.id, r.place`
	err = rows(ctx, in, query, args, func(scan func(...any) error) error {
		a, m, err := scanAccount(scan)
		if err != nil {
			return fmt.Errorf("sqlstore: read the accounts: %w", err)
		}
		if n := len(list); n == 0 || list[n-1].ID != a.ID {
			list = append(list, a)
		}
		if shared := list[len(list)-1].Shared; m != nil && shared != nil {
			shared.Roster = append(shared.Roster, *m)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b staff.Account) int {
		return cmp.Or(cmp.Compare(a.Municipality, b.Municipality), cmp.Compare(a.Login, b.Login))
	})
	return list, err
}

func scanAccount(scan func(...any) error) (a staff.Account, m *staff.Member, err error) {
	var functions, validUntil, added string
	var purpose, until, last, number, name, from, to sql.NullString
	if err := scan(&a.ID, &a.Municipality, &a.Login, &a.Name, &a.StaffNumber, &functions, &a.State, &validUntil, &purpose, &until,
		&a.Epoch, &a.AddedBy, &added, &last, &number, &name, &from, &to); err != nil {
		return a, nil, err
	}
	for f := range strings.FieldsSeq(functions) {
		a.Functions = append(a.Functions, staff.Function(f))
	}
	if a.ValidUntil, err = day(validUntil); err != nil {
		return a, nil, err
	}
	if a.AddedAt, err = parse(added); err != nil {
		return a, nil, err
	}
	if a.LastSignIn, err = parseOr(last); err != nil {
		return a, nil, err
	}
	if purpose.Valid {
		a.Shared = &staff.Shared{Purpose: purpose.String}
		if a.Shared.Until, err = day(until.String); err != nil {
			return a, nil, err
		}
	}
	if !number.Valid {
		return a, nil, nil
	}
	m = &staff.Member{StaffNumber: number.String, Name: name.String}
	if m.From, err = day(from.String); err == nil {
		m.Until, err = day(to.String)
	}
	return a, m, err
}

// day reads what [cert.Date.String] wrote.
func day(text string) (cert.Date, error) {
	if text == "" {
		return cert.Date{}, nil
	}
	return cert.ParseDate(text)
}

func readCredentials(ctx context.Context, in asker, id string) (c staff.Credentials, err error) {
	query := `SELECT password, password_at, totp, totp_step, enrolment, enrolment_till FROM accounts WHERE id = $1`
	err = rows(ctx, in, query, []any{id}, func(scan func(...any) error) error {
		var at, till sql.NullString
		err := scan(&c.Password, &at, &c.TOTP, &c.TOTPStep, &c.Enrolment, &till)
		if err == nil {
			c.PasswordAt, err = parseOr(at)
		}
		if err == nil {
			c.EnrolmentTill, err = parseOr(till)
		}
		if err != nil {
			return fmt.Errorf("sqlstore: read what an account signs in with: %w", err)
		}
		return nil
	})
	if err != nil {
		return staff.Credentials{}, err
	}
	err = rows(ctx, in, `SELECT id, data FROM passkeys WHERE account = $1 ORDER BY place`, []any{id}, func(scan func(...any) error) error {
		var p staff.Passkey
		if err := scan(&p.ID, &p.Data); err != nil {
			return fmt.Errorf("sqlstore: read the passkeys: %w", err)
		}
		c.Passkeys = append(c.Passkeys, p)
		return nil
	})
	return c, err
}
