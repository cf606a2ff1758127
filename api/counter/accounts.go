// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"errors"
	"slices"
	"strings"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// accountView is an account with the terminals it may be used on, as the
// administrator and the auditor see it (F9).
type accountView struct {
	staff.Account
	Terminals []string
	Concerns  []string
}

// accountForm is what the pages that add and change accounts are made of.
type accountForm struct {
	Account   staff.Account
	Roster    string
	Functions []string
	Given     []string // of Functions, those the account has
	Terminals []staff.Terminal
	States    []string
	Rows      []rowFault
	Own       bool
	Invite    bool         // the console may give a new enrolment
	Typed     typedAccount // what was wrong, to be mended
}

// typedAccount is the form of one account as it was filled in.
type typedAccount struct {
	Login, Name, StaffNumber, ValidUntil string
	SharedPurpose, SharedUntil, Roster   string
	Functions, Terminals                 []string
}

// typedAccount returns the form to be shown again: it is about staff, not about
// applicants. What is long enough to be a My Number is left out all the same.
func (v *visit) typedAccount() typedAccount {
	text := func(name string) string {
		s := v.form.text(name)
		if longNumber(s) {
			return ""
		}
		return s
	}
	return typedAccount{Login: text("login"), Name: text("name"), StaffNumber: text("staff_number"), ValidUntil: text("valid_until"),
		SharedPurpose: text("shared_purpose"), SharedUntil: text("shared_until"), Roster: text("roster"),
		Functions: v.form.list("function"), Terminals: v.form.list("terminal")}
}

// rowFault is what is wrong with a row of a bulk file. Row 0 is the file.
type rowFault struct {
	Row          int
	Column, Text string
}

func (v *visit) accountViews() ([]accountView, error) {
	accounts, err := v.Accounts.Accounts(v.ctx(), v.own())
	if err != nil {
		return nil, storeError(err)
	}
	terminals, err := v.Terminals.CounterTerminals(v.ctx(), v.own())
	if err != nil {
		return nil, storeError(err)
	}
	concerns, err := v.Staff.Concerns(v.ctx(), v.own())
	if err != nil {
		return nil, storeError(err)
	}
	var list []accountView
	for _, a := range accounts {
		view := accountView{Account: a}
		for _, t := range terminals {
			if slices.Contains(t.Users, a.ID) {
				view.Terminals = append(view.Terminals, t.ID)
			}
		}
		for _, c := range concerns {
			if c.Account.ID == a.ID {
				view.Concerns = append(view.Concerns, c.Why)
			}
		}
		list = append(list, view)
	}
	return list, nil
}

// accountsView is the list, and whether the viewer may change what is in it.
type accountsView struct {
	List   []accountView
	Change bool
}

func (v *visit) accountsPage() error {
	list, err := v.accountViews()
	if err != nil {
		return err
	}
	return v.show("accounts", "accounts.title", accountsView{list, v.session.Account.Has(staff.Administrator)})
}

func (v *visit) accountsCSV() error {
	list, err := v.accountViews()
	if err != nil {
		return err
	}
	if err := v.log(staff.OpLogExport, "", "of", "accounts", "rows", itoa(len(list))); err != nil {
		return err
	}
	rows := [][]string{{"login", "name", "staff_number", "functions", "state", "valid_until", "terminals", "shared_purpose", "shared_until", "roster", "added_by", "added_at", "last_sign_in", "concerns"}}
	for _, a := range list {
		purpose, until := "", ""
		if a.Shared != nil {
			purpose, until = a.Shared.Purpose, a.Shared.Until.String()
		}
		rows = append(rows, []string{a.Login, a.Name, a.StaffNumber, strings.Join(words(a.Functions), " "), string(a.State), a.ValidUntil.String(),
			strings.Join(a.Terminals, " "), purpose, until, rosterText(a.Shared), a.AddedBy, stamp(a.AddedAt), stamp(a.LastSignIn), strings.Join(a.Concerns, " ")})
	}
	return v.writeCSV("accounts.csv", rows)
}

func words(functions []staff.Function) (list []string) {
	for _, f := range functions {
		list = append(list, string(f))
	}
	return list
}

// accountForm makes the form for an account; that of none is empty.
func (v *visit) accountForm(a staff.Account) (accountForm, error) {
	terminals, err := v.Terminals.CounterTerminals(v.ctx(), v.own())
	if err != nil {
		return accountForm{}, storeError(err)
	}
	f := accountForm{Account: a, Roster: rosterText(a.Shared), Given: words(a.Functions), Terminals: terminals,
		States: []string{string(staff.Active), string(staff.Suspended)}, Own: a.ID == v.session.Account.ID, Invite: !a.Has(staff.Administrator) && !a.Has(staff.Auditor)}
	for _, fn := range staff.Functions() {
		if fn != staff.Administrator { // they come from the command line alone
			f.Functions = append(f.Functions, string(fn))
		}
	}
	return f, nil
}

func (v *visit) accountAddPage() error {
	f, err := v.accountForm(staff.Account{})
	if err != nil {
		return err
	}
	return v.show("accountadd", "accountadd.title", f)
}

// accountAdd adds one account, by the rules of the bulk file.
func (v *visit) accountAdd() error {
	return v.add(v.accountRow(), false)
}

// accountImport adds all of a bulk file, or none.
func (v *visit) accountImport() error {
	return v.add(string(v.file), true)
}

