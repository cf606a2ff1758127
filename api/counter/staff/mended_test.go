// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// Who gives rights, approves or looks into the log uses no shared ID, whichever
// of the two is there first, and however the number is written.
//
// Rows: F6, F8, R3.4
func TestNobodyOnBothSides(t *testing.T) {
	o := newOffice(t)
	by, _ := o.admin()
	o.hire(draft("kansa", "A70", staff.Auditor))
	with := func(number string) staff.Draft {
		d := sharedDraft("madoguchi")
		d.Shared.Roster[1].StaffNumber = number
		return d
	}
	auditors := sharedDraft("kansa2")
	auditors.Functions = []staff.Function{staff.Auditor}
	for name, c := range map[string]struct {
		list  []staff.Draft
		wrong string
	}{
		"the administrator":          {[]staff.Draft{with("1000")}, "[{1 roster together}]"},
		"the auditor":                {[]staff.Draft{with("a70")}, "[{1 roster together}]"},
		"auditors":                   {[]staff.Draft{auditors}, "[{1 functions not_shared}]"},
		"an auditor who was a clerk": {[]staff.Draft{with("8009"), draft("new", "8009", staff.Auditor)}, "[{2 functions together}]"},
		"two of one number":          {[]staff.Draft{draft("aa", "k100", staff.Clerk), draft("bb", "K100", staff.Approver)}, "[{2 staff_number twice}]"},
		"the program":                {[]staff.Draft{draft("kofu", "9001", staff.Clerk)}, "[{1 login taken}]"},
	} {
		if _, wrong, err := o.Add(t.Context(), by, c.list); err != nil || fmt.Sprint(wrong) != c.wrong {
			t.Errorf("%s: %v %v, want %s", name, wrong, err, c.wrong)
		}
	}
	yui := o.hire(draft("yui", "K8001", staff.Clerk))
	p := o.hire(with("k8001"))
	want(t, "a clerk on a roster becomes an approver", o.Change(t.Context(), by, yui.id, staff.Change{Functions: []staff.Function{staff.Approver}}), staff.ErrAccount)
	a := o.m.accounts[yui.id] // as two administrators at once could do it
	a.Functions = []staff.Function{staff.Approver}
	o.m.accounts[yui.id] = a
	from := o.m.height()
	_, _, err := o.SignIn(t.Context(), o.at("pc-1"), p.login, []byte(phrase), "K8001")
	want(t, "who got there all the same", err, staff.ErrSignIn)
	wantRows(t, o.m, from, "session.refused apart")
}

// Rows: F6, R3.4
func TestInvitedAgain(t *testing.T) {
	o := newOffice(t)
	clerk, auditor := o.hire(draft("yui", "2001", staff.Clerk)), o.hire(draft("kansa", "7000", staff.Auditor))
	by, _ := o.admin()
	ctx := t.Context()
	second, err := o.AddAdministrator(ctx, "system", kofuCity, draft("kanri2", "1001", staff.Administrator), true)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Invite(ctx, by, auditor.id)
	want(t, "the auditor", err, staff.ErrDenied)
	_, err = o.Invite(ctx, by, second.Account.ID)
	want(t, "another administrator", err, staff.ErrDenied)
	want(t, "an auditor made a clerk first", o.Change(ctx, by, auditor.id, staff.Change{Functions: []staff.Function{staff.Clerk}}), staff.ErrAccount)
	o.m.alertsDown = true
	epoch := o.m.accounts[clerk.id].Epoch
	_, err = o.Invite(ctx, by, clerk.id)
	want(t, "without an alert", err, errDown)
	if o.m.accounts[clerk.id].Epoch != epoch {
		t.Error("it was invited without an alert")
	}
	o.m.alertsDown = false
	want(t, "suspend", o.Change(ctx, by, clerk.id, staff.Change{State: staff.Suspended}), nil)
	for n := 1; n <= 2; n++ {
		a := o.m.accounts[clerk.id]
		a.LastSignIn = o.now()
		o.m.accounts[clerk.id] = a
		if _, err := o.Invite(ctx, by, clerk.id); err != nil || o.m.raised(staff.AlertEnrolment) != n {
			t.Errorf("invitation %d: %v, %d alerts", n, err, o.m.raised(staff.AlertEnrolment))
		}
	}
	if a := o.m.alerts[len(o.m.alerts)-1]; a.Operator != "kanri" || a.Account != by.Account.ID {
		t.Errorf("the alert is %+v", a)
	}
	_, err = o.InviteAgain(ctx, "system", kofuCity, "yui")
	want(t, "a clerk, on the command line", err, staff.ErrDenied)
	_, err = o.InviteAgain(ctx, "system", kofuCity, "nobody")
	want(t, "nobody", err, staff.ErrNoAccount)
	i, err := o.InviteAgain(ctx, "system", kofuCity, "kansa")
	if err != nil || i.Code == "" || o.m.raised(staff.AlertEnrolment) != 3 {
		t.Errorf("the auditor, on the command line: %v", err)
	}
	if row := o.m.log[len(o.m.log)-1]; row.Operator != "system" || row.Subject != auditor.id || row.Details["enrolment"] != "new" {
		t.Errorf("the row is %+v", row)
	}
}

