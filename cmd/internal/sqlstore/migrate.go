// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// migrationTries bounds how often SQLite is tried again, a tenth of a second
// apart, while another program makes its tables.
const migrationTries = 50

// Migrate makes the tables, or brings them up to date. Several programs may do
// so at once.
func (s *Store) Migrate(ctx context.Context) error {
	err := s.touch()
	if err != nil {
		return fmt.Errorf("sqlstore: make tables: %w", err)
	}
	for range migrationTries {
		if err = s.migrate(ctx); err == nil {
			s.migrated.Store(true)
			return nil
		}
		if s.driver == Postgres {
			break // who comes second has waited for the lock
		}
		// SQLite has no lock for the whole of it. Each step is one transaction,
		// so what failed because another program made it is there now.
		select {
		case <-ctx.Done():
			return fmt.Errorf("sqlstore: make tables: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("sqlstore: make tables: %w", err)
}

func (s *Store) migrate(ctx context.Context) error {
	p, err := s.steps()
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// steps are those of migrations/ for this database.
func (s *Store) steps() (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations/"+s.driver)
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithSlog(slog.New(slog.DiscardHandler)), goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if s.driver == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, s.db, dir, options...)
}
