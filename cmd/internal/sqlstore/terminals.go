// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"

	"kofu/kiosk"
)

// Reasons not to change the registry of terminals.
var (
	ErrTerminal = errors.New("sqlstore: terminal not accepted")
	ErrRevoked  = errors.New("sqlstore: the terminal is revoked, which is for ever")
)

// State is what a terminal may do.
type State string

// The states.
const (
	Active    State = "active"
	Suspended State = "suspended" // refused until it is activated
	Revoked   State = "revoked"   // refused for ever
)

// Registered is a terminal with what is known of it besides.
type Registered struct {
	kiosk.Terminal
	State    State
	AddedAt  time.Time
	Software kiosk.Software // as it said last
	SeenAt   time.Time      // when; zero: never
}

var terminalForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

const terminalColumns = `id, role, store, operator, relay, key, state, added_at, software_name, software_version, software_config, seen_at`

// ByKey implements [kiosk.Terminals].
func (s *Store) ByKey(ctx context.Context, key [32]byte) (kiosk.Terminal, error) {
	return s.terminal(ctx, `key`, hex.EncodeToString(key[:]))
}

// ByID implements [kiosk.Terminals].
func (s *Store) ByID(ctx context.Context, id string) (kiosk.Terminal, error) {
	return s.terminal(ctx, `id`, id)
}

func (s *Store) terminal(ctx context.Context, column, value string) (kiosk.Terminal, error) {
	r, err := scanTerminal(s.db.QueryRowContext(ctx, `SELECT `+terminalColumns+` FROM terminals WHERE `+column+` = $1`, value).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return kiosk.Terminal{}, kiosk.ErrNoTerminal
	}
	if err != nil {
		return kiosk.Terminal{}, fmt.Errorf("sqlstore: ask for a terminal: %w", err)
	}
	return r.Terminal, nil
}

func scanTerminal(scan func(...any) error) (r Registered, err error) {
	var relay, key, seen sql.NullString
	var added string
	if err := scan(&r.ID, &r.Role, &r.Store, &r.Operator, &relay, &key, &r.State, &added,
		&r.Software.Name, &r.Software.Version, &r.Software.Config, &seen); err != nil {
		return r, err
	}
	r.Relay, r.Active = relay.String, r.State == Active
	if key.Valid {
		b, err := hex.DecodeString(key.String)
		if err != nil || len(b) != len(r.Key) {
			return r, errors.New("a key of another form")
		}
		copy(r.Key[:], b)
	}
	if r.AddedAt, err = parse(added); err != nil {
		return r, err
	}
	r.SeenAt, err = parseOr(seen)
	return r, err
}