// Rows: F3, F8, F9
func TestLogTellsWhom(t *testing.T) {
	o := newOffice(t)
	yui, ren := o.hire(draft("yui", "2001", staff.Clerk)), o.hire(draft("ren", "2002", staff.Clerk))
	by, _ := o.admin()
	group := o.hire(sharedDraft("kyujitsu"))
	last := func() map[string]string { return o.m.log[len(o.m.log)-1].Details }
	for _, users := range [][]string{{yui.id}, {ren.id}} {
		if err := o.SetUsers(t.Context(), by, "pc-3", users, true); err != nil {
			t.Fatal(err)
		}
	}
	if d := last(); d["added"] != "ren" || d["removed"] != "yui" {
		t.Errorf("the terminal's row is %v", d)
	}
	if err := o.Change(t.Context(), by, yui.id, staff.Change{Functions: []staff.Function{staff.Auditor}}); err != nil {
		t.Fatal(err)
	}
	if d := last(); d["functions"] != "auditor" || d["functions_before"] != "clerk" {
		t.Errorf("the account's row is %v", d)
	}
	roster := make([]staff.Member, 50)
	for i := range roster {
		roster[i] = staff.Member{StaffNumber: fmt.Sprintf("6%019d", i), Name: "a", From: lastDay, Until: lastDay}
	}
	if err := o.Change(t.Context(), by, group.id, staff.Change{Roster: roster}); err != nil {
		t.Fatal(err)
	}
	var all []string
	for name, value := range last() {
		if len(value) > 400 {
			t.Errorf("%s has %d bytes", name, len(value))
		}
		if strings.HasPrefix(name, "added") {
			all = append(all, strings.Fields(value)...)
		}
	}
	if d := last(); len(all) != 50 || !strings.Contains(d["removed"], "8001:") || strings.Contains(fmt.Sprint(d), "小林") {
		t.Errorf("the roster's row is %v", d)
	}
}

// Whoever uses two accounts is counted as one person, and the hour has no edge.
//
// Rows: R3.1
func TestPersonIsWatched(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "K8001", staff.Clerk))
	d := sharedDraft("kyujitsu")
	d.Shared.Roster[0].StaffNumber = "k8001"
	group := o.hire(d)
	group.member = "K8001"
	own, _ := o.signIn("yui", "pc-1")
	shared, _ := o.signIn("kyujitsu", "pc-2")
	if own.Person() != shared.Person() || shared.Operator() != "kyujitsu/k8001" {
		t.Errorf("%s and %s are two", own.Person(), shared.Person())
	}
	watch := func(op staff.Operation, n int) {
		t.Helper()
		for i := range n {
			if err := o.Watch(t.Context(), []staff.Session{own, shared}[i%2], op, cert.Private("山田")); err != nil {
				t.Fatal(err)
			}
		}
	}
	o.clock = weekday.Add(2*time.Hour - time.Minute)
	watch(staff.OpIssue, 3)
	o.pass(2 * time.Minute)
	watch(staff.OpIssue, 2)
	if n := o.m.raised(staff.AlertFamily); n != 0 {
		t.Fatalf("%d alerts after five", n)
	}
	watch(staff.OpIssue, 1)
	if n := o.m.raised(staff.AlertFamily); n != 1 {
		t.Errorf("%d alerts after six over the full hour", n)
	}
	watch(staff.OpOpen, 25) // six were issued to
	if n := o.m.raised(staff.AlertFruitless); n != 0 {
		t.Fatalf("%d alerts for nineteen in vain", n)
	}
	watch(staff.OpOpen, 1)
	if n := o.m.raised(staff.AlertFruitless); n != 1 {
		t.Errorf("%d alerts for twenty in vain", n)
	}
	for id := range o.m.sessions {
		if strings.Contains(id, "山田") || strings.Contains(id, "8001") {
			t.Error("what is counted has a name")
		}
	}
}

