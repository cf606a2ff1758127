// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// Whatever is taken away is gone at the next request of an open session, on
// any replica: nothing is remembered.
//
// Rows: F1, F3, F5, F6, F7
func TestTakenAwayAtOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		take func(o *office, by staff.Session, p *person) error
		row  string
	}{
		{"suspended", func(o *office, by staff.Session, p *person) error {
			return o.Change(o.t.Context(), by, p.id, staff.Change{State: staff.Suspended})
		}, "account"},
		{"revoked", func(o *office, by staff.Session, p *person) error {
			return o.Change(o.t.Context(), by, p.id, staff.Change{State: staff.Revoked})
		}, "account"},
		{"other functions", func(o *office, by staff.Session, p *person) error {
			return o.Change(o.t.Context(), by, p.id, staff.Change{Functions: []staff.Function{staff.Auditor}})
		}, "account"},
		{"invited again", func(o *office, by staff.Session, p *person) error {
			_, err := o.Invite(o.t.Context(), by, p.id)
			return err
		}, "account"},
		{"off the terminal", func(o *office, by staff.Session, _ *person) error {
			return o.SetUsers(o.t.Context(), by, "pc-2", []string{by.Account.ID}, true)
		}, "not_allowed_here"},
		{"the last day is over", func(o *office, _ staff.Session, p *person) error {
			a := o.m.accounts[p.id] // as it is from midnight on
			a.ValidUntil = cert.DateOf(o.now().Add(-24 * time.Hour))
			o.m.accounts[p.id] = a
			return nil
		}, "account"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			p := o.hire(draft("yui", "2001", staff.Clerk))
			by, _ := o.admin()
			_, token := o.signIn("yui", "pc-2")
			want(t, "before", o.alive("pc-2", token), nil)
			if err := c.take(o, by, p); err != nil {
				t.Fatal(err)
			}
			from := o.m.height()
			want(t, "after", o.alive("pc-2", token), staff.ErrNoSession)
			wantRows(t, o.m, from, "session.end "+c.row)
			want(t, "once more", o.alive("pc-2", token), staff.ErrNoSession)
			wantRows(t, o.m, from, "session.end "+c.row)
		})
	}
}

// Rows: F1, F3
func TestTerminalTakenAway(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	by, _ := o.admin()
	_, token := o.signIn("yui", "pc-2")
	pc := o.at("pc-2")
	if err := o.SetUsers(t.Context(), by, "pc-2", o.m.terminals["pc-2"].Users, false); err != nil {
		t.Fatal(err)
	}
	_, err := o.Terminal(t.Context(), pc.Key)
	want(t, "the terminal", err, staff.ErrNoTerminal)
	pc.Active = false
	_, err = o.Session(t.Context(), pc, token, true)
	want(t, "the session", err, staff.ErrNoSession)
}

// A token that turns up at another terminal was stolen: it is good nowhere any
// more.
//
// Rows: F1, F3
func TestTokenStaysAtItsTerminal(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	_, token := o.signIn("yui", "pc-1")
	from := o.m.height()
	want(t, "elsewhere", o.alive("pc-2", token), staff.ErrNoSession)
	wantRows(t, o.m, from, "session.end terminal")
	if row := o.m.log[from]; row.Terminal != "pc-2" {
		t.Errorf("the row is about %s", row.Terminal)
	}
	want(t, "back again", o.alive("pc-1", token), staff.ErrNoSession)
	_, token = o.signIn("yui", "pc-1")
	want(t, "in another city", o.alive("fuefuki-1", token), staff.ErrNoSession)
}

// Rows: F4, F11
func TestSessionEnds(t *testing.T) {
	p := staff.DefaultPolicy()
	for _, c := range []struct {
		name   string
		active bool          // the person acts, or only their page
		step   time.Duration // how often
		last   time.Duration // still good
		end    string
	}{
		{"idle", false, time.Minute, p.Idle - time.Minute, "idle"},
		{"absolute", true, 2 * time.Minute, p.Absolute - 2*time.Minute, "absolute"},
		{"page closed", true, p.Alive, 0, "page_closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			o.hire(draft("yui", "2001", staff.Clerk))
			v, token := o.signIn("yui", "pc-1")
			from := o.m.height()
			for o.now().Add(c.step).Sub(v.Since) <= c.last {
				o.pass(c.step)
				if _, err := o.Session(t.Context(), o.at("pc-1"), token, c.active); err != nil {
					t.Fatalf("after %v: %v", o.now().Sub(v.Since), err)
				}
			}
			o.pass(c.step)
			_, err := o.Session(t.Context(), o.at("pc-1"), token, c.active)
			want(t, "the end", err, staff.ErrNoSession)
			wantRows(t, o.m, from, "session.end "+c.end)
		})
	}
}

