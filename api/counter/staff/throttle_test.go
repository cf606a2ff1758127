// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
)

const wrong = "not the right phrase"

func (o *office) try(terminal, login, password string) error {
	o.t.Helper()
	_, _, err := o.SignIn(o.t.Context(), o.at(terminal), login, []byte(password), "")
	return err
}

// everywhere puts an account on all terminals of the city.
func (o *office) everywhere(p *person) {
	for id, t := range o.m.terminals {
		if t.Municipality == kofuCity {
			t.Users = append(t.Users, p.id)
			o.m.terminals[id] = t
		}
	}
}

// Rows: F4
func TestAttemptsAtOneTerminal(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	o.hire(draft("ren", "2002", staff.Clerk))
	o.pass(time.Hour)
	from := o.m.height()
	for i := range 10 {
		want(t, fmt.Sprint("attempt ", i), o.try("pc-1", "yui", wrong), staff.ErrSignIn)
	}
	for range 5 {
		want(t, "the next, with the right password", o.try("pc-1", "yui", phrase), staff.ErrWait)
	}
	if rows := o.m.rows(from); len(rows) != 11 || rows[10] != "session.refused wait" {
		t.Errorf("the log has %q", rows)
	}
	want(t, "at another terminal", o.try("pc-2", "yui", phrase), nil)
	want(t, "somebody else here", o.try("pc-1", "ren", phrase), nil)
	o.pass(15 * time.Minute)
	want(t, "a quarter of an hour later", o.try("pc-1", "yui", phrase), nil)
	o.pass(15 * time.Minute)
	for range 10 {
		want(t, "unknown", o.try("pc-1", "nobody", wrong), staff.ErrSignIn)
	}
	want(t, "unknown logins wait, too", o.try("pc-1", "nobody", wrong), staff.ErrWait)
}

func TestAttemptsOfOneTerminal(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	o.pass(time.Hour)
	for i := range 60 {
		want(t, fmt.Sprint("attempt ", i), o.try("pc-1", fmt.Sprint("nobody", i), wrong), staff.ErrSignIn)
	}
	want(t, "the next", o.try("pc-1", "yui", phrase), staff.ErrWait)
	want(t, "at another terminal", o.try("pc-2", "yui", phrase), nil)
}

// Nobody locks anybody out: failures of an account, however many, raise one
// alert a day, and whoever knows the password signs in.
//
// Rows: F4
func TestStrangersLockNobodyOut(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	o.everywhere(p)
	o.pass(time.Hour)
	for i := range 14 * 9 {
		want(t, "a stranger", o.try(fmt.Sprintf("pc-%d", i%14+1), "yui", wrong), staff.ErrSignIn)
		switch n := o.m.raised(staff.AlertSignIn); {
		case i < 30 && n != 0:
			t.Fatalf("an alert after %d failures", i+1)
		case i >= 30 && n != 1:
			t.Fatalf("%d alerts after %d failures", n, i+1)
		}
	}
	o.signIn("yui", "pc-1")
	if a := o.m.alerts[0]; a.Account != p.id || a.Operator != "yui" || a.Municipality != kofuCity || a.Count != 31 || len(a.ID) != 26 {
		t.Errorf("the alert is %+v", a)
	}
	o.pass(24 * time.Hour)
	for i := range 31 {
		_ = o.try(fmt.Sprintf("pc-%d", i%14+1), "yui", wrong)
	}
	if n := o.m.raised(staff.AlertSignIn); n != 2 {
		t.Errorf("%d alerts in two days", n)
	}
}

// An alert that could not be raised is raised by the next failure.
func TestAlertIsNotLost(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	o.everywhere(p)
	o.pass(time.Hour)
	for i := range 30 {
		want(t, "a stranger", o.try(fmt.Sprintf("pc-%d", i%14+1), "yui", wrong), staff.ErrSignIn)
	}
	o.m.alertsDown = true
	want(t, "no alert can be raised", o.try("pc-5", "yui", wrong), errDown)
	o.m.alertsDown = false
	want(t, "the next", o.try("pc-6", "yui", wrong), staff.ErrSignIn)
	if n := o.m.raised(staff.AlertSignIn); n != 1 {
		t.Errorf("%d alerts", n)
	}
}

func TestTallyNamesSayNothing(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	v, _ := o.signIn("yui", "pc-1")
	if err := o.Watch(t.Context(), v, staff.OpIssue, "山田"); err != nil {
		t.Fatal(err)
	}
	o.m.names = nil
	_ = o.try("pc-1", "yui", wrong)
	first := o.m.names
	for _, name := range first {
		for _, s := range []string{"yui", p.id, "pc-1", "山田", "192015"} {
			if strings.Contains(name, s) {
				t.Errorf("%q has %q", name, s)
			}
		}
	}
	o.pass(24 * time.Hour)
	o.m.names = nil
	_ = o.try("pc-1", "yui", wrong)
	for i := range first {
		if first[i] == o.m.names[i] {
			t.Error("the same name on another day")
		}
	}
}
