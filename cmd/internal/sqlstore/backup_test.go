// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"kofu/api/counter/staff"
)

// load writes to the log without pause, and remembers what was acknowledged.
type load struct {
	lock  sync.Mutex
	acked []string
	group sync.WaitGroup
	end   context.CancelFunc
}

// begin has four write to s until they are ended, or s fails.
func begin(t *testing.T, s *Store) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{end: cancel}
	t.Cleanup(func() { l.stop() })
	for w := range 4 {
		l.group.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				subject := fmt.Sprintf("%d-%d", w, n)
				if s.Write(ctx, by(here, "clerk", staff.OpSearch, subject)) != nil {
					return
				}
				l.lock.Lock()
				l.acked = append(l.acked, subject)
				l.lock.Unlock()
			}
		})
	}
	return l
}

func (l *load) stop() {
	l.end()
	l.group.Wait()
}

// so returns what has been acknowledged so far.
func (l *load) so() []string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return slices.Clone(l.acked)
}

// more waits until so many more have been acknowledged, and returns all.
func (l *load) more(t *testing.T, n int) []string {
	t.Helper()
	n += len(l.so())
	for range 3000 {
		if got := l.so(); len(got) >= n {
			return got
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the load has stopped")
	return nil
}

// wantAll fails unless the log of s is whole, is the one noted, and has every
// line.
func wantAll(t *testing.T, s *Store, lines []string, noted ...Head) {
	t.Helper()
	if head, err := s.Verify(t.Context(), noted...); err != nil {
		t.Errorf("%v, %v", head, err)
	}
	log, err := s.Operations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, o := range log {
		there[o.Subject] = true
	}
	missing := 0
	for _, line := range lines {
		if !there[line] {
			missing++
		}
	}
	if missing > 0 || len(lines) == 0 {
		t.Errorf("%d of %d acknowledged lines are missing", missing, len(lines))
	}
}

// TestBackup: a copy taken while others write is whole, and has every line
// that was acknowledged before; nobody waited for it.
//
// Rows: F10, R3.2
func TestBackup(t *testing.T) {
	for name, path := range map[string]string{"memory": Memory, "file": filepath.Join(t.TempDir(), "a folder?", "kofu.db")} {
		t.Run(name, func(t *testing.T) {
			s := open(t, Config{Driver: SQLite, DSN: path})
			l := begin(t, s)
			l.more(t, 200)
			noted, err := s.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			before := l.more(t, 50)
			to := filepath.Join(t.TempDir(), "file:copy?mode=ro")
			if err := s.Backup(t.Context(), to); err != nil {
				t.Fatal(err)
			}
			l.more(t, 50)
			l.stop()
			info, err := os.Stat(to)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
			if files, err := filepath.Glob(filepath.Dir(to) + "/*"); err != nil || len(files) != 1 {
				t.Errorf("%q, %v", files, err)
			}
			if err := s.Backup(t.Context(), to); !errors.Is(err, os.ErrExist) {
				t.Errorf("over one that is there: %v", err)
			}
			wantAll(t, open(t, Config{Driver: SQLite, DSN: to}), before, noted)
			over, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.Backup(over, to+"2"); err == nil {
				t.Error("the context is not honoured")
			}
			if _, err := os.Stat(to + "2"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a part of a copy is left: %v", err)
			}
		})
	}
}

// childEnv names the file that this program, begun anew by a test, writes to.
const childEnv = "KOFU_TEST_WRITE_TO"

// writeUntilKilled tells each line of the log once it is acknowledged.
func writeUntilKilled(path string) {
	s, err := Open(context.Background(), Config{Driver: SQLite, DSN: path})
	for n := 0; err == nil; n++ {
		if err = s.Write(context.Background(), by(here, "clerk", staff.OpSearch, itoa(n))); err == nil {
			fmt.Println(n)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// TestKilled: a program that is killed while it writes has lost no line that
// it had acknowledged; nor has a copy of all its files.
//
// Rows: F10, R3.2
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kofu.db")
	child := exec.CommandContext(context.Background(), os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+path)
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var acked []string
	for in := bufio.NewScanner(out); in.Scan(); {
		if acked = append(acked, in.Text()); len(acked) == 300 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait()
	if len(acked) < 300 {
		t.Fatalf("%d lines", len(acked))
	}
	copied := filepath.Join(t.TempDir(), "kofu.db")
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + end)
		if err == nil {
			err = os.WriteFile(copied+end, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	wantAll(t, open(t, Config{Driver: SQLite, DSN: copied}), acked)
	wantAll(t, open(t, Config{Driver: SQLite, DSN: path}), acked)
}

// TestDump: a dump of PostgreSQL taken while others write, restored, is whole,
// and has every line that was acknowledged before.
//
// Rows: F10, R3.2
func TestDump(t *testing.T) {
	s := open(t, server.database(t))
	if err := s.Backup(t.Context(), filepath.Join(t.TempDir(), "copy")); !errors.Is(err, ErrBackup) {
		t.Errorf("%v", err)
	}
	name, dump := "test"+itoa(server.count), filepath.Join(server.dir, "dump.sql")
	l := begin(t, s)
	l.more(t, 200)
	noted, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := l.more(t, 50)
	if out, err := server.run(program("pg_dump"), "-h", server.dir, "-U", "kofu", "-f", dump, name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l.more(t, 50)
	l.stop()
	c := server.database(t)
	restore := server.run(program("psql"), "-q", "-X", "-v", "ON_ERROR_STOP=1", "-h", server.dir, "-U", "kofu", "-f", dump, "test"+itoa(server.count))
	if out, err := restore.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	again := open(t, c)
	wantAll(t, again, before, noted)
	if _, err := again.db.ExecContext(t.Context(), `DELETE FROM operations`); err == nil {
		t.Error("the log of the restored one was deleted")
	}
}

// lasting starts a PostgreSQL of a test's own, which writes to disk as one in
// production does.
func lasting(t *testing.T, options ...string) *throwaway {
	t.Helper()
	p := &throwaway{}
	t.Cleanup(p.stop)
	p.begin(t, append([]string{"-c", "fsync=on"}, options...)...)
	return p
}

// TestPostgresIsKilled: the server is killed while many write, and started
// again: every acknowledged line is there.
//
// Rows: F10, R3.2
func TestPostgresIsKilled(t *testing.T) {
	p := lasting(t)
	c := p.database(t)
	s := open(t, c)
	l := begin(t, s)
	l.more(t, 100)
	noted, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.more(t, 50)
	p.quit(syscall.SIGKILL)
	l.stop()
	for range 100 { // its children hold its memory until they notice
		if err = p.launch("-c", "fsync=on"); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	wantAll(t, open(t, c), l.so(), noted)
	// The pool that lost all its connections goes on.
	if err := s.Write(t.Context(), by(here, "clerk", staff.OpSearch, "after")); err != nil {
		t.Error(err)
	}
}

// TestPointInTime: with a base copy taken under load, the archive of the
// write-ahead log, and what was left in pg_wal of a server that ended at once
// under load, every acknowledged line is there again.
//
// Rows: F10, R3.2
func TestPointInTime(t *testing.T) {
	p := &throwaway{}
	t.Cleanup(p.stop)
	p.begin(t, "-c", "fsync=on", "-c", "wal_level=replica", "-c", "max_wal_senders=4", "-c", "archive_mode=on", "-c", "archive_command=test ! -f ../archive/%f && cp %p ../archive/%f.part && mv ../archive/%f.part ../archive/%f")
	at := func(name string) string { return filepath.Join(p.dir, name) }
	do := func(name string, args ...string) {
		t.Helper()
		if out, err := p.run(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	do("mkdir", at("archive"))
	c := p.database(t)
	s := open(t, c)
	l := begin(t, s)
	l.more(t, 50)
	do(program("pg_basebackup"), "-h", p.dir, "-U", "kofu", "-D", at("base"), "-c", "fast")
	for range 2 {
		l.more(t, 50)
		if err := p.do(t.Context(), "postgres", "SELECT pg_switch_wal()"); err != nil {
			t.Fatal(err)
		}
	}
	noted, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.more(t, 100)
	p.quit(syscall.SIGQUIT) // immediate
	l.stop()
	if segments, err := filepath.Glob(at("archive/*")); err != nil || len(segments) == 0 {
		t.Fatalf("nothing was archived: %v", err)
	}
	do("mv", p.data(), at("gone"))
	do("mv", at("base"), p.data())
	do("sh", "-c", "rm -f data/pg_wal/0* && cp gone/pg_wal/0* data/pg_wal/ && touch data/recovery.signal")
	if err := p.launch("-c", "restore_command=cp ../archive/%f %p"); err != nil {
		t.Fatal(err)
	}
	wantAll(t, open(t, c), l.so(), noted)
}
