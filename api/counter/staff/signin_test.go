// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"kofu/api/counter/staff"
)

// Rows: F1, F4, F11
func TestSignInStepByStep(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	pc := o.at("pc-1")
	from := o.m.height()
	password := []byte(phrase)
	half, v, err := o.SignIn(t.Context(), pc, " Ｙｕｉ ", password, "ignored")
	if err != nil || v.Stage != staff.StagePassword || v.Factor != "either" || len(v.Account.Functions) != 0 {
		t.Fatalf("password: %+v %v", v.Stage, err)
	}
	if !bytes.Equal(password, make([]byte, len(password))) {
		t.Error("the password was not wiped")
	}
	wantRows(t, o.m, from)
	full, v, err := o.Code(t.Context(), pc, half, o.code(p))
	if err != nil || v.Stage != staff.StageFull || v.Factor != "totp" || !v.Account.Has(staff.Clerk) || v.Operator() != "yui" {
		t.Fatalf("code: %+v %v", v.Stage, err)
	}
	wantRows(t, o.m, from, "session.begin")
	row := o.m.log[from]
	if row.Operator != "yui" || row.Account != p.id || row.Terminal != "pc-1" || row.Municipality != kofuCity || row.Details["factor"] != "totp" {
		t.Errorf("the row is %+v", row)
	}
	want(t, "the token of the stage before", o.alive("pc-1", half), staff.ErrNoSession)
	want(t, "the new token", o.alive("pc-1", full), nil)
	want(t, "no token", o.alive("pc-1", ""), staff.ErrNoSession)
	want(t, "another token", o.alive("pc-1", randomToken()), staff.ErrNoSession)
	if err := o.SignOut(t.Context(), pc, full); err != nil {
		t.Fatal(err)
	}
	want(t, "a second sign-out", o.SignOut(t.Context(), pc, full), nil)
	want(t, "after the sign-out", o.alive("pc-1", full), staff.ErrNoSession)
	wantRows(t, o.m, from, "session.begin", "session.end person")
	if a := o.m.accounts[p.id]; a.LastSignIn.IsZero() {
		t.Error("the sign-in was not noted")
	}
}

// Nothing a store of sessions holds leads to a person, a password or a token.
func TestSessionStoreHoldsNoSecrets(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	o.addPasskey(p)
	by, _ := o.admin()
	i, err := o.Invite(t.Context(), by, p.id)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := o.Enrol(t.Context(), o.at("pc-1"), "yui", i.Code, []byte(phrase))
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := o.Secret(t.Context(), o.at("pc-1"), token)
	if err != nil {
		t.Fatal(err)
	}
	for id, k := range o.m.sessions {
		for _, s := range []string{"yui", "山梨", token, secret, phrase, "argon2id", i.Code} {
			if strings.Contains(id+string(k.data), s) {
				t.Errorf("the store holds %q", s)
			}
		}
	}
}

// Rows: F4
func TestSignInRefused(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	narrow := draft("ren", "2002", staff.Clerk)
	narrow.Terminals = []string{"pc-1"}
	o.hire(narrow)
	gone := o.hire(draft("aoi", "2003", staff.Clerk))
	by, _ := o.admin()
	if err := o.Change(t.Context(), by, gone.id, staff.Change{State: staff.Suspended}); err != nil {
		t.Fatal(err)
	}
	if _, wrong, err := o.Add(t.Context(), by, []staff.Draft{draft("new", "2004", staff.Clerk)}); err != nil || wrong != nil {
		t.Fatal(wrong, err)
	}
	for _, c := range []struct{ name, terminal, login, password, why string }{
		{"wrong password", "pc-1", "yui", "another long phrase", "password"},
		{"empty password", "pc-1", "yui", "", "password"},
		{"endless password", "pc-1", "yui", strings.Repeat("x", 4096), "password"},
		{"not UTF-8", "pc-1", "yui", "\xff" + phrase, "password"},
		{"unknown", "pc-1", "nobody", phrase, "login"},
		{"no login", "pc-1", "", phrase, "login"},
		{"a password in its place", "pc-1", phrase + "!", "yui", "login"},
		{"not on this terminal", "pc-2", "ren", phrase, "not_allowed_here"},
		{"another city's terminal", "fuefuki-1", "yui", phrase, "login"},
		{"suspended", "pc-1", "aoi", phrase, "account"},
		{"not enrolled", "pc-1", "new", phrase, "password"},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := o.m.height()
			_, _, err := o.SignIn(t.Context(), o.at(c.terminal), c.login, []byte(c.password), "")
			if err != staff.ErrSignIn {
				t.Errorf("%v: not the one answer there is", err)
			}
			wantRows(t, o.m, from, "session.refused "+c.why)
			if row := o.m.log[from]; strings.Contains(fmt.Sprint(row), "winding") || c.why == "login" && row.Operator != "-" {
				t.Errorf("the row tells what was typed: %+v", row)
			}
		})
	}
}

