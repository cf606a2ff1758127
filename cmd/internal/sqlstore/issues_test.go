// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// limit is what a city allows at now: so many in the hour before.
func limit(most int, k *clock) staff.Limit {
	return staff.Limit{Most: most, Since: k.Now().Add(-time.Hour)}
}

// TestNoteIssue: issues are counted by operator and hour; what is printed
// again is logged as that, and counted once.
//
// Rows: F10, R3.1
func TestNoteIssue(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx := t.Context()
		for n := range 30 {
			k.pass(time.Minute)
			if err := s.NoteIssue(ctx, nth(here, n), limit(30, k)); err != nil {
				t.Fatal(err)
			}
		}
		unlogged(t, s, "the 31st", staff.ErrHeld, func() error { return s.NoteIssue(ctx, nth(here, 30), limit(30, k)) })
		if err := s.NoteIssue(ctx, nth(here, 29), limit(30, k)); err != nil {
			t.Errorf("printed again: %v", err)
		}
		shared := nth(here, 31)
		shared.Act.Operator, shared.Act.Account = "win/7", "win-472051"
		if err := s.NoteIssue(ctx, shared, limit(30, k)); err != nil {
			t.Errorf("another account, another person: %v", err)
		}
		if n, err := s.Issued(ctx, here, "clerk", k.Now().Add(-time.Hour)); err != nil || n != 30 {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := s.Issued(ctx, here, "clerk", k.Now().Add(-time.Minute)); err != nil || n != 2 {
			t.Errorf("%d, %v", n, err)
		}
		acts, err := s.Acts(ctx, staff.Filter{Municipality: here, Operator: "clerk", Operation: "certificate"}, 99)
		if err != nil || len(acts) != 31 || acts[0].Operation != staff.OpPrint || acts[1].Operation != staff.OpIssue || acts[0].Subject != acts[1].Subject || acts[1].Details["purpose"] != "new" {
			t.Errorf("%d, %+v, %v", len(acts), acts[:3], err)
		}
		k.pass(31*time.Minute + time.Second) // the first of the hour is out of it
		if err := s.NoteIssue(ctx, nth(here, 30), limit(30, k)); err != nil {
			t.Errorf("the hour after: %v", err)
		}
		other := nth(here, 30)
		other.Act.Account, other.Act.Operator = "approver-472051", "approver"
		unlogged(t, s, "another's token", staff.ErrConflict, func() error { return s.NoteIssue(ctx, other, limit(30, k)) })
	})
}

