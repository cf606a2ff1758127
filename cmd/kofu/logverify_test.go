// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/test/vrs"
)

// TestLogDamageIsFound damages the operation log of a server that has written
// checkpoints, in every way, as somebody would who has all rights on the
// database: its guards taken away, its head made to fit.
//
// Rows: R3.2
func TestLogDamageIsFound(t *testing.T) {
	s, _ := makeCounter(t)
	stop := start(t, s)
	town := string(vrs.Residents()[0].Municipality)
	for range 3 {
		s.staffDoes(t, "municipality", "close", town, "-from", time.Now().Add(time.Hour).Format(time.RFC3339))
	}
	s.staffDoes(t, "municipality", "close", "all", "-from", time.Now().Add(time.Hour).Format(time.RFC3339))
	if code, said := stop(); code != exitDone { // the last checkpoint is of the end
		t.Fatalf("ended with %d: %s", code, said)
	}
	marks := []string{"-checkpoints", filepath.Join(s.dir, "checkpoints"), "-checkpoint-key", filepath.Join(s.dir, "log-key.pub")}
	if said := s.staffDoes(t, append([]string{"log", "verify"}, marks...)...); !strings.Contains(said, "4 rows, nothing wrong") || !strings.Contains(said, "all are in the log") {
		t.Fatal(said)
	}
	whole, err := os.ReadFile(filepath.Join(s.dir, "kofu.db"))
	if err != nil {
		t.Fatal(err)
	}
	cut := `DELETE FROM operations WHERE seq = 4; UPDATE operations_head SET seq = 3, hash = (SELECT hash FROM operations WHERE seq = 3)`
	for name, c := range map[string]struct{ damage, want string }{
		"altered":         {`UPDATE operations SET actor = 'somebody' WHERE seq = 2`, "row 2 was altered"},
		"altered subject": {`UPDATE operations SET subject = 'all' WHERE seq = 1`, "row 1 was altered"},
		"later":           {`UPDATE operations SET at = '2099-01-01T00:00:00.000000Z' WHERE seq = 4`, "row 4 was altered"},
		"dropped":         {`DELETE FROM operations WHERE seq = 2`, "row 2 is missing"},
		"dropped, closed up": {`DELETE FROM operations WHERE seq = 2; UPDATE operations SET seq = seq - 1 WHERE seq > 2;
			UPDATE operations_head SET seq = 3`, "row 2 was altered"},
		"reordered": {`UPDATE operations SET seq = 9 WHERE seq = 2; UPDATE operations SET seq = 2 WHERE seq = 3; UPDATE operations SET seq = 3 WHERE seq = 9`, "row 2 was altered"},
		"cut off":   {cut, "row 4, which was noted, is missing"},
		"emptied":   {`DELETE FROM operations; UPDATE operations_head SET seq = 0, hash = '` + strings.Repeat("0", 64) + `'`, "which was noted, is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			s.damage(t, whole, c.damage)
			if said := s.staffFails(t, append([]string{"log", "verify"}, marks...)...); !strings.Contains(said, c.want) {
				t.Errorf("said %s", said)
			}
		})
	}
	t.Run("cut off, and nobody looks at checkpoints", func(t *testing.T) {
		s.damage(t, whole, cut)
		if said := s.staffDoes(t, "log", "verify"); !strings.Contains(said, "3 rows, nothing wrong") {
			t.Errorf("the chain alone does not tell: %s", said)
		}
	})
	t.Run("written anew", func(t *testing.T) {
		s.damage(t, whole, cut)
		s.staffDoes(t, "municipality", "close", "all", "-from", time.Now().Add(2*time.Hour).Format(time.RFC3339))
		if said := s.staffDoes(t, "log", "verify"); !strings.Contains(said, "4 rows, nothing wrong") {
			t.Errorf("the chain is not sound: %s", said)
		}
		if said := s.staffFails(t, append([]string{"log", "verify"}, marks...)...); !strings.Contains(said, "row 4 is not the one that was noted") {
			t.Errorf("said %s", said)
		}
	})
}

// damage puts the database back as it was, takes its guards away, and runs
// statements on it.
func (s *site) damage(t *testing.T, whole []byte, statements string) {
	t.Helper()
	for _, beside := range []string{"kofu.db-wal", "kofu.db-shm"} {
		_ = os.Remove(filepath.Join(s.dir, beside))
	}
	if err := s.write("kofu.db", whole); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "kofu.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'trigger'`)
	if err != nil {
		t.Fatal(err)
	}
	var guards []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		guards = append(guards, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range guards {
		if _, err := db.ExecContext(t.Context(), `DROP TRIGGER `+name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// staffFails runs a command of the staff that must fail, and returns what it
// says.
func (s *site) staffFails(t *testing.T, args ...string) string {
	t.Helper()
	var said output
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if code := run(ctx, append([]string{"staff"}, append(args, "-config", s.path(), "-by", "hanako")...), strings.NewReader(""), &said, &said); code != exitFailed {
		t.Fatalf("staff %q ended with %d:\n%s", args, code, said.String())
	}
	return said.String()
}

// TestCheckpointsLeave: one at once, one at each turn also when nothing has
// changed, and one at the end; a place that fails does not hold up another.
//
// Rows: R3.2
func TestCheckpointsLeave(t *testing.T) {
	s, _ := makeCounter(t)
	folder := filepath.Join(s.dir, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	s.section("counter")["checkpoints"].(map[string]any)["folder"] = "folder"
	s.section("counter")["checkpoints"].(map[string]any)["syslog"] = "tcp://127.0.0.1:1"
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	stop := start(t, s)
	for range 200 {
		if data, err := os.ReadFile(filepath.Join(s.dir, "checkpoints")); err == nil && strings.Count(string(data), "\n") > 3 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	counted := metricsWith(t, s, "kofu_log_checkpoint_rows 0", "kofu_log_checkpoint_timestamp_seconds 0")
	if strings.Contains(counted, "kofu_log_checkpoint_failures_total 0") {
		t.Error("a place that fails is not told")
	}
	s.staffDoes(t, "municipality", "close", "all", "-from", time.Now().Add(time.Hour).Format(time.RFC3339))
	code, said := stop()
	if code != exitDone || !strings.Contains(said, `"msg":"checkpoint not written"`) {
		t.Errorf("ended with %d: %s", code, said)
	}
	for _, path := range []string{"checkpoints", "folder"} {
		told := s.staffDoes(t, "log", "verify", "-checkpoints", filepath.Join(s.dir, path), "-checkpoint-key", filepath.Join(s.dir, "log-key.pub"))
		if !strings.Contains(told, "1 rows, nothing wrong") || strings.Contains(told, "\n1 checkpoints") {
			t.Errorf("%s: %s", path, told)
		}
	}
}
