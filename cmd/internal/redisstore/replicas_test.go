// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/kiosk"
)

// TestReplica shows that taking and shredding wait for every replica, and
// fail when one has it not.
func TestReplica(t *testing.T) {
	addr, port := freePort(t)
	redisServer(t, addr, "--port", port, "--repl-diskless-sync-delay", "0")
	alone := open(t, Config{Address: addr, Environment: cert.Test})
	socket := filepath.Join(shortDir(t), "b.sock")
	stop := redisServer(t, socket, "--port", "0", "--unixsocket", socket, "--replicaof", "127.0.0.1 "+port)
	synced(t, alone, 1)

	s := open(t, Config{Address: addr, Environment: cert.Test, Replicas: 1, Timeout: 400 * time.Millisecond})
	w := world{store: s}
	for _, id := range []string{"a", "b", "c"} {
		put(t, w, id)
	}
	if _, err := s.checkReplicas(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := alone.checkReplicas(t.Context()); !errors.Is(err, ErrUnawaited) {
		t.Errorf("replicas that nobody waits for: %v", err)
	}
	two := open(t, Config{Address: addr, Environment: cert.Test, Replicas: 2, Timeout: 400 * time.Millisecond})
	if _, err := two.checkReplicas(t.Context()); !errors.Is(err, ErrReplicas) {
		t.Errorf("one replica of two: %v", err)
	}
	if _, err := two.Challenges().Take(t.Context(), "c"); !errors.Is(err, errNotRepeated) {
		t.Errorf("Take with one replica of two: %v", err)
	}
	if _, err := s.Challenges().Take(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, Config{Address: socket, Environment: cert.Test}).checkReplicas(t.Context()); !errors.Is(err, ErrReplicas) {
		t.Errorf("a replica itself: %v", err)
	}

	stop()
	synced(t, alone, 0)
	if _, err := s.Challenges().Take(t.Context(), "b"); !errors.Is(err, errNotRepeated) || errors.Is(err, cardauth.ErrChallengeUsed) {
		t.Errorf("Take with the replica gone: %v", err)
	}
	if err := s.SealKeys().Delete(t.Context(), "kid"); !errors.Is(err, errNotRepeated) {
		t.Errorf("Delete with the replica gone: %v", err)
	}
	if _, err := s.checkReplicas(t.Context()); !errors.Is(err, ErrReplicas) {
		t.Errorf("Check with the replica gone: %v", err)
	}
	for what, err := range sessionCalls(t, s) {
		if !errors.Is(err, errNotRepeated) || errors.Is(err, kiosk.ErrConflict) || errors.Is(err, kiosk.ErrNoSession) {
			t.Errorf("%s with the replica gone: %v", what, err)
		}
	}
	if place, err := s.Gate().Enter(t.Context(), "a", 1, time.Now().Add(time.Minute)); err != nil || place != 0 {
		t.Errorf("the gate waits for the replica: %d, %v", place, err)
	}
}

func sessionCalls(t *testing.T, s *Store) map[string]error {
	save := s.Sessions().Save(t.Context(), "new", nil, 0, time.Minute)
	_, _, load := s.Sessions().Load(t.Context(), "new")
	return map[string]error{"Save": save, "Load": load, "Delete": s.Sessions().Delete(t.Context(), "new")}
}

// TestReplicaThatStands: a replica that is there and follows no more. What was
// written and not repeated is neither shown nor called done the second time.
func TestReplicaThatStands(t *testing.T) {
	addr, port := freePort(t)
	redisServer(t, addr, "--port", port, "--repl-diskless-sync-delay", "0")
	socket := filepath.Join(shortDir(t), "b.sock")
	redisServer(t, socket, "--port", "0", "--unixsocket", socket, "--replicaof", "127.0.0.1 "+port)
	c := Config{Address: addr, Environment: cert.Test, Replicas: 1, Timeout: 400 * time.Millisecond}
	w := world{store: open(t, c)}
	synced(t, w.store, 1)
	save(t, w, "a", "1", 0)
	save(t, w, "b", "1", 0)
	thaw := freeze(t, open(t, Config{Address: socket, Environment: cert.Test}))
	for range 2 { // each time over a connection that has written nothing before
		other := open(t, c).Sessions()
		if err := other.Save(t.Context(), "a", []byte("2"), 1, time.Minute); !errors.Is(err, errNotRepeated) {
			t.Errorf("Save: %v", err)
		}
		if data, _, err := open(t, c).Sessions().Load(t.Context(), "a"); !errors.Is(err, errNotRepeated) || data != nil {
			t.Errorf("Load: %q, %v", data, err)
		}
		if err := open(t, c).Sessions().Delete(t.Context(), "b"); !errors.Is(err, errNotRepeated) {
			t.Errorf("Delete: %v", err)
		}
		if _, _, err := open(t, c).Sessions().Load(t.Context(), "b"); !errors.Is(err, errNotRepeated) {
			t.Errorf("Load of what was deleted: %v", err)
		}
		if err := open(t, c).SealKeys().Delete(t.Context(), "kid"); !errors.Is(err, errNotRepeated) {
			t.Errorf("shredding: %v", err)
		}
	}
	thaw()
	synced(t, w.store, 1)
	wantSession(t, w, "a", "2", 2)
	wantNoSession(t, w, "b")
}

// freeze stops the process behind s until it is thawed.
func freeze(t *testing.T, s *Store) (thaw func()) {
	t.Helper()
	info, err := s.client.Info(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(info, "process_id:")
	line, _, _ = strings.Cut(line, "\r")
	id, err := strconv.Atoi(line)
	if err != nil || id < 2 {
		t.Fatal("Redis does not say which process it is")
	}
	process, err := os.FindProcess(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	thaw = func() { _ = process.Signal(syscall.SIGCONT) }
	t.Cleanup(thaw)
	return thaw
}

// TestReplicaMustNotPersist: what the Redis forgets, its replica must forget.
func TestReplicaMustNotPersist(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want error
	}{
		"forgets":          {nil, nil},
		"snapshots":        {[]string{"--save", "60 1", "--appendonly", "no"}, ErrPersistent},
		"append-only file": {[]string{"--save", "", "--appendonly", "yes"}, ErrPersistent},
	} {
		t.Run(name, func(t *testing.T) {
			dir, pool := tlsFiles(t)
			addr := tlsRedis(t, dir)
			config := production(addr, pool)
			config.Replicas = 1
			s := open(t, config)
			tlsRedis(t, dir, append(c.args, "--replicaof", "127.0.0.1 "+addr[len("127.0.0.1:"):])...)
			synced(t, s, 1)
			if err := s.Check(t.Context()); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// pipelines writes down every pipeline and sends none.
type pipelines struct{ sent []string }

func (p *pipelines) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (p *pipelines) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (p *pipelines) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(_ context.Context, commands []redis.Cmder) error {
		p.sent = nil
		for _, c := range commands {
			p.sent = append(p.sent, strings.TrimSpace(fmt.Sprintln(c.Args()...)))
		}
		return nil
	}
}

// TestWaitIsBounded: WAIT with a time of 0 waits for ever, and without a write
// before it perhaps for nothing.
func TestWaitIsBounded(t *testing.T) {
	for timeout, want := range map[time.Duration]string{
		0: "wait 3 500", time.Second: "wait 3 500", 10 * time.Millisecond: "wait 3 5", 1500 * time.Microsecond: "wait 3 1", time.Microsecond: "wait 3 1",
	} {
		s := open(t, Config{Address: "127.0.0.1:1", Environment: cert.Test, Replicas: 3, Timeout: timeout})
		var p pipelines
		s.client.AddHook(&p)
		_ = s.SealKeys().Delete(t.Context(), "kid") // nothing answers
		if len(p.sent) != 3 || p.sent[1] != "set kofu:1:fence  ex 1" || p.sent[2] != want {
			t.Errorf("time-out %v: sent %q, want %q", timeout, p.sent, want)
		}
	}
}
