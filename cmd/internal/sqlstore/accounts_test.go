// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

func sharedAccount(m cert.MunicipalityCode) staff.Account {
	a := account(m, "window", staff.Clerk, staff.Protected)
	a.StaffNumber = ""
	a.Shared = &staff.Shared{Purpose: "休日窓口", Until: cert.Date{Year: 2026, Month: 9, Day: 30}, Roster: []staff.Member{
		{StaffNumber: "200", Name: "山田　花子", From: cert.Date{Year: 2026, Month: 4, Day: 1}, Until: cert.Date{Year: 2026, Month: 6, Day: 30}},
		{StaffNumber: "100", Name: "鈴木 太郎", From: cert.Date{Year: 2026, Month: 4, Day: 1}, Until: cert.Date{Year: 2026, Month: 9, Day: 30}},
	}}
	return a
}

// TestAccounts: what an administrator adds comes back as it was given, roster
// and terminals with it, and each addition is in the log.
//
// Rows: F5, F8, F9
func TestAccounts(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx := t.Context()
		want := sharedAccount(here)
		k.pass(time.Minute)
		add := by(here, "admin", staff.OpAccountAdd, "")
		add.Details = map[string]string{"file": "bulk.csv"}
		if err := s.AddAccounts(ctx, add, []staff.NewAccount{{Account: want, Terminals: []string{"desk-472051", "desk-472051"}}}); err != nil {
			t.Fatal(err)
		}
		want.State, want.AddedAt = staff.Invited, k.Now()
		if got, err := s.Account(ctx, want.ID); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v %+v, %v\nwant %+v %+v", got, got.Shared, err, want, want.Shared)
		}
		got, cr, err := s.AccountByLogin(ctx, here, "clerk")
		if err != nil || got.ID != "clerk-472051" || got.Shared != nil || !bytes.Equal(cr.Enrolment, []byte{1, 2, 3}) || cr.Password != "" || cr.TOTP != nil ||
			!cr.EnrolmentTill.Equal(k.Now().Add(59*time.Minute)) || !cr.PasswordAt.IsZero() {
			t.Errorf("%+v, %+v, %v", got, cr, err)
		}
		list, err := s.Accounts(ctx, here)
		var logins []string
		for _, a := range list {
			logins = append(logins, a.Login)
		}
		if err != nil || !slices.Equal(logins, []string{"admin", "approver", "auditor", "clerk", "window"}) {
			t.Errorf("%q, %v", logins, err)
		}
		if _, err := s.Account(ctx, "nobody"); !errors.Is(err, staff.ErrNoAccount) {
			t.Errorf("nobody: %v", err)
		}
		if _, _, err := s.AccountByLogin(ctx, here, "nobody"); !errors.Is(err, staff.ErrNoAccount) {
			t.Errorf("nobody: %v", err)
		}
		desks, err := s.CounterTerminals(ctx, here)
		if err != nil || len(desks) != 1 || !desks[0].Allows(staff.Account{ID: want.ID, Municipality: here}) || len(desks[0].Users) != 5 {
			t.Errorf("%+v, %v", desks, err)
		}
		acts, err := s.Acts(ctx, staff.Filter{Municipality: here, Subject: want.ID}, 9)
		if err != nil || len(acts) != 1 || acts[0].Operator != "admin" || !reflect.DeepEqual(acts[0].Details, map[string]string{"file": "bulk.csv", "login": "window",
			"functions": "clerk protected", "valid_until": "2027-03-31", "shared_until": "2026-09-30", "terminals": "desk-472051"}) {
			t.Errorf("%+v, %v", acts, err)
		}
	})
}

