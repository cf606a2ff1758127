// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kofu/cardauth"
	"kofu/cert"
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

// TestWaitIsBounded: WAIT with a time of 0 waits for ever.
func TestWaitIsBounded(t *testing.T) {
	for timeout, want := range map[time.Duration]string{
		0: "wait 3 500", time.Second: "wait 3 500", 10 * time.Millisecond: "wait 3 5", 1500 * time.Microsecond: "wait 3 1", time.Microsecond: "wait 3 1",
	} {
		s := open(t, Config{Address: "127.0.0.1:1", Environment: cert.Test, Replicas: 3, Timeout: timeout})
		var p pipelines
		s.client.AddHook(&p)
		_ = s.SealKeys().Delete(t.Context(), "kid") // nothing answers
		if len(p.sent) != 2 || p.sent[1] != want {
			t.Errorf("time-out %v: sent %q, want %q", timeout, p.sent, want)
		}
	}
}
