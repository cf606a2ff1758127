// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// Rows: R3.4
func TestFirstAdministratorComesFromTheCommandLine(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	good := draft("kanri", "1000", staff.Administrator)
	for name, d := range map[string]staff.Draft{
		"a clerk":       draft("kanri", "1000", staff.Clerk),
		"and a clerk":   draft("kanri", "1000", staff.Administrator, staff.Clerk),
		"a shared ID":   func() staff.Draft { d := sharedDraft("kanri"); d.Functions = good.Functions; return d }(),
		"no terminal":   func() staff.Draft { d := good; d.Terminals = []string{"pc-99"}; return d }(),
		"no staff":      func() staff.Draft { d := good; d.StaffNumber = ""; return d }(),
		"for ever":      func() staff.Draft { d := good; d.ValidUntil.Year = 2099; return d }(),
		"expired":       func() staff.Draft { d := good; d.ValidUntil = cert.Date{Year: 2026, Month: 4, Day: 14}; return d }(),
		"no such login": func() staff.Draft { d := good; d.Login = "Kanri!"; return d }(),
	} {
		_, err := o.AddAdministrator(ctx, "system", kofuCity, d, false)
		want(t, name, err, staff.ErrAccount)
	}
	if _, err := o.AddAdministrator(ctx, "", kofuCity, good, false); err == nil {
		t.Error("added by nobody")
	}
	i, err := o.AddAdministrator(ctx, "system", kofuCity, good, false)
	if err != nil {
		t.Fatal(err)
	}
	if row := o.m.log[len(o.m.log)-1]; row.Operator != "system" || row.Operation != staff.OpAccountAdd || row.Municipality != kofuCity || row.Subject != i.Account.ID {
		t.Errorf("the row is %+v", row)
	}
	_, err = o.AddAdministrator(ctx, "system", kofuCity, draft("kanri2", "1001", staff.Administrator), false)
	want(t, "a second one", err, staff.ErrState)
	if _, err = o.AddAdministrator(ctx, "system", kofuCity, draft("kanri2", "1000", staff.Administrator), true); err != nil {
		t.Errorf("a second one, asked for: %v", err)
	}
	d := draft("kanri", "1000", staff.Administrator)
	d.Terminals = []string{"fuefuki-1"}
	if _, err = o.AddAdministrator(ctx, "system", fuefuki, d, false); err != nil {
		t.Errorf("another city's: %v", err)
	}
	o.enrol(i)
	by, _ := o.signIn("kanri", "pc-1")
	_, wrong, err := o.Add(ctx, by, []staff.Draft{draft("yui", "2001", staff.Clerk), draft("kanri3", "1002", staff.Administrator)})
	if err != nil || !slices.Equal(wrong, []staff.RowError{{Row: 2, Column: "functions", Code: "not_here"}}) {
		t.Errorf("an administrator from the console: %v %v", wrong, err)
	}
	if len(o.m.accounts) != 3 {
		t.Errorf("%d accounts", len(o.m.accounts))
	}
}

