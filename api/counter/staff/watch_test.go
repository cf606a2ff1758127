// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"fmt"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// Rows: R3.1
func TestLimit(t *testing.T) {
	o := newOffice(t)
	v := staff.Session{Terminal: o.m.terminals["pc-1"]}
	clock := func(h, m int) time.Time { return time.Date(2026, 4, 15, h, m, 0, 0, cert.JST()) }
	for _, c := range []struct {
		at        time.Time
		protected bool
		why       string
	}{
		{clock(3, 0), false, "night"}, {clock(5, 59), false, "night"}, {clock(6, 0), false, ""}, {clock(12, 0), false, ""},
		{clock(21, 59), false, ""}, {clock(22, 0), false, "night"}, {clock(23, 59), false, "night"}, {clock(0, 0), false, "night"},
		{clock(3, 0).UTC(), false, "night"}, {clock(12, 0).UTC(), false, ""},
		{clock(12, 0), true, "protected"}, {clock(3, 0), true, "protected"},
	} {
		o.clock = c.at
		l, why := o.Limit(v, c.protected)
		if why != c.why || l.Held != (c.why != "") || l.Most != 30 || !l.Since.Equal(c.at.Add(-time.Hour)) {
			t.Errorf("%v: %+v %q, want %q", c.at, l, why, c.why)
		}
	}
	o.policy.NightFrom, o.policy.NightUntil, o.policy.Hourly = "01:00", "04:30", 5
	for h, held := range map[int]bool{0: false, 1: true, 4: true, 5: false, 23: false} {
		o.clock = clock(h, 0)
		if l, _ := o.Limit(v, false); l.Held != held || l.Most != 5 {
			t.Errorf("%d o'clock: %+v", h, l)
		}
	}
	o.policy.NightFrom, o.clock = "nonsense", clock(3, 0)
	if l, _ := o.Limit(v, false); !l.Held {
		t.Error("a night that cannot be read is none")
	}
}

// Rows: R3.1
func TestFamilyRun(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	o.hire(draft("ren", "2002", staff.Clerk))
	yui, _ := o.signIn("yui", "pc-1")
	ren, _ := o.signIn("ren", "pc-2")
	o.clock = weekday.Add(2 * time.Hour)
	watch := func(v staff.Session, op staff.Operation, family cert.Private) {
		t.Helper()
		if err := o.Watch(t.Context(), v, op, family); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		watch(yui, staff.OpIssue, "山田")
		watch(yui, staff.OpPrint, "山田") // the same certificate on paper
		watch(ren, staff.OpIssue, "山田")
		watch(yui, staff.OpIssue, cert.Private(fmt.Sprint("家", i)))
		watch(yui, staff.OpIssue, "")
	}
	if n := o.m.raised(staff.AlertFamily); n != 0 {
		t.Fatalf("%d alerts after five each", n)
	}
	watch(yui, staff.OpIssue, "山田")
	watch(yui, staff.OpIssue, "山田")
	if n := o.m.raised(staff.AlertFamily); n != 1 {
		t.Fatalf("%d alerts after seven", n)
	}
	if a := o.m.alerts[len(o.m.alerts)-1]; a.Operator != "yui" || a.Count != 6 || a.Terminal != "pc-1" {
		t.Errorf("%+v", a)
	}
	o.pass(time.Hour)
	watch(ren, staff.OpIssue, "山田")
	if n := o.m.raised(staff.AlertFamily); n != 1 {
		t.Errorf("%d alerts: an hour before was counted", n)
	}
}

// What was issued is taken off: one issue does not cover sixty people looked at.
//
// Rows: R3.1
func TestFruitless(t *testing.T) {
	for _, op := range []staff.Operation{staff.OpOpen, staff.OpSearch} {
		for issued := range 4 {
			o := newOffice(t)
			o.hire(draft("yui", "2001", staff.Clerk))
			v, _ := o.signIn("yui", "pc-1")
			o.clock = weekday.Add(2 * time.Hour)
			for range issued {
				if err := o.Watch(t.Context(), v, staff.OpIssue, ""); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 25 {
				if err := o.Watch(t.Context(), v, op, ""); err != nil {
					t.Fatal(err)
				}
				if n, most := o.m.raised(staff.AlertFruitless), map[bool]int{true: 1}[i+1-issued >= 20]; n != most {
					t.Fatalf("%s, %d issued: %d alerts after %d", op, issued, n, i+1)
				}
			}
		}
	}
}

// Rows: R3.1
func TestOutOfHours(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	o.signIn("yui", "pc-1")
	if n := o.m.raised(staff.AlertNight); n != 0 {
		t.Fatalf("%d alerts by day", n)
	}
	o.clock = time.Date(2026, 4, 15, 19, 0, 0, 0, cert.JST())
	v, _ := o.signIn("yui", "pc-1")
	if n := o.m.raised(staff.AlertNight); n != 1 {
		t.Fatalf("%d alerts for a sign-in at 19:00", n)
	}
	for range 5 {
		if err := o.Watch(t.Context(), v, staff.OpSearch, ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.m.raised(staff.AlertNight); n != 1 {
		t.Errorf("%d alerts in one hour", n)
	}
	o.pass(time.Hour)
	if err := o.Watch(t.Context(), v, staff.OpSearch, ""); err != nil {
		t.Fatal(err)
	}
	if n := o.m.raised(staff.AlertNight); n != 2 {
		t.Errorf("%d alerts in two hours", n)
	}
	o.m.alertsDown = true
	o.pass(time.Hour)
	want(t, "an alert that cannot be raised", o.Watch(t.Context(), v, staff.OpSearch, ""), errDown)
}

func TestHeldRaisesAnAlert(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	v, _ := o.signIn("yui", "pc-1")
	for range 3 {
		if err := o.Watch(t.Context(), v, staff.OpHeld, ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.m.raised(staff.AlertHeld); n != 1 {
		t.Errorf("%d alerts", n)
	}
	want(t, "another kind", o.Alarm(t.Context(), v, staff.AlertOtherCity, 2), nil)
	if n := o.m.raised(staff.AlertOtherCity); n != 1 {
		t.Errorf("%d alerts", n)
	}
}