// Rows: F5
func TestLastDayIsJapans(t *testing.T) {
	o := newOffice(t)
	o.policy.Alive, o.policy.Idle, o.policy.Absolute = 24*time.Hour, 24*time.Hour, 24*time.Hour
	d := draft("yui", "2001", staff.Clerk)
	d.ValidUntil = cert.DateOf(weekday)
	o.hire(d)
	_, token := o.signIn("yui", "pc-1")
	midnight := time.Date(2026, 4, 16, 0, 0, 0, 0, cert.JST()) // 15:00 in Greenwich
	o.pass(midnight.Sub(o.now()) - time.Second)
	want(t, "a second before midnight", o.alive("pc-1", token), nil)
	o.pass(time.Second)
	want(t, "at midnight", o.alive("pc-1", token), staff.ErrNoSession)
	_, _, err := o.SignIn(t.Context(), o.at("pc-1"), "yui", []byte(phrase), "")
	want(t, "a new sign-in", err, staff.ErrSignIn)
}

// Before the second factor a session can do nothing but that, and not for long.
//
// Rows: F4, F6
func TestHalfASessionCanDoNothing(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	o.admin()
	pc := o.at("pc-1")
	half := o.password("kanri", "pc-1")
	v, err := o.Session(t.Context(), pc, half, true)
	if err != nil || v.Stage != staff.StagePassword || len(v.Account.Functions) != 0 {
		t.Fatalf("%v %v %v", v.Stage, v.Account.Functions, err)
	}
	v.Account.Functions = []staff.Function{staff.Administrator} // should a page forget
	_, _, err = o.Add(t.Context(), v, []staff.Draft{draft("new", "2002", staff.Clerk)})
	want(t, "add", err, staff.ErrDenied)
	want(t, "change", o.Change(t.Context(), v, p.id, staff.Change{State: staff.Revoked}), staff.ErrDenied)
	_, err = o.Invite(t.Context(), v, p.id)
	want(t, "invite", err, staff.ErrDenied)
	want(t, "terminal", o.SetUsers(t.Context(), v, "pc-1", nil, false), staff.ErrDenied)
	_, err = o.ChangePassword(t.Context(), pc, half, []byte(phrase), []byte("another fine phrase 9"))
	want(t, "password", err, staff.ErrNoSession)
	_, _, err = o.Secret(t.Context(), pc, half)
	want(t, "secret", err, staff.ErrNoSession)
	o.pass(9 * time.Minute)
	want(t, "after 9 minutes", o.alive("pc-1", half), nil)
	o.pass(time.Minute)
	want(t, "after 10", o.alive("pc-1", half), staff.ErrNoSession)
	_, full := o.signIn("kanri", "pc-1")
	_, _, err = o.Code(t.Context(), pc, full, o.code(o.people["kanri"]))
	want(t, "a code in a whole session", err, staff.ErrNoSession)
	_, err = o.PasskeyBegin(t.Context(), pc, full)
	want(t, "a passkey in a whole session", err, staff.ErrNoSession)
}

