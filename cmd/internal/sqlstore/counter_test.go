// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// Two municipalities, each with a counter.
const here, there cert.MunicipalityCode = "472051", "131016"

// clock is one that tests set.
type clock struct {
	lock sync.Mutex
	now  time.Time
}

func (c *clock) Now() time.Time {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.now = c.now.Add(d)
}

// counter is a store with a desk and four accounts in either municipality:
// desk-472051, and clerk-472051, approver-…, admin-…, auditor-….
func counter(t *testing.T, c Config) (*Store, *clock) {
	t.Helper()
	k := &clock{now: time.Date(2026, 4, 1, 1, 0, 0, 0, time.UTC)}
	c.Now = k.Now
	s := open(t, c)
	for n, m := range []cert.MunicipalityCode{here, there} {
		if err := s.AddDesk(t.Context(), "root", staff.Terminal{ID: "desk-" + string(m), Municipality: m, Place: "市民課 1番", Key: [32]byte{100, byte(n)}, Active: true}); err != nil {
			t.Fatal(err)
		}
		var list []staff.NewAccount
		for i, role := range []string{"clerk", "approver", "admin", "auditor"} {
			f := []staff.Function{staff.Clerk, staff.Approver, staff.Administrator, staff.Auditor}[i]
			list = append(list, staff.NewAccount{Account: account(m, role, f), Terminals: []string{"desk-" + string(m)},
				Credentials: staff.Credentials{Enrolment: []byte{1, 2, 3}, EnrolmentTill: k.now.Add(time.Hour)}})
		}
		if err := s.AddAccounts(t.Context(), staff.Act{Operator: "root", Municipality: m, Operation: staff.OpAccountAdd}, list); err != nil {
			t.Fatal(err)
		}
	}
	// Only who is active gives approvals that count.
	if _, err := s.db.ExecContext(t.Context(), `UPDATE accounts SET state = 'active' WHERE login = 'approver'`); err != nil {
		t.Fatal(err)
	}
	return s, k
}

func account(m cert.MunicipalityCode, login string, f ...staff.Function) staff.Account {
	return staff.Account{ID: login + "-" + string(m), Municipality: m, Login: login, Name: "職員　" + login, StaffNumber: "no-" + login, Functions: f,
		ValidUntil: cert.Date{Year: 2027, Month: 3, Day: 31}, AddedBy: "root"}
}

// by is what an account of m does at its desk; of a shared one, login has the
// staff number behind a slash.
func by(m cert.MunicipalityCode, login string, op staff.Operation, subject string) staff.Act {
	id, _, _ := strings.Cut(login, "/")
	return staff.Act{Operator: login, Account: id + "-" + string(m), Terminal: "desk-" + string(m), Municipality: m, Operation: op, Subject: subject}
}

// hex32 and hex64 are a handle and a hash made of n.
func hex32(n int) string { return fmt.Sprintf("%032x", n) }
func hex64(n int) string { return fmt.Sprintf("%064x", n) }

// nth is the n-th issue of m's clerk.
func nth(m cert.MunicipalityCode, n int) staff.Issue {
	a := by(m, "clerk", staff.OpIssue, hex32(n))
	a.Details = map[string]string{"kind": "domestic", "purpose": "new"}
	return staff.Issue{Act: a, Token: hex64(n), Kind: cert.Domestic, Handle: staff.Handle(hex32(n)), Sealed: []byte{9, byte(n)},
		RIDs: map[string][]string{"kid-1": {fmt.Sprintf("rid%d", n)}, "kid-2": {fmt.Sprintf("other%d", n)}}, UVCI: hex64(n)}
}

// actions is the log as a list of what was done.
func actions(t *testing.T, s *Store) (list []string) {
	t.Helper()
	log, err := s.Operations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range log {
		list = append(list, o.Action)
	}
	return list
}

// unlogged fails when do adds to the log, or has another error.
func unlogged(t *testing.T, s *Store, name string, want error, do func() error) {
	t.Helper()
	before := len(actions(t, s))
	if err := do(); !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", name, err, want)
	}
	if after := len(actions(t, s)); after != before {
		t.Errorf("%s: %d rows of the log", name, after-before)
	}
}