// Rows: F5, F6, F8
func TestAddRules(t *testing.T) {
	o := newOffice(t)
	by, _ := o.admin()
	ctx := t.Context()
	if _, wrong, err := o.Add(ctx, by, []staff.Draft{draft("yui", "2001", staff.Clerk), draft("approver", "2002", staff.Approver)}); err != nil || wrong != nil {
		t.Fatal(wrong, err)
	}
	alter := func(f func(*staff.Draft)) staff.Draft { d := draft("new", "3001", staff.Clerk); f(&d); return d }
	shared := func(f func(*staff.Draft)) staff.Draft { d := sharedDraft("new"); f(&d); return d }
	fs := func(fs ...staff.Function) staff.Draft { return draft("new", "3001", fs...) }
	for _, c := range []struct {
		name  string
		d     staff.Draft
		wrong string // column:code, or nothing
	}{
		{"a clerk", fs(staff.Clerk), ""},
		{"an approver", fs(staff.Approver), ""},
		{"both", fs(staff.Clerk, staff.Approver), ""},
		{"a clerk for the protected", fs(staff.Clerk, staff.Protected), ""},
		{"an approver for the protected", fs(staff.Protected, staff.Approver), ""},
		{"an auditor", fs(staff.Auditor), ""},
		{"a shared ID", sharedDraft("new"), ""},
		{"no function", fs(), "functions:missing"},
		{"an unknown one", fs("god"), "functions:form"},
		{"twice", fs(staff.Clerk, staff.Clerk), "functions:twice"},
		{"protected alone", fs(staff.Protected), "functions:together"},
		{"auditor and clerk", fs(staff.Auditor, staff.Clerk), "functions:together"},
		{"protected auditor", fs(staff.Auditor, staff.Protected), "functions:together"},
		{"administrator", fs(staff.Administrator), "functions:not_here"},
		{"shared approver", shared(func(d *staff.Draft) { d.Functions = []staff.Function{staff.Approver} }), "functions:not_shared"},
		{"shared protected", shared(func(d *staff.Draft) { d.Functions = []staff.Function{staff.Clerk, staff.Protected} }), "functions:not_shared"},
		{"no purpose", shared(func(d *staff.Draft) { d.Shared.Purpose = "" }), "shared_purpose:form"},
		{"no end", shared(func(d *staff.Draft) { d.Shared.Until = cert.Date{} }), "shared_until:form"},
		{"ended", shared(func(d *staff.Draft) { d.Shared.Until = cert.Date{Year: 2026, Month: 4, Day: 14} }), "shared_until:past"},
		{"one member", shared(func(d *staff.Draft) { d.Shared.Roster = d.Shared.Roster[:1] }), "roster:few"},
		{"a member twice", shared(func(d *staff.Draft) { d.Shared.Roster[1] = d.Shared.Roster[0] }), "roster:twice"},
		{"a member without a name", shared(func(d *staff.Draft) { d.Shared.Roster[1].Name = "" }), "roster:form"},
		{"a member backwards", shared(func(d *staff.Draft) { d.Shared.Roster[1].From = lastDay }), "roster:order"},
		{"a member who approves", shared(func(d *staff.Draft) { d.Shared.Roster[1].StaffNumber = "2002" }), "roster:approver"},
		{"shared, no terminal", shared(func(d *staff.Draft) { d.Terminals = nil }), "terminals:missing"},
		{"shared, with a number", shared(func(d *staff.Draft) { d.StaffNumber = "1" }), "staff_number:not_shared"},
		{"no number", alter(func(d *staff.Draft) { d.StaffNumber = "" }), "staff_number:missing"},
		{"a number that is none", alter(func(d *staff.Draft) { d.StaffNumber = "２００１" }), "staff_number:form"},
		{"somebody who has an account", alter(func(d *staff.Draft) { d.StaffNumber = "2001" }), "staff_number:taken"},
		{"a login that is taken", alter(func(d *staff.Draft) { d.Login = "yui" }), "login:taken"},
		{"a login of one letter", alter(func(d *staff.Draft) { d.Login = "y" }), "login:form"},
		{"no name", alter(func(d *staff.Draft) { d.Name = " " }), "name:form"},
		{"two lines", alter(func(d *staff.Draft) { d.Name = "a\nb" }), "name:form"},
		{"yesterday", alter(func(d *staff.Draft) { d.ValidUntil = cert.Date{Year: 2026, Month: 4, Day: 14} }), "valid_until:past"},
		{"today", alter(func(d *staff.Draft) { d.ValidUntil = cert.DateOf(weekday) }), ""},
		{"three years", alter(func(d *staff.Draft) { d.ValidUntil = cert.Date{Year: 2029, Month: 4, Day: 15} }), ""},
		{"three years and a day", alter(func(d *staff.Draft) { d.ValidUntil = cert.Date{Year: 2029, Month: 4, Day: 16} }), "valid_until:far"},
		{"no date", alter(func(d *staff.Draft) { d.ValidUntil = cert.Date{} }), "valid_until:form"},
		{"a year", alter(func(d *staff.Draft) { d.ValidUntil = cert.Date{Year: 2027} }), "valid_until:form"},
		{"no such terminal", alter(func(d *staff.Draft) { d.Terminals = []string{"pc-1", "pc-99"} }), "terminals:none"},
		{"another city's terminal", alter(func(d *staff.Draft) { d.Terminals = []string{"fuefuki-1"} }), "terminals:none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o.addBeside(t, by, c.d, c.wrong)
		})
	}
}

