// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// The drivers.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Memory, as the DSN of SQLite, is a database that is gone when it is closed.
const Memory = ":memory:"

// ErrConfig is a configuration that names no database.
var ErrConfig = errors.New("sqlstore: configuration not accepted")

// errBehind is a database whose tables are not known to be there yet.
var errBehind = errors.New("sqlstore: tables are not made yet")

// Config says which database.
type Config struct {
	Driver    string           // SQLite or Postgres
	DSN       string           // of SQLite: path of the file, which is made where there is none, or [Memory]
	Connector driver.Connector // of Postgres: from package postgres
	Now       func() time.Time // nil: time.Now
}

func (c Config) check() error {
	switch {
	case c.Driver == SQLite && c.DSN == "":
		return fmt.Errorf("%w: SQLite without a path", ErrConfig)
	case c.Driver == Postgres && c.Connector == nil:
		return fmt.Errorf("%w: PostgreSQL without a connector", ErrConfig)
	case c.Driver != SQLite && c.Driver != Postgres:
		return fmt.Errorf("%w: no such driver", ErrConfig)
	}
	return nil
}

// Store is one database. It is safe for concurrent use.
type Store struct {
	driver   string
	path     string // of the file of SQLite
	db       *sql.DB
	now      func() time.Time
	migrated atomic.Bool
	verified atomic.Pointer[Head]    // how far the operation log was found good; nil: not at all
	revoked  atomic.Pointer[revoked] // what was read last of it; nil: nothing
}

// New checks the configuration. It does not connect, and makes no file:
// [Store.Migrate] does, and comes before anything else.
func New(c Config) (*Store, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Store{driver: c.Driver, now: c.Now}
	if s.now == nil {
		s.now = time.Now
	}
	if c.Driver == Postgres {
		s.db = sql.OpenDB(c.Connector)
		s.db.SetMaxOpenConns(16)
		s.db.SetMaxIdleConns(16) // each is a process over there: made and ended at every request they cost more than what is asked
		s.db.SetConnMaxIdleTime(5 * time.Minute)
		return s, nil
	}
	var err error
	if s.db, err = sql.Open("sqlite", sqliteDSN(c.DSN)); err != nil {
		return nil, fmt.Errorf("sqlstore: open: %w", err)
	}
	if c.DSN != Memory {
		s.path = c.DSN
	}
	// One connection: in memory each would be a database of its own, and SQLite
	// has one writer anyway. Who waits for it waits by ctx.
	s.db.SetMaxOpenConns(1)
	return s, nil
}

// Open is [New] with the tables made.
func Open(ctx context.Context, c Config) (*Store, error) {
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	if err := s.Migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func sqliteDSN(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(5000)", "foreign_keys(1)"}}
	if path == Memory {
		return "file::memory:?" + q.Encode()
	}
	q.Add("_pragma", "journal_mode(WAL)")
	q.Add("_pragma", "synchronous(FULL)") // in WAL, less could lose what was noted
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// touch makes the file of SQLite where there is none, so that it is its
// owner's alone; the files beside it follow its mode.
func (s *Store) touch() error {
	if s.path == "" {
		return nil
	}
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Close ends all connections.
func (s *Store) Close() error { return s.db.Close() }

// Check reports whether the database answers, with its tables made.
func (s *Store) Check(ctx context.Context) error {
	if !s.migrated.Load() {
		return errBehind
	}
	var one int
	if err := s.db.QueryRowContext(ctx, `SELECT one FROM operations_head`).Scan(&one); err != nil {
		return fmt.Errorf("sqlstore: ask: %w", err)
	}
	return nil
}

// instant is how times are written: in UTC, to the microsecond, of one length.
const instant = "2006-01-02T15:04:05.000000Z"

func format(t time.Time) string { return t.UTC().Format(instant) }

// formatOr writes the zero time as NULL.
func formatOr(t time.Time) sql.NullString {
	if t.IsZero() {
		return sql.NullString{}
	}
	return sql.NullString{String: format(t), Valid: true}
}

func parse(text string) (time.Time, error) { return time.Parse(instant, text) }

func parseOr(text sql.NullString) (time.Time, error) {
	if !text.Valid {
		return time.Time{}, nil
	}
	return parse(text.String)
}
