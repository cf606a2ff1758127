// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"testing"
	"time"

	"kofu/api/counter/staff"
)

// Rows: F4
func TestChangePassword(t *testing.T) {
	o := newOffice(t)
	o.policy.Alive = o.policy.Absolute
	p := o.hire(draft("yui", "2001", staff.Clerk))
	_, other := o.signIn("yui", "pc-2")
	_, mine := o.signIn("yui", "pc-1")
	pc := o.at("pc-1")
	change := func(old, new string) (string, error) {
		o.pass(time.Minute)
		return o.ChangePassword(t.Context(), pc, mine, []byte(old), []byte(new))
	}
	from := o.m.height()
	_, err := change("not the old one at all", "another fine phrase 9")
	want(t, "a wrong old password", err, staff.ErrSignIn)
	for _, weak := range []string{"short", "password1234", phrase} {
		_, err = change(phrase, weak)
		want(t, weak, err, staff.ErrWeak)
	}
	wantRows(t, o.m, from, "session.refused password_change")
	fresh, err := change(phrase, "another fine phrase 9")
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, o.m, from, "session.refused password_change", "account.password")
	want(t, "this session under its old token", o.alive("pc-1", mine), staff.ErrNoSession)
	want(t, "the other session", o.alive("pc-2", other), staff.ErrNoSession)
	want(t, "this session", o.alive("pc-1", fresh), nil)
	_, _, err = o.SignIn(t.Context(), pc, "yui", []byte(phrase), "")
	want(t, "the old password", err, staff.ErrSignIn)
	p.password = "another fine phrase 9"
	o.signIn("yui", "pc-1")
}

// A password change that runs into a revocation does not undo it.
//
// Rows: F7
func TestRevocationWins(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	_, token := o.signIn("yui", "pc-1")
	by, _ := o.admin()
	revoke := func() {
		if err := o.Change(t.Context(), by, p.id, staff.Change{State: staff.Revoked}); err != nil {
			t.Error(err)
		}
	}
	o.m.meanwhile = revoke
	_, err := o.ChangePassword(t.Context(), o.at("pc-1"), token, []byte(phrase), []byte("another fine phrase 9"))
	want(t, "the change", err, staff.ErrNoSession)
	if a := o.m.accounts[p.id]; a.State != staff.Revoked {
		t.Errorf("the account is %s", a.State)
	}
	q := o.hire(draft("ren", "2002", staff.Clerk))
	o.m.meanwhile = func() {
		if err := o.Change(t.Context(), by, q.id, staff.Change{State: staff.Revoked}); err != nil {
			t.Error(err)
		}
	}
	_, err = o.Invite(t.Context(), by, q.id)
	want(t, "the invitation", err, staff.ErrConflict)
	if a := o.m.accounts[q.id]; a.State != staff.Revoked {
		t.Errorf("the account is %s", a.State)
	}
}
