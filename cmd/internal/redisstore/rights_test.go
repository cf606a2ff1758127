// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/kiosk"
)

// everything does all that a server asks of a Redis, production's questions
// included.
func everything(ctx context.Context, s *Store) error {
	errs := []error{s.client.Ping(ctx).Err(), checkPersistence(ctx, s.client)}
	do := func(err error) { errs = append(errs, err) }
	_, err := s.checkReplicas(ctx)
	do(err)
	do(s.Challenges().Put(ctx, challenge("a")))
	_, err = s.Challenges().Take(ctx, "a")
	do(err)
	do(s.SealKeys().Put(ctx, "kid", [32]byte{1}, time.Minute))
	_, err = s.SealKeys().Get(ctx, "kid")
	do(err)
	do(s.SealKeys().Delete(ctx, "kid"))
	for _, sessions := range []*Sessions{s.Sessions(), s.Desks()} {
		do(sessions.Save(ctx, "a", nil, 0, time.Minute))
		_, _, err = sessions.Load(ctx, "a")
		do(err)
		do(sessions.Delete(ctx, "a"))
	}
	for _, id := range []string{"a", "b"} {
		_, err = s.Gate().Enter(ctx, id, 1, time.Now().Add(time.Minute))
		do(err)
	}
	do(s.Gate().Leave(ctx, "a"))
	_, err = s.Gate().Enter(ctx, "b", 1, time.Now().Add(time.Minute))
	do(err)
	do(s.Gate().Leave(ctx, "b"))
	_, err = s.Gate().Count(ctx, "a", time.Minute)
	do(err)
	return errors.Join(errs...)
}

// TestRights: the ACL that keys.go writes down is enough for everything, and
// none of it can be left out.
func TestRights(t *testing.T) {
	granted := strings.Fields(rights(t))
	users := []string{"user default off", "user replica on >secret +psync +replconf +ping", "user operator on >secret ~* &* +@all", "user kofu on >secret " + rights(t)}
	for n := range granted {
		users = append(users, fmt.Sprintf("user without%d on >secret %s", n, strings.Join(slices.Delete(slices.Clone(granted), n, n+1), " ")))
	}
	acl := filepath.Join(t.TempDir(), "users.acl")
	if err := os.WriteFile(acl, []byte(strings.Join(users, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(args ...string) Config {
		addr, port := freePort(t)
		redisServer(t, addr, append([]string{"--port", port, "--aclfile", acl, "--masteruser", "replica", "--masterauth", "secret", "--repl-diskless-sync-delay", "0"}, args...)...)
		return Config{Address: addr, Username: "operator", Password: "secret", Environment: cert.Test, Replicas: 1}
	}
	c := start()
	start("--replicaof", "127.0.0.1 "+c.Address[len("127.0.0.1:"):])
	operator := open(t, c)
	synced(t, operator, 1)
	as := func(user string) *Store {
		if err := operator.client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		c := c
		c.Username = user
		return open(t, c)
	}
	kofu := as("kofu")
	if err := everything(t.Context(), kofu); err != nil {
		t.Fatalf("the rights are not enough: %v", err)
	}
	for n, right := range granted {
		if err := everything(t.Context(), as(fmt.Sprintf("without%d", n))); err == nil || errors.Is(err, errNotRepeated) || errors.Is(err, kiosk.ErrConflict) || errors.Is(err, staff.ErrConflict) {
			t.Errorf("%s is not needed: %v", right, err)
		}
	}
	forbidden(t, kofu.client)
}

// forbidden: neither by itself nor in a script does the user reach what is
// not its own.
func forbidden(t *testing.T, client *redis.Client) {
	t.Helper()
	for _, command := range []string{
		"KEYS *", "SCAN 0", "FLUSHALL", "FLUSHDB", "CONFIG SET save 60", "CONFIG REWRITE", "SAVE", "BGSAVE", "SHUTDOWN", "MONITOR",
		"SUBSCRIBE a", "PUBLISH a b", "ACL LIST", "CLIENT LIST", "SCRIPT FLUSH", "EVALSHA 0 0", "FUNCTION LIST", "REPLICAOF NO ONE", "DUMP kofu:1:seal:kid",
		"EXPIRE kofu:1:seal:kid 1", "PERSIST kofu:1:seal:kid", "RENAME kofu:1:seal:kid kofu:1:seal:kid2", "SET other x", "GET other", "DEL kofu:2:seal:kid",
	} {
		var args []any
		for word := range strings.FieldsSeq(command) {
			args = append(args, word)
		}
		if err := client.Do(t.Context(), args...).Err(); !redis.IsPermissionError(err) {
			t.Errorf("%s: %v", command, err)
		}
	}
	for _, script := range []string{
		`return redis.call("flushall")`, `return redis.call("set", "other", "x")`, `return redis.call("get", "other")`, `return redis.call("keys", "*")`,
	} {
		if err := client.Eval(t.Context(), script, nil).Err(); err == nil || errors.Is(err, redis.Nil) {
			t.Errorf("%s: %v", script, err)
		}
	}
}