// TestActs: what is written is read again, newest first, by every filter and
// by none of another municipality.
//
// Rows: F10, F11, R3.2
func TestActs(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		k := &clock{now: time.Date(2026, 4, 1, 1, 0, 0, 0, time.UTC)}
		c.Now = k.Now
		s, ctx := open(t, c), t.Context()
		acts := []staff.Act{
			by(here, "clerk", staff.OpSignIn, ""),
			by(there, "clerk", staff.OpSearch, hex32(1)),
			by(here, "a_b", staff.OpSearch, hex32(1)),
			by(here, "axb/12", staff.OpOpen, hex32(1)),
			by(here, "a_b/34", staff.OpIssue, hex32(2)),
			{Terminal: "desk-2", Municipality: here, Operation: staff.OpSignInFailed},
			{Operator: "root", Municipality: here, Operation: staff.OpAccountAdd},
		}
		acts[2].Details = map[string]string{"z": "last = 最後　だ", "a": "first", "none": ""}
		for _, a := range acts {
			k.pass(time.Second)
			if err := s.Write(ctx, a); err != nil {
				t.Fatal(err)
			}
		}
		at := func(n int) time.Time { return k.now.Add(time.Duration(n-len(acts)) * time.Second) }
		for name, c := range map[string]struct {
			f     staff.Filter
			limit int
			want  []int
		}{
			"all":                     {staff.Filter{}, 9, []int{7, 6, 5, 4, 3, 1}},
			"two":                     {staff.Filter{}, 2, []int{7, 6}},
			"none":                    {staff.Filter{}, -1, nil},
			"the page behind":         {staff.Filter{Before: 6}, 2, []int{5, 4}},
			"one login, shared too":   {staff.Filter{Operator: "a_b"}, 9, []int{5, 3}},
			"one of a shared ID":      {staff.Filter{Operator: "a_b/34"}, 9, []int{5}},
			"beginning of a login":    {staff.Filter{Operator: "a"}, 9, nil},
			"wildcards":               {staff.Filter{Operator: "%"}, 9, nil},
			"one terminal":            {staff.Filter{Terminal: "desk-2"}, 9, []int{6}},
			"one operation":           {staff.Filter{Operation: staff.OpSearch}, 9, []int{3}},
			"operations of one thing": {staff.Filter{Operation: "session"}, 9, []int{6, 1}},
			"beginning of a thing":    {staff.Filter{Operation: "sess"}, 9, nil},
			"one subject":             {staff.Filter{Subject: hex32(1)}, 9, []int{4, 3}},
			"from, until":             {staff.Filter{From: at(3), Until: at(5)}, 9, []int{4, 3}},
			"everything at once":      {staff.Filter{Operator: "a_b", Operation: "person", Subject: hex32(1), Terminal: "desk-472051", From: at(3), Until: at(4), Before: 4}, 1, []int{3}},
		} {
			c.f.Municipality = here
			got, err := s.Acts(ctx, c.f, c.limit)
			var seqs []int
			for _, a := range got {
				seqs = append(seqs, a.Seq)
			}
			if err != nil || !slices.Equal(seqs, c.want) {
				t.Errorf("%s: %v, %v; want %v", name, seqs, err, c.want)
			}
		}
		got, err := s.Acts(ctx, staff.Filter{Municipality: here, Operator: "a_b", Operation: staff.OpSearch}, 1)
		if err != nil || len(got) != 1 || !maps.Equal(got[0].Details, map[string]string{"z": "last = 最後　だ", "a": "first"}) ||
			got[0].Operator != "a_b" || got[0].Account != "a_b-472051" || got[0].Terminal != "desk-472051" || !got[0].At.Equal(at(3)) {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.Acts(ctx, staff.Filter{}, 9); err == nil {
			t.Error("a log of nobody's was read")
		}
		head, err := s.VerifyLog(ctx)
		if now, e := s.Head(ctx); err != nil || e != nil || head != now.String() || now.Seq != len(acts) {
			t.Errorf("%s, %v, %v, %v", head, err, now, e)
		}
	})
}

