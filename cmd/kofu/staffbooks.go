// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kofu/cert"
	"kofu/cmd/internal/sqlstore"
)

// errBooks is told after the books are written: they are no less wanted when
// something in them is wrong.
var errBooks = errors.New("the books do not add up")

func reportBooks(o *order) func(context.Context, office) error {
	day := o.flags.String("day", "", "`YYYY-MM-DD`, in Japan: one line a municipality and terminal")
	month := o.flags.String("month", "", "`YYYY-MM`, in Japan: one line a municipality, operator and store")
	return func(ctx context.Context, f office) error {
		if err := o.none(); err != nil {
			return err
		}
		if (*day == "") == (*month == "") {
			return fmt.Errorf("%w: -day or -month is wanted, one of the two", errUsage)
		}
		b, write, err := f.books(ctx, *day, *month)
		if err != nil {
			return err
		}
		if err := write(f); err != nil {
			return err
		}
		for _, x := range b.Findings {
			_, _ = fmt.Fprintf(f.stderr, "transaction %s (%s, %s, %s, %s): %s\n", x.Transaction, x.Municipality, x.Operator, x.Store, x.Terminal, x.Why)
		}
		if len(b.Findings) > 0 {
			return errBooks
		}
		return nil
	}
}

func (f office) books(ctx context.Context, day, month string) (*sqlstore.Books, func(office) error, error) {
	if month != "" {
		t, err := time.Parse("2006-01", month)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: -month is written 2026-04", errUsage)
		}
		b, err := f.sql.Monthly(ctx, t.Year(), t.Month())
		return b, func(f office) error { return b.WriteMonthly(f.stdout) }, err
	}
	d, err := cert.ParseDate(day)
	if err != nil || !d.Full() {
		return nil, nil, fmt.Errorf("%w: -day is written 2026-04-01", errUsage)
	}
	b, err := f.sql.Daily(ctx, d)
	return b, func(f office) error { return b.WriteDaily(f.stdout) }, err
}
