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
	return v.show("terminal", "terminal.title", terminalForm{t, accounts})
}

// terminalChange says who may work on a terminal. Every one of them is an
// account of this municipality.
func (v *visit) terminalChange() error {
	t, err := v.oneTerminal()
	if err != nil {
		return err
	}
	accounts, err := v.Accounts.Accounts(v.ctx(), v.own())
	if err != nil {
		return storeError(err)
	}
	users := v.form.list("user")
	for _, id := range users {
		if !slices.ContainsFunc(accounts, func(a staff.Account) bool { return a.ID == id }) {
			return errUnknown
		}
	}
	active := v.form.text("active")
	if active != "" && active != "yes" {
		return errForm
	}
	if err := v.Staff.SetUsers(v.ctx(), v.session, t.ID, users, active == "yes"); err != nil {
		return storeError(err)
	}
	return v.goTo("/counter/terminals?notice=changed")
}
