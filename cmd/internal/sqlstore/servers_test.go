// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cmd/internal/sqlstore/postgres"
)

// server is the one PostgreSQL of this run: making one takes seconds.
var server = &throwaway{}

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		writeUntilKilled(path)
	}
	code := m.Run()
	server.stop()
	os.Exit(code)
}

// each runs a test on every kind of database.
func each(t *testing.T, test func(t *testing.T, c Config)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { test(t, Config{Driver: SQLite, DSN: Memory}) })
	t.Run("file", func(t *testing.T) {
		test(t, Config{Driver: SQLite, DSN: filepath.Join(t.TempDir(), "a folder?", "kofu.db")})
	})
	t.Run("postgres", func(t *testing.T) { test(t, server.database(t)) })
}

// open makes the store of c, with the folder of its file.
func open(t *testing.T, c Config) *Store {
	t.Helper()
	if c.Driver == SQLite && c.DSN != Memory {
		if err := os.MkdirAll(filepath.Dir(c.DSN), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

type throwaway struct {
	once    sync.Once
	err     error
	missing bool
	dir     string
	as      *syscall.SysProcAttr // who it runs as
	process *exec.Cmd
	ended   chan struct{} // closed when process has
	count   int
}

// database makes a new database on the server, which starts with the first.
func (p *throwaway) database(t *testing.T) Config {
	t.Helper()
	p.begin(t)
	p.count++
	name := "test" + strconv.Itoa(p.count)
	if err := p.do(t.Context(), "postgres", "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return p.config(t, "kofu", name)
}

// begin starts the server, once.
func (p *throwaway) begin(t *testing.T, options ...string) {
	t.Helper()
	p.once.Do(func() { p.err = p.start(options...) })
	if p.missing {
		if os.Getenv("KOFU_REQUIRE") == "1" {
			t.Fatal("postgres is not here: install postgresql")
		}
		t.Skip("install postgresql")
	}
	if p.err != nil {
		t.Fatal(p.err)
	}
}

// config is that of a user for a database.
func (p *throwaway) config(t *testing.T, user, name string) Config {
	t.Helper()
	c, err := postgres.New(p.dsn(user, name), cert.Production)
	if err != nil {
		t.Fatal(err)
	}
	return Config{Driver: Postgres, Connector: c}
}

func (p *throwaway) dsn(user, name string) string {
	return "postgres://" + user + ":unused@/" + name + "?host=" + url.QueryEscape(p.dir)
}

// do runs one statement as the owner.
func (p *throwaway) do(ctx context.Context, name, statement string) error {
	c, err := postgres.New(p.dsn("kofu", name), cert.Test)
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(ctx, statement)
	return err
}

func (p *throwaway) start(options ...string) error {
	initdb := program("initdb")
	if p.missing = initdb == "" || program("postgres") == ""; p.missing {
		return nil
	}
	var err error
	if p.dir, err = os.MkdirTemp("", "pg"); err != nil {
		return err
	}
	if os.Geteuid() == 0 { // which PostgreSQL refuses to run as
		if p.as, err = p.giveAway(); err != nil {
			return err
		}
	}
	if out, err := p.run(initdb, "-D", p.data(), "-U", "kofu", "-A", "trust", "-N", "--no-locale", "-E", "UTF8").CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return p.launch(options...)
}

// data is where the server has its files.
func (p *throwaway) data() string { return filepath.Join(p.dir, "data") }

// run is a program in the server's folder, run by whom the server is run by.
func (p *throwaway) run(name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(context.Background(), name, args...)
	c.Dir, c.SysProcAttr = p.dir, p.as
	return c
}

// launch starts the server on its files, and waits until it can be written to.
func (p *throwaway) launch(options ...string) (err error) {
	p.process = p.run(program("postgres"), append([]string{"-D", p.data(), "-k", p.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"}, options...)...)
	if err := p.process.Start(); err != nil {
		return err
	}
	p.ended = make(chan struct{})
	go func(process *exec.Cmd, ended chan struct{}) {
		_ = process.Wait()
		close(ended)
	}(p.process, p.ended)
	for range 400 {
		if err = p.do(context.Background(), "postgres", "CREATE TEMPORARY TABLE ready (yes INT)"); err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("postgres has ended: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("postgres does not answer: %w", err)
}

// giveAway makes the folder somebody's who is not root, and returns how a
// program runs as them.
func (p *throwaway) giveAway() (*syscall.SysProcAttr, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 31)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 31)
		if err != nil {
			return nil, err
		}
		as := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		return as, os.Chown(p.dir, int(uid), int(gid))
	}
	return nil, errors.New("nobody to run postgres as")
}

// quit ends the process that launch began, by a signal to it, and no other.
func (p *throwaway) quit(by syscall.Signal) {
	if p.ended != nil {
		_ = p.process.Process.Signal(by)
		<-p.ended
	}
}

// stop is quit, and nothing is left.
func (p *throwaway) stop() {
	p.quit(syscall.SIGQUIT) // immediate
	if p.dir != "" {
		_ = os.RemoveAll(p.dir)
	}
}

// program finds a server program, which Debian keeps out of the path.
func program(name string) string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) > 0 {
		return found[len(found)-1]
	}
	path, err := exec.LookPath(name)
	if err != nil || strings.Contains(path, "\n") {
		return ""
	}
	return path
}