// TestWriteRefuses what would not be one plain line.
//
// Rows: F10, F11
func TestWriteRefuses(t *testing.T) {
	s := open(t, Config{Driver: SQLite, DSN: Memory})
	for name, spoil := range map[string]func(*staff.Act){
		"nobody, nowhere":         func(a *staff.Act) { a.Operator, a.Terminal = "", "" },
		"operator of two lines":   func(a *staff.Act) { a.Operator = "a\nb" },
		"operator too long":       func(a *staff.Act) { a.Operator = strings.Repeat("a", 101) },
		"no operation":            func(a *staff.Act) { a.Operation = "" },
		"operation of two points": func(a *staff.Act) { a.Operation = "a.b.c" },
		"subject of two lines":    func(a *staff.Act) { a.Subject = "a\nb" },
		"terminal with a space":   func(a *staff.Act) { a.Terminal = "a b" },
		"account with a space":    func(a *staff.Act) { a.Account = "a b" },
		"no such municipality":    func(a *staff.Act) { a.Municipality = "472052" },
		"detail of two lines":     func(a *staff.Act) { a.Details = map[string]string{"a": "b\nc=d"} },
		"detail of 401":           func(a *staff.Act) { a.Details = map[string]string{"a": strings.Repeat("字", 401)} },
		"detail that is no text":  func(a *staff.Act) { a.Details = map[string]string{"a": "\xff"} },
		"detail with a direction": func(a *staff.Act) { a.Details = map[string]string{"a": "a\u202eb"} },
		"detail's name with =":    func(a *staff.Act) { a.Details = map[string]string{"a=b": "c"} },
		"detail without a name":   func(a *staff.Act) { a.Details = map[string]string{"": "c"} },
	} {
		a := by(here, "clerk", staff.OpSearch, "")
		spoil(&a)
		if err := s.Write(t.Context(), a); !errors.Is(err, ErrAct) && !errors.Is(err, ErrActor) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := by(here, "clerk", staff.OpSearch, "")
	a.Details = map[string]string{"a": strings.Repeat("字", 400)}
	if err := s.Write(t.Context(), a); err != nil || len(actions(t, s)) != 1 {
		t.Errorf("%v, %d rows", err, len(actions(t, s)))
	}
}

// TestSpread: a long list is told on several lines, all of it.
func TestSpread(t *testing.T) {
	d, want := map[string]string{}, []string(nil)
	for n := range 60 {
		want = append(want, fmt.Sprintf("131016-desk-%03d", n))
	}
	spread(d, "terminals", want)
	var got []string
	for n := range len(d) {
		name := "terminals"
		if n > 0 {
			name += "_" + itoa(n+1)
		}
		got = append(got, strings.Fields(d[name])...)
	}
	if text, err := writeDetails(d); err != nil || len(d) != 3 || !slices.Equal(got, want) || !maps.Equal(readDetails(text), d) {
		t.Errorf("%v, %q", err, d)
	}
	if spread(d, "empty", nil); d["empty"] != "" {
		t.Error("of nothing, something")
	}
}

func FuzzReadDetails(f *testing.F) {
	f.Add("a=b\nc=d=e")
	f.Add("=\n\n==")
	f.Fuzz(func(t *testing.T, text string) {
		d := readDetails(text)
		written, err := writeDetails(d)
		if err != nil {
			return
		}
		maps.DeleteFunc(d, func(_, v string) bool { return v == "" })
		if !maps.Equal(readDetails(written), d) {
			t.Errorf("%q becomes %q", text, written)
		}
	})
}

func FuzzReadRIDs(f *testing.F) {
	f.Add("kid rid rid\nkid2 rid")
	f.Fuzz(func(t *testing.T, text string) {
		rids := readRIDs(text)
		again := readRIDs(writeRIDs(rids))
		if !maps.EqualFunc(rids, again, slices.Equal) {
			t.Errorf("%q is read as %q, then %q", text, rids, again)
		}
	})
}
