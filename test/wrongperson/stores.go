// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// redis is a master, its replica, and a Sentinel that watches them.
type redis struct {
	sentinel string
	nodes    [2]string // addresses
	running  []*process
}

const redisMaster = "kofu"

func startRedis(ctx context.Context, dir string) (*redis, error) {
	path, err := find("redis-server", "")
	if err != nil {
		return nil, err
	}
	r := new(redis)
	for i := range r.nodes {
		if r.nodes[i], err = free(); err != nil {
			return nil, err
		}
		_, port, _ := net.SplitHostPort(r.nodes[i])
		args := []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir, "--loglevel", "warning",
			"--repl-diskless-sync-delay", "0"}
		if i > 0 {
			_, first, _ := net.SplitHostPort(r.nodes[0])
			args = append(args, "--replicaof", "127.0.0.1 "+first)
		}
		if err := r.start(ctx, path, r.nodes[i], args...); err != nil {
			return r, err
		}
	}
	if r.sentinel, err = free(); err != nil {
		return r, err
	}
	_, port, _ := net.SplitHostPort(r.sentinel)
	_, watched, _ := net.SplitHostPort(r.nodes[0])
	file := filepath.Join(dir, "sentinel.conf") // it writes there what it learns
	lines := "sentinel monitor " + redisMaster + " 127.0.0.1 " + watched + " 1\nsentinel down-after-milliseconds " + redisMaster +
		" 1000\nsentinel failover-timeout " + redisMaster + " 6000\n"
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		return r, err
	}
	if err := r.start(ctx, path, r.sentinel, file, "--sentinel", "--port", port, "--bind", "127.0.0.1", "--dir", dir); err != nil {
		return r, err
	}
	return r, until(ctx, 20*time.Second, "Redis has no replica", func() error {
		said, err := command(r.nodes[0], "INFO replication")
		if err == nil && !strings.Contains(said, "state=online") {
			err = errors.New("not yet")
		}
		return err
	})
}

func (r *redis) start(ctx context.Context, path, addr string, args ...string) error {
	p, err := launch("redis", nil, nil, path, args...)
	if err != nil {
		return err
	}
	r.running = append(r.running, p)
	return until(ctx, 10*time.Second, "Redis does not answer", answers(addr))
}

// failOver has the Sentinel make the replica the master.
func (r *redis) failOver() error {
	said, err := command(r.sentinel, "SENTINEL FAILOVER "+redisMaster)
	if err == nil && !strings.HasPrefix(said, "+OK") {
		err = errors.New("wrongperson: no fail-over: " + strings.TrimSpace(said))
	}
	return err
}

func (r *redis) close() {
	for _, p := range r.running {
		p.end(syscall.SIGTERM)
	}
}

// command sends one line and reads the first of the answer, with what a bulk
// string has.
func command(addr, line string) (string, error) {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := errors.Join(c.SetDeadline(time.Now().Add(2*time.Second)), second(fmt.Fprintf(c, "%s\r\n", line))); err != nil {
		return "", err
	}
	in := bufio.NewReader(c)
	said, err := in.ReadString('\n')
	if n, bad := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(said), "$")); bad == nil && strings.HasPrefix(said, "$") && n > 0 {
		rest := make([]byte, n)
		for got := 0; got < n && err == nil; {
			var k int
			k, err = in.Read(rest[got:])
			got += k
		}
		said += string(rest)
	}
	return said, err
}

func second(_ int, err error) error { return err }

// postgres is a PostgreSQL on a socket in a folder of its own.
type postgres struct {
	dir     string
	as      *syscall.SysProcAttr
	running *process
}

func startPostgres(ctx context.Context) (*postgres, error) {
	initdb, err := find("initdb", "/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return nil, fmt.Errorf("%w (postgresql)", err)
	}
	p := new(postgres)
	if p.dir, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 { // which it refuses to run as
		if err := p.giveAway(); err != nil {
			return p, err
		}
	}
	make := exec.CommandContext(ctx, initdb, "-D", filepath.Join(p.dir, "data"), "-U", "kofu", "-A", "trust", "-N", "--no-locale", "-E", "UTF8")
	make.Dir, make.SysProcAttr = p.dir, p.as
	if out, err := make.CombinedOutput(); err != nil {
		return p, fmt.Errorf("wrongperson: initdb: %w: %s", err, out)
	}
	p.running, err = launch("postgres", p.as, nil, filepath.Join(filepath.Dir(initdb), "postgres"), "-D", filepath.Join(p.dir, "data"), "-k", p.dir,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=120")
	if err != nil {
		return p, err
	}
	return p, until(ctx, 20*time.Second, "PostgreSQL does not answer", func() error {
		c, err := net.Dial("unix", filepath.Join(p.dir, ".s.PGSQL.5432"))
		if err != nil {
			return err
		}
		return c.Close()
	})
}

// giveAway makes the folder somebody's who is not root.
func (p *postgres) giveAway() error {
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("%w: nobody to run it as: %w", ErrMissing, err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	p.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return errors.Join(err1, err2, os.Chown(p.dir, uid, gid))
}

func (p *postgres) dsn() string {
	return "postgres://kofu:unused@/postgres?host=" + url.QueryEscape(p.dir)
}

func (p *postgres) close() {
	if p.running != nil {
		p.running.end(syscall.SIGQUIT)
	}
	_ = os.RemoveAll(p.dir)
}