// addBeside adds d beside a good draft, and wants fault of it, "column:code",
// or nothing.
func (o *office) addBeside(t *testing.T, by staff.Session, d staff.Draft, fault string) {
	t.Helper()
	before, rows := len(o.m.accounts), o.m.height()
	other := draft("beside", "3999", staff.Clerk)
	sent, wrong, err := o.Add(t.Context(), by, []staff.Draft{other, d})
	if err != nil {
		t.Fatal(err)
	}
	if fault == "" {
		if len(wrong) > 0 || len(sent) != 2 || sent[1].Account.State != staff.Invited || sent[1].Account.AddedBy != "kanri" || sent[1].Account.Municipality != kofuCity {
			t.Errorf("%v %v", wrong, sent)
		}
		for _, i := range sent { // as if they had never been
			delete(o.m.accounts, i.Account.ID)
		}
		return
	}
	if len(wrong) != 1 || wrong[0].Row != 2 || wrong[0].Column+":"+wrong[0].Code != fault || !slices.Contains(staff.RowCodes(), wrong[0].Code) {
		t.Errorf("told %v, want %s", wrong, fault)
	}
	if len(o.m.accounts) != before || o.m.height() != rows || sent != nil {
		t.Error("something was added")
	}
}

func TestAddManyAtOnce(t *testing.T) {
	o := newOffice(t)
	by, _ := o.admin()
	ctx := t.Context()
	for name, list := range map[string][]staff.Draft{"nothing": nil, "too many": make([]staff.Draft, 501)} {
		if _, wrong, err := o.Add(ctx, by, list); err != nil || len(wrong) == 0 {
			t.Errorf("%s: %v %v", name, wrong, err)
		}
	}
	_, wrong, _ := o.Add(ctx, by, []staff.Draft{draft("a.b", "1", staff.Clerk), draft("a.b", "2", staff.Clerk), draft("c.d", "1", staff.Clerk)})
	if fmt.Sprint(wrong) != "[{2 login twice} {3 staff_number twice}]" {
		t.Errorf("twice in one list: %v", wrong)
	}
}

// Rows: F6
func TestOnlyAdministratorsChangeAccounts(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	admin, _ := o.admin()
	for i, fs := range [][]staff.Function{{staff.Clerk}, {staff.Approver, staff.Protected}, {staff.Auditor}} {
		login := fmt.Sprint("user", i)
		o.hire(draft(login, fmt.Sprint(4000+i), fs...))
		by, _ := o.signIn(login, "pc-1")
		_, _, err := o.Add(t.Context(), by, []staff.Draft{draft("new", "9", staff.Clerk)})
		want(t, login+" adds", err, staff.ErrDenied)
		want(t, login+" changes", o.Change(t.Context(), by, p.id, staff.Change{State: staff.Revoked}), staff.ErrDenied)
		_, err = o.Invite(t.Context(), by, p.id)
		want(t, login+" invites", err, staff.ErrDenied)
		want(t, login+" sets users", o.SetUsers(t.Context(), by, "pc-3", nil, true), staff.ErrDenied)
	}
	want(t, "an administrator", o.Change(t.Context(), admin, p.id, staff.Change{State: staff.Revoked}), nil)
}

