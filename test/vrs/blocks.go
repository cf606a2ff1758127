// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"kofu/cert"
)

// measure is one against self-service, or against any issuing.
type measure struct {
	Class string `json:"class"`
	From  string `json:"from"`            // YYYY-MM-DD
	Until string `json:"until,omitempty"` // YYYY-MM-DD, last day; "" for open
}

func (b *measure) in(now time.Time) bool {
	today := cert.DateOf(now).String()
	return b.From != "" && b.From <= today && (b.Until == "" || today <= b.Until)
}

// block returns the measure in force at now, or nil: of several, a stop, since
// that is the one that hinders a clerk, too.
func (h *held) block(now time.Time) *measure {
	var found *measure
	for _, b := range append([]measure{{h.BlockClass, h.BlockFrom, h.BlockTo}}, h.imported...) {
		if b.in(now) && (found == nil || b.Class == string(cert.Stopped)) {
			found = &b
		}
	}
	return found
}

// blocked reports whether self-service is out of question at now.
func (h *held) blocked(now time.Time) bool { return h.block(now) != nil }

// hindered reports whether nothing may be reserved for h at now.
func (h *held) hindered(now time.Time, desk bool) bool {
	b := h.block(now)
	return b != nil && !(desk && b.Class == string(cert.Protective))
}

// imported returns the blocks of a person that came with a list.
func (p *Partition) imported(ctx context.Context, in reader, row []byte) (list []measure, err error) {
	rows, err := in.QueryContext(ctx, `SELECT sealed FROM blocks WHERE person = ?`, row)
	if err != nil {
		return nil, fmt.Errorf("vrs: look up blocks: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var sealed []byte
		var b measure
		if err := rows.Scan(&sealed); err != nil {
			return nil, fmt.Errorf("vrs: look up blocks: %w", err)
		}
		if err := p.vault.openJSON(row, sealed, &b); err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("vrs: look up blocks: %w", err)
	}
	return list, nil
}

// maxRejected is how many rows of a list are told.
const maxRejected = 1000

// setBlocks judges every row of a list, and puts it in the place of the one
// before if each names somebody.
func (p *Partition) setBlocks(ctx context.Context, q *blocksRequest) (*blocksAnswer, error) {
	a := &blocksAnswer{RequestID: q.RequestID, Municipality: q.Municipality, DryRun: q.DryRun, Count: len(q.Rows), Outcome: "accepted"}
	return a, p.write(ctx, func(tx *sql.Tx) error {
		persons := make([][]byte, len(q.Rows))
		for i, r := range q.Rows {
			row, err := p.meant(ctx, tx, r)
			if err != nil {
				return err
			}
			if persons[i] = row; row == nil && len(a.Rejected) < maxRejected {
				a.Outcome, a.Rejected = "rejected", append(a.Rejected, i+1)
			}
		}
		if q.DryRun || len(a.Rejected) > 0 {
			return nil
		}
		return p.replaceBlocks(ctx, tx, persons, q.Rows)
	})
}

// meant returns the person whom r names, or nil.
func (p *Partition) meant(ctx context.Context, tx *sql.Tx, r blockRow) (row []byte, err error) {
	name := p.vault.unhandle(r.Handle)
	switch {
	case r.Ticket != "":
		err = tx.QueryRowContext(ctx, `SELECT person FROM tickets WHERE ticket = ?`, p.vault.ticket(r.Ticket)).Scan(&row)
	case name != nil:
		err = tx.QueryRowContext(ctx, `SELECT person FROM persons WHERE person = ?`, name).Scan(&row)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("vrs: look up a row of blocks: %w", err)
	}
	return row, nil
}

func (p *Partition) replaceBlocks(ctx context.Context, tx *sql.Tx, persons [][]byte, rows []blockRow) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM blocks`); err != nil {
		return fmt.Errorf("vrs: replace blocks: %w", err)
	}
	stmt, err := tx.PrepareContext(ctx, `INSERT INTO blocks (person, sealed) VALUES (?, ?)`)
	if err != nil {
		return fmt.Errorf("vrs: replace blocks: %w", err)
	}
	defer stmt.Close()
	for i, row := range persons {
		sealed, err := p.vault.sealJSON(row, rows[i].measure)
		if err != nil {
			return err
		}
		if _, err := stmt.ExecContext(ctx, row, sealed); err != nil {
			return fmt.Errorf("vrs: replace blocks: %w", err)
		}
	}
	return nil
}
