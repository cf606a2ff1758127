// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/kiosk"
)

// sentinel starts a Sentinel that watches the Redis at port as "kofu", and
// whose own user kofu has the rights that keys.go writes down.
func sentinel(t *testing.T, watched string) (addr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sentinel.conf") // it writes there what it learns
	lines := []string{
		"sentinel monitor kofu 127.0.0.1 " + watched + " 1",
		"sentinel down-after-milliseconds kofu 1000",
		"user default off",
		"user kofu on >sentinel-secret &* +ping +subscribe +unsubscribe +sentinel|get-master-addr-by-name +sentinel|sentinels +sentinel|replicas",
		"user operator on >sentinel-secret &* +@all",
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addr, port := freePort(t)
	run(t, addr, file, "--sentinel", "--port", port, "--bind", "127.0.0.1")
	return addr
}

// TestSentinel goes through a failover: what was taken before stays taken, and
// what was saved or deleted stays so.
func TestSentinel(t *testing.T) {
	first, firstPort := freePort(t)
	redisServer(t, first, "--port", firstPort, "--repl-diskless-sync-delay", "0")
	second, secondPort := freePort(t)
	redisServer(t, second, "--port", secondPort, "--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1 "+firstPort)
	synced(t, open(t, Config{Address: first, Environment: cert.Test}), 1)
	watch := sentinel(t, firstPort)

	c := Config{Sentinels: []string{watch}, Master: "kofu", Environment: cert.Test, Replicas: 1, SentinelUsername: "kofu", SentinelPassword: "sentinel-secret"}
	s := open(t, c)
	w := world{store: s}
	put(t, w, "a")
	put(t, w, "b")
	if _, err := s.Challenges().Take(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	save(t, w, "kept", "1", 0)
	save(t, w, "kept", "2", 1)
	save(t, w, "deleted", "1", 0)
	if err := s.Sessions().Delete(t.Context(), "deleted"); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"password": func(c *Config) { c.SentinelPassword = "guess" },
		"user":     func(c *Config) { c.SentinelUsername = "" },
		"name":     func(c *Config) { c.Master = "other" },
	} {
		spoiled := c
		spoil(&spoiled)
		if err := open(t, spoiled).Check(t.Context()); err == nil {
			t.Errorf("the Sentinel answers with another %s", name)
		}
	}

	failover(t, watch)
	synced(t, open(t, Config{Address: second, Environment: cert.Test}), 1)
	if _, err := s.Challenges().Take(t.Context(), "a"); !errors.Is(err, cardauth.ErrChallengeUsed) {
		t.Errorf("taken before the failover: %v", err)
	}
	if _, err := s.Challenges().Take(t.Context(), "b"); err != nil {
		t.Errorf("not taken before the failover: %v", err)
	}
	wantSession(t, w, "kept", "2", 2)
	wantNoSession(t, w, "deleted")
	if err := s.Sessions().Save(t.Context(), "kept", nil, 1, time.Minute); !errors.Is(err, kiosk.ErrConflict) {
		t.Errorf("saved over what was saved before the failover: %v", err)
	}
	save(t, w, "kept", "3", 2)
	if _, err := s.checkReplicas(t.Context()); err != nil {
		t.Error(err)
	}
}

// failover asks for one as an operator, once the Sentinel knows the replica.
func failover(t *testing.T, watch string) {
	t.Helper()
	operator := redis.NewSentinelClient(&redis.Options{Addr: watch, Username: "operator", Password: "sentinel-secret"})
	defer func() { _ = operator.Close() }()
	var err error
	for range 200 {
		if err = operator.Failover(t.Context(), "kofu").Err(); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal(err)
}