// Rows: F6, F7
func TestChange(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	approver := o.hire(draft("ren", "2002", staff.Approver))
	group := o.hire(sharedDraft("kyujitsu"))
	by, _ := o.admin()
	ctx := t.Context()
	invited, _, err := o.Add(ctx, by, []staff.Draft{draft("new", "2009", staff.Clerk)})
	if err != nil {
		t.Fatal(err)
	}
	second, err := o.AddAdministrator(ctx, "system", kofuCity, draft("kanri2", "1001", staff.Administrator), true)
	if err != nil {
		t.Fatal(err)
	}
	d := draft("elsewhere", "1", staff.Administrator)
	d.Terminals = nil
	abroad, err := o.AddAdministrator(ctx, "system", fuefuki, d, false)
	if err != nil {
		t.Fatal(err)
	}
	two := []staff.Member{{StaffNumber: "8001", Name: "a", From: lastDay, Until: lastDay}, {StaffNumber: "8009", Name: "b", From: lastDay, Until: lastDay}}
	judge := []staff.Member{two[0], {StaffNumber: "2002", Name: "b", From: lastDay, Until: lastDay}}
	for _, c := range []struct {
		name, id string
		c        staff.Change
		err      error
	}{
		{"nothing", p.id, staff.Change{}, staff.ErrAccount},
		{"oneself", by.Account.ID, staff.Change{ValidUntil: lastDay}, staff.ErrOwn},
		{"nobody", "x", staff.Change{State: staff.Suspended}, staff.ErrNoAccount},
		{"another city's", abroad.Account.ID, staff.Change{State: staff.Suspended}, staff.ErrNoAccount},
		{"to invited", p.id, staff.Change{State: staff.Invited}, staff.ErrAccount},
		{"to nonsense", p.id, staff.Change{State: "owner"}, staff.ErrAccount},
		{"active when active", p.id, staff.Change{State: staff.Active}, staff.ErrState},
		{"active without a password", invited[0].Account.ID, staff.Change{State: staff.Active}, staff.ErrState},
		{"suspended", p.id, staff.Change{State: staff.Suspended}, nil},
		{"active again", p.id, staff.Change{State: staff.Active}, nil},
		{"a date that has passed", p.id, staff.Change{ValidUntil: cert.Date{Year: 2026, Month: 4, Day: 14}}, staff.ErrAccount},
		{"too far", p.id, staff.Change{ValidUntil: cert.Date{Year: 2031, Month: 4, Day: 14}}, staff.ErrAccount},
		{"half a date", p.id, staff.Change{ValidUntil: cert.Date{Year: 2027}}, staff.ErrAccount},
		{"longer", p.id, staff.Change{ValidUntil: cert.Date{Year: 2028, Month: 3, Day: 31}}, nil},
		{"administrator", p.id, staff.Change{Functions: []staff.Function{staff.Administrator}}, staff.ErrAccount},
		{"no function", p.id, staff.Change{Functions: []staff.Function{}}, staff.ErrAccount},
		{"protected alone", p.id, staff.Change{Functions: []staff.Function{staff.Protected}}, staff.ErrAccount},
		{"clerk and approver", p.id, staff.Change{Functions: []staff.Function{staff.Clerk, staff.Approver}}, nil},
		{"another administrator's functions", second.Account.ID, staff.Change{Functions: []staff.Function{staff.Clerk}}, staff.ErrAccount},
		{"another administrator", second.Account.ID, staff.Change{State: staff.Revoked}, nil},
		{"a roster of a personal account", p.id, staff.Change{Roster: two}, staff.ErrAccount},
		{"a roster", group.id, staff.Change{Roster: two}, nil},
		{"a short roster", group.id, staff.Change{Roster: two[:1]}, staff.ErrAccount},
		{"a roster with an approver", group.id, staff.Change{Roster: judge}, staff.ErrAccount},
		{"a shared approver", group.id, staff.Change{Functions: []staff.Function{staff.Approver}}, staff.ErrAccount},
		{"revoked", p.id, staff.Change{State: staff.Revoked}, nil},
		{"for ever", p.id, staff.Change{State: staff.Suspended}, staff.ErrState},
	} {
		before, rows := o.m.accounts[c.id], o.m.height()
		want(t, c.name, o.Change(ctx, by, c.id, c.c), c.err)
		if after := o.m.accounts[c.id]; (c.err == nil) != (after.Epoch == before.Epoch+1) || (c.err == nil) != (o.m.height() == rows+1) {
			t.Errorf("%s: the epoch was %d and is %d, %d rows were written", c.name, before.Epoch, after.Epoch, o.m.height()-rows)
		}
	}
	_, err = o.Invite(ctx, by, p.id)
	want(t, "invite one who was revoked", err, staff.ErrState)
	_, err = o.Invite(ctx, by, by.Account.ID)
	want(t, "invite oneself", err, staff.ErrOwn)
	_, err = o.Invite(ctx, by, abroad.Account.ID)
	want(t, "invite another city's", err, staff.ErrNoAccount)
	want(t, "the approver is as before", o.Change(ctx, by, approver.id, staff.Change{State: staff.Suspended}), nil)
	if _, wrong, err := o.Add(ctx, by, []staff.Draft{draft("yui2", "2001", staff.Clerk)}); err != nil || wrong != nil {
		t.Errorf("a person whose account was revoked has no new one: %v %v", wrong, err)
	}
}

