// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
)

// sum is the hash of a row as its description has it, written a second time.
func sum(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestOldRowsKeepTheirHash: what was written before there was a counter, and
// what a replica of that time still writes beside this one, is whole.
func TestOldRowsKeepTheirHash(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		if c.Driver == SQLite && c.DSN != Memory {
			open(t, Config{Driver: SQLite, DSN: c.DSN + "-other"}) // makes the folder
		}
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		steps, err := s.steps()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := steps.UpTo(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		at, prev := "2026-03-31T00:00:00.000000Z", strings.Repeat("0", 64)
		old := func(seq int) {
			t.Helper()
			hash := sum(strconv.Itoa(seq), at, "hanako", "terminal.revoke", "t-1", "a=b", prev)
			_, err := s.db.ExecContext(t.Context(), `INSERT INTO operations (seq, at, actor, action, subject, details, prev, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				seq, at, "hanako", "terminal.revoke", "t-1", "a=b", prev, hash)
			if err == nil {
				_, err = s.db.ExecContext(t.Context(), `UPDATE operations_head SET seq = $1, hash = $2`, seq, hash)
			}
			if err != nil {
				t.Fatal(err)
			}
			prev = hash
		}
		old(1)
		old(2)
		noted := Head{2, prev}
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		a := by(here, "clerk", staff.OpSearch, "x")
		a.Details = map[string]string{"found": "1"}
		if err := s.Write(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		log, err := s.Operations(t.Context())
		if err != nil || len(log) != 3 {
			t.Fatalf("%+v, %v", log, err)
		}
		prev = sum("3", format(log[2].At), "clerk", "person.search", "x", "found=1", prev, "472051", "desk-472051", "clerk-472051")
		old(4) // by the replica that has not been replaced yet
		if head, err := s.Verify(t.Context(), noted); err != nil || head != (Head{4, prev}) {
			t.Errorf("%v, %v", head, err)
		}
	})
}

// TestVerifyFindsDamageOfCounterRows does to rows of the counter what somebody
// can who has all rights on the database; the end cut off with the head made
// to fit is found by a head that was noted elsewhere.
//
// Rows: F10, R3.2
func TestVerifyFindsDamageOfCounterRows(t *testing.T) {
	swap := []string{`UPDATE operations SET seq = -1 WHERE seq = 2`, `UPDATE operations SET seq = 2 WHERE seq = 3`, `UPDATE operations SET seq = 3 WHERE seq = -1`}
	cut := []string{`DELETE FROM operations WHERE seq > 3`, `UPDATE operations_head SET seq = 3, hash = (SELECT hash FROM operations WHERE seq = 3)`}
	insert := `INSERT INTO operations (seq, at, actor, action, subject, details, prev, hash, municipality) SELECT `
	for name, c := range map[string]struct {
		does []string
		want string
	}{
		"nothing":                           {nil, ""},
		"alters the municipality":           {[]string{`UPDATE operations SET municipality = '131016' WHERE seq = 3`}, "row 3 was altered"},
		"takes the municipality away":       {[]string{`UPDATE operations SET municipality = '', terminal = '', account = '' WHERE seq = 3`}, "row 3 was altered"},
		"alters the terminal":               {[]string{`UPDATE operations SET terminal = 'desk-2' WHERE seq = 2`}, "row 2 was altered"},
		"alters the account":                {[]string{`UPDATE operations SET account = 'other' WHERE seq = 2`}, "row 2 was altered"},
		"moves terminal into municipality":  {[]string{`UPDATE operations SET municipality = municipality || terminal, terminal = '' WHERE seq = 2`}, "row 2 was altered"},
		"gives a municipality to a plain":   {[]string{`UPDATE operations SET municipality = '472051' WHERE seq = 1`}, "row 1 was altered"},
		"alters a detail":                   {[]string{`UPDATE operations SET details = 'found=2' WHERE seq = 4`}, "row 4 was altered"},
		"drops one":                         {[]string{`DELETE FROM operations WHERE seq = 3`}, "row 3 is missing"},
		"drops one and closes up":           {[]string{`DELETE FROM operations WHERE seq = 3`, `UPDATE operations SET seq = 3 WHERE seq = 4`, `UPDATE operations SET seq = 4 WHERE seq = 5`}, "row 3 was altered"},
		"reorders two":                      {swap, "row 2 was altered"},
		"inserts one before the first":      {[]string{insert + `0, at, actor, action, subject, details, 'a', 'b', municipality FROM operations WHERE seq = 2`}, "row 1 is missing"},
		"inserts one, and moves the rest":   {[]string{`UPDATE operations SET seq = 6 WHERE seq = 5`, insert + `5, at, actor, action, subject, details, 'a', 'b', municipality FROM operations WHERE seq = 2`}, "row 5 was altered"},
		"inserts one at the end":            {[]string{insert + `6, at, actor, action, subject, details, hash, 'b', municipality FROM operations WHERE seq = 5`}, "row 6 was altered"},
		"cuts the end off":                  {cut[:1], "it ends with row 3, and ended with row 5"},
		"cuts the end off, and fits a head": {cut, "row 5, which was noted, is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, config Config) {
				s := open(t, config)
				logged(t, s, 1)
				for n := range 4 {
					a := by(here, "clerk", staff.OpSearch, hex32(n))
					a.Details = map[string]string{"found": "1"}
					if err := s.Write(t.Context(), a); err != nil {
						t.Fatal(err)
					}
				}
				noted, err := s.Head(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, statement := range append(withoutTriggers(config), c.does...) {
					if _, err := s.db.ExecContext(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
				head, err := s.Verify(t.Context(), noted)
				if c.want == "" && (err != nil || head != noted) || c.want != "" && (!errors.Is(err, staff.ErrLog) || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("got %v, %v; want %q", head, err, c.want)
				}
			})
		})
	}
}

func withoutTriggers(c Config) []string {
	if c.Driver == Postgres {
		return []string{`DROP TRIGGER operations_stay ON operations`}
	}
	return []string{`DROP TRIGGER operations_stay`, `DROP TRIGGER operations_remain`}
}

// TestVerifyReadsOn: a log longer than what is read at once is read to its
// end, while others write to it.
func TestVerifyReadsOn(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, ctx := open(t, c), t.Context()
		many := func(n int) {
			err := s.chained(ctx, func(c *chain) error {
				for range n {
					if _, err := c.add(ctx, Operation{Actor: "a", Action: "person.search"}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		many(2*readAtOnce + 1)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 20 {
				many(3)
				time.Sleep(time.Millisecond)
			}
		}()
		for range 3 {
			if _, err := s.Verify(ctx); err != nil {
				t.Error(err)
			}
		}
		<-done
		if head, err := s.Verify(ctx); err != nil || head.Seq != 2*readAtOnce+61 {
			t.Errorf("%v, %v", head, err)
		}
		for _, statement := range append(withoutTriggers(c), `DELETE FROM operations WHERE seq = 2000`) {
			if _, err := s.db.ExecContext(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Verify(ctx); err == nil || !strings.Contains(err.Error(), "row 2000 is missing") {
			t.Errorf("%v", err)
		}
	})
}

// TestVerifyLogGoesOn from where the log was good before: that row must still
// be there, and what is behind it is read; the whole is read by Verify, and
// what that found is said until it is mended.
//
// Rows: F10, R3.2
func TestVerifyLogGoesOn(t *testing.T) {
	for name, c := range map[string]struct{ does, log, whole string }{
		"nothing":             {`SELECT 1`, "", ""},
		"before":              {`UPDATE operations SET details = 'b' WHERE seq = 2`, "", "row 2 was altered"},
		"the row itself":      {`UPDATE operations SET details = 'b' WHERE seq = 4`, "row 4 was altered", "row 4 was altered"},
		"the row is gone":     {`DELETE FROM operations WHERE seq = 4`, "row 4 is missing", "row 4 is missing"},
		"what is behind":      {`UPDATE operations SET details = 'b' WHERE seq = 6`, "row 6 was altered", "row 6 was altered"},
		"cut off before":      {`DELETE FROM operations WHERE seq > 3`, "it ends with row 4, and ended with row 6", "it ends with row 3, and ended with row 6"},
		"cut off, and fitted": {`UPDATE operations_head SET seq = 3, hash = (SELECT hash FROM operations WHERE seq = 3)`, "it ends with row 6", "it ends with row 6"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, config Config) {
				s, ctx := open(t, config), t.Context()
				write := func(n int) {
					for range n {
						if err := s.Write(ctx, by(here, "clerk", staff.OpSearch, "")); err != nil {
							t.Fatal(err)
						}
					}
				}
				write(4)
				if head, err := s.VerifyLog(ctx); err != nil || !strings.HasPrefix(head, "4:") {
					t.Fatalf("%s, %v", head, err)
				}
				write(2)
				for _, statement := range append(withoutTriggers(config), c.does) {
					if _, err := s.db.ExecContext(ctx, statement); err != nil {
						t.Fatal(err)
					}
				}
				judge := func(what string, err error, want string) {
					if want == "" && err != nil || want != "" && (!errors.Is(err, staff.ErrLog) || !strings.Contains(err.Error(), want)) {
						t.Errorf("%s: %v, want %q", what, err, want)
					}
				}
				_, err := s.VerifyLog(ctx)
				judge("from there on", err, c.log)
				_, err = s.Verify(ctx)
				judge("the whole", err, c.whole)
				_, err = s.VerifyLog(ctx)
				judge("after the whole", err, c.whole)
			})
		})
	}
}

// TestCounts: rows of one municipality, by operation, in a span of time.
//
// Rows: F10
func TestCounts(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		k := &clock{now: time.Date(2026, 4, 1, 1, 0, 0, 0, time.UTC)}
		c.Now = k.Now
		s, ctx, begun := open(t, c), t.Context(), k.Now()
		for n := range 6 {
			op, m := staff.OpSearch, here
			if n%2 == 1 {
				op = staff.OpOpen
			}
			if n == 2 {
				m = there
			}
			if err := s.Write(ctx, by(m, "clerk", op, "")); err != nil {
				t.Fatal(err)
			}
			k.pass(time.Minute)
		}
		got, err := s.Counts(ctx, here, begun, begun.Add(5*time.Minute))
		if err != nil || len(got) != 2 || got[staff.OpSearch] != 2 || got[staff.OpOpen] != 2 {
			t.Errorf("%v, %v", got, err)
		}
		if got, err = s.Counts(ctx, here, begun.Add(time.Hour), begun.Add(2*time.Hour)); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
	})
}
