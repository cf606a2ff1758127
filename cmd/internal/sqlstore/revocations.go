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

// Untold implements [staff.Revocations].
func (s *Store) Untold(ctx context.Context, limit int) (list []staff.Untold, err error) {
	query := `SELECT municipality, handle, sealed, at FROM revocations WHERE told_at IS NULL ORDER BY number LIMIT $1`
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

// Revoked returns all that was revoked as of one moment: rids by kid, and
// hashed identifiers of VDS-NC, each sorted. version rises with each
// revocation; 0: there was none.
func (s *Store) Revoked(ctx context.Context) (version int, rids map[string][]string, uvcis []string, err error) {
	rids = map[string][]string{}
	query := `SELECT r.number, r.uvci, k.kid, k.rid FROM revocations r LEFT JOIN revocation_rids k ON k.number = r.number ORDER BY r.number`
	err = rows(ctx, s.db, query, nil, func(scan func(...any) error) error {
		var number int
		var uvci string
		var kid, rid sql.NullString
		if err := scan(&number, &uvci, &kid, &rid); err != nil {
			return fmt.Errorf("sqlstore: read what is revoked: %w", err)
		}
		if number > version && uvci != "" { // the first row of this one
			uvcis = append(uvcis, uvci)
		}
		version = number
		if kid.Valid {
			rids[kid.String] = append(rids[kid.String], rid.String)
		}
		return nil
	})
	if err != nil {
		return 0, nil, nil, err
	}
	slices.Sort(uvcis)
	for _, list := range rids {
		slices.Sort(list)
	}
	return version, rids, uvcis, nil
}