func TestNoteIssueRefuses(t *testing.T) {
	s, k := counter(t, Config{Driver: SQLite, DSN: Memory})
	for name, spoil := range map[string]func(*staff.Issue){
		"no operator":             func(i *staff.Issue) { i.Act.Operator = "" },
		"no municipality":         func(i *staff.Issue) { i.Act.Municipality = "" },
		"no account":              func(i *staff.Issue) { i.Act.Account = "" },
		"token in the clear":      func(i *staff.Issue) { i.Token = "eyJ" },
		"no kind":                 func(i *staff.Issue) { i.Kind = "" },
		"certificate ID":          func(i *staff.Issue) { i.Handle = "JPN47205120260401000001" },
		"kid of two words":        func(i *staff.Issue) { i.RIDs = map[string][]string{"a b": {"c"}} },
		"rid too long":            func(i *staff.Issue) { i.RIDs = map[string][]string{"a": {"abcdefghijklmnopqrstuvwxy"}} },
		"identifier of two lines": func(i *staff.Issue) { i.UVCI = "a\nb" },
		"detail of two lines":     func(i *staff.Issue) { i.Act.Details = map[string]string{"a": "b\nc"} },
	} {
		i := nth(here, 1)
		spoil(&i)
		before := len(actions(t, s))
		if err := s.NoteIssue(t.Context(), i, limit(1, k)); err == nil || errors.Is(err, staff.ErrHeld) || len(actions(t, s)) != before {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoteIssueByMany: of 40 at once, on every replica there is, the limit
// pass, and of 40 that would use one approval, one.
//
// Rows: R3.1
func TestNoteIssueByMany(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx, stores := t.Context(), []*Store{s, s}
		if c.DSN != Memory {
			c.Now = k.Now
			stores[1] = open(t, c)
		}
		many := func(first int, l staff.Limit, with func(*staff.Issue)) (passed, held int) {
			var group sync.WaitGroup
			var yes, no atomic.Int32
			for n := range 40 {
				group.Go(func() {
					i := nth(here, first+n)
					with(&i)
					switch err := stores[n%2].NoteIssue(ctx, i, l); {
					case err == nil:
						yes.Add(1)
					case errors.Is(err, staff.ErrHeld):
						no.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			group.Wait()
			return int(yes.Load()), int(no.Load())
		}
		if passed, held := many(0, limit(30, k), func(*staff.Issue) {}); passed != 30 || held != 10 {
			t.Errorf("%d passed, %d were held; want 30 and 10", passed, held)
		}
		a := asked(t, s, k, 1000)
		if err := s.Decide(ctx, by(here, "approver", staff.OpApprove, a.ID), a.ID, staff.Approved); err != nil {
			t.Fatal(err)
		}
		before := len(actions(t, s))
		passed, held := many(1000, limit(30, k), func(i *staff.Issue) { i.Approval = a.ID })
		if passed != 1 || held != 39 || len(actions(t, s)) != before+1 {
			t.Errorf("by one approval %d passed, %d were held", passed, held)
		}
		b := asked(t, s, k, 2000)
		if err := s.Decide(ctx, by(here, "approver", staff.OpApprove, b.ID), b.ID, staff.Approved); err != nil {
			t.Fatal(err)
		}
		if passed, _ := many(2000, limit(30, k), func(i *staff.Issue) { *i = nth(here, 2000); i.Approval = b.ID }); passed != 40 {
			t.Errorf("one application, sent 40 times: %d passed", passed)
		}
		if got := actions(t, s); !slices.Equal(got[len(got)-40:], append([]string{"certificate.issue"}, slices.Repeat([]string{"certificate.print"}, 39)...)) {
			t.Errorf("one application, sent 40 times: %q", got[len(got)-40:])
		}
		if n, err := s.Issued(ctx, here, "clerk", k.Now().Add(-time.Hour)); err != nil || n != 32 {
			t.Errorf("%d, %v", n, err)
		}
		if _, err := s.Verify(ctx); err != nil {
			t.Error(err)
		}
	})
}

// asked is an approval that waits for nth(here, n).
func asked(t *testing.T, s *Store, k *clock, n int) staff.Approval {
	t.Helper()
	a, err := s.Ask(t.Context(), by(here, "clerk", staff.OpHeld, hex32(n)), approval(k, n))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func approval(k *clock, n int) staff.Approval {
	return staff.Approval{ID: "approval-" + itoa(n), Municipality: here, Until: k.Now().Add(12 * time.Minute), Account: "clerk-472051", Operator: "clerk", Terminal: "desk-472051",
		Session: hex64(1), Token: "sealed", TokenHash: hex64(n), Kind: cert.Domestic, Details: map[string]string{"purpose": "new"}, Why: "hour"}
}

// TestApprovalLetsPass what was asked for, by whom, once, before it ends.
//
// Rows: R3.1
func TestApprovalLetsPass(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx := t.Context()
		held := staff.Limit{Most: 30, Since: k.Now().Add(-time.Hour), Held: true}
		for n, to := range []staff.ApprovalState{staff.Approved, staff.Refused, staff.Pending, staff.Approved} {
			a := asked(t, s, k, n)
			if to != staff.Pending {
				if err := s.Decide(ctx, by(here, "approver", staff.OpApprove, a.ID), a.ID, to); err != nil {
					t.Fatal(err)
				}
			}
		}
		with := func(n int, approval string) staff.Issue {
			i := nth(here, n)
			i.Approval = approval
			return i
		}
		for name, i := range map[string]staff.Issue{"none": with(0, ""), "another token's": with(9, "approval-0"), "refused": with(1, "approval-1"), "pending": with(2, "approval-2")} {
			unlogged(t, s, name, staff.ErrHeld, func() error { return s.NoteIssue(ctx, i, held) })
		}
		own := with(0, "approval-0")
		own.Act.Account, own.Act.Operator = "approver-472051", "approver"
		unlogged(t, s, "by who approved it", staff.ErrHeld, func() error { return s.NoteIssue(ctx, own, held) })
		decidedBy := func(id string) {
			if _, err := s.db.ExecContext(ctx, `UPDATE approvals SET decided_by = $1 WHERE id = 'approval-0'`, id); err != nil {
				t.Fatal(err)
			}
		}
		decidedBy("clerk-472051") // which Decide refuses
		unlogged(t, s, "approved by who asked", staff.ErrHeld, func() error { return s.NoteIssue(ctx, with(0, "approval-0"), held) })
		decidedBy("approver-472051")
		if err := s.NoteIssue(ctx, with(0, "approval-0"), held); err != nil {
			t.Fatal(err)
		}
		a, err := s.Approval(ctx, here, "approval-0", "")
		if err != nil || a.State != staff.Used || a.Token != "" || a.DecidedBy != "approver-472051" {
			t.Errorf("%+v, %v", a, err)
		}
		found, err := s.Recall(ctx, here, "clerk", k.Now().Truncate(time.Hour))
		if err != nil || len(found) != 1 || found[0].Approval != "approval-0" {
			t.Errorf("%+v, %v", found, err)
		}
		k.pass(12 * time.Minute)
		unlogged(t, s, "ended", staff.ErrHeld, func() error { return s.NoteIssue(ctx, with(3, "approval-3"), held) })
	})
}

// TestRecall finds what one operator issued in one hour and has not been
// withdrawn, whole, and nothing of the neighbours.
//
// Rows: R3.3
func TestRecall(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx, hour := t.Context(), k.Now()
		for n := range 8 { // 10:00, 10:15 … 11:45 in Japan
			if err := s.NoteIssue(ctx, nth(here, n), limit(99, k)); err != nil {
				t.Fatal(err)
			}
			other := nth(here, 100+n)
			other.Act.Operator, other.Act.Account = "approver", "approver-472051"
			if err := s.NoteIssue(ctx, other, limit(99, k)); err != nil {
				t.Fatal(err)
			}
			k.pass(15 * time.Minute)
		}
		if err := s.Revoke(ctx, []staff.Revocation{withdrawal(here, 2)}); err != nil {
			t.Fatal(err)
		}
		list, err := s.Recall(ctx, here, "clerk", hour)
		if err != nil || len(list) != 3 {
			t.Fatalf("%d, %v", len(list), err)
		}
		for i, n := range []int{0, 1, 3} {
			want, got := nth(here, n), list[i]
			want.Act.Seq, want.Act.At, want.Person = got.Act.Seq, got.Act.At, "no-clerk" // as the account has it
			if !reflect.DeepEqual(got, want) || !got.Act.At.Equal(hour.Add(time.Duration(n)*15*time.Minute)) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		}
		if list, err := s.Recall(ctx, here, "clerk", hour.Add(-time.Hour)); err != nil || len(list) != 0 {
			t.Errorf("the hour before: %d, %v", len(list), err)
		}
	})
}

func withdrawal(m cert.MunicipalityCode, n int) staff.Revocation {
	i := nth(m, n)
	return staff.Revocation{Act: by(m, "approver", staff.OpVoid, string(i.Handle)), Handle: i.Handle, Sealed: i.Sealed, RIDs: i.RIDs, UVCI: i.UVCI}
}

// TestRevoke: what is withdrawn is published at once and for good, all or
// none, and told until somebody has listened.
//
// Rows: F10, R3.3
func TestRevoke(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		ctx := t.Context()
		if version, rids, uvcis, err := s.Revoked(ctx); err != nil || version != 0 || len(rids)+len(uvcis) != 0 {
			t.Errorf("%d %v %v %v", version, rids, uvcis, err)
		}
		bare := staff.Revocation{Act: by(here, "clerk", staff.OpVoid, hex32(3)), Handle: staff.Handle(hex32(3)), Sealed: []byte{1}}
		if err := s.Revoke(ctx, []staff.Revocation{withdrawal(here, 2), withdrawal(here, 1), bare, withdrawal(here, 1)}); err != nil {
			t.Fatal(err)
		}
		version, rids, uvcis, err := s.Revoked(ctx)
		want := map[string][]string{"kid-1": {"rid1", "rid2"}, "kid-2": {"other1", "other2"}}
		if err != nil || version != 3 || !reflect.DeepEqual(rids, want) || !slices.Equal(uvcis, []string{hex64(1), hex64(2)}) {
			t.Errorf("%d %v %v %v", version, rids, uvcis, err)
		}
		unlogged(t, s, "again", nil, func() error { return s.Revoke(ctx, []staff.Revocation{withdrawal(here, 2)}) })
		spoilt := withdrawal(here, 5)
		spoilt.Act.Details = map[string]string{"a": "b\nc"}
		unlogged(t, s, "one of two is none", ErrAct, func() error { return s.Revoke(ctx, []staff.Revocation{withdrawal(here, 4), spoilt}) })
		for name, spoil := range map[string]func(*staff.Revocation){
			"no handle":       func(r *staff.Revocation) { r.Handle = "" },
			"nothing to tell": func(r *staff.Revocation) { r.Sealed = nil },
			"no municipality": func(r *staff.Revocation) { r.Act.Municipality = "" },
		} {
			r := withdrawal(here, 5)
			spoil(&r)
			unlogged(t, s, name, ErrIssue, func() error { return s.Revoke(ctx, []staff.Revocation{r}) })
		}
		list, err := s.Untold(ctx, 2)
		if err != nil || len(list) != 2 || list[0].Handle != staff.Handle(hex32(2)) || !slices.Equal(list[0].Sealed, []byte{9, 2}) || list[0].Municipality != here || !list[0].At.Equal(k.Now()) {
			t.Errorf("%+v, %v", list, err)
		}
		for range 2 {
			if err := s.Told(ctx, list[0].Handle); err != nil {
				t.Error(err)
			}
		}
		if list, err = s.Untold(ctx, 9); err != nil || len(list) != 2 || list[0].Handle != staff.Handle(hex32(1)) {
			t.Errorf("%+v, %v", list, err)
		}
		var left int
		if err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM revocations WHERE sealed IS NOT NULL`).Scan(&left); err != nil || left != 2 {
			t.Errorf("%d certificate IDs are left, %v", left, err)
		}
		if version, _, _, err := s.Revoked(ctx); err != nil || version != 3 {
			t.Errorf("%d, %v", version, err)
		}
		if got := actions(t, s); !slices.Equal(got[len(got)-3:], []string{"certificate.void", "certificate.void", "certificate.void"}) {
			t.Errorf("%q", got)
		}
	})
}

// TestLimitIsThePersons: whichever account somebody uses, the hour is theirs,
// and that of an account is one, whoever uses it; capitals make no other.
//
// Rows: R3.1
func TestLimitIsThePersons(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		n := 0
		issue := func(operator, person string) error {
			n++
			i := nth(here, n)
			i.Act.Operator, i.Person = operator, person
			login, _, _ := strings.Cut(operator, "/")
			i.Act.Account = login + "-472051"
			return s.NoteIssue(t.Context(), i, limit(2, k))
		}
		for _, c := range []struct {
			operator, person string
			want             error
		}{
			{"clerk", "K100", nil},
			{"win/k100", "k100", nil},
			{"clerk", "K100", staff.ErrHeld},
			{"win2/K100", "K100", staff.ErrHeld},
			{"win/k7", "k7", nil},
			{"win/k8", "k8", staff.ErrHeld}, // two by this account
			{"win2/k8", "k8", nil},
			{"clerk", "", nil},
			{"win3/no-clerk", "no-clerk", nil},
			{"win4/no-clerk", "no-clerk", staff.ErrHeld}, // one of them by the account that has this number
		} {
			if c.operator == "clerk" && c.person == "" {
				k.pass(2 * time.Hour)
			}
			if err := issue(c.operator, c.person); !errors.Is(err, c.want) {
				t.Errorf("issue %d by %s: %v, want %v", n, c.operator, err, c.want)
			}
		}
	})
}

// TestPrint: only what was issued is printed, and not what was withdrawn.
//
// Rows: R3.1, R3.3
func TestPrint(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		i := nth(here, 1)
		i.Act.Operation = staff.OpPrint
		do := func() error { return s.NoteIssue(t.Context(), i, limit(30, k)) }
		unlogged(t, s, "not issued yet", staff.ErrState, do)
		i.Act.Operation = staff.OpIssue
		if err := do(); err != nil {
			t.Fatal(err)
		}
		i.Act.Operation = staff.OpPrint
		if err := do(); err != nil {
			t.Error(err)
		}
		if err := s.Revoke(t.Context(), []staff.Revocation{withdrawal(here, 1)}); err != nil {
			t.Fatal(err)
		}
		unlogged(t, s, "withdrawn", staff.ErrState, do)
		i.Act.Operation = staff.OpIssue
		unlogged(t, s, "withdrawn, issued again", staff.ErrState, do)
		if got := actions(t, s); !slices.Equal(got[len(got)-3:], []string{"certificate.issue", "certificate.print", "certificate.void"}) {
			t.Errorf("%q", got)
		}
	})
}

// TestApproverMustBeActive: what somebody approved who is revoked since is
// approved by nobody.
//
// Rows: R3.1, F7
func TestApproverMustBeActive(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, k := counter(t, c)
		a := asked(t, s, k, 1)
		if err := s.Decide(t.Context(), by(here, "approver", staff.OpApprove, a.ID), a.ID, staff.Approved); err != nil {
			t.Fatal(err)
		}
		gone, err := s.Account(t.Context(), "approver-472051")
		if err != nil {
			t.Fatal(err)
		}
		gone.State = staff.Revoked
		if err := s.SetAccount(t.Context(), by(here, "admin", staff.OpAccountChange, gone.ID), gone); err != nil {
			t.Fatal(err)
		}
		i := nth(here, 1)
		i.Approval = a.ID
		unlogged(t, s, "approved by who is revoked", staff.ErrHeld, func() error {
			return s.NoteIssue(t.Context(), i, staff.Limit{Most: 30, Since: k.Now().Add(-time.Hour), Held: true})
		})
	})
}

// TestUntoldOfEach: nobody waits behind what another municipality has to tell.
func TestUntoldOfEach(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, _ := counter(t, c)
		var list []staff.Revocation
		for n := range 5 {
			list = append(list, withdrawal(here, n))
		}
		list = append(list, withdrawal(there, 9))
		if err := s.Revoke(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		got, err := s.Untold(t.Context(), 2)
		var handles []staff.Handle
		for _, u := range got {
			handles = append(handles, u.Handle)
		}
		if want := []staff.Handle{list[0].Handle, list[5].Handle, list[1].Handle}; err != nil || !slices.Equal(handles, want) {
			t.Errorf("%v, %v; want %v", handles, err, want)
		}
	})
}

// TestRevokedIsReadOnce, and again when there is more; what was returned is
// the caller's.
func TestRevokedIsReadOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, _ := counter(t, c)
		for n := range 2 {
			if err := s.Revoke(t.Context(), []staff.Revocation{withdrawal(here, n)}); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				version, rids, uvcis, err := s.Revoked(t.Context())
				if err != nil || version != n+1 || len(rids["kid-1"]) != n+1 || rids["kid-1"][0] != "rid0" || len(uvcis) != n+1 {
					t.Fatalf("%d %v %v %v", version, rids, uvcis, err)
				}
				rids["kid-1"][0], uvcis[0] = "spoilt", "spoilt"
			}
		}
	})
}
