// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"kofu/api/counter/staff"
)

// Revoke implements [staff.Revocations]. One that was revoked already has no
// new row of the log. A record of another municipality, as far as that is
// known, is [staff.ErrDenied].
func (s *Store) Revoke(ctx context.Context, list []staff.Revocation) error {
	for _, r := range list {
		switch {
		case r.Act.Operator == "":
			return ErrActor
		case r.Act.Municipality == "" || len(r.Sealed) == 0:
			return fmt.Errorf("%w: whose it is, or what, is not told", ErrIssue)
		}
		if err := checkWithdrawal(r.Handle, r.RIDs, r.UVCI); err != nil {
			return err
		}
	}
	return s.chained(ctx, func(c *chain) error {
		for _, r := range list {
			if err := c.revoke(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *chain) revoke(ctx context.Context, r staff.Revocation) error {
	o, err := operation(r.Act)
	if err != nil {
		return err
	}
	others, err := c.count(ctx, `SELECT (SELECT COUNT(*) FROM counter_issues WHERE handle = $1 AND municipality <> $2)
		+ (SELECT COUNT(*) FROM revocations WHERE handle = $1 AND municipality <> $2)`, string(r.Handle), o.Municipality)
	switch {
	case err != nil:
		return err
	case others > 0:
		return staff.ErrDenied
	}
	before, err := c.count(ctx, `SELECT COUNT(*) FROM revocations WHERE handle = $1`, string(r.Handle))
	if err != nil || before > 0 {
		return err
	}
	seq, err := c.add(ctx, o)
	if err != nil {
		return err
	}
	last, err := c.count(ctx, `SELECT COALESCE(MAX(number), 0) FROM revocations`)
	if err != nil {
		return err
	}
	if err := c.exec(ctx, "revoke", `INSERT INTO revocations (number, handle, seq, municipality, at, sealed, uvci) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		last+1, string(r.Handle), seq, o.Municipality, format(c.at), r.Sealed, r.UVCI); err != nil {
		return err
	}
	for kid, list := range r.RIDs {
		for _, rid := range unique(list) {
			if err := c.exec(ctx, "revoke", `INSERT INTO revocation_rids (number, kid, rid) VALUES ($1, $2, $3)`, last+1, kid, rid); err != nil {
				return err
			}
		}
	}
	return nil
}

// Untold implements [staff.Revocations]. The oldest of each municipality come
// first, then the second of each, and so on: none waits behind another's.
func (s *Store) Untold(ctx context.Context, limit int) (list []staff.Untold, err error) {
	query := `SELECT municipality, handle, sealed, at FROM (
		SELECT municipality, handle, sealed, at, number, ROW_NUMBER() OVER (PARTITION BY municipality ORDER BY number) AS place
		FROM revocations WHERE told_at IS NULL) waiting WHERE place <= $1 ORDER BY place, number`
	err = rows(ctx, s.db, query, []any{max(0, limit)}, func(scan func(...any) error) error {
		var u staff.Untold
		var at string
		err := scan(&u.Municipality, &u.Handle, &u.Sealed, &at)
		if err == nil {
			u.At, err = parse(at)
		}
		if err != nil {
			return fmt.Errorf("sqlstore: read what is revoked: %w", err)
		}
		list = append(list, u)
		return nil
	})
	return list, err
}

// Told implements [staff.Revocations], and forgets the certificate ID. One
// that was told before, or is not there, is no error.
func (s *Store) Told(ctx context.Context, handle staff.Handle) error {
	_, err := s.change(ctx, "note that a revocation was told", `UPDATE revocations SET told_at = $2, sealed = NULL WHERE handle = $1 AND told_at IS NULL`,
		string(handle), format(s.now()))
	return err
}

// revoked is what [Store.Revoked] read last, and is not changed.
type revoked struct {
	version int
	last    string // handle of the last one: another database has another
	rids    map[string][]string
	uvcis   []string
}

// Revoked returns all that was revoked as of one moment: rids by kid, and
// hashed identifiers of VDS-NC, each sorted. version rises with each
// revocation; 0: there was none. It is read again only when there is a new one.
func (s *Store) Revoked(ctx context.Context) (version int, rids map[string][]string, uvcis []string, err error) {
	known := s.revoked.Load()
	if known == nil || !s.still(ctx, known) {
		if known, err = s.readRevoked(ctx); err != nil {
			return 0, nil, nil, err
		}
		s.revoked.Store(known)
	}
	rids = map[string][]string{}
	for kid, list := range known.rids {
		rids[kid] = slices.Clone(list)
	}
	return known.version, rids, slices.Clone(known.uvcis), nil
}

// still reports whether r is all there is. Where that cannot be asked it says
// no: reading will tell why.
func (s *Store) still(ctx context.Context, r *revoked) bool {
	var version int
	var last string
	err := s.db.QueryRowContext(ctx, `SELECT number, handle FROM revocations ORDER BY number DESC LIMIT 1`).Scan(&version, &last)
	return err == nil && version == r.version && last == r.last
}

func (s *Store) readRevoked(ctx context.Context) (*revoked, error) {
	all := &revoked{rids: map[string][]string{}}
	query := `SELECT r.number, r.handle, r.uvci, k.kid, k.rid FROM revocations r LEFT JOIN revocation_rids k ON k.number = r.number ORDER BY r.number`
	err := rows(ctx, s.db, query, nil, func(scan func(...any) error) error {
		var number int
		var uvci string
		var kid, rid sql.NullString
		if err := scan(&number, &all.last, &uvci, &kid, &rid); err != nil {
			return fmt.Errorf("sqlstore: read what is revoked: %w", err)
		}
		if number > all.version && uvci != "" { // the first row of this one
			all.uvcis = append(all.uvcis, uvci)
		}
		all.version = number
		if kid.Valid {
			all.rids[kid.String] = append(all.rids[kid.String], rid.String)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(all.uvcis)
	for _, list := range all.rids {
		slices.Sort(list)
	}
	return all, nil
}
