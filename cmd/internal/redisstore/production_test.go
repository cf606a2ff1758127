// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"crypto/tls"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cert"
)

func TestOpenRefuses(t *testing.T) {
	good := Config{Address: "127.0.0.1:1", Username: "kofu", Password: "x", TLS: &tls.Config{MinVersion: tls.VersionTLS12}, Environment: cert.Production}
	if _, err := Open(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"no environment":            func(c *Config) { c.Environment = "" },
		"no address":                func(c *Config) { c.Address = "" },
		"address and Sentinels":     func(c *Config) { c.Sentinels = []string{"a:1"}; c.Master = "m" },
		"Sentinels without master":  func(c *Config) { c.Address, c.Sentinels = "", []string{"a:1"} },
		"production without TLS":    func(c *Config) { c.TLS = nil },
		"production without user":   func(c *Config) { c.Username = "" },
		"production's default user": func(c *Config) { c.Username = "default" },
		"production, no password":   func(c *Config) { c.Password = "" },
		"fewer than no replicas":    func(c *Config) { c.Replicas = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			spoil(&c)
			if _, err := Open(c); !errors.Is(err, ErrConfig) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestProduction uses the ACL that keys.go writes down, so nothing it leaves
// out can be needed.
func TestProduction(t *testing.T) {
	s := open(t, tlsServer(t))
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := world{store: s}
	put(t, w, "a")
	if _, err := s.Challenges().Take(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	sealKeyKept(t, w)
}

func TestProductionRefusesPersistence(t *testing.T) {
	for name, args := range map[string][]string{
		"snapshots":        {"--save", "60 1", "--appendonly", "no"},
		"append-only file": {"--save", "", "--appendonly", "yes"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := open(t, tlsServer(t, args...)).Check(t.Context()); !errors.Is(err, ErrPersistent) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestProductionRefusesWrongCertificate(t *testing.T) {
	c := tlsServer(t)
	c.TLS = &tls.Config{ServerName: "localhost", MinVersion: tls.VersionTLS12}
	if err := open(t, c).Check(t.Context()); err == nil {
		t.Error("a certificate nobody vouches for was accepted")
	}
}

// TestReplica shows that taking and shredding wait for a replica, and fail
// when none has it.
func TestReplica(t *testing.T) {
	addr, port := freePort(t)
	redisServer(t, addr, "--port", port, "--repl-diskless-sync-delay", "0")
	alone := open(t, Config{Address: addr, Environment: cert.Test})
	socket := filepath.Join(shortDir(t), "b.sock")
	stop := redisServer(t, socket, "--port", "0", "--unixsocket", socket, "--replicaof", "127.0.0.1 "+port)
	synced(t, alone, "1")

	s := open(t, Config{Address: addr, Environment: cert.Test, Replicas: 1, Timeout: 400 * time.Millisecond})
	w := world{store: s}
	for _, id := range []string{"a", "b", "c"} {
		put(t, w, id)
	}
	if err := s.checkReplicas(t.Context()); err != nil {
		t.Error(err)
	}
	if err := alone.checkReplicas(t.Context()); !errors.Is(err, ErrReplicas) {
		t.Errorf("replicas that nobody waits for: %v", err)
	}
	if _, err := s.Challenges().Take(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := open(t, Config{Address: socket, Environment: cert.Test}).checkReplicas(t.Context()); !errors.Is(err, ErrReplicas) {
		t.Errorf("a replica itself: %v", err)
	}

	stop()
	synced(t, alone, "0")
	if _, err := s.Challenges().Take(t.Context(), "b"); !errors.Is(err, errNotRepeated) || errors.Is(err, cardauth.ErrChallengeUsed) {
		t.Errorf("Take with the replica gone: %v", err)
	}
	if err := s.SealKeys().Delete(t.Context(), "kid"); !errors.Is(err, errNotRepeated) {
		t.Errorf("Delete with the replica gone: %v", err)
	}
	if err := s.checkReplicas(t.Context()); !errors.Is(err, ErrReplicas) {
		t.Errorf("Check with the replica gone: %v", err)
	}
}

func FuzzParseChallenge(f *testing.F) {
	f.Add(formatChallenge(challenge("a")))
	f.Add(tombstone)
	f.Add("app certificate -1 AAAA")
	f.Fuzz(func(t *testing.T, value string) {
		c, err := parseChallenge("a", value)
		if err != nil {
			return
		}
		again, err := parseChallenge("a", formatChallenge(c))
		if err != nil || again != c {
			t.Errorf("%q is read as %v, then as %v (%v)", value, c, again, err)
		}
	})
}