// TestAddAccountsIsAllOrNone: one that cannot be added keeps all others out,
// and a login is never given twice.
//
// Rows: F5
func TestAddAccountsIsAllOrNone(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, _ := counter(t, c)
		add := by(here, "admin", staff.OpAccountAdd, "")
		sound := staff.NewAccount{Account: account(here, "sound", staff.Clerk)}
		old, err := s.Account(t.Context(), "clerk-472051")
		if err != nil {
			t.Fatal(err)
		}
		old.State = staff.Revoked
		if err := s.SetAccount(t.Context(), by(here, "admin", staff.OpAccountChange, old.ID), old); err != nil {
			t.Fatal(err)
		}
		for name, spoil := range map[string]struct {
			change func(*staff.NewAccount)
			want   error
		}{
			"login of a revoked one":   {func(n *staff.NewAccount) { n.Account.Login = "clerk" }, staff.ErrAccount},
			"login twice in the list":  {func(n *staff.NewAccount) { n.Account.Login = "sound" }, staff.ErrAccount},
			"id taken":                 {func(n *staff.NewAccount) { n.Account.ID = "clerk-131016" }, staff.ErrAccount},
			"capital login":            {func(n *staff.NewAccount) { n.Account.Login = "Clerk" }, staff.ErrAccount},
			"another municipality's":   {func(n *staff.NewAccount) { n.Account.Municipality = there }, staff.ErrAccount},
			"no functions":             {func(n *staff.NewAccount) { n.Account.Functions = nil }, staff.ErrAccount},
			"no such function":         {func(n *staff.NewAccount) { n.Account.Functions = []staff.Function{"clerk auditor"} }, staff.ErrAccount},
			"no last day":              {func(n *staff.NewAccount) { n.Account.ValidUntil.Day = 0 }, staff.ErrAccount},
			"name of two lines":        {func(n *staff.NewAccount) { n.Account.Name = "a\nb" }, staff.ErrAccount},
			"shared without a purpose": {func(n *staff.NewAccount) { n.Account.Shared = &staff.Shared{Until: n.Account.ValidUntil} }, staff.ErrAccount},
			"member without a name": {func(n *staff.NewAccount) {
				n.Account.Shared = &staff.Shared{Purpose: "a", Until: n.Account.ValidUntil, Roster: []staff.Member{{StaffNumber: "1"}}}
			}, staff.ErrAccount},
			"terminal of another":    {func(n *staff.NewAccount) { n.Terminals = []string{"desk-131016"} }, staff.ErrNoTerminal},
			"terminal that is none":  {func(n *staff.NewAccount) { n.Terminals = []string{"desk"} }, staff.ErrNoTerminal},
			"passkey without a name": {func(n *staff.NewAccount) { n.Credentials.Passkeys = []staff.Passkey{{}} }, staff.ErrPasskey},
		} {
			n := staff.NewAccount{Account: account(here, "new", staff.Clerk)}
			spoil.change(&n)
			unlogged(t, s, name, spoil.want, func() error { return s.AddAccounts(t.Context(), add, []staff.NewAccount{sound, n}) })
			if _, err := s.Account(t.Context(), sound.Account.ID); !errors.Is(err, staff.ErrNoAccount) {
				t.Fatalf("%s: the one before it was added: %v", name, err)
			}
		}
		if err := s.AddAccounts(t.Context(), add, []staff.NewAccount{sound}); err != nil {
			t.Error(err)
		}
	})
}

// TestSetAccount: a change holds for the next who asks, ends the sessions of
// the epoch before, and is made once; who is revoked stays so.
//
// Rows: F6, F7, F8, F9
func TestSetAccount(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx, set := t.Context(), by(here, "admin", staff.OpAccountChange, "window-472051")
		if err := s.AddAccounts(ctx, by(here, "admin", staff.OpAccountAdd, ""), []staff.NewAccount{{Account: sharedAccount(here),
			Credentials: staff.Credentials{Password: "phc", Passkeys: []staff.Passkey{{ID: []byte{1}, Data: []byte{2}}}}}}); err != nil {
			t.Fatal(err)
		}
		a, err := s.Account(ctx, "window-472051")
		if err != nil {
			t.Fatal(err)
		}
		epoch := a.Epoch
		a.State, a.Functions, a.Name, a.AddedBy, a.AddedAt = staff.Active, []staff.Function{staff.Auditor}, "別名", "somebody", k.Now().Add(time.Hour)
		a.Shared.Roster = a.Shared.Roster[1:]
		if err := s.SetAccount(ctx, set, a); err != nil {
			t.Fatal(err)
		}
		unlogged(t, s, "the epoch before", staff.ErrConflict, func() error { return s.SetAccount(ctx, set, a) })
		got, cr, err := s.AccountByLogin(ctx, here, "window")
		if err != nil || got.Epoch != epoch+1 || got.State != staff.Active || got.Name != "別名" || got.Has(staff.Clerk) || !got.Has(staff.Auditor) ||
			len(got.Shared.Roster) != 1 || got.Shared.Roster[0].StaffNumber != "100" || got.AddedBy != "root" || !got.AddedAt.Equal(k.Now()) {
			t.Errorf("%+v %+v, %v", got, got.Shared, err)
		}
		if cr.Password != "phc" || len(cr.Passkeys) != 1 {
			t.Errorf("credentials were touched: %+v", cr)
		}
		got.Shared, got.StaffNumber = nil, "300"
		if err := s.SetAccount(ctx, set, got); err != nil {
			t.Fatal(err)
		}
		if got, err = s.Account(ctx, got.ID); err != nil || got.Shared != nil || got.StaffNumber != "300" {
			t.Errorf("not shared any more: %+v, %v", got, err)
		}
		for name, spoil := range map[string]func(*staff.Account){
			"another login":        func(a *staff.Account) { a.Login = "other" },
			"another municipality": func(a *staff.Account) { a.Municipality = there },
			"no functions":         func(a *staff.Account) { a.Functions = nil },
		} {
			a := got
			spoil(&a)
			unlogged(t, s, name, staff.ErrAccount, func() error { return s.SetAccount(ctx, set, a) })
		}
		got.State = staff.Revoked
		if err := s.SetAccount(ctx, set, got); err != nil {
			t.Fatal(err)
		}
		got.Epoch++
		got.State = staff.Active
		unlogged(t, s, "revoked", staff.ErrState, func() error { return s.SetAccount(ctx, set, got) })
		unlogged(t, s, "revoked, by a password", staff.ErrState, func() error {
			return s.SetCredentials(ctx, set, got.ID, staff.Credentials{Epoch: got.Epoch}, staff.Active, true)
		})
		nobody := account(here, "nobody", staff.Clerk)
		unlogged(t, s, "nobody", staff.ErrNoAccount, func() error { return s.SetAccount(ctx, set, nobody) })
	})
}