func (v *visit) add(file string, bulk bool) error {
	drafts, wrong, err := staff.ReadDrafts(strings.NewReader(file))
	var invited []staff.Invitation
	if err == nil && len(wrong) == 0 {
		invited, wrong, err = v.Staff.Add(v.ctx(), v.session, drafts)
	}
	if err != nil && !errors.Is(err, staff.ErrAccount) {
		return storeError(err)
	}
	if err != nil && len(wrong) == 0 {
		wrong = []staff.RowError{{Code: "file"}}
	}
	if len(wrong) > 0 {
		return v.addAgain(wrong, bulk)
	}
	return v.showSlips(invited)
}

func (v *visit) addAgain(wrong []staff.RowError, bulk bool) error {
	f, err := v.accountForm(staff.Account{})
	if err != nil {
		return err
	}
	var faults []fault
	for _, w := range wrong {
		text := v.rowText(w.Code)
		if !bulk {
			faults = append(faults, fault{formField(w.Column), text})
			continue
		}
		f.Rows = append(f.Rows, rowFault{w.Row, w.Column, text})
	}
	if bulk {
		faults = []fault{v.faultOf("file", "import")}
	} else {
		f.Typed = v.typedAccount()
	}
	return v.showFaults("accountadd", "accountadd.title", f, faults)
}

// formField is the field of the page for a column of the bulk file.
func formField(column string) string {
	switch column {
	case "functions":
		return "function"
	case "terminals":
		return "terminal"
	case "":
		return "login"
	}
	return column
}

func (v *visit) rowText(code string) string {
	if text, ok := v.texts[v.lang]["row."+code]; ok {
		return text
	}
	return v.texts[v.lang]["row.other"]
}

// one returns an account of this municipality. Another's is refused and
// raises an alert.
func (v *visit) one() (staff.Account, error) {
	a, err := v.Accounts.Account(v.ctx(), v.c.Param("account"))
	if err != nil {
		return a, storeError(err)
	}
	if a.Municipality != v.own() {
		return staff.Account{}, errOtherCity
	}
	return a, nil
}

func (v *visit) accountPage() error {
	a, err := v.one()
	if err != nil {
		return err
	}
	f, err := v.accountForm(a)
	if err != nil {
		return err
	}
	if err := v.looked(a.ID); err != nil {
		return err
	}
	return v.show("account", "account.title", f)
}

// accountChange sets what the form has and the account has not.
func (v *visit) accountChange() error {
	a, err := v.one()
	if err != nil {
		return err
	}
	c, faults := v.readChange(a)
	if len(faults) > 0 {
		f, err := v.accountForm(a)
		if err != nil {
			return err
		}
		return v.showFaults("account", "account.title", f, faults)
	}
	return v.changed(a, c)
}

func (v *visit) changed(a staff.Account, c staff.Change) error {
	err := v.Staff.Change(v.ctx(), v.session, a.ID, c)
	if errors.Is(err, staff.ErrAccount) {
		f, formErr := v.accountForm(a)
		if formErr != nil {
			return formErr
		}
		return v.showFaults("account", "account.title", f, []fault{v.faultOf("function", "account_change")})
	}
	if err != nil {
		return storeError(err)
	}
	return v.goTo("/counter/accounts/id/" + a.ID + "?notice=changed")
}

func (v *visit) readChange(a staff.Account) (c staff.Change, faults []fault) {
	if s := staff.State(v.form.text("state")); s == staff.Active || s == staff.Suspended {
		if s != a.State {
			c.State = s
		}
	} else if s != "" {
		faults = append(faults, v.faultOf("state", "state"))
	}
	until, err := cert.ParseDate(v.form.text("valid_until"))
	if err != nil || !until.Full() {
		faults = append(faults, v.faultOf("valid_until", "day"))
	} else if until != a.ValidUntil {
		c.ValidUntil = until
	}
	given := v.form.list("function")
	if !a.Has(staff.Administrator) && !slices.Equal(slices.Sorted(slices.Values(given)), slices.Sorted(slices.Values(words(a.Functions)))) {
		for _, f := range given {
			c.Functions = append(c.Functions, staff.Function(f))
		}
		if len(given) == 0 {
			faults = append(faults, v.faultOf("function", "function"))
		}
	}
	if a.Shared != nil {
		roster, ok := readRoster(v.form.text("roster"))
		if !ok {
			faults = append(faults, v.faultOf("roster", "roster"))
		} else if rosterText(&staff.Shared{Roster: roster}) != rosterText(a.Shared) {
			c.Roster = roster
		}
	}
	return c, faults
}

// accountRevoke ends an account for ever (F7).
func (v *visit) accountRevoke() error {
	a, err := v.one()
	if err != nil {
		return err
	}
	if v.form.text("sure") != "yes" {
		f, err := v.accountForm(a)
		if err != nil {
			return err
		}
		return v.showFaults("account", "account.title", f, []fault{v.faultOf("sure", "sure")})
	}
	return v.changed(a, staff.Change{State: staff.Revoked})
}

// accountInvite makes a new slip: what the account signed in with is gone.
func (v *visit) accountInvite() error {
	a, err := v.one()
	if err != nil {
		return err
	}
	invited, err := v.Staff.Invite(v.ctx(), v.session, a.ID)
	if err != nil {
		return storeError(err)
	}
	return v.showSlips([]staff.Invitation{invited})
}

// showSlips shows enrolment codes, this once, to be printed and handed over.
func (v *visit) showSlips(list []staff.Invitation) error {
	return v.show("slips", "slips.title", list)
}
