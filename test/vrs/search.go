// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxFound is how many persons a search tells of.
const maxFound = 20

// search looks persons up for a clerk: by number, by any of their ticket
// numbers, or by name and birth date. The proof is made from what the record
// holds, as in find.
func (p *Partition) search(ctx context.Context, q *searchRequest) (*searchAnswer, error) {
	now := p.now()
	a := &searchAnswer{
		RequestID: q.RequestID, Municipality: string(p.code), Outcome: "none", AsOf: now.UTC().Format(time.RFC3339Nano), nonce: q.Nonce,
	}
	found, err := p.sought(ctx, q)
	if err != nil {
		return nil, err
	}
	switch {
	case q.Number != "" && len(found) == 0:
		a.Proof = prove(q.Nonce, q.Number)
	case q.Number != "":
		a.Proof = prove(q.Nonce, found[0].Number)
	case q.Ticket != "" && len(found) == 0:
		a.Proof = prove(q.Nonce, q.Ticket)
	case q.Ticket != "":
		a.Proof = prove(q.Nonce, found[0].ticket(q.Ticket))
	}
	if len(found) > maxFound {
		a.Outcome = "too_many"
		return a, nil
	}
	slices.SortFunc(found, func(a, b *held) int {
		return cmp.Or(strings.Compare(a.Kana, b.Kana), strings.Compare(a.Name, b.Name), strings.Compare(a.version, b.version))
	})
	for _, h := range found {
		a.Outcome = "found"
		a.Persons = append(a.Persons, p.candidate(h, now))
	}
	return a, nil
}

func (p *Partition) candidate(h *held, now time.Time) candidate {
	return candidate{
		Ref: p.refs.add(h.row, h.shown()), Handle: p.handle(&h.person), Holder: holder{h.Name, h.Birth, h.Sex},
		Kana: h.Kana, Protected: h.block(now) != nil,
	}
}

// handle is the stable name of a record, made from the number it is kept
// under and not from where it lies.
func (p *Partition) handle(x *person) string { return p.vault.handle(p.vault.person([]byte(x.Number))) }

func (p *Partition) sought(ctx context.Context, q *searchRequest) ([]*held, error) {
	var row []byte
	switch {
	case q.Name != "":
		return p.named(ctx, q.Name, q.BirthDate)
	case q.Number != "":
		row = p.vault.person([]byte(q.Number))
	default:
		err := p.db.QueryRowContext(ctx, `SELECT person FROM tickets WHERE ticket = ?`, p.vault.ticket(q.Ticket)).Scan(&row)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("vrs: look up ticket: %w", err)
		}
	}
	h, err := p.lookup(ctx, p.db, row)
	switch {
	case errors.Is(err, ErrNobody):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []*held{h}, nil
}

// named returns everybody born on day, or on a day that it may have been, who
// is asked for by name.
func (p *Partition) named(ctx context.Context, name, day string) (found []*held, err error) {
	asked := p.fold.fold(name)
	if asked == "" {
		return nil, nil
	}
	for _, known := range []string{day, day[:7], day[:4]} {
		rows, err := p.born(ctx, known)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			h, err := p.lookup(ctx, p.db, row)
			if err != nil {
				return nil, err
			}
			if h.Birth == known && p.called(&h.person, asked) {
				found = append(found, h)
			}
		}
	}
	return found, nil
}

func (p *Partition) born(ctx context.Context, day string) (list [][]byte, err error) {
	rows, err := p.db.QueryContext(ctx, `SELECT person FROM persons WHERE birth = ?`, p.vault.birth(day))
	if err != nil {
		return nil, fmt.Errorf("vrs: look up birth date: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var row []byte
		if err := rows.Scan(&row); err != nil {
			return nil, fmt.Errorf("vrs: look up birth date: %w", err)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("vrs: look up birth date: %w", err)
	}
	return list, nil
}

// called reports whether x goes by the folded name asked: in the register's
// writing, the card's, or kana.
func (p *Partition) called(x *person, asked string) bool {
	for _, name := range append([]string{x.Name, x.Kana}, x.Aliases...) {
		if slices.Contains(p.fold.names(name), asked) {
			return true
		}
	}
	return false
}
