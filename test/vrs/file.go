// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kofu/cert"
)

// file answers open: the record of a person found, with what only clerks see.
// A reference ends after 15 minutes, or when the holder it was made for is
// written otherwise.
func (p *Partition) file(ctx context.Context, q *openRequest) (*openAnswer, error) {
	now := p.now()
	a := &openAnswer{
		RequestID: q.RequestID, Municipality: string(p.code), Issuance: q.Issuance,
		Outcome: "none", AsOf: now.UTC().Format(time.RFC3339Nano), Proof: prove(q.Nonce, q.Ref), nonce: q.Nonce,
	}
	ref, ok := p.refs.get(q.Ref)
	if !ok {
		return a, nil
	}
	h, err := p.lookup(ctx, p.db, ref.row)
	switch {
	case errors.Is(err, ErrNobody):
		return a, nil
	case err != nil:
		return nil, err
	case h.shown() != ref.bound:
		return a, nil
	}
	last, err := p.lastOverseas(ctx, h.row)
	if err != nil {
		return nil, err
	}
	issues, err := p.issues(ctx, h.row, now)
	if err != nil {
		return nil, err
	}
	handle := p.handle(&h.person)
	a.Outcome, a.Proof = "found", prove(q.Nonce, handle)
	a.File = &file{
		Handle: handle, Kana: h.Kana, Check: h.Check, Block: h.block(now), Issues: issues, Record: p.record(h, last, q.Issuance),
	}
	return a, nil
}

func (p *Partition) record(h *held, last *lastIssue, issuance string) *record {
	return &record{
		Subject:      p.subjects.add(h.row, issuance),
		Version:      h.version,
		Holder:       holder{h.Name, h.Birth, h.Sex},
		Deceased:     h.Deceased,
		MovedOut:     h.MovedOut,
		Doses:        entries(h.Doses, p.code),
		LastOverseas: last,
	}
}

// issues returns the certificate IDs of a person, newest first, without those
// that lapsed or were given up.
func (p *Partition) issues(ctx context.Context, row []byte, now time.Time) (list []told, err error) {
	rows, err := p.db.QueryContext(ctx, `SELECT certificate_id, kind, issued_at, state FROM issues
		WHERE person = ? AND state <> 'voided' AND NOT (state = 'reserved' AND issued_at <= ?)
		ORDER BY issued_at DESC, certificate_id DESC LIMIT 100`, row, now.Add(-reservationLife).Unix())
	if err != nil {
		return nil, fmt.Errorf("vrs: look up issues: %w", err)
	}
	defer rows.Close()
	list = []told{}
	for rows.Next() {
		var t told
		var at int64
		if err := rows.Scan(&t.ID, &t.Kind, &at, &t.State); err != nil {
			return nil, fmt.Errorf("vrs: look up issues: %w", err)
		}
		t.IssuedOn = cert.DateOf(time.Unix(at, 0)).String()
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("vrs: look up issues: %w", err)
	}
	return list, nil
}

// invalidate marks a certificate that was handed over as withdrawn.
func (p *Partition) invalidate(ctx context.Context, q *invalidateRequest) (*invalidateAnswer, error) {
	a := &invalidateAnswer{RequestID: q.RequestID, Municipality: q.Municipality, ID: q.ID, Outcome: "none"}
	res, err := p.db.ExecContext(ctx, `UPDATE issues SET state = 'invalidated'
		WHERE certificate_id = ? AND state IN ('confirmed', 'invalidated')`, q.ID)
	if err != nil {
		return nil, fmt.Errorf("vrs: invalidate: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		a.Outcome = "invalidated"
		return a, err
	}
	return a, nil
}
