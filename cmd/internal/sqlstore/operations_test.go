// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"kofu/api/counter/staff"
)

// logged makes a log of n rows.
func logged(t *testing.T, s *Store, n int) {
	t.Helper()
	for i := range n {
		if err := s.AddTerminal(t.Context(), "hanako", terminal("t"+itoa(i), byte(i+1))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLogIsNeverChanged: the database itself refuses.
func TestLogIsNeverChanged(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s := open(t, c)
		logged(t, s, 3)
		statements := []string{`UPDATE operations SET actor = 'taro'`, `DELETE FROM operations`, `DELETE FROM operations WHERE seq = 2`}
		if c.Driver == Postgres {
			statements = append(statements, `TRUNCATE operations`)
		}
		for _, statement := range statements {
			if _, err := s.db.ExecContext(t.Context(), statement); err == nil {
				t.Errorf("%s: done", statement)
			}
		}
		if head, err := s.Verify(t.Context()); err != nil || head.Seq != 3 {
			t.Errorf("%v %v", head, err)
		}
	})
}

// TestVerifyFinds what somebody does who has the rights to put the triggers
// aside.
func TestVerifyFinds(t *testing.T) {
	forge := `INSERT INTO operations (seq, at, actor, action, subject, details, prev, hash) SELECT 4, at, actor, action, subject, details, hash, 'ff' FROM operations WHERE seq = 3`
	for name, c := range map[string]struct {
		does []string
		want string
	}{
		"nothing":                  {nil, ""},
		"alters who":               {[]string{`UPDATE operations SET actor = 'taro' WHERE seq = 2`}, "row 2 was altered"},
		"alters when":              {[]string{`UPDATE operations SET at = '2026-04-01T09:00:00.000000Z' WHERE seq = 1`}, "row 1 was altered"},
		"makes the time no time":   {[]string{`UPDATE operations SET at = 'x' WHERE seq = 1`}, "row 1 was altered"},
		"alters what":              {[]string{`UPDATE operations SET details = '' WHERE seq = 3`}, "row 3 was altered"},
		"moves a part to the next": {[]string{`UPDATE operations SET action = action || subject, subject = '' WHERE seq = 1`}, "row 1 was altered"},
		"takes out the first":      {[]string{`DELETE FROM operations WHERE seq = 1`}, "row 1 is missing"},
		"takes out the second":     {[]string{`DELETE FROM operations WHERE seq = 2`}, "row 2 is missing"},
		"takes out the last":       {[]string{`DELETE FROM operations WHERE seq = 3`}, "it ends with row 2, and ended with row 3"},
		"takes out all":            {[]string{`DELETE FROM operations`}, "it ends with row 0, and ended with row 3"},
		"closes the gap":           {[]string{`DELETE FROM operations WHERE seq = 2`, `UPDATE operations SET seq = 2 WHERE seq = 3`}, "row 2 was altered"},
		"adds one":                 {[]string{forge}, "row 4 was altered"},
		"takes out the last, and its head": {[]string{`DELETE FROM operations WHERE seq = 3`,
			`UPDATE operations_head SET seq = 2, hash = (SELECT hash FROM operations WHERE seq = 2)`}, "row 3, which was noted, is missing"},
		"takes out the head": {[]string{`DELETE FROM operations_head`}, "its head is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, config Config) {
				s := open(t, config)
				logged(t, s, 3)
				noted, err := s.Verify(t.Context())
				if err != nil || noted.Seq != 3 {
					t.Fatalf("%v %v", noted, err)
				}
				aside := []string{`DROP TRIGGER operations_stay`, `DROP TRIGGER operations_remain`}
				if config.Driver == Postgres {
					aside = []string{`DROP TRIGGER operations_stay ON operations`}
				}
				for _, statement := range append(aside, c.does...) {
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

// TestVerifyAgainstWhatWasNoted: a log written anew is whole, and another.
func TestVerifyAgainstWhatWasNoted(t *testing.T) {
	s, other := open(t, Config{Driver: SQLite, DSN: Memory}), open(t, Config{Driver: SQLite, DSN: Memory})
	logged(t, s, 2)
	logged(t, other, 3)
	noted, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseHead(noted.String())
	if err != nil || again != noted {
		t.Errorf("%v, read as %v, %v", noted, again, err)
	}
	if _, err := other.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	for _, heads := range [][]Head{{noted}, {noted, {Seq: 2, Hash: strings.Repeat("a", 64)}}, {{Seq: 0, Hash: noted.Hash}}, {{Seq: 4, Hash: noted.Hash}}} {
		if _, err := other.Verify(t.Context(), heads...); !errors.Is(err, staff.ErrLog) {
			t.Errorf("%v: %v", heads, err)
		}
	}
	for _, text := range []string{"", "2", "2:", ":" + noted.Hash, "-1:" + noted.Hash, "02:" + noted.Hash, noted.String() + "0", "99999999999999999999:" + noted.Hash} {
		if h, err := ParseHead(text); err == nil {
			t.Errorf("%q is read as %v", text, h)
		}
	}
}

// TestWritersOfTheLogQueue: two programs never make two rows of one number.
func TestWritersOfTheLogQueue(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		stores := []*Store{open(t, c)}
		if c.DSN != Memory {
			stores = append(stores, open(t, c))
		}
		var group sync.WaitGroup
		for n, s := range stores {
			for w := range 4 {
				group.Go(func() {
					for i := range 5 {
						id := fmt.Sprintf("t-%d-%d-%d", n, w, i)
						if err := s.AddTerminal(t.Context(), "hanako", terminal(id, byte(1+n*50+w*5+i))); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		group.Wait()
		if head, err := stores[0].Verify(t.Context()); err != nil || head.Seq != 20*len(stores) {
			t.Errorf("%v %v", head, err)
		}
	})
}

func FuzzParseHead(f *testing.F) {
	f.Add("3:" + strings.Repeat("0", 64))
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := ParseHead(text); err == nil && h.String() != text {
			t.Errorf("%q is read as %v", text, h)
		}
	})
}
