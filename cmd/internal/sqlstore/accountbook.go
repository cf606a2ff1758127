// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"kofu/api/counter/staff"
	"kofu/cert"
)

var loginForm = regexp.MustCompile(`^[a-z0-9._-]{2,32}$`)

// AddAccounts implements [staff.AccountBook]. Each account has a row of the
// log: that of by, with the account's id as its subject and what the account
// may do in its details.
func (s *Store) AddAccounts(ctx context.Context, by staff.Act, list []staff.NewAccount) error {
	if by.Operator == "" {
		return ErrActor
	}
	return s.chained(ctx, func(c *chain) error {
		for _, n := range list {
			if err := c.addAccount(ctx, by, n); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *chain) addAccount(ctx context.Context, by staff.Act, n staff.NewAccount) error {
	a := n.Account
	a.State = staff.Invited
	if a.AddedAt.IsZero() {
		a.AddedAt = c.at
	}
	if err := checkAccount(by, a); err != nil {
		return err
	}
	o, err := operation(added(by, n))
	if err != nil {
		return err
	}
	if _, err := c.add(ctx, o); err != nil {
		return err
	}
	taken, err := c.count(ctx, `SELECT COUNT(*) FROM accounts WHERE id = $1 OR municipality = $2 AND login = $3`, a.ID, string(a.Municipality), a.Login)
	if err != nil {
		return err
	}
	if taken > 0 {
		return fmt.Errorf("%w: its login was given before", staff.ErrAccount)
	}
	purpose, until := shared(a)
	err = c.exec(ctx, "add an account", `INSERT INTO accounts (id, municipality, login, name, staff_number, functions, state, valid_until,
		shared_purpose, shared_until, epoch, added_by, added_at, password, totp_step) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', 0)`,
		a.ID, string(a.Municipality), a.Login, a.Name, a.StaffNumber, functions(a), string(a.State), a.ValidUntil.String(),
		purpose, until, a.Epoch, a.AddedBy, format(a.AddedAt))
	if err != nil {
		return err
	}
	if err := c.setRoster(ctx, a); err != nil {
		return err
	}
	if err := c.setCredentials(ctx, a.ID, n.Credentials); err != nil {
		return err
	}
	for _, id := range unique(n.Terminals) {
		if err := c.ownDesk(ctx, a.Municipality, id); err != nil {
			return err
		}
		if err := c.exec(ctx, "allow an account", `INSERT INTO desk_users (desk, account) VALUES ($1, $2)`, id, a.ID); err != nil {
			return err
		}
	}
	return nil
}

// added is by for one of several accounts. What it says itself stands.
func added(by staff.Act, n staff.NewAccount) staff.Act {
	d := map[string]string{"login": n.Account.Login, "functions": functions(n.Account), "valid_until": n.Account.ValidUntil.String()}
	if n.Account.Shared != nil {
		d["shared_until"] = n.Account.Shared.Until.String()
	}
	spread(d, "terminals", unique(n.Terminals))
	maps.Copy(d, by.Details)
	by.Details, by.Subject = d, n.Account.ID
	return by
}

// checkAccount refuses what would not come back as it is, or is another
// municipality's.
func checkAccount(by staff.Act, a staff.Account) error {
	refuse := func(why string) error { return fmt.Errorf("%w: %s", staff.ErrAccount, why) }
	switch {
	case by.Municipality == "" || a.Municipality != by.Municipality:
		return refuse("it is another municipality's")
	case !terminalForm.MatchString(a.ID) || !loginForm.MatchString(a.Login):
		return refuse("its id or login is of another form")
	case !plain(a.Name, 100) || a.StaffNumber != "" && !plain(a.StaffNumber, 64):
		return refuse("its name or staff number is not one line")
	case !a.ValidUntil.Full():
		return refuse("it has no last day")
	case len(a.Functions) == 0 || slices.ContainsFunc(a.Functions, func(f staff.Function) bool { return !slices.Contains(staff.Functions(), f) }):
		return refuse("its functions are none")
	case a.Shared == nil:
		return nil
	case !plain(a.Shared.Purpose, 200) || !a.Shared.Until.Full():
		return refuse("it is shared, and why or how long is not told")
	}
	for _, m := range a.Shared.Roster {
		if !plain(m.StaffNumber, 64) || !plain(m.Name, 100) || !m.From.Full() || !m.Until.Full() {
			return refuse("a member of its roster is not told in full")
		}
	}
	return nil
}

func functions(a staff.Account) string {
	var list []string
	for _, f := range a.Functions {
		list = append(list, string(f))
	}
	return strings.Join(list, " ")
}

func shared(a staff.Account) (purpose, until sql.NullString) {
	if a.Shared == nil {
		return purpose, until
	}
	return sql.NullString{String: a.Shared.Purpose, Valid: true}, sql.NullString{String: a.Shared.Until.String(), Valid: true}
}

// SetAccount implements [staff.AccountBook]. Municipality, login, and when and
// by whom it was added stay as they are. What is [staff.Revoked] stays so:
// [staff.ErrState].
func (s *Store) SetAccount(ctx context.Context, by staff.Act, a staff.Account) error {
	return s.acted(ctx, by, func(c *chain, _ int) error {
		old, err := c.account(ctx, by.Municipality, a.ID)
		switch {
		case err != nil:
			return err
		case old.Epoch != a.Epoch:
			return staff.ErrConflict
		case a.Municipality != old.Municipality || a.Login != old.Login:
			return fmt.Errorf("%w: its login is for good", staff.ErrAccount)
		case old.State == staff.Revoked && a.State != staff.Revoked:
			return staff.ErrState
		}
		if err := checkAccount(by, a); err != nil {
			return err
		}
		purpose, until := shared(a)
		err = c.exec(ctx, "change an account", `UPDATE accounts SET name = $2, staff_number = $3, functions = $4, state = $5, valid_until = $6,
			shared_purpose = $7, shared_until = $8, epoch = epoch + 1 WHERE id = $1`,
			a.ID, a.Name, a.StaffNumber, functions(a), string(a.State), a.ValidUntil.String(), purpose, until)
		if err != nil {
			return err
		}
		return c.setRoster(ctx, a)
	})
}

// SetCredentials implements [staff.AccountBook]. It takes nobody out of
// [staff.Revoked], nor out of [staff.Suspended] into [staff.Active]: somebody
// who changes their password at the moment they are suspended stays so.
// Either is [staff.ErrState]. The last time step of TOTP never falls.
func (s *Store) SetCredentials(ctx context.Context, by staff.Act, id string, cr staff.Credentials, to staff.State, end bool) error {
	return s.acted(ctx, by, func(c *chain, _ int) error {
		a, err := c.account(ctx, by.Municipality, id)
		switch {
		case err != nil:
			return err
		case a.Epoch != cr.Epoch:
			return staff.ErrConflict
		case a.State == staff.Revoked && to != staff.Revoked, a.State == staff.Suspended && to == staff.Active:
			return staff.ErrState
		}
		epoch := a.Epoch
		if end {
			epoch++
		}
		if err := c.exec(ctx, "change an account", `UPDATE accounts SET state = $2, epoch = $3 WHERE id = $1`, id, string(to), epoch); err != nil {
			return err
		}
		return c.setCredentials(ctx, id, cr)
	})
}

// account reads one of a municipality.
func (c *chain) account(ctx context.Context, m cert.MunicipalityCode, id string) (staff.Account, error) {
	return oneAccount(readAccounts(ctx, c.tx, `a.id = $1 AND a.municipality = $2`, id, string(m)))
}

func (c *chain) setRoster(ctx context.Context, a staff.Account) error {
	if err := c.exec(ctx, "change a roster", `DELETE FROM rosters WHERE account = $1`, a.ID); err != nil || a.Shared == nil {
		return err
	}
	for n, m := range a.Shared.Roster {
		err := c.exec(ctx, "change a roster", `INSERT INTO rosters (account, place, staff_number, name, from_on, until_on) VALUES ($1, $2, $3, $4, $5, $6)`,
			a.ID, n, m.StaffNumber, m.Name, m.From.String(), m.Until.String())
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *chain) setCredentials(ctx context.Context, id string, cr staff.Credentials) error {
	err := c.exec(ctx, "change what an account signs in with", `UPDATE accounts SET password = $2, password_at = $3, totp = $4,
		totp_step = CASE WHEN totp_step > $5 THEN totp_step ELSE $5 END, enrolment = $6, enrolment_till = $7 WHERE id = $1`,
		id, cr.Password, formatOr(cr.PasswordAt), blob(cr.TOTP), cr.TOTPStep, blob(cr.Enrolment), formatOr(cr.EnrolmentTill))
	if err != nil {
		return err
	}
	if err := c.exec(ctx, "change the passkeys", `DELETE FROM passkeys WHERE account = $1`, id); err != nil {
		return err
	}
	for n, p := range cr.Passkeys {
		taken, err := c.count(ctx, `SELECT COUNT(*) FROM passkeys WHERE id = $1`, p.ID)
		if err != nil {
			return err
		}
		if taken > 0 || len(p.ID) == 0 {
			return staff.ErrPasskey // WebAuthn Level 3 section 7.1: no credential is two accounts'
		}
		if err := c.exec(ctx, "change the passkeys", `INSERT INTO passkeys (id, account, place, data) VALUES ($1, $2, $3, $4)`,
			p.ID, id, n, append([]byte{}, p.Data...)); err != nil {
			return err
		}
	}
	return nil
}

// blob is b, or NULL where there is none.
func blob(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}