// Whoever asks for an unknown login makes the server work as for a known one.
func TestUnknownLoginIsHashedToo(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	var busy, refused int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 120 {
		wg.Go(func() {
			_, _, err := o.SignIn(t.Context(), o.at(fmt.Sprintf("pc-%d", i%14+1)), "nobody"+fmt.Sprint(i), []byte("whatever it may be"), "")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, staff.ErrBusy):
				busy++
			case errors.Is(err, staff.ErrSignIn):
				refused++
			default:
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if busy == 0 || refused == 0 {
		t.Errorf("%d were too many at once and %d refused: nothing was hashed, or without a bound", busy, refused)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := o.SignIn(ctx, o.at("pc-1"), "yui", []byte("whatever"), ""); err == nil {
		t.Error("signed in")
	}
}

// Nothing is done, and nobody is in, when it cannot be put on record.
func TestNothingWithoutTheLog(t *testing.T) {
	o := newOffice(t)
	o.policy.Alive = o.policy.Absolute
	p := o.hire(draft("yui", "2001", staff.Clerk))
	ren := o.hire(draft("ren", "2002", staff.Clerk))
	by, admin := o.admin()
	i, err := o.Invite(t.Context(), by, ren.id)
	if err != nil {
		t.Fatal(err)
	}
	pc := o.at("pc-1")
	half := o.password("yui", "pc-1")
	enrol, _, err := o.Enrol(t.Context(), pc, "ren", i.Code, []byte(phrase))
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := o.Secret(t.Context(), pc, enrol)
	if err != nil {
		t.Fatal(err)
	}
	o.m.logDown = true
	accounts, creds := len(o.m.accounts), fmt.Sprint(o.m.accounts)
	for name, try := range map[string]func() error{
		"a wrong password": func() error {
			_, _, err := o.SignIn(t.Context(), pc, "yui", []byte("not that one, no"), "")
			return err
		},
		"a code": func() error {
			token, _, err := o.Code(t.Context(), pc, half, o.code(p))
			if token != "" {
				t.Error("a session without a row")
			}
			return err
		},
		"an enrolment": func() error {
			_, _, err := o.Code(t.Context(), pc, enrol, o.code(&person{secret: secret}))
			return err
		},
		"a sign-out": func() error { return o.SignOut(t.Context(), pc, admin) },
		"a change":   func() error { return o.Change(t.Context(), by, p.id, staff.Change{State: staff.Revoked}) },
		"an invitation": func() error {
			_, err := o.Invite(t.Context(), by, p.id)
			return err
		},
		"new accounts": func() error {
			_, _, err := o.Add(t.Context(), by, []staff.Draft{draft("aoi", "2005", staff.Clerk)})
			return err
		},
		"a terminal": func() error { return o.SetUsers(t.Context(), by, "pc-3", nil, false) },
		"a password": func() error {
			_, err := o.ChangePassword(t.Context(), pc, admin, []byte(phrase), []byte("quite another tune 77"))
			return err
		},
	} {
		if err := try(); !errors.Is(err, errDown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(o.m.accounts) != accounts || fmt.Sprint(o.m.accounts) != creds {
		t.Error("something was changed")
	}
	o.m.logDown = false
	want(t, "the session that could not be ended", o.alive("pc-1", admin), nil)
}

func TestTerminal(t *testing.T) {
	o := newOffice(t)
	pc := o.at("pc-1")
	if pc.Municipality != kofuCity {
		t.Error("another terminal")
	}
	_, err := o.Terminal(t.Context(), [32]byte{1})
	want(t, "an unknown key", err, staff.ErrNoTerminal)
	x := o.m.terminals["pc-1"]
	x.Active = false
	o.m.terminals["pc-1"] = x
	_, err = o.Terminal(t.Context(), pc.Key)
	want(t, "one that is not active", err, staff.ErrNoTerminal)
}

func TestNewRefuses(t *testing.T) {
	o := newOffice(t)
	if _, err := staff.New(staff.Config{}); err == nil {
		t.Error("nothing at all is taken")
	}
	c := o.Config
	c.Secret = c.Secret[:31]
	if _, err := staff.New(c); err == nil {
		t.Error("a short secret is taken")
	}
	c = o.Config
	c.Policy = nil
	if _, err := staff.New(c); err == nil {
		t.Error("no policy is taken")
	}
	p := staff.DefaultPolicy()
	want(t, "the default policy", p.Check(), nil)
	for name, spoil := range map[string]func(*staff.Policy){
		"factor": func(p *staff.Policy) { p.SecondFactor = "sms" }, "idle": func(p *staff.Policy) { p.Idle = 0 },
		"night": func(p *staff.Policy) { p.NightFrom = "25:00" }, "no night": func(p *staff.Policy) { p.NightUntil = p.NightFrom },
		"hourly": func(p *staff.Policy) { p.Hourly = -1 }, "office": func(p *staff.Policy) { p.OfficeUntil = "7:00" },
	} {
		p := staff.DefaultPolicy()
		spoil(&p)
		want(t, name, p.Check(), staff.ErrPolicy)
	}
}
