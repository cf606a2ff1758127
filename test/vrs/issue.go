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

const reservationLife = 30 * time.Minute

// issue is a row of issues.
type issue struct {
	row                    []byte
	subject, version, kind string
	id                     sql.NullString
	issuedAt               time.Time
	state                  string
}

func (i *issue) lapsed(now time.Time) bool {
	return i.state == "voided" || i.state == "invalidated" || i.state == "reserved" && now.Sub(i.issuedAt) >= reservationLife
}

// issued returns the row of an issuance, or nil.
func issued(ctx context.Context, in reader, issuance string) (*issue, error) {
	i, at := new(issue), int64(0)
	err := in.QueryRowContext(ctx, `SELECT person, subject, version, kind, certificate_id, issued_at, state
		FROM issues WHERE issuance = ?`, issuance).Scan(&i.row, &i.subject, &i.version, &i.kind, &i.id, &at, &i.state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("vrs: look up issuance: %w", err)
	}
	i.issuedAt = time.Unix(at, 0).In(cert.JST())
	return i, nil
}

// reserve allots a certificate ID, once for each issuance. It refuses when
// the record has changed or was blocked since it was found. Once confirmed, a
// change no longer matters, but a block still does; at the counter only a stop.
func (p *Partition) reserve(ctx context.Context, q *reserveRequest) (*reserveAnswer, error) {
	a := &reserveAnswer{RequestID: q.RequestID, Municipality: q.Municipality, Issuance: q.Issuance, Kind: q.Kind, Outcome: "record_changed"}
	now := p.now().Truncate(time.Second)
	return a, p.write(ctx, func(tx *sql.Tx) error {
		i, err := issued(ctx, tx, q.Issuance)
		switch {
		case err != nil:
			return err
		case i != nil && i.lapsed(now):
			return nil
		case i != nil && (i.subject != q.Subject || i.version != q.Version || i.kind != q.Kind):
			return errConflict
		}
		row := p.subjects.row(q.Subject, q.Issuance)
		if i != nil {
			row = i.row
		}
		if row == nil {
			return nil
		}
		h, err := p.lookup(ctx, tx, row)
		if errors.Is(err, ErrNobody) {
			return nil
		}
		if err != nil {
			return err
		}
		changed := h.version != q.Version || h.Check != ""
		if h.hindered(now, q.Desk) || changed && (i == nil || i.state != "confirmed") {
			return nil
		}
		if i == nil {
			if i, err = p.allot(ctx, tx, row, q, now); err != nil {
				return err
			}
		}
		a.Outcome, a.ID, a.IssuedAt = "reserved", i.id.String, i.issuedAt.Format(time.RFC3339)
		return nil
	})
}

// allot takes the next serial of the day and keeps the reservation.
func (p *Partition) allot(ctx context.Context, tx *sql.Tx, row []byte, q *reserveRequest, now time.Time) (*issue, error) {
	day := cert.DateOf(now)
	var serial int
	err := tx.QueryRowContext(ctx, `INSERT INTO serials (day, last) VALUES (?, 1)
		ON CONFLICT (day) DO UPDATE SET last = last + 1 RETURNING last`, day.Compact()).Scan(&serial)
	if err != nil {
		return nil, fmt.Errorf("vrs: next serial: %w", err)
	}
	id, err := cert.NewID(p.code, day, serial)
	if err != nil {
		return nil, fmt.Errorf("vrs: serial %d: %w", serial, err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO issues (issuance, person, subject, version, kind, certificate_id, issued_at, state)
		VALUES (?, ?, ?, ?, ?, ?, ?, 'reserved')`, q.Issuance, row, q.Subject, q.Version, q.Kind, string(id), now.Unix())
	if err != nil {
		return nil, fmt.Errorf("vrs: keep reservation: %w", err)
	}
	return &issue{id: sql.NullString{String: string(id), Valid: true}, issuedAt: now.In(cert.JST()), state: "reserved"}, nil
}

// confirm keeps 発行年月日 (E5), and the passport for an overseas certificate
// alone (E4).
func (p *Partition) confirm(ctx context.Context, q *confirmRequest) (*confirmAnswer, error) {
	a := &confirmAnswer{RequestID: q.RequestID, Municipality: q.Municipality, Issuance: q.Issuance, ID: q.ID, Outcome: "lapsed"}
	return a, p.write(ctx, func(tx *sql.Tx) error {
		i, err := issued(ctx, tx, q.Issuance)
		switch {
		case err != nil:
			return err
		case i == nil || i.lapsed(p.now()):
			return nil
		case i.id.String != q.ID, (cert.Kind(i.kind) == cert.Overseas) != (q.Passport != nil):
			return errConflict
		case i.state == "confirmed":
			a.Outcome = "confirmed"
			return nil
		}
		var passport []byte
		if q.Passport != nil {
			if passport, err = p.vault.sealJSON(i.row, q.Passport); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE issues SET state = 'confirmed', issued_on = ?, passport = ? WHERE issuance = ?`,
			q.IssuedOn, passport, q.Issuance)
		if err != nil {
			return fmt.Errorf("vrs: confirm: %w", err)
		}
		a.Outcome = "confirmed"
		return nil
	})
}

// void gives an issuance up. One that nobody has heard of is remembered as
// void, so that a reservation overtaken on the way is refused.
func (p *Partition) void(ctx context.Context, q *voidRequest) (*voidAnswer, error) {
	_, err := p.db.ExecContext(ctx, `INSERT INTO issues (issuance, issued_at, state) VALUES (?, ?, 'voided')
		ON CONFLICT (issuance) DO UPDATE SET state = 'voided' WHERE state <> 'invalidated'`, q.Issuance, p.now().Unix())
	if err != nil {
		return nil, fmt.Errorf("vrs: void: %w", err)
	}
	return &voidAnswer{RequestID: q.RequestID, Municipality: q.Municipality, Issuance: q.Issuance, Outcome: "voided"}, nil
}
