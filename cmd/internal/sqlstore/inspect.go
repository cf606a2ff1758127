// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Inspect tells every value of every table there is, ours or not, by column
// and by the row's place in the answer, from 1.
func (s *Store) Inspect(ctx context.Context, tell func(table, column string, row int, value []byte)) error {
	tables, err := s.tables(ctx)
	if err != nil {
		return fmt.Errorf("sqlstore: list the tables: %w", err)
	}
	for _, table := range tables {
		if err := s.inspect(ctx, table, tell); err != nil {
			return fmt.Errorf("sqlstore: read %s: %w", table, err)
		}
	}
	return nil
}

func (s *Store) tables(ctx context.Context) (list []string, err error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if s.driver == Postgres {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`
	}
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	slices.Sort(list)
	return list, rows.Err()
}

func (s *Store) inspect(ctx context.Context, table string, tell func(string, string, int, []byte)) error {
	rows, err := s.db.QueryContext(ctx, `SELECT * FROM "`+strings.ReplaceAll(table, `"`, `""`)+`"`) // #nosec G202 -- the database has named it
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]sql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for row := 1; rows.Next(); row++ {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			tell(table, columns[i], row, v)
		}
	}
	return rows.Err()
}

// Files are those of SQLite: rows that were deleted may still be in them.
func (s *Store) Files() []string {
	if s.path == "" {
		return nil
	}
	return []string{s.path, s.path + "-wal"}
}
