// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"fmt"
	"time"

	"kofu/api/counter/staff"
)

// UseStep implements [staff.SignIns].
func (s *Store) UseStep(ctx context.Context, account string, step int64) error {
	n, err := s.change(ctx, "note a time step", `UPDATE accounts SET totp_step = $2 WHERE id = $1 AND totp_step < $2`, account, step)
	if err != nil || n > 0 {
		return err
	}
	if _, err := s.Account(ctx, account); err != nil {
		return err
	}
	return staff.ErrConflict
}

// UsePasskey implements [staff.SignIns]. A passkey that is not there any more
// is [staff.ErrConflict].
func (s *Store) UsePasskey(ctx context.Context, account string, p staff.Passkey) error {
	n, err := s.change(ctx, "note a passkey's use", `UPDATE passkeys SET data = $3 WHERE account = $1 AND id = $2`, account, p.ID, append([]byte{}, p.Data...))
	if err == nil && n == 0 {
		return staff.ErrConflict
	}
	return err
}

// SignedIn implements [staff.SignIns].
func (s *Store) SignedIn(ctx context.Context, account string, at time.Time) error {
	n, err := s.change(ctx, "note a sign-in", `UPDATE accounts SET last_sign_in = CASE WHEN last_sign_in > $2 THEN last_sign_in ELSE $2 END WHERE id = $1`, account, format(at))
	if err == nil && n == 0 {
		return staff.ErrNoAccount
	}
	return err
}

// change is a change of which the operation log has no row of its own; it
// returns of how many rows.
func (s *Store) change(ctx context.Context, what, query string, args ...any) (int64, error) {
	res, err := s.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("sqlstore: %s: %w", what, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("sqlstore: %s: %w", what, err)
	}
	return n, nil
}
