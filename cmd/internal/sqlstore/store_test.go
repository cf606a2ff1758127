// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert/municipality"
	"kofu/kiosk"
)

// What the doors want is what the store is.
var (
	_ kiosk.Terminals       = (*Store)(nil)
	_ kiosk.Ledger          = (*Store)(nil)
	_ municipality.Closures = (*Store)(nil)

	_ staff.Accounts    = (*Store)(nil)
	_ staff.AccountBook = (*Store)(nil)
	_ staff.SignIns     = (*Store)(nil)
	_ staff.Terminals   = (*Store)(nil)
	_ staff.Log         = (*Store)(nil)
	_ staff.Issues      = (*Store)(nil)
	_ staff.Revocations = (*Store)(nil)
	_ staff.Approvals   = (*Store)(nil)
	_ staff.Decisions   = (*Store)(nil)
	_ staff.Alerts      = (*Store)(nil)
	_ staff.Reviews     = (*Store)(nil)
	_ staff.Inquiries   = (*Store)(nil)
)

func TestConfigIsRefused(t *testing.T) {
	for name, c := range map[string]Config{
		"nothing":                        {},
		"no such driver":                 {Driver: "mysql", DSN: "x"},
		"SQLite without a path":          {Driver: SQLite},
		"PostgreSQL without a connector": {Driver: Postgres, DSN: "postgres://a:b@c/d"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(c); !errors.Is(err, ErrConfig) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := Open(t.Context(), Config{Driver: SQLite, DSN: filepath.Join(t.TempDir(), "nowhere", "kofu.db")}); err == nil {
		t.Error("a folder that is not there was taken")
	}
}

// TestCheck: no database is ready before its tables are there, or after it is
// gone.
func TestCheck(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		open(t, c) // makes the folder; in memory it is another database
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if s.Check(t.Context()) == nil {
			t.Error("ready before the tables are looked at")
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if s.Check(over) == nil {
			t.Error("the context is not honoured")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s.Check(t.Context()) == nil {
			t.Error("ready after its end")
		}
	})
}

// TestManyOpenAtOnce: replicas start together on a database without tables,
// on one with them, and on one that is behind.
func TestManyOpenAtOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		if c.DSN == Memory {
			return // each has a memory of its own
		}
		if c.DSN != "" {
			if err := os.MkdirAll(filepath.Dir(c.DSN), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for _, before := range [][]string{nil, nil, undone(c)} {
			if before != nil {
				s := open(t, c)
				for _, statement := range before {
					if _, err := s.db.ExecContext(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
			}
			var group sync.WaitGroup
			for range 6 {
				group.Go(func() {
					s, err := Open(t.Context(), c)
					if err != nil {
						t.Error(err)
						return
					}
					defer func() { _ = s.Close() }()
					if err := s.Check(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
		}
	})
}

// undone takes back what the steps of migrations have made, but not that there
// are steps: the next to come find all of them to be made, at one moment.
func undone(c Config) []string {
	list := []string{`DROP TABLE revocation_rids`, `DROP TABLE revocations`, `DROP TABLE counter_issues`, `DROP TABLE approvals`, `DROP TABLE desk_users`, `DROP TABLE desks`,
		`DROP TABLE passkeys`, `DROP TABLE rosters`, `DROP TABLE accounts`, `DROP TABLE alerts`, `DROP TABLE reviews`, `DROP TABLE inquiries`, `DROP TABLE terminals`, `DROP TABLE closures`, `DROP TABLE kiosk_ledger`, `DROP TABLE operations`, `DROP TABLE operations_head`,
		`DELETE FROM goose_db_version WHERE version_id > 0`}
	if c.Driver == Postgres {
		list = append(list, `DROP FUNCTION operations_stay`)
	}
	return list
}

// TestFileIsItsOwners: what is made is read by nobody else.
func TestFileIsItsOwners(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kofu.db")
	s := open(t, Config{Driver: SQLite, DSN: path})
	if err := s.Note(t.Context(), kiosk.Entry{Transaction: "a"}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("%q %v", files, err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %04o", f, info.Mode().Perm())
		}
	}
}

// TestColumns is the list of all there is, to be read by whoever adds to it:
// nothing here is about an applicant but what is sealed (approvals.token,
// counter_issues.sealed, revocations.sealed).
//
// Rows: C1
func TestColumns(t *testing.T) {
	want := []string{
		"accounts.added_at", "accounts.added_by", "accounts.enrolment", "accounts.enrolment_till", "accounts.epoch", "accounts.functions", "accounts.id",
		"accounts.last_sign_in", "accounts.login", "accounts.municipality", "accounts.name", "accounts.password", "accounts.password_at",
		"accounts.shared_purpose", "accounts.shared_until", "accounts.staff_number", "accounts.state", "accounts.totp", "accounts.totp_step",
		"accounts.valid_until",
		"alerts.account", "alerts.at", "alerts.closed_at", "alerts.closed_by", "alerts.count", "alerts.finding", "alerts.id", "alerts.kind",
		"alerts.municipality", "alerts.operator", "alerts.terminal",
		"approvals.account", "approvals.at", "approvals.decided_at", "approvals.decided_by", "approvals.details", "approvals.id", "approvals.kind",
		"approvals.municipality", "approvals.operator", "approvals.session", "approvals.state", "approvals.terminal", "approvals.token",
		"approvals.token_hash", "approvals.until_at", "approvals.why",
		"closures.channel", "closures.en", "closures.from_at", "closures.id", "closures.ja", "closures.lifted_at", "closures.municipality",
		"closures.reason", "closures.until_at",
		"counter_issues.account", "counter_issues.approval", "counter_issues.at", "counter_issues.handle", "counter_issues.kind",
		"counter_issues.municipality", "counter_issues.operator", "counter_issues.person", "counter_issues.rids", "counter_issues.sealed", "counter_issues.seq",
		"counter_issues.token", "counter_issues.uvci",
		"desk_users.account", "desk_users.desk", "desks.active", "desks.added_at", "desks.id", "desks.key", "desks.municipality", "desks.place",
		"inquiries.answer", "inquiries.at", "inquiries.id", "inquiries.means", "inquiries.municipality", "inquiries.operator", "inquiries.topic",
		"kiosk_ledger.at", "kiosk_ledger.captured_yen", "kiosk_ledger.copies", "kiosk_ledger.escrow_yen", "kiosk_ledger.fee_yen", "kiosk_ledger.jams",
		"kiosk_ledger.kind", "kiosk_ledger.municipality", "kiosk_ledger.operator", "kiosk_ledger.prepared_at", "kiosk_ledger.printed",
		"kiosk_ledger.released", "kiosk_ledger.returned_yen", "kiosk_ledger.settled", "kiosk_ledger.step", "kiosk_ledger.store", "kiosk_ledger.terminal",
		"kiosk_ledger.transaction_id", "kiosk_ledger.voided",
		"operations.account", "operations.action", "operations.actor", "operations.at", "operations.details", "operations.hash",
		"operations.municipality", "operations.prev", "operations.seq", "operations.subject", "operations.terminal", "operations_head.hash", "operations_head.one", "operations_head.seq",
		"passkeys.account", "passkeys.data", "passkeys.id", "passkeys.place",
		"reviews.account", "reviews.at", "reviews.finding", "reviews.from_on", "reviews.head", "reviews.id", "reviews.municipality",
		"reviews.operator", "reviews.until_on", "reviews.what",
		"revocation_rids.kid", "revocation_rids.number", "revocation_rids.rid", "revocations.at", "revocations.handle", "revocations.municipality",
		"revocations.number", "revocations.sealed", "revocations.seq", "revocations.told_at", "revocations.uvci",
		"rosters.account", "rosters.from_on", "rosters.name", "rosters.place", "rosters.staff_number", "rosters.until_on",
		"terminals.added_at", "terminals.id", "terminals.key", "terminals.operator", "terminals.relay", "terminals.role", "terminals.seen_at",
		"terminals.software_config", "terminals.software_name", "terminals.software_version", "terminals.state", "terminals.store",
	}
	each(t, func(t *testing.T, c Config) {
		s := open(t, c)
		query := `SELECT m.name || '.' || p.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`
		if c.Driver == Postgres {
			query = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%'`
		}
		var got []string
		err := rows(t.Context(), s.db, query, nil, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			got = append(got, name)
			return err
		})
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
		}
	})
}

// grants is what doc.go says that the server's own user needs.
func grants(t *testing.T, role string) (list []string) {
	t.Helper()
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, piece := range strings.Split(string(source), "GRANT ")[1:] {
		statement, _, ended := strings.Cut(piece, " TO kofu;")
		if !ended {
			t.Fatal("doc.go has a GRANT to nobody")
		}
		list = append(list, "GRANT "+strings.ReplaceAll(statement, "\n//", " ")+" TO "+role)
	}
	return list
}

// TestSmallRights: with the rights that the manual names, everything works
// but changing what is for ever.
func TestSmallRights(t *testing.T) {
	owner := server.database(t)
	open(t, owner)
	name := "test" + itoa(server.count)
	role := "narrow" + itoa(server.count)
	for _, statement := range append([]string{"CREATE ROLE " + role + " LOGIN"}, grants(t, role)...) {
		if err := server.do(t.Context(), name, statement); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, server.config(t, role, name))
	id, err := s.AddClosure(t.Context(), "hanako", municipality.Closure{Reason: municipality.Suspension, From: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.LiftClosure(t.Context(), "hanako", id), s.AddTerminal(t.Context(), "hanako", terminal("t-1", 1)),
		s.SetTerminal(t.Context(), "hanako", "t-1", Revoked), s.Note(t.Context(), kiosk.Entry{Transaction: "a"}), s.Note(t.Context(), kiosk.Entry{Transaction: "a"})); err != nil {
		t.Error(err)
	}
	if err := counterWork(t, server.config(t, role, name)); err != nil {
		t.Error(err)
	}
	for _, statement := range []string{
		`DELETE FROM operations`, `UPDATE operations SET actor = 'a'`, `TRUNCATE operations`, `DELETE FROM operations_head`, `DELETE FROM accounts`, `DELETE FROM desks`,
		`DELETE FROM counter_issues`, `UPDATE counter_issues SET at = ''`, `DELETE FROM revocations`, `UPDATE revocation_rids SET rid = ''`, `DELETE FROM revocation_rids`,
		`DELETE FROM approvals`, `DELETE FROM alerts`, `UPDATE reviews SET finding = ''`, `DELETE FROM reviews`, `UPDATE inquiries SET answer = ''`, `DELETE FROM inquiries`,
		`DROP TRIGGER operations_stay ON operations`, `DROP TABLE operations`,
	} {
		if _, err := s.db.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// counterWork does all that the counter does.
func counterWork(t *testing.T, c Config) error {
	t.Helper()
	s, k := counter(t, c)
	ctx := t.Context()
	busy(t, s, k, here, 10)
	everythingOf(t, s, k, here)
	a, err := s.Account(ctx, "window-472051")
	if err != nil {
		return err
	}
	held := nth(here, 10)
	held.Token, held.Approval = hex64(12), "approval-472051"
	cr := staff.Credentials{Passkeys: []staff.Passkey{{ID: []byte{1}, Data: []byte{2}}}}
	waiting := approval(k, 12)
	waiting.ID = "waiting"
	_, err = s.Ask(ctx, by(here, "clerk", staff.OpHeld, ""), waiting)
	errs := []error{err, s.SetAccount(ctx, by(here, "admin", staff.OpAccountChange, ""), a), s.SetUsers(ctx, by(here, "admin", staff.OpTerminalUsers, ""), "desk-472051", nil, true),
		s.SetCredentials(ctx, by(here, "clerk", staff.OpAccountPassword, ""), "clerk-472051", cr, staff.Active, true), s.UseStep(ctx, "clerk-472051", 1),
		s.UsePasskey(ctx, "clerk-472051", cr.Passkeys[0]), s.SignedIn(ctx, "clerk-472051", k.Now()), s.SetDesk(ctx, "root", "desk-472051", true),
		s.Decide(ctx, by(here, "approver", staff.OpApprove, ""), "waiting", staff.Approved)}
	held.Approval = "waiting"
	errs = append(errs, s.NoteIssue(ctx, held, staff.Limit{Held: true}), s.Told(ctx, staff.Handle(hex32(10))), s.CloseAlert(ctx, by(here, "auditor", staff.OpAlertClose, ""), "alert-472051", "x"))
	_, _, _, err = s.Revoked(ctx)
	_, e := s.Untold(ctx, 1)
	return errors.Join(append(errs, err, e)...)
}