// Rows: R3.1
func TestWithdrawals(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	v, _ := o.signIn("yui", "pc-1")
	o.clock = weekday.Add(2 * time.Hour)
	for i := range 30 {
		want(t, fmt.Sprint(i), o.Withdraw(t.Context(), v), nil)
		want(t, fmt.Sprint(i), o.Watch(t.Context(), v, staff.OpVoid, ""), nil)
		if n, most := o.m.raised(staff.AlertWithdrawn), map[bool]int{true: 1}[i >= 10]; n != most {
			t.Fatalf("%d alerts after %d", n, i+1)
		}
	}
	want(t, "the 31st", o.Withdraw(t.Context(), v), staff.ErrMost)
	o.pass(59 * time.Minute)
	want(t, "in the next hour of the clock, before an hour is over", o.Withdraw(t.Context(), v), staff.ErrMost)
	o.pass(time.Minute)
	want(t, "after an hour", o.Withdraw(t.Context(), v), nil)
	o.m.sessionsDown = true
	want(t, "without the store", o.Withdraw(t.Context(), v), errDown)
}

// Rows: F1, F11
func TestOnePlaceAtATime(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	group := o.hire(sharedDraft("kyujitsu"))
	_, one := o.signIn("yui", "pc-1")
	from := o.m.height()
	_, two := o.signIn("yui", "pc-2")
	wantRows(t, o.m, from, "session.end elsewhere", "session.begin")
	if row := o.m.log[from]; row.Terminal != "pc-1" || row.Municipality != kofuCity || row.Operator != "yui" {
		t.Errorf("the row is %+v", row)
	}
	want(t, "the older", o.alive("pc-1", one), staff.ErrNoSession)
	want(t, "the newer", o.alive("pc-2", two), nil)
	o.pass(time.Hour) // and nobody signs out
	from = o.m.height()
	o.signIn("yui", "pc-2")
	wantRows(t, o.m, from, "session.end idle", "session.begin")
	group.member = "8001"
	_, one = o.signIn("kyujitsu", "pc-1")
	_, two = o.signIn("kyujitsu", "pc-2")
	want(t, "a shared ID", o.alive("pc-1", one), nil)
	want(t, "a shared ID again", o.alive("pc-2", two), nil)
}

// Rows: F11
func TestEndIsOnRecordInTheEnd(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	_, token := o.signIn("yui", "pc-1")
	from := o.m.height()
	o.m.logDown = true
	want(t, "the log is down", o.alive("fuefuki-1", token), errDown)
	o.m.logDown = false
	want(t, "a moment later", o.alive("pc-1", token), staff.ErrNoSession)
	o.pass(time.Minute)
	want(t, "a minute later", o.alive("pc-1", token), staff.ErrNoSession)
	wantRows(t, o.m, from, "session.end terminal")
	want(t, "once more", o.alive("pc-1", token), staff.ErrNoSession)
	_, token = o.signIn("yui", "pc-1")
	from = o.m.height()
	want(t, "in another city", o.alive("fuefuki-1", token), staff.ErrNoSession)
	if row := o.m.log[from]; row.Municipality != kofuCity || row.Terminal != "fuefuki-1" {
		t.Errorf("the row is %+v", row)
	}
}

// racing adds another administrator just before one is added.
type racing struct {
	*memory
	other staff.Account
}

func (r racing) AddAccounts(ctx context.Context, by staff.Act, list []staff.NewAccount) error {
	r.mu.Lock()
	r.accounts[r.other.ID] = r.other
	r.mu.Unlock()
	return r.memory.AddAccounts(ctx, by, list)
}

// Rows: R3.4
func TestTwoFirstAdministrators(t *testing.T) {
	o := newOffice(t)
	o.Book = racing{o.m, staff.Account{ID: "other", Municipality: kofuCity, Login: "kanri2", StaffNumber: "1001",
		Functions: []staff.Function{staff.Administrator}, State: staff.Invited, ValidUntil: lastDay}}
	_, err := o.AddAdministrator(t.Context(), "system", kofuCity, draft("kanri", "1000", staff.Administrator), false)
	want(t, "both at once", err, staff.ErrState)
	for id, a := range o.m.accounts {
		if id != "other" && a.State != staff.Revoked {
			t.Errorf("%s is %s", a.Login, a.State)
		}
	}
}
