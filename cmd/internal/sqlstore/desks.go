// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// TerminalByKey implements [staff.Terminals]. It returns one that is not
// active, too.
func (s *Store) TerminalByKey(ctx context.Context, key [32]byte) (staff.Terminal, error) {
	list, err := readDesks(ctx, s.db, `d.key = $1`, hex.EncodeToString(key[:]))
	switch {
	case err != nil:
		return staff.Terminal{}, err
	case len(list) == 0:
		return staff.Terminal{}, staff.ErrNoTerminal
	}
	return list[0], nil
}

// CounterTerminals implements [staff.Terminals].
func (s *Store) CounterTerminals(ctx context.Context, m cert.MunicipalityCode) ([]staff.Terminal, error) {
	return readDesks(ctx, s.db, `d.municipality = $1`, string(m))
}

// Desks lists the counter terminals of all municipalities, by id.
func (s *Store) Desks(ctx context.Context) ([]staff.Terminal, error) {
	return readDesks(ctx, s.db, `1 = 1`)
}

// readDesks reads terminals with their users in one statement.
func readDesks(ctx context.Context, in asker, where string, args ...any) (list []staff.Terminal, err error) {
	query := `SELECT d.id, d.municipality, d.place, d.key, d.active, u.account FROM desks d LEFT JOIN desk_users u ON u.desk = d.id
		WHERE ` + where + ` ORDER BY d.id, u.account`
	err = rows(ctx, in, query, args, func(scan func(...any) error) error {
		var t staff.Terminal
		var key string
		var user sql.NullString
		if err := scan(&t.ID, &t.Municipality, &t.Place, &key, &t.Active, &user); err != nil {
			return fmt.Errorf("sqlstore: read the counter terminals: %w", err)
		}
		b, err := hex.DecodeString(key)
		if err != nil || len(b) != len(t.Key) {
			return errors.New("sqlstore: read the counter terminals: a key of another form")
		}
		copy(t.Key[:], b)
		if n := len(list); n == 0 || list[n-1].ID != t.ID {
			list = append(list, t)
		}
		if user.Valid {
			list[len(list)-1].Users = append(list[len(list)-1].Users, user.String)
		}
		return nil
	})
	return list, err
}

// AddDesk puts a counter terminal into the registry, for good: its id is that
// of no other counter terminal, and its key of no other terminal at all, be
// they active or not. Users it has none yet: [Store.SetUsers] gives it some.
// by is who of the staff does it.
func (s *Store) AddDesk(ctx context.Context, by string, t staff.Terminal) error {
	_, err := cert.ParseMunicipalityCode(string(t.Municipality))
	switch {
	case err != nil:
		return fmt.Errorf("%w: no municipality has its code", ErrTerminal)
	case !terminalForm.MatchString(t.ID):
		return fmt.Errorf("%w: its id is 1 to 64 of A-Z a-z 0-9 . _ -", ErrTerminal)
	case !plain(t.Place, 100):
		return fmt.Errorf("%w: where it stands is 1 to 100 characters", ErrTerminal)
	case t.Key == [32]byte{}:
		return fmt.Errorf("%w: it has no key", ErrTerminal)
	case len(t.Users) > 0:
		return fmt.Errorf("%w: its users are named later", ErrTerminal)
	}
	key := hex.EncodeToString(t.Key[:])
	o := Operation{Actor: by, Action: "terminal.add", Subject: t.ID, Municipality: string(t.Municipality),
		Details: details("active", strconv.FormatBool(t.Active), "key", key, "place", t.Place)}
	return s.operate(ctx, o, func(tx *sql.Tx) error {
		for _, taken := range []struct{ query, value, why string }{
			{`SELECT COUNT(*) FROM desks WHERE id = $1`, t.ID, "its id is taken"},
			{`SELECT COUNT(*) FROM desks WHERE key = $1`, key, "its key is that of another"},
			{`SELECT COUNT(*) FROM terminals WHERE key = $1`, key, "its key is that of a kiosk's"},
		} {
			var n int
			if err := tx.QueryRowContext(ctx, taken.query, taken.value).Scan(&n); err != nil {
				return fmt.Errorf("sqlstore: add a counter terminal: %w", err)
			}
			if n > 0 {
				return fmt.Errorf("%w: %s", ErrTerminal, taken.why)
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO desks (id, municipality, place, key, active, added_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			t.ID, string(t.Municipality), t.Place, key, s.flag(t.Active), format(s.now()))
		if err != nil {
			return fmt.Errorf("sqlstore: add a counter terminal: %w", err)
		}
		return nil
	})
}

// SetDesk activates a counter terminal or takes it out of use: the next
// request of it is judged by that. It is [staff.ErrNoTerminal] when there is
// none.
func (s *Store) SetDesk(ctx context.Context, by, id string, active bool) error {
	if !plain(by, 64) {
		return ErrActor
	}
	return s.chained(ctx, func(c *chain) error {
		list, err := readDesks(ctx, c.tx, `d.id = $1`, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return staff.ErrNoTerminal
		}
		o := Operation{Actor: by, Action: string(staff.OpTerminalState), Subject: id, Municipality: string(list[0].Municipality),
			Details: details("active", strconv.FormatBool(active))}
		if _, err := c.add(ctx, o); err != nil {
			return err
		}
		return c.exec(ctx, "change a counter terminal", `UPDATE desks SET active = $2 WHERE id = $1`, id, s.flag(active))
	})
}

// SetUsers implements [staff.Terminals]. An account of another municipality is
// [staff.ErrNoAccount].
func (s *Store) SetUsers(ctx context.Context, by staff.Act, id string, accounts []string, active bool) error {
	return s.acted(ctx, by, func(c *chain, _ int) error {
		if err := c.ownDesk(ctx, by.Municipality, id); err != nil {
			return err
		}
		if err := c.exec(ctx, "change a counter terminal", `UPDATE desks SET active = $2 WHERE id = $1`, id, s.flag(active)); err != nil {
			return err
		}
		if err := c.exec(ctx, "change who may use a terminal", `DELETE FROM desk_users WHERE desk = $1`, id); err != nil {
			return err
		}
		for _, account := range unique(accounts) {
			if _, err := c.account(ctx, by.Municipality, account); err != nil {
				return err
			}
			if err := c.exec(ctx, "change who may use a terminal", `INSERT INTO desk_users (desk, account) VALUES ($1, $2)`, id, account); err != nil {
				return err
			}
		}
		return nil
	})
}

// ownDesk is [staff.ErrNoTerminal] unless the municipality has it.
func (c *chain) ownDesk(ctx context.Context, m cert.MunicipalityCode, id string) error {
	n, err := c.count(ctx, `SELECT COUNT(*) FROM desks WHERE id = $1 AND municipality = $2`, id, string(m))
	if err == nil && n == 0 {
		return staff.ErrNoTerminal
	}
	return err
}

// Offices lists the municipalities that have a desk, by code.
func (s *Store) Offices(ctx context.Context) (list []cert.MunicipalityCode, err error) {
	err = rows(ctx, s.db, `SELECT DISTINCT municipality FROM desks ORDER BY municipality`, nil, func(scan func(...any) error) error {
		var m cert.MunicipalityCode
		if err := scan(&m); err != nil {
			return fmt.Errorf("sqlstore: list the municipalities with a desk: %w", err)
		}
		list = append(list, m)
		return nil
	})
	return list, err
}
