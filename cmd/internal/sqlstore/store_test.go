// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"kofu/cert/municipality"
	"kofu/kiosk"
)

// What the doors want is what the store is.
var (
	_ kiosk.Terminals       = (*Store)(nil)
	_ kiosk.Ledger          = (*Store)(nil)
	_ municipality.Closures = (*Store)(nil)
)

func TestConfigIsRefused(t *testing.T) {
	for name, c := range map[string]Config{
		"nothing":                        {},
		"no such driver":                 {Driver: "mysql", DSN: "x"},
		"SQLite without a path":          {Driver: SQLite},
		"PostgreSQL without a connector": {Driver: Postgres, DSN: "postgres://a:b@c/d"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(c); !errors.Is(err, ErrConfig) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := Open(t.Context(), Config{Driver: SQLite, DSN: filepath.Join(t.TempDir(), "nowhere", "kofu.db")}); err == nil {
		t.Error("a folder that is not there was taken")
	}
}

// TestCheck: no database is ready before its tables are there, or after it is
// gone.
func TestCheck(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		open(t, c) // makes the folder; in memory it is another database
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if s.Check(t.Context()) == nil {
			t.Error("ready before the tables are looked at")
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if s.Check(over) == nil {
			t.Error("the context is not honoured")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s.Check(t.Context()) == nil {
			t.Error("ready after its end")
		}
	})
}

// TestManyOpenAtOnce: replicas start together on a database without tables,
// on one with them, and on one that is behind.
func TestManyOpenAtOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		if c.DSN == Memory {
			return // each has a memory of its own
		}
		if c.DSN != "" {
			if err := os.MkdirAll(filepath.Dir(c.DSN), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for _, before := range [][]string{nil, nil, undone(c)} {
			if before != nil {
				s := open(t, c)
				for _, statement := range before {
					if _, err := s.db.ExecContext(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
			}
			var group sync.WaitGroup
			for range 6 {
				group.Go(func() {
					s, err := Open(t.Context(), c)
					if err != nil {
						t.Error(err)
						return
					}
					defer func() { _ = s.Close() }()
					if err := s.Check(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
		}
	})
}

// undone takes back what the steps of migrations have made, but not that there
// are steps: the next to come find all of them to be made, at one moment.
func undone(c Config) []string {
	list := []string{`DROP TABLE terminals`, `DROP TABLE closures`, `DROP TABLE kiosk_ledger`, `DROP TABLE operations`, `DROP TABLE operations_head`,
		`DELETE FROM goose_db_version WHERE version_id > 0`}
	if c.Driver == Postgres {
		list = append(list, `DROP FUNCTION operations_stay`)
	}
	return list
}

// TestFileIsItsOwners: what is made is read by nobody else.
func TestFileIsItsOwners(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kofu.db")
	s := open(t, Config{Driver: SQLite, DSN: path})
	if err := s.Note(t.Context(), kiosk.Entry{Transaction: "a"}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("%q %v", files, err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %04o", f, info.Mode().Perm())
		}
	}
}

// TestColumns is the list of all there is, to be read by whoever adds to it:
// nothing here is about an applicant.
//
// Rows: C1
func TestColumns(t *testing.T) {
	want := []string{
		"closures.channel", "closures.en", "closures.from_at", "closures.id", "closures.ja", "closures.lifted_at", "closures.municipality",
		"closures.reason", "closures.until_at",
		"kiosk_ledger.at", "kiosk_ledger.captured_yen", "kiosk_ledger.copies", "kiosk_ledger.escrow_yen", "kiosk_ledger.fee_yen", "kiosk_ledger.jams",
		"kiosk_ledger.kind", "kiosk_ledger.municipality", "kiosk_ledger.operator", "kiosk_ledger.prepared_at", "kiosk_ledger.printed",
		"kiosk_ledger.released", "kiosk_ledger.returned_yen", "kiosk_ledger.settled", "kiosk_ledger.step", "kiosk_ledger.store", "kiosk_ledger.terminal",
		"kiosk_ledger.transaction_id", "kiosk_ledger.voided",
		"operations.action", "operations.actor", "operations.at", "operations.details", "operations.hash", "operations.prev", "operations.seq",
		"operations.subject", "operations_head.hash", "operations_head.one", "operations_head.seq",
		"terminals.added_at", "terminals.id", "terminals.key", "terminals.operator", "terminals.relay", "terminals.role", "terminals.seen_at",
		"terminals.software_config", "terminals.software_name", "terminals.software_version", "terminals.state", "terminals.store",
	}
	each(t, func(t *testing.T, c Config) {
		s := open(t, c)
		query := `SELECT m.name || '.' || p.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`
		if c.Driver == Postgres {
			query = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%'`
		}
		var got []string
		err := rows(t.Context(), s.db, query, nil, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			got = append(got, name)
			return err
		})
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
		}
	})
}

// TestSmallRights: with the rights that the manual names, everything works
// but changing what was logged.
func TestSmallRights(t *testing.T) {
	owner := server.database(t)
	open(t, owner)
	name := "test" + itoa(server.count)
	role := "narrow" + itoa(server.count)
	for _, statement := range []string{
		"CREATE ROLE " + role + " LOGIN",
		"GRANT SELECT, INSERT, UPDATE ON terminals, closures, kiosk_ledger, operations_head TO " + role,
		"GRANT SELECT, INSERT ON operations TO " + role,
		"GRANT SELECT ON goose_db_version TO " + role,
	} {
		if err := server.do(t.Context(), name, statement); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, server.as(t, role, name))
	id, err := s.AddClosure(t.Context(), "hanako", municipality.Closure{Reason: municipality.Suspension, From: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.LiftClosure(t.Context(), "hanako", id), s.AddTerminal(t.Context(), "hanako", terminal("t-1", 1)),
		s.SetTerminal(t.Context(), "hanako", "t-1", Revoked), s.Note(t.Context(), kiosk.Entry{Transaction: "a"}), s.Note(t.Context(), kiosk.Entry{Transaction: "a"})); err != nil {
		t.Error(err)
	}
	if _, err := s.db.ExecContext(t.Context(), `DELETE FROM operations`); err == nil {
		t.Error("the log was deleted")
	}
	if _, err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
