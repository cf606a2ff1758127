// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
)

// backup copies the file of SQLite. PostgreSQL has tools of its own for that.
func backup(o *order) func(context.Context, office) error {
	return func(ctx context.Context, f office) error {
		path, err := o.only("the FILE to make")
		if err != nil {
			return err
		}
		if err := f.sql.Backup(ctx, path); err != nil {
			return err
		}
		f.done("%s is a copy of the database as it is now", path)
		return nil
	}
}
