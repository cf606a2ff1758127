// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"fmt"
	"time"

	"kofu/kiosk"
)

const ledgerColumns = `transaction_id, step, at, prepared_at, terminal, store, operator, municipality, kind, copies, fee_yen, escrow_yen,
	released, printed, jams, voided, settled, captured_yen, returned_yen`

// Note implements [kiosk.Ledger]. Of two entries with one step, which only a
// replica that died in between can have made, the later stays: it is the one
// whose session was kept.
func (s *Store) Note(ctx context.Context, e kiosk.Entry) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO kiosk_ledger (`+ledgerColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		ON CONFLICT (transaction_id) DO UPDATE SET step = excluded.step, at = excluded.at, prepared_at = excluded.prepared_at,
			terminal = excluded.terminal, store = excluded.store, operator = excluded.operator, municipality = excluded.municipality,
			kind = excluded.kind, copies = excluded.copies, fee_yen = excluded.fee_yen, escrow_yen = excluded.escrow_yen,
			released = excluded.released, printed = excluded.printed, jams = excluded.jams, voided = excluded.voided,
			settled = excluded.settled, captured_yen = excluded.captured_yen, returned_yen = excluded.returned_yen
		WHERE excluded.step >= kiosk_ledger.step`,
		e.Transaction, e.Step, format(e.At), format(e.PreparedAt), e.Terminal, e.Store, e.Operator, string(e.Municipality), string(e.Kind),
		e.Copies, e.FeeYen, e.EscrowYen, s.flag(e.Released), e.Printed, e.Jams, s.flag(e.Voided), s.flag(e.Settled), e.CapturedYen, e.ReturnedYen)
	if err != nil {
		return fmt.Errorf("sqlstore: note a transaction: %w", err)
	}
	return nil
}

// flag is a truth value as the database has it: SQLite knows none.
func (s *Store) flag(b bool) any {
	switch {
	case s.driver == Postgres:
		return b
	case b:
		return 1
	}
	return 0
}

// entries gives each transaction prepared in [from, until) to each.
func (s *Store) entries(ctx context.Context, from, until time.Time, each func(kiosk.Entry)) error {
	query := `SELECT ` + ledgerColumns + ` FROM kiosk_ledger WHERE prepared_at >= $1 AND prepared_at < $2 ORDER BY prepared_at, transaction_id`
	return rows(ctx, s.db, query, []any{format(from), format(until)}, func(scan func(...any) error) error {
		var e kiosk.Entry
		var at, prepared string
		err := scan(&e.Transaction, &e.Step, &at, &prepared, &e.Terminal, &e.Store, &e.Operator, &e.Municipality, &e.Kind, &e.Copies, &e.FeeYen,
			&e.EscrowYen, &e.Released, &e.Printed, &e.Jams, &e.Voided, &e.Settled, &e.CapturedYen, &e.ReturnedYen)
		if err == nil {
			e.At, err = parse(at)
		}
		if err == nil {
			e.PreparedAt, err = parse(prepared)
		}
		if err != nil {
			return fmt.Errorf("sqlstore: read the ledger: %w", err)
		}
		each(e)
		return nil
	})
}
