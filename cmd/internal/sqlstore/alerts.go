// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// ErrRegister is an alert, a finding, a review or an inquiry that is not told
// in full, or is another municipality's.
var ErrRegister = errors.New("sqlstore: alert, review or inquiry not accepted")

// System is who raises an alert, in the operation log.
const System = "kofu"

const alertColumns = `id, municipality, at, kind, operator, account, terminal, count, closed_by, closed_at, finding`

// Raise implements [staff.Alerts]. In the log it is [System] that raises it,
// and whom it is about stands in the details. When is by the clock of the
// store; an alert without an id is given one.
func (s *Store) Raise(ctx context.Context, a staff.Alert) error {
	if a.Municipality == "" || a.Kind == "" {
		return fmt.Errorf("%w: whose it is, or what, is not told", ErrRegister)
	}
	a.ID = newID(a.ID)
	by := staff.Act{Operator: System, Terminal: a.Terminal, Municipality: a.Municipality, Operation: staff.OpAlertRaise, Subject: a.ID,
		Details: map[string]string{"kind": string(a.Kind), "operator": a.Operator, "account": a.Account, "count": strconv.Itoa(a.Count)}}
	return s.acted(ctx, by, func(c *chain, _ int) error {
		return c.exec(ctx, "raise an alert", `INSERT INTO alerts (id, municipality, at, kind, operator, account, terminal, count) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			a.ID, string(a.Municipality), format(c.at), string(a.Kind), a.Operator, a.Account, a.Terminal, a.Count)
	})
}

// Alerts implements [staff.Alerts].
func (s *Store) Alerts(ctx context.Context, m cert.MunicipalityCode, open bool) ([]staff.Alert, error) {
	if open {
		return readAlerts(ctx, s.db, `municipality = $1 AND closed_at IS NULL`, string(m))
	}
	return readAlerts(ctx, s.db, `municipality = $1`, string(m))
}

func readAlerts(ctx context.Context, in asker, where string, args ...any) (list []staff.Alert, err error) {
	query := `SELECT ` + alertColumns + ` FROM alerts WHERE ` + where + ` ORDER BY at DESC, id`
	err = rows(ctx, in, query, args, func(scan func(...any) error) error {
		var a staff.Alert
		var at string
		var closed sql.NullString
		err := scan(&a.ID, &a.Municipality, &at, &a.Kind, &a.Operator, &a.Account, &a.Terminal, &a.Count, &a.ClosedBy, &closed, &a.Finding)
		if err == nil {
			a.At, err = parse(at)
		}
		if err == nil {
			a.ClosedAt, err = parseOr(closed)
		}
		if err != nil {
			return fmt.Errorf("sqlstore: read the alerts: %w", err)
		}
		list = append(list, a)
		return nil
	})
	return list, err
}

// CloseAlert implements [staff.Alerts]. One that is closed already is
// [staff.ErrState]. An alert about oneself is one about the account or, under
// another account, about the same staff number.
func (s *Store) CloseAlert(ctx context.Context, by staff.Act, id, finding string) error {
	if !plain(finding, 200) {
		return fmt.Errorf("%w: a finding is one line of 1 to 200 characters", ErrRegister)
	}
	return s.acted(ctx, by, func(c *chain, _ int) error {
		list, err := readAlerts(ctx, c.tx, `municipality = $1 AND id = $2`, string(by.Municipality), id)
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return staff.ErrNoAlert
		case by.Account == "":
			return staff.ErrDenied
		}
		a := list[0]
		switch own, err := c.same(ctx, by.Account, by.Operator, a.Account, a.Operator); {
		case err != nil:
			return err
		case own || by.Operator == a.Operator:
			return staff.ErrOwn
		case !a.ClosedAt.IsZero():
			return staff.ErrState
		}
		return c.exec(ctx, "close an alert", `UPDATE alerts SET closed_by = $2, closed_at = $3, finding = $4 WHERE id = $1`, id, by.Account, format(c.at), finding)
	})
}
