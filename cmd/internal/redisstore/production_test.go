// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"

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
		"master beside an address":  func(c *Config) { c.Master = "m" },
		"Sentinels' user, and none": func(c *Config) { c.SentinelUsername = "kofu" },
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

// TestProductionNamesADenial tells a user who is not let in, or may not ask,
// from a Redis that is not there.
func TestProductionNamesADenial(t *testing.T) {
	dir, pool := tlsFiles(t)
	addr := tlsRedis(t, dir)
	for name, spoil := range map[string]func(*Config){
		"wrong password":        func(c *Config) { c.Password = "guess" },
		"user who may not ask":  func(c *Config) { c.Username = "narrow" },
		"user who does not set": func(c *Config) { c.Username = "stranger" },
	} {
		t.Run(name, func(t *testing.T) {
			c := production(addr, pool)
			spoil(&c)
			if err := open(t, c).Check(t.Context()); !errors.Is(err, ErrDenied) {
				t.Errorf("got %v", err)
			}
		})
	}
	c := production("127.0.0.1:1", pool)
	if err := open(t, c).Check(t.Context()); err == nil || errors.Is(err, ErrDenied) {
		t.Errorf("nobody there: %v", err)
	}
}

func FuzzParseReplication(f *testing.F) {
	f.Add("# Replication\r\nrole:master\r\nconnected_slaves:1\r\nslave0:ip=10.0.0.2,port=6380,state=online,offset=14,lag=1\r\n")
	f.Add("role:slave\r\nconnected_slaves:x\nslave:ip\nslave_repl_offset:1\nslave99999:")
	f.Fuzz(func(t *testing.T, text string) {
		if i := parseReplication(text); len(i.replicas) > strings.Count(text, "slave") {
			t.Errorf("%q is read as %+v", text, i)
		}
	})
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
