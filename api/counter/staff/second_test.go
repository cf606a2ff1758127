// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
)

// Rows: F4
func TestCodeWorksOnce(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	try := func(code string) error {
		t.Helper()
		half := o.password("yui", "pc-1")
		_, _, err := o.Code(t.Context(), o.at("pc-1"), half, code)
		return err
	}
	o.pass(10 * time.Minute)
	code := o.codeAt(p, o.now())
	var full strings.Builder // as a Japanese keyboard types it
	for _, r := range code {
		full.WriteString(string(r - '0' + '０'))
	}
	want(t, "full width", try(full.String()), nil)
	want(t, "the same again", try(code), staff.ErrSignIn)
	want(t, "the one before it", try(o.codeAt(p, o.now().Add(-30*time.Second))), staff.ErrSignIn)
	want(t, "the next one, from a fast clock", try(o.codeAt(p, o.now().Add(30*time.Second))), nil)
	want(t, "two steps ahead", try(o.codeAt(p, o.now().Add(60*time.Second))), staff.ErrSignIn)
	o.pass(20 * time.Minute)
	want(t, "two steps late", try(o.codeAt(p, o.now().Add(-60*time.Second))), staff.ErrSignIn)
	want(t, "one step late", try(o.codeAt(p, o.now().Add(-30*time.Second))), nil)
	for _, s := range []string{"", "12345", "abcdef", "-----", strings.Repeat("9", 4000)} {
		o.pass(20 * time.Minute)
		want(t, "no code at all", try(s), staff.ErrSignIn)
	}
}

// Rows: F4
func TestTriesOfOneSession(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	half := o.password("yui", "pc-1")
	for range 5 {
		_, _, err := o.Code(t.Context(), o.at("pc-1"), half, "000000")
		want(t, "a wrong code", err, staff.ErrSignIn)
	}
	_, _, err := o.Code(t.Context(), o.at("pc-1"), half, o.code(p))
	want(t, "the right one after five", err, staff.ErrNoSession)
}

// Two requests with one session of StagePassword make one session at most,
// both with codes that are good.
func TestOneSessionOfOnePassword(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	half := o.password("yui", "pc-1")
	o.pass(5 * time.Minute)
	early, late := o.codeAt(p, o.now().Add(-30*time.Second)), o.codeAt(p, o.now())
	code := func(c string) error {
		_, _, err := o.Code(t.Context(), o.at("pc-1"), half, c)
		return err
	}
	var second error
	o.m.beforeSave = func() { // of the try; the next one ends the session before
		o.m.beforeSave = func() { second = code(late) }
	}
	want(t, "the slower one", code(early), staff.ErrNoSession)
	want(t, "the faster one", second, nil)
}

// Rows: F4
func TestPasskeySignIn(t *testing.T) {
	o := newOffice(t)
	p := o.hire(draft("yui", "2001", staff.Clerk))
	o.addPasskey(p)
	pc := o.at("pc-1")
	half := o.password("yui", "pc-1")
	options, err := o.PasskeyBegin(t.Context(), pc, half)
	if err != nil {
		t.Fatal(err)
	}
	answer := o.touch(p, options)
	_, _, err = o.PasskeyFinish(t.Context(), pc, half, []byte("{}"))
	want(t, "rubbish", err, staff.ErrPasskey)
	_, _, err = o.PasskeyFinish(t.Context(), pc, half, answer)
	want(t, "the answer to a ceremony that was judged", err, staff.ErrPasskey)
	if options, err = o.PasskeyBegin(t.Context(), pc, half); err != nil {
		t.Fatal(err)
	}
	from := o.m.height()
	fresh, v, err := o.PasskeyFinish(t.Context(), pc, half, o.touch(p, options))
	if err != nil || v.Factor != "passkey" || v.Stage != staff.StageFull || fresh == half {
		t.Fatalf("passkey: %v %v", v.Stage, err)
	}
	wantRows(t, o.m, from, "session.begin")
	want(t, "the new token", o.alive("pc-1", fresh), nil)
	want(t, "the old one", o.alive("pc-1", half), staff.ErrNoSession)
	half = o.password("yui", "pc-1")
	_, _, err = o.Code(t.Context(), pc, half, "123456")
	want(t, "a code without a TOTP secret", err, staff.ErrSecond)
}

// Rows: F4
func TestSecondFactorIsThePolicys(t *testing.T) {
	o := newOffice(t)
	byCode := o.hire(draft("yui", "2001", staff.Clerk))
	byKey := o.hire(draft("ren", "2002", staff.Clerk))
	o.addPasskey(byKey)
	fresh := map[staff.Factor]*person{}
	for i, f := range []staff.Factor{staff.Either, staff.TOTP, staff.PasskeyKey} {
		fresh[f] = o.hire(draft("new-"+string(f), fmt.Sprint(3000+i), staff.Clerk))
	}
	by, _ := o.admin()
	for _, c := range []struct {
		policy    staff.Factor
		code, key error
	}{
		{staff.Either, nil, nil}, {staff.TOTP, nil, staff.ErrSecond}, {staff.PasskeyKey, staff.ErrSecond, nil},
	} {
		o.pass(time.Hour)
		o.policy.SecondFactor = c.policy
		half := o.password("yui", "pc-1")
		_, _, err := o.Code(t.Context(), o.at("pc-1"), half, o.code(byCode))
		want(t, string(c.policy)+": code", err, c.code)
		half = o.password("ren", "pc-1")
		options, err := o.PasskeyBegin(t.Context(), o.at("pc-1"), half)
		want(t, string(c.policy)+": begin", err, c.key)
		if c.key == nil {
			_, _, err = o.PasskeyFinish(t.Context(), o.at("pc-1"), half, o.touch(byKey, options))
			want(t, string(c.policy)+": finish", err, nil)
		}
		i, err := o.Invite(t.Context(), by, fresh[c.policy].id)
		if err != nil {
			t.Fatal(err)
		}
		token, _, err := o.Enrol(t.Context(), o.at("pc-1"), i.Account.Login, i.Code, []byte(phrase))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = o.Secret(t.Context(), o.at("pc-1"), token)
		want(t, string(c.policy)+": enrol with TOTP", err, c.code)
		_, err = o.PasskeyBegin(t.Context(), o.at("pc-1"), token)
		want(t, string(c.policy)+": enrol with a passkey", err, c.key)
	}
}
