// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrBackup is a copy that this program does not make.
var ErrBackup = errors.New("sqlstore: no copy made")

// Backup writes a copy of an SQLite database to a new file, which is its
// owner's alone and on disk when this returns. It has everything that was
// acknowledged before Backup was called, and everything in it is of one
// moment. Others read and write meanwhile. A file that is there is left as it
// is, and refused.
//
// PostgreSQL has means of its own (see the package's documentation).
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	if s.driver != SQLite {
		return fmt.Errorf("%w: PostgreSQL is copied by pg_dump or pg_basebackup", ErrBackup)
	}
	if path, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("sqlstore: copy: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("sqlstore: copy: %w", err)
	}
	err = errors.Join(s.copyTo(ctx, path), f.Sync(), f.Close(), syncFolder(filepath.Dir(path)))
	if err != nil {
		return fmt.Errorf("sqlstore: copy: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}

// copyTo fills an empty file. It reads by a connection of its own, so that the
// one that all others share stays free; there is no other in memory.
func (s *Store) copyTo(ctx context.Context, path string) (err error) {
	db := s.db
	if s.path != "" {
		if db, err = sql.Open("sqlite", sqliteDSN(s.path)); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, path)
	return err
}

// syncFolder makes the name of a new file last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