// Rows: F3
func TestSetUsers(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	gone := o.hire(draft("ren", "2002", staff.Clerk))
	by, _ := o.admin()
	ctx, me := t.Context(), by.Account.ID
	if err := o.Change(ctx, by, gone.id, staff.Change{State: staff.Revoked}); err != nil {
		t.Fatal(err)
	}
	want(t, "no such terminal", o.SetUsers(ctx, by, "pc-99", nil, true), staff.ErrNoTerminal)
	want(t, "another city's terminal", o.SetUsers(ctx, by, "fuefuki-1", nil, true), staff.ErrNoTerminal)
	want(t, "nobody", o.SetUsers(ctx, by, "pc-3", []string{"x"}, true), staff.ErrNoAccount)
	want(t, "one who was revoked", o.SetUsers(ctx, by, "pc-3", []string{gone.id}, true), staff.ErrNoAccount)
	want(t, "oneself on it", o.SetUsers(ctx, by, "pc-3", []string{p.id, me}, true), staff.ErrOwn)
	want(t, "oneself off it", o.SetUsers(ctx, by, "pc-1", []string{p.id}, true), staff.ErrOwn)
	from := o.m.height()
	want(t, "users", o.SetUsers(ctx, by, "pc-3", []string{p.id, p.id}, true), nil)
	want(t, "closed", o.SetUsers(ctx, by, "pc-3", []string{p.id}, false), nil)
	wantRows(t, o.m, from, "terminal.users", "terminal.state")
	if x := o.m.terminals["pc-3"]; x.Active || !slices.Equal(x.Users, []string{p.id}) {
		t.Errorf("the terminal is %+v", x)
	}
}

