// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cmd/internal/sqlstore"
	"kofu/kiosk"
)

// TestReportTellsWhatDoesNotAddUp: the books come whole, and what is wrong in
// them beside them.
func TestReportTellsWhatDoesNotAddUp(t *testing.T) {
	s := makeSite(t)
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{Driver: sqlstore.SQLite, DSN: filepath.Join(s.dir, "kofu.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	at := time.Date(2026, 4, 1, 9, 0, 0, 0, cert.JST())
	sound := kiosk.Entry{Transaction: "SOUND", Step: 9, At: at, PreparedAt: at, Terminal: "t-1", Store: "ueno", Operator: "mart", Municipality: "900010",
		Kind: cert.Overseas, Copies: 1, FeeYen: 120, EscrowYen: 120, Released: true, Printed: 1, Settled: true, CapturedYen: 120}
	short := sound
	short.Transaction, short.CapturedYen = "SHORT", 100
	report := func(want int, args ...string) (string, string) {
		t.Helper()
		var out, said output
		if code := run(t.Context(), append([]string{"staff", "report", "-config", s.path()}, args...), strings.NewReader(""), &out, &said); code != want {
			t.Errorf("%q ended with %d: %s", args, code, said.String())
		}
		return out.String(), said.String()
	}
	if err := store.Note(t.Context(), sound); err != nil {
		t.Fatal(err)
	}
	if out, said := report(exitDone, "-day", "2026-04-01"); !strings.Contains(out, "2026-04-01,900010,mart,ueno,t-1,1,1,") || said != "" {
		t.Errorf("%s%s", out, said)
	}
	if err := store.Note(t.Context(), short); err != nil {
		t.Fatal(err)
	}
	out, said := report(exitFailed, "-month", "2026-04")
	if !strings.Contains(out, "2026-04,total,,,2,2,0,2,") || strings.Contains(said, "SOUND") || !strings.Contains(said, "the books do not add up") ||
		!strings.Contains(said, "transaction SHORT (900010, mart, ueno, t-1): kept and returned is not what was put in") {
		t.Errorf("%s%s", out, said)
	}
	if out, _ := report(exitDone, "-day", "2026-04-02"); !strings.HasSuffix(out, "\r\n2026-04-02,total,,,,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\r\n") {
		t.Errorf("another day: %s", out)
	}
}
