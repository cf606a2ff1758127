// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"slices"

	"kofu/api/counter/staff"
)

// terminalView is a terminal with the logins of who may work on it (F3).
type terminalView struct {
	staff.Terminal
	Logins []string
	Change bool
}

// terminalForm is the page of one terminal.
type terminalForm struct {
	Terminal staff.Terminal
	Accounts []staff.Account
}

func (v *visit) terminalsPage() error {
	terminals, err := v.Terminals.CounterTerminals(v.ctx(), v.own())
	if err != nil {
		return storeError(err)
	}
	accounts, err := v.Accounts.Accounts(v.ctx(), v.own())
	if err != nil {
		return storeError(err)
	}
	var list []terminalView
	for _, t := range terminals {
		view := terminalView{Terminal: t, Change: v.session.Account.Has(staff.Administrator)}
		for _, a := range accounts {
			if slices.Contains(t.Users, a.ID) {
				view.Logins = append(view.Logins, a.Login)
			}
		}
		list = append(list, view)
	}
	return v.show("terminals", "terminals.title", list)
}

// oneTerminal returns a terminal of this municipality.
func (v *visit) oneTerminal() (staff.Terminal, error) {
	terminals, err := v.Terminals.CounterTerminals(v.ctx(), v.own())
	if err != nil {
		return staff.Terminal{}, storeError(err)
	}
	i := slices.IndexFunc(terminals, func(t staff.Terminal) bool { return t.ID == v.c.Param("terminal") && t.Municipality == v.own() })
	if i < 0 {
		return staff.Terminal{}, errUnknown
	}
	return terminals[i], nil
}

func (v *visit) terminalPage() error {
	t, err := v.oneTerminal()
	if err != nil {
		return err
	}
	accounts, err := v.Accounts.Accounts(v.ctx(), v.own())
	if err != nil {
		return storeError(err)
	}
	accounts = slices.DeleteFunc(slices.Clone(accounts), func(a staff.Account) bool { return a.State == staff.Revoked })
	if err := v.looked(t.ID); err != nil {
		return err
	}
	return v.show("terminal", "terminal.title", terminalForm{t, accounts})
}

// terminalChange says who may work on a terminal: what was ticked or unticked
// is put on or taken off, and whoever came there since the page was made stays.
// Every one of them is an account of this municipality.
func (v *visit) terminalChange() error {
	t, err := v.oneTerminal()
	if err != nil {
		return err
	}
	accounts, err := v.Accounts.Accounts(v.ctx(), v.own())
	if err != nil {
		return storeError(err)
	}
	chosen, shown := v.form.list("user"), v.form.list("shown")
	for _, id := range chosen {
		if !slices.ContainsFunc(accounts, func(a staff.Account) bool { return a.ID == id }) {
			return errUnknown
		}
	}
	ticked, was := v.form.text("active"), v.form.text("was")
	if ticked != "" && ticked != "yes" || was != "" && was != "yes" {
		return errForm
	}
	active := t.Active
	if ticked != was {
		active = ticked == "yes"
	}
	if err := v.Staff.SetUsers(v.ctx(), v.session, t.ID, usersAfter(t, accounts, chosen, shown), active); err != nil {
		return storeError(err)
	}
	return v.goTo("/counter/terminals?notice=changed")
}

// usersAfter makes to the users there are now the changes that were made to the
// ones the page showed. Who was revoked meanwhile is left out.
func usersAfter(t staff.Terminal, accounts []staff.Account, chosen, shown []string) (users []string) {
	for _, a := range accounts {
		on := slices.Contains(t.Users, a.ID)
		if ticked := slices.Contains(chosen, a.ID); ticked != slices.Contains(shown, a.ID) {
			on = ticked
		}
		if on && a.State != staff.Revoked {
			users = append(users, a.ID)
		}
	}
	return users
}