func TestEnrolmentCodeWorksOnce(t *testing.T) {
	o := newOffice(t)
	by, _ := o.admin()
	ctx := t.Context()
	sent, _, err := o.Add(ctx, by, []staff.Draft{draft("yui", "2001", staff.Clerk), draft("ren", "2002", staff.Clerk)})
	if err != nil {
		t.Fatal(err)
	}
	i, pc := sent[0], o.at("pc-1")
	try := func(terminal, login, code string) error {
		_, _, err := o.Enrol(ctx, o.at(terminal), login, code, []byte(phrase))
		return err
	}
	want(t, "another's code", try("pc-1", "yui", sent[1].Code), staff.ErrSignIn)
	want(t, "no code", try("pc-1", "yui", ""), staff.ErrSignIn)
	want(t, "an unknown login", try("pc-1", "nobody", i.Code), staff.ErrSignIn)
	want(t, "another terminal", try("pc-3", "yui", i.Code), staff.ErrSignIn)
	_, _, err = o.Enrol(ctx, pc, "yui", "00000-00000-00000-00000", []byte("weak"))
	want(t, "a weak password with a wrong code", err, staff.ErrSignIn)
	_, _, err = o.Enrol(ctx, pc, "yui", i.Code, []byte("weak"))
	want(t, "a weak password with the right one", err, staff.ErrWeak)
	var tokens, secrets [2]string
	for n := range tokens {
		if tokens[n], _, err = o.Enrol(ctx, pc, "yui", strings.ToLower(i.Code), []byte(phrase)); err != nil {
			t.Fatal(err)
		}
		_, secrets[n], _ = o.Secret(ctx, pc, tokens[n])
		if _, again, _ := o.Secret(ctx, pc, tokens[n]); again != secrets[n] || again == "" {
			t.Error("another secret when asked again")
		}
	}
	var wg sync.WaitGroup
	var errs [2]error
	o.pass(time.Minute)
	for n := range tokens {
		code := o.codeAt(&person{secret: secrets[n]}, o.now())
		wg.Go(func() { _, _, errs[n] = o.Code(ctx, pc, tokens[n], code) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("two enrolments with one code: %v", errs)
	}
	want(t, "once more", try("pc-1", "yui", i.Code), staff.ErrSignIn)
	o.pass(7*24*time.Hour - 2*time.Minute)
	want(t, "after nearly a week", try("pc-1", "ren", sent[1].Code), nil)
	o.pass(2 * time.Minute)
	want(t, "after a week", try("pc-1", "ren", sent[1].Code), staff.ErrSignIn)
}

// Rows: F9
func TestConcerns(t *testing.T) {
	o := newOffice(t)
	by, _ := o.admin()
	d := func(login, number string, f func(*staff.Draft)) staff.Draft {
		d := draft(login, number, staff.Clerk)
		f(&d)
		return d
	}
	shared := sharedDraft("g.roster")
	shared.Shared.Until = lastDay
	sent, wrong, err := o.Add(t.Context(), by, []staff.Draft{
		d("a.fine", "1", func(*staff.Draft) {}), d("b.unused", "2", func(*staff.Draft) {}), d("c.never", "3", func(*staff.Draft) {}),
		d("d.ended", "4", func(d *staff.Draft) { d.ValidUntil = cert.Date{Year: 2026, Month: 5, Day: 1} }),
		d("e.ending", "5", func(d *staff.Draft) { d.ValidUntil = cert.Date{Year: 2026, Month: 8, Day: 20} }),
		d("f.many", "6", func(d *staff.Draft) { d.Functions = []staff.Function{staff.Clerk, staff.Approver, staff.Protected} }),
		shared, d("h.revoked", "8", func(*staff.Draft) {}),
	})
	if err != nil || wrong != nil {
		t.Fatal(wrong, err)
	}
	o.pass(100 * 24 * time.Hour)
	for _, i := range sent {
		a := o.m.accounts[i.Account.ID]
		switch a.LastSignIn = o.now().Add(-24 * time.Hour); a.Login {
		case "b.unused":
			a.LastSignIn = o.now().Add(-90 * 24 * time.Hour)
		case "c.never":
			a.LastSignIn = time.Time{}
		case "h.revoked":
			a.State, a.LastSignIn = staff.Revoked, time.Time{}
		}
		o.m.accounts[a.ID] = a
	}
	list, err := o.Concerns(t.Context(), kofuCity)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range list {
		got = append(got, c.Account.Login+" "+c.Why)
	}
	if w := []string{"b.unused unused", "c.never never", "d.ended expired", "e.ending ending", "f.many many_functions", "g.roster roster", "kanri unused"}; !slices.Equal(got, w) {
		t.Errorf("%q, want %q", got, w)
	}
	if list, err := o.Concerns(t.Context(), fuefuki); err != nil || len(list) > 0 {
		t.Errorf("another city's: %v %v", list, err)
	}
}