// TestSetCredentials: what an account signs in with is replaced as a whole,
// and a suspension at the same moment is not undone.
//
// Rows: F4, F7
func TestSetCredentials(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx, set := t.Context(), by(here, "clerk", staff.OpAccountPassword, "clerk-472051")
		want := staff.Credentials{Password: "phc", PasswordAt: k.Now(), TOTP: []byte{0, 1}, TOTPStep: 7, Passkeys: []staff.Passkey{{ID: []byte{9}, Data: []byte{0, 255}}, {ID: []byte{3}, Data: nil}}}
		if err := s.SetCredentials(ctx, set, "clerk-472051", want, staff.Active, false); err != nil {
			t.Fatal(err)
		}
		a, got, err := s.AccountByLogin(ctx, here, "clerk")
		want.Passkeys[1].Data = []byte{}
		if len(got.Passkeys) == 2 && len(got.Passkeys[1].Data) == 0 {
			got.Passkeys[1].Data = []byte{}
		}
		if err != nil || a.State != staff.Active || a.Epoch != 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %+v, %v", a, got, err)
		}
		other := staff.Credentials{Passkeys: []staff.Passkey{{ID: []byte{9}, Data: []byte{1}}}}
		unlogged(t, s, "passkey of another", staff.ErrPasskey, func() error {
			return s.SetCredentials(ctx, by(here, "approver", staff.OpAccountPassword, ""), "approver-472051", other, staff.Active, false)
		})
		for _, step := range []struct {
			step int64
			want error
		}{{7, staff.ErrConflict}, {8, nil}, {8, staff.ErrConflict}, {6, staff.ErrConflict}, {10, nil}} {
			if err := s.UseStep(ctx, "clerk-472051", step.step); !errors.Is(err, step.want) {
				t.Errorf("step %d: %v", step.step, err)
			}
		}
		if err := s.UsePasskey(ctx, "clerk-472051", staff.Passkey{ID: []byte{9}, Data: []byte{4}}); err != nil {
			t.Error(err)
		}
		if err := s.UsePasskey(ctx, "approver-472051", staff.Passkey{ID: []byte{9}, Data: []byte{5}}); !errors.Is(err, staff.ErrConflict) {
			t.Errorf("passkey of another: %v", err)
		}
		for _, at := range []time.Time{k.Now(), k.Now().Add(time.Hour), k.Now()} {
			if err := s.SignedIn(ctx, "clerk-472051", at); err != nil {
				t.Error(err)
			}
		}
		if errors.Is(s.UseStep(ctx, "nobody", 1), staff.ErrNoAccount) != true || !errors.Is(s.SignedIn(ctx, "nobody", k.Now()), staff.ErrNoAccount) {
			t.Error("nobody signed in")
		}
		if err := s.SetCredentials(ctx, set, "clerk-472051", staff.Credentials{Password: "new", TOTPStep: 7, Passkeys: []staff.Passkey{got.Passkeys[0]}}, staff.Active, true); err != nil {
			t.Fatal(err)
		}
		a, got, err = s.AccountByLogin(ctx, here, "clerk")
		if err != nil || a.Epoch != 1 || got.Password != "new" || got.TOTP != nil || got.TOTPStep != 10 || len(got.Passkeys) != 1 || !a.LastSignIn.Equal(k.Now().Add(time.Hour)) {
			t.Errorf("%+v, %+v, %v", a, got, err)
		}
		unlogged(t, s, "the epoch before", staff.ErrConflict, func() error {
			return s.SetCredentials(ctx, set, a.ID, staff.Credentials{Password: "late"}, staff.Active, true)
		})
		a.State = staff.Suspended
		if err := s.SetAccount(ctx, by(here, "admin", staff.OpAccountChange, a.ID), a); err != nil {
			t.Fatal(err)
		}
		got.Epoch = a.Epoch + 1
		unlogged(t, s, "suspended meanwhile", staff.ErrState, func() error { return s.SetCredentials(ctx, set, a.ID, got, staff.Active, true) })
		if err := s.SetCredentials(ctx, by(here, "admin", staff.OpAccountEnrol, a.ID), a.ID, staff.Credentials{Epoch: a.Epoch + 1}, staff.Invited, true); err != nil {
			t.Errorf("invited anew: %v", err)
		}
	})
}