// Rows: F8, F11
func TestSharedID(t *testing.T) {
	o := newOffice(t)
	o.policy.Alive, o.policy.Idle, o.policy.Absolute = 24*time.Hour, 24*time.Hour, 24*time.Hour
	p := o.hire(sharedDraft("kyujitsu"))
	pc := o.at("pc-1")
	for _, member := range []string{"", "9999", "8003", "小林"} {
		_, _, err := o.SignIn(t.Context(), pc, "kyujitsu", []byte(phrase), member)
		want(t, "as "+member, err, staff.ErrSignIn)
	}
	p.member = "8002"
	from := o.m.height()
	v, token := o.signIn("kyujitsu", "pc-1")
	if v.Member != "8002" || v.Operator() != "kyujitsu/8002" || o.m.log[from].Operator != "kyujitsu/8002" {
		t.Errorf("the operator is %s", v.Operator())
	}
	o.pass(15 * time.Hour)
	want(t, "the day after that member's last", o.alive("pc-1", token), staff.ErrNoSession)
	_, _, err := o.SignIn(t.Context(), pc, "kyujitsu", []byte(phrase), "8002")
	want(t, "signing in then", err, staff.ErrSignIn)
	if rows := o.m.rows(from); !slices.Contains(rows, "session.end member") {
		t.Errorf("the log has %q", rows)
	}
	p.member = "８００１"
	_, token = o.signIn("kyujitsu", "pc-1")
	by, _ := o.admin()
	roster := []staff.Member{
		{StaffNumber: "8004", Name: "木村", From: cert.DateOf(o.now()), Until: lastDay},
		{StaffNumber: "8005", Name: "林", From: cert.DateOf(o.now()), Until: lastDay},
	}
	if err := o.Change(t.Context(), by, p.id, staff.Change{Roster: roster}); err != nil {
		t.Fatal(err)
	}
	want(t, "off the roster", o.alive("pc-1", token), staff.ErrNoSession)
	p.member = "8004"
	_, token = o.signIn("kyujitsu", "pc-1")
	o.pass(80 * 24 * time.Hour) // past its end, before its validity's
	want(t, "after the ID's end", o.alive("pc-1", token), staff.ErrNoSession)
	_, _, err = o.SignIn(t.Context(), pc, "kyujitsu", []byte(phrase), "8004")
	want(t, "signing in then", err, staff.ErrSignIn)
}

func TestLanguageLasts(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	half := o.password("yui", "pc-1")
	for language, is := range map[string]string{"en": "en", "fr": "ja", "": "ja"} {
		if err := o.Speak(t.Context(), o.at("pc-1"), half, language); err != nil {
			t.Fatal(err)
		}
		if v, err := o.Session(t.Context(), o.at("pc-1"), half, true); err != nil || v.Language != is {
			t.Errorf("%q: %q %v", language, v.Language, err)
		}
	}
	if err := o.Speak(t.Context(), o.at("pc-1"), half, "en"); err != nil {
		t.Fatal(err)
	}
	_, v, err := o.Code(t.Context(), o.at("pc-1"), half, o.code(p))
	if err != nil || v.Language != "en" {
		t.Errorf("after the second factor: %q %v", v.Language, err)
	}
}

func TestManyRequestsAtOnce(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	_, token := o.signIn("yui", "pc-1")
	o.pass(time.Minute)
	pc := o.at("pc-1")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			o.pass(time.Second) // so that each has something to note
			if _, err := o.Session(t.Context(), pc, token, true); err != nil {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
}

// Of two requests that find a session ended, one writes the row.
func TestOneRowForOneEnd(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	_, token := o.signIn("yui", "pc-1")
	o.pass(time.Hour)
	from := o.m.height()
	o.m.beforeSave = func() { want(t, "another request", o.alive("pc-1", token), staff.ErrNoSession) }
	want(t, "this one", o.alive("pc-1", token), staff.ErrNoSession)
	wantRows(t, o.m, from, "session.end idle")
}

// A request that loses to another is judged again.
func TestLostSaveIsTriedAgain(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	_, token := o.signIn("yui", "pc-1")
	o.pass(time.Minute)
	o.m.beforeSave = func() {
		if err := o.Speak(t.Context(), o.at("pc-1"), token, "en"); err != nil {
			t.Error(err)
		}
	}
	if v, err := o.Session(t.Context(), o.at("pc-1"), token, true); err != nil || v.Language != "en" || !v.ActiveAt.Equal(o.now()) {
		t.Errorf("%v %v %v", v.Language, v.ActiveAt, err)
	}
	o.pass(time.Minute)
	o.m.beforeSave = func() { want(t, "sign-out", o.SignOut(t.Context(), o.at("pc-1"), token), nil) }
	want(t, "a sign-out meanwhile", o.alive("pc-1", token), staff.ErrNoSession)
}

func TestStoreDown(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	_, token := o.signIn("yui", "pc-1")
	o.m.sessionsDown = true
	want(t, "session", o.alive("pc-1", token), errDown)
	_, _, err := o.SignIn(t.Context(), o.at("pc-1"), "yui", []byte(phrase), "")
	want(t, "sign-in", err, errDown)
	want(t, "sign-out", o.SignOut(t.Context(), o.at("pc-1"), token), errDown)
}