// Seen implements [kiosk.Terminals].
func (s *Store) Seen(ctx context.Context, id string, sw kiosk.Software, at time.Time) error {
	res, err := s.db.ExecContext(ctx, `UPDATE terminals SET software_name = $2, software_version = $3, software_config = $4, seen_at = $5
		WHERE id = $1 AND (seen_at IS NULL OR seen_at <= $5)`, id, sw.Name, sw.Version, sw.Config, format(at))
	if err != nil {
		return fmt.Errorf("sqlstore: note what a terminal says: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = s.ByID(ctx, id) // one that was seen later is no error
	return err
}

// Terminals lists the registry, ordered by id, those of one relay together.
func (s *Store) Terminals(ctx context.Context) (list []Registered, err error) {
	err = rows(ctx, s.db, `SELECT `+terminalColumns+` FROM terminals ORDER BY id`, nil, func(scan func(...any) error) error {
		r, err := scanTerminal(scan)
		if err != nil {
			return fmt.Errorf("sqlstore: read the terminals: %w", err)
		}
		list = append(list, r)
		return nil
	})
	return list, err
}

// AddTerminal puts a terminal or relay into the registry, for good: an id or a
// key is never used again. One that is not Active begins suspended. by is who
// of the staff does it.
func (s *Store) AddTerminal(ctx context.Context, by string, t kiosk.Terminal) error {
	if err := checkTerminal(t); err != nil {
		return err
	}
	key, state := sql.NullString{}, Suspended
	if t.Relay == "" {
		key = sql.NullString{String: hex.EncodeToString(t.Key[:]), Valid: true}
	}
	if t.Active {
		state = Active
	}
	o := Operation{Actor: by, Action: "terminal.add", Subject: t.ID, Details: details("role", string(t.Role), "store", t.Store,
		"operator", t.Operator, "relay", t.Relay, "key", key.String, "state", string(state))}
	return s.operate(ctx, o, func(tx *sql.Tx) error {
		if err := s.vacant(ctx, tx, t, key); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO terminals (id, role, store, operator, relay, key, state, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			t.ID, string(t.Role), t.Store, t.Operator, sql.NullString{String: t.Relay, Valid: t.Relay != ""}, key, string(state), format(s.now()))
		if err != nil {
			return fmt.Errorf("sqlstore: add a terminal: %w", err)
		}
		return nil
	})
}

func checkTerminal(t kiosk.Terminal) error {
	switch none := t.Key == [32]byte{}; {
	case !terminalForm.MatchString(t.ID):
		return fmt.Errorf("%w: its id is 1 to 64 of A-Z a-z 0-9 . _ -", ErrTerminal)
	case !terminalForm.MatchString(t.Store) || !terminalForm.MatchString(t.Operator):
		return fmt.Errorf("%w: store and operator are 1 to 64 of A-Z a-z 0-9 . _ -", ErrTerminal)
	case t.Role != kiosk.RoleTerminal && t.Role != kiosk.RoleCentre:
		return fmt.Errorf("%w: its role is %s or %s", ErrTerminal, kiosk.RoleTerminal, kiosk.RoleCentre)
	case t.Role == kiosk.RoleCentre && t.Relay != "":
		return fmt.Errorf("%w: a relay speaks for itself", ErrTerminal)
	case none == (t.Relay == ""):
		return fmt.Errorf("%w: it has a key of its own or a relay, one of the two", ErrTerminal)
	}
	return nil
}

// vacant refuses an id or key that was given before, and a relay that is none.
// The operation log is locked by now, so nobody comes between.
func (s *Store) vacant(ctx context.Context, tx *sql.Tx, t kiosk.Terminal, key sql.NullString) error {
	var taken int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM terminals WHERE id = $1`, t.ID).Scan(&taken); err != nil {
		return fmt.Errorf("sqlstore: add a terminal: %w", err)
	}
	if taken > 0 {
		return fmt.Errorf("%w: its id is taken", ErrTerminal)
	}
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM terminals WHERE key = $1`, key).Scan(&taken); err != nil {
		return fmt.Errorf("sqlstore: add a terminal: %w", err)
	}
	if taken > 0 {
		return fmt.Errorf("%w: its key is that of another, be it revoked", ErrTerminal)
	}
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM desks WHERE key = $1`, key).Scan(&taken); err != nil {
		return fmt.Errorf("sqlstore: add a terminal: %w", err)
	}
	if taken > 0 {
		return fmt.Errorf("%w: its key is that of a counter terminal", ErrTerminal)
	}
	if t.Relay == "" {
		return nil
	}
	var role, state string
	err := tx.QueryRowContext(ctx, `SELECT role, state FROM terminals WHERE id = $1`, t.Relay).Scan(&role, &state)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("sqlstore: add a terminal: %w", err)
	}
	if role != string(kiosk.RoleCentre) || state == string(Revoked) {
		return fmt.Errorf("%w: its relay is no centre in the registry, or revoked", ErrTerminal)
	}
	return nil
}

// SetTerminal activates, suspends or revokes a terminal or relay: the next
// request of it is judged by that. It is [kiosk.ErrNoTerminal] when there is
// none, [ErrRevoked] when nothing can be changed any more.
func (s *Store) SetTerminal(ctx context.Context, by, id string, to State) error {
	verb := map[State]string{Active: "terminal.activate", Suspended: "terminal.suspend", Revoked: "terminal.revoke"}[to]
	if verb == "" {
		return fmt.Errorf("%w: no such state", ErrTerminal)
	}
	return s.operate(ctx, Operation{Actor: by, Action: verb, Subject: id}, func(tx *sql.Tx) error {
		var from string
		err := tx.QueryRowContext(ctx, `SELECT state FROM terminals WHERE id = $1`, id).Scan(&from)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return kiosk.ErrNoTerminal
		case err != nil:
			return fmt.Errorf("sqlstore: ask for a terminal: %w", err)
		case from == string(Revoked):
			return ErrRevoked
		}
		if _, err := tx.ExecContext(ctx, `UPDATE terminals SET state = $2 WHERE id = $1`, id, string(to)); err != nil {
			return fmt.Errorf("sqlstore: change a terminal: %w", err)
		}
		return nil
	})
}
