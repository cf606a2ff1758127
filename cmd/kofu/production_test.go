// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/test/keyring"
	"kofu/test/vrs"
)

// produce turns a site into one of production that wants a Redis, with TLS
// and an ACL, on the port it returns.
func produce(t *testing.T, s *site) (port string) {
	t.Helper()
	addr, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	_, port, err = net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{"keys/" + keyring.Manifest: {`"test"`, `"production"`}, "anchors.json": {`"test"`, `"production"`}} {
		data, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		data = bytes.ReplaceAll(data, []byte(edit[0]), []byte(edit[1]))
		data = bytes.ReplaceAll(data, []byte(`"39303030`), []byte(`"35303030`)) // an authority's id begins with 5 there
		if err := s.write(name, data); err != nil {
			t.Fatal(err)
		}
	}
	users := "user default off\nuser kofu on >secret ~kofu:1:* +set +get +del +wait +ping +info +config|get +eval +time +incr +pexpireat +zadd +zrem +zcard +zscore +zrank +zrange +zrangebyscore\n"
	for name, text := range map[string]string{"users.acl": users, "redis-password": "secret\n"} {
		if err := s.write(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	s.config["environment"] = "production"
	delete(s.section("app"), "apple") // whose root is not Apple's
	delete(s.section("app")["releases"].(map[string]any), "ios")
	s.config["redis"] = map[string]any{"address": addr, "user": "kofu", "password": "redis-password", "tls": true, "ca": vrs.RootFile}
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	return port
}

// realRedis starts one that fits produce, until the test ends.
func realRedis(t *testing.T, s *site, port string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("KOFU_REQUIRE") == "1" {
			t.Fatal("redis-server is not here: install redis-server")
		}
		t.Skip("install redis-server")
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, append(args, "--bind", "127.0.0.1", "--port", "0", "--tls-port", port,
		"--tls-cert-file", filepath.Join(s.dir, vrs.ServerFile), "--tls-key-file", filepath.Join(s.dir, vrs.ServerKeyFile),
		"--tls-ca-cert-file", filepath.Join(s.dir, vrs.RootFile), "--tls-auth-clients", "no",
		"--aclfile", filepath.Join(s.dir, "users.acl"), "--dir", t.TempDir(), "--loglevel", "warning")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 200 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatal("redis-server does not answer")
}

// TestProductionRefusesRedis: what waiting does not mend keeps a server from
// starting.
func TestProductionRefusesRedis(t *testing.T) {
	for name, c := range map[string]struct{ password, save, want string }{
		"writes to disk": {"", "60 1", "redis: redisstore: this Redis writes to disk"},
		"wrong password": {"guess", "", "redis: redisstore: ping: redisstore: this Redis does not let the user do what it must"},
	} {
		t.Run(name, func(t *testing.T) {
			s := makeSite(t)
			realRedis(t, s, produce(t, s), "--save", c.save, "--appendonly", "no")
			if c.password != "" {
				if err := s.write("redis-password", []byte(c.password)); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var said output
			code := run(ctx, []string{"serve", "-config", s.path()}, strings.NewReader(""), &said, &said)
			if code != exitConfig || !strings.Contains("\n"+said.String(), "\n"+c.want) || strings.Contains(said.String(), "serving") {
				t.Errorf("ended with %d:\n%s", code, said.String())
			}
		})
	}
}

// TestProductionWaitsForRedis: one that is down may come back. Until then the
// server runs and is not ready.
func TestProductionWaitsForRedis(t *testing.T) {
	s := makeSite(t)
	port := produce(t, s)
	start(t, s)
	if code, why := ready(t, s); code != http.StatusServiceUnavailable || why["redis"] == "" || len(why) != 1 {
		t.Errorf("without Redis: %d %v", code, why)
	}
	realRedis(t, s, port, "--save", "", "--appendonly", "no")
	var why map[string]string
	for range 100 {
		var code int
		if code, why = ready(t, s); code == http.StatusOK {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("with Redis: %v", why)
}
