// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// administratorAdd is how the one whom the city has named gets an account
// (F5): the console gives none to administrators (R3.4).
func administratorAdd(o *order) func(context.Context, office) error {
	o.needs.staff = true
	code := o.flags.String("municipality", "", "`CODE` of the municipality")
	login := o.flags.String("login", "", "`LOGIN`: 2 to 32 of a-z 0-9 . _ -, never given before")
	name := o.flags.String("name", "", "`NAME` of the person")
	number := o.flags.String("number", "", "`NUMBER` of the person among the staff")
	until := o.flags.String("until", "", "`YYYY-MM-DD`: the last day of the account")
	terminals := o.flags.String("terminals", "", "`ID[,ID]…` of the terminals it may be used on (desk list)")
	again := o.flags.Bool("again", false, "the municipality has, or had, an administrator already, and is to have this one besides")
	return func(ctx context.Context, f office) error {
		if err := o.none(); err != nil {
			return err
		}
		m, err := f.town(*code)
		if err != nil {
			return err
		}
		day, err := cert.ParseDate(*until)
		if err != nil || !day.Full() {
			return fmt.Errorf("%w: -until is written 2026-04-01", errUsage)
		}
		people, err := f.people()
		if err != nil {
			return err
		}
		draft := staff.Draft{Login: *login, Name: *name, StaffNumber: *number, Functions: []staff.Function{staff.Administrator}, ValidUntil: day,
			Terminals: strings.FieldsFunc(*terminals, func(r rune) bool { return r == ',' })}
		i, err := people.AddAdministrator(ctx, f.by, m, draft, *again)
		if errors.Is(err, staff.ErrState) {
			return fmt.Errorf("%s has, or had, an administrator: -again, if this one is to be one besides", m)
		}
		if err != nil {
			return err
		}
		f.done("%s is administrator of %s", i.Account.Login, m)
		_, _ = fmt.Fprintf(f.stdout, "enrolment code, good until %s and shown only now: %s\n", clockTime(i.Until), i.Code)
		return nil
	}
}

func accountList(o *order) func(context.Context, office) error {
	code := o.flags.String("municipality", "", "`CODE` of the municipality")
	return func(ctx context.Context, f office) error {
		if err := o.none(); err != nil {
			return err
		}
		m, err := f.town(*code)
		if err != nil {
			return err
		}
		list, err := f.sql.Accounts(ctx, m)
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(f.stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(out, "LOGIN\tSTATE\tUNTIL\tFUNCTIONS\tSHARED\tSIGNED IN\tADDED\tBY\tID")
		for _, a := range list {
			var rights []string
			for _, x := range a.Functions {
				rights = append(rights, string(x))
			}
			_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%t\t%s\t%s\t%s\t%s\n", a.Login, a.State, a.ValidUntil, strings.Join(rights, ","), a.Shared != nil,
				clockTime(a.LastSignIn), clockTime(a.AddedAt), a.AddedBy, a.ID)
		}
		return out.Flush()
	}
}

// accountInvite gives an administrator or an auditor a new enrolment: no
// administrator may hold the code of either (R3.4).
func accountInvite(o *order) func(context.Context, office) error {
	o.needs.staff = true
	code := o.flags.String("municipality", "", "`CODE` of the municipality")
	return func(ctx context.Context, f office) error {
		login, err := o.only("the LOGIN of the account")
		if err != nil {
			return err
		}
		m, err := f.town(*code)
		if err != nil {
			return err
		}
		people, err := f.people()
		if err != nil {
			return err
		}
		i, err := people.InviteAgain(ctx, f.by, m, login)
		if errors.Is(err, staff.ErrDenied) {
			return fmt.Errorf("%s of %s is no administrator or auditor: the administrator of %s invites it again", login, m, m)
		}
		if err != nil {
			return err
		}
		f.done("%s of %s is to enrol again", i.Account.Login, m)
		_, _ = fmt.Fprintf(f.stdout, "enrolment code, good until %s and shown only now: %s\n", clockTime(i.Until), i.Code)
		return nil
	}
}

// accountRevoke is for when no administrator can be reached.
func accountRevoke(o *order) func(context.Context, office) error {
	code := o.flags.String("municipality", "", "`CODE` of the municipality")
	return func(ctx context.Context, f office) error {
		login, err := o.only("the LOGIN of the account")
		if err != nil {
			return err
		}
		m, err := f.town(*code)
		if err != nil {
			return err
		}
		err = staff.ErrConflict
		for tries := 0; tries < 5 && errors.Is(err, staff.ErrConflict); tries++ { // somebody may be changing it
			err = f.revoke(ctx, m, login)
		}
		if err != nil {
			return err
		}
		f.done("%s of %s is revoked", login, m)
		return nil
	}
}

func (f office) revoke(ctx context.Context, m cert.MunicipalityCode, login string) error {
	a, _, err := f.sql.AccountByLogin(ctx, m, login)
	if err != nil {
		return err
	}
	if a.State == staff.Revoked {
		return fmt.Errorf("%w: it is revoked already", staff.ErrState)
	}
	a.State = staff.Revoked
	return f.sql.SetAccount(ctx, staff.Act{Operator: f.by, Municipality: m, Operation: staff.OpAccountChange, Subject: a.ID,
		Details: map[string]string{"login": a.Login, "state": string(a.State)}}, a)
}