// TestDesks is the life of a counter terminal, and of who may use it.
//
// Rows: F1, F3
func TestDesks(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, _ := counter(t, c)
		ctx := t.Context()
		desk, err := s.TerminalByKey(ctx, [32]byte{100, 0})
		if err != nil || desk.ID != "desk-472051" || desk.Municipality != here || desk.Place != "市民課 1番" || !desk.Active || len(desk.Users) != 4 {
			t.Errorf("%+v, %v", desk, err)
		}
		if _, err := s.TerminalByKey(ctx, [32]byte{9}); !errors.Is(err, staff.ErrNoTerminal) {
			t.Errorf("nobody's key: %v", err)
		}
		set := by(here, "admin", staff.OpTerminalUsers, desk.ID)
		if err := s.SetUsers(ctx, set, desk.ID, []string{"clerk-472051", "approver-472051", "clerk-472051"}, false); err != nil {
			t.Fatal(err)
		}
		if desk, err = s.TerminalByKey(ctx, [32]byte{100, 0}); err != nil || desk.Active || !slices.Equal(desk.Users, []string{"approver-472051", "clerk-472051"}) {
			t.Errorf("%+v, %v", desk, err)
		}
		if err := s.SetDesk(ctx, "root", desk.ID, true); err != nil {
			t.Fatal(err)
		}
		if desk, err = s.TerminalByKey(ctx, [32]byte{100, 0}); err != nil || !desk.Active || len(desk.Users) != 2 {
			t.Errorf("%+v, %v", desk, err)
		}
		acts, err := s.Acts(ctx, staff.Filter{Municipality: here, Operation: "terminal"}, 9)
		if err != nil || len(acts) != 3 || acts[0].Operation != staff.OpTerminalState || acts[0].Details["active"] != "true" || acts[2].Details["place"] != "市民課 1番" {
			t.Errorf("%+v, %v", acts, err)
		}
		unlogged(t, s, "no such desk", staff.ErrNoTerminal, func() error { return s.SetDesk(ctx, "root", "desk", true) })
		unlogged(t, s, "nobody did it", ErrActor, func() error { return s.SetDesk(ctx, "", desk.ID, true) })
		unlogged(t, s, "user that is none", staff.ErrNoAccount, func() error { return s.SetUsers(ctx, set, desk.ID, []string{"clerk-472051", "nobody"}, true) })
		if list, err := s.Desks(ctx); err != nil || len(list) != 2 || len(list[1].Users) != 2 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// TestAddDeskRefuses: id and key are for good, and a key is one machine's: no
// kiosk's, and no desk's that is out of use.
//
// Rows: F1, F3
func TestAddDeskRefuses(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, _ := counter(t, c)
		ctx := t.Context()
		if err := errors.Join(s.AddTerminal(ctx, "root", terminal("kiosk", 7)), s.SetTerminal(ctx, "root", "kiosk", Revoked), s.SetDesk(ctx, "root", "desk-472051", false)); err != nil {
			t.Fatal(err)
		}
		for name, spoil := range map[string]func(*staff.Terminal){
			"no municipality":      func(d *staff.Terminal) { d.Municipality = "" },
			"no such municipality": func(d *staff.Terminal) { d.Municipality = "472052" },
			"id with a space":      func(d *staff.Terminal) { d.ID = "a b" },
			"id taken":             func(d *staff.Terminal) { d.ID = "desk-472051" },
			"no place":             func(d *staff.Terminal) { d.Place = "" },
			"no key":               func(d *staff.Terminal) { d.Key = [32]byte{} },
			"key taken":            func(d *staff.Terminal) { d.Key = [32]byte{100, 0} },
			"key of a kiosk":       func(d *staff.Terminal) { d.Key = [32]byte{7} },
			"users":                func(d *staff.Terminal) { d.Users = []string{"clerk-472051"} },
		} {
			d := staff.Terminal{ID: "new", Municipality: here, Place: "2番", Key: [32]byte{101}, Active: true}
			spoil(&d)
			unlogged(t, s, name, ErrTerminal, func() error { return s.AddDesk(ctx, "root", d) })
		}
		unlogged(t, s, "kiosk with a desk's key", ErrTerminal, func() error {
			k := terminal("other", 0)
			k.Key = [32]byte{100, 0}
			return s.AddTerminal(ctx, "root", k)
		})
	})
}
