// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"kofu/cert"
	"kofu/cert/municipality"
)

// Reasons not to close, or open again.
var (
	ErrClosure   = errors.New("sqlstore: closure not accepted")
	ErrNoClosure = errors.New("sqlstore: no closure of that id is in force or announced")
)

// Closures implements [municipality.Closures]: those that are in force or
// announced, in order of their beginning.
func (s *Store) Closures(ctx context.Context) (list []municipality.Closure, err error) {
	query := `SELECT id, municipality, channel, reason, from_at, until_at, ja, en FROM closures
		WHERE lifted_at IS NULL AND (until_at IS NULL OR until_at > $1) ORDER BY from_at, id`
	err = rows(ctx, s.db, query, []any{format(s.now())}, func(scan func(...any) error) error {
		var c municipality.Closure
		var from string
		var until sql.NullString
		err := scan(&c.ID, &c.Municipality, &c.Channel, &c.Reason, &from, &until, &c.Ja, &c.En)
		if err == nil {
			c.From, err = parse(from)
		}
		if err == nil {
			c.Until, err = parseOr(until)
		}
		if err != nil {
			return fmt.Errorf("sqlstore: read the closures: %w", err)
		}
		list = append(list, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// AddClosure closes a municipality or all, a door or all, from c.From on, and
// returns the id under which that can be lifted. It is in force on every
// replica when this returns. by is who of the staff does it.
func (s *Store) AddClosure(ctx context.Context, by string, c municipality.Closure) (id string, err error) {
	if err := checkClosure(c, s.now()); err != nil {
		return "", err
	}
	id = rand.Text()
	until := formatOr(c.Until)
	o := Operation{Actor: by, Action: "municipality.close", Subject: everyone(string(c.Municipality)), Details: details("id", id,
		"channel", everyone(string(c.Channel)), "reason", string(c.Reason), "from", format(c.From), "until", until.String, "ja", c.Ja, "en", c.En)}
	err = s.operate(ctx, o, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO closures (id, municipality, channel, reason, from_at, until_at, ja, en) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			id, string(c.Municipality), string(c.Channel), string(c.Reason), format(c.From), until, c.Ja, c.En)
		if err != nil {
			return fmt.Errorf("sqlstore: close: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

func everyone(code string) string {
	if code == "" {
		return "all"
	}
	return code
}

func checkClosure(c municipality.Closure, now time.Time) error {
	refuse := func(why string) error { return fmt.Errorf("%w: %s", ErrClosure, why) }
	if c.Municipality != "" {
		if _, err := cert.ParseMunicipalityCode(string(c.Municipality)); err != nil {
			return refuse("no municipality has this code")
		}
	}
	switch {
	case c.Channel != "" && c.Channel != cert.App && c.Channel != cert.Kiosk && c.Channel != cert.Counter:
		return refuse("no channel is called so")
	case c.Reason != municipality.Suspension && c.Reason != municipality.Maintenance:
		return refuse("the reason is suspension or maintenance")
	case c.From.IsZero():
		return refuse("it has no beginning")
	case !c.Until.IsZero() && (!c.Until.After(c.From) || !c.Until.After(now)):
		return refuse("it ends before it begins, or has ended")
	case (c.Ja == "") != (c.En == ""):
		return refuse("what applicants are told is said in both languages, or not at all")
	case c.Ja != "" && (!plain(c.Ja, 200) || !plain(c.En, 400)):
		return refuse("what applicants are told is one line, of 200 characters in Japanese and 400 in English")
	}
	return nil
}

// LiftClosure ends a closure, or an announcement, at once. It is
// [ErrNoClosure] when there is none that holds or will.
func (s *Store) LiftClosure(ctx context.Context, by, id string) error {
	return s.operate(ctx, Operation{Actor: by, Action: "municipality.open", Subject: id}, func(tx *sql.Tx) error {
		now := format(s.now())
		res, err := tx.ExecContext(ctx, `UPDATE closures SET lifted_at = $2 WHERE id = $1 AND lifted_at IS NULL AND (until_at IS NULL OR until_at > $2)`, id, now)
		if err != nil {
			return fmt.Errorf("sqlstore: lift a closure: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(ErrNoClosure, err)
		}
		return nil
	})
}
