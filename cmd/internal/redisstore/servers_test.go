// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/kiosk"
)

// A world is a store on some Redis, with a way to let its time pass and to
// take the Redis away.
type world struct {
	store *Store
	pass  func(time.Duration)
	stop  func()
	desk  bool // its sessions are those of the counter
}

// sessions are those of s that the world is about, with what they say when
// there is none, and when another version is there.
func (w world) sessions(s *Store) (sessions *Sessions, none, conflict error) {
	if w.desk {
		return s.Desks(), staff.ErrNoSession, staff.ErrConflict
	}
	return s.Sessions(), kiosk.ErrNoSession, kiosk.ErrConflict
}

func open(t *testing.T, c Config) *Store {
	t.Helper()
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func miniWorld(t *testing.T) world {
	m := miniredis.RunT(t)
	s := open(t, Config{Address: m.Addr(), Environment: cert.Test})
	return world{s, func(d time.Duration) { ageGate(t, s, d); m.FastForward(d) }, m.Close, false}
}

func realWorld(t *testing.T) world {
	socket := filepath.Join(shortDir(t), "r.sock")
	stop := redisServer(t, socket, "--port", "0", "--unixsocket", socket)
	s := open(t, Config{Address: socket, Environment: cert.Test})
	return world{s, func(d time.Duration) { age(t, s, d) }, stop, false}
}

// age brings every key's end nearer by d, which is all that time does here.
func age(t *testing.T, s *Store, d time.Duration) {
	t.Helper()
	ageGate(t, s, d)
	keys, err := s.client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		left, err := s.client.PTTL(t.Context(), k).Result()
		if err != nil || left < 0 {
			t.Fatalf("%s never expires: %v %v", k, left, err)
		}
		if err := s.client.PExpire(t.Context(), k, max(0, left-d)).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// shortDir is a folder whose path leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// redisServer starts a real one, without persistence unless told otherwise.
func redisServer(t *testing.T, addr string, args ...string) (stop func()) {
	t.Helper()
	if !slices.Contains(args, "--save") {
		args = append(args, "--save", "", "--appendonly", "no")
	}
	return run(t, addr, append(args, "--bind", "127.0.0.1")...)
}

// run starts the program, which is Redis and Sentinel both, and returns a way
// to end it before the test does. It does not return until something answers
// at addr.
func run(t *testing.T, addr string, args ...string) (stop func()) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("KOFU_REQUIRE") == "1" {
			t.Fatal("redis-server is not here: install redis-server")
		}
		t.Skip("install redis-server")
	}
	args = append(args, "--dir", t.TempDir(), "--daemonize", "no", "--loglevel", "warning")
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	stop = func() {
		if !ended {
			ended = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(stop)
	network := "tcp"
	if addr[0] == '/' {
		network = "unix"
	}
	for range 200 {
		conn, err := new(net.Dialer).DialContext(t.Context(), network, addr)
		if err == nil {
			_ = conn.Close()
			return stop
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatal("redis-server does not answer")
	return nil
}

func freePort(t *testing.T) (addr, port string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), l.Addr().String()[strings.LastIndexByte(l.Addr().String(), ':')+1:]
}

// tlsServer starts a Redis that speaks TLS alone and returns what reaches it.
func tlsServer(t *testing.T, args ...string) Config {
	t.Helper()
	dir, pool := tlsFiles(t)
	return production(tlsRedis(t, dir, args...), pool)
}

// production is what a server in production says to the Redis at addr.
func production(addr string, pool *x509.CertPool) Config {
	return Config{Address: addr, Username: "kofu", Password: "secret", Environment: cert.Production,
		TLS: &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}}
}

// rights is the ACL of the server as keys.go writes it down.
func rights(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("keys.go")
	if err != nil {
		t.Fatal(err)
	}
	_, line, found := strings.Cut(string(source), "//\tuser kofu on ><password> ~")
	line, _, ended := strings.Cut(line, "\n")
	if !found || !ended {
		t.Fatal("keys.go writes no ACL down")
	}
	return "~" + line
}

// tlsFiles makes a folder with a certificate and an ACL: kofu has the rights
// that keys.go writes down, replica those of a replica, narrow hardly any.
func tlsFiles(t *testing.T) (dir string, pool *x509.CertPool) {
	t.Helper()
	dir = t.TempDir()
	users := "user default off\n" +
		"user kofu on >secret " + rights(t) + "\n" +
		"user narrow on >secret ~kofu:1:* +set +get +del +ping\n" +
		"user replica on >secret +psync +replconf +ping\n"
	if err := os.WriteFile(filepath.Join(dir, "users.acl"), []byte(users), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, selfSigned(t, dir)
}

// tlsRedis starts a Redis with what tlsFiles made.
func tlsRedis(t *testing.T, dir string, args ...string) (addr string) {
	t.Helper()
	addr, port := freePort(t)
	redisServer(t, addr, append([]string{"--port", "0", "--tls-port", port, "--tls-cert-file", dir + "/cert.pem",
		"--tls-key-file", dir + "/key.pem", "--tls-ca-cert-file", dir + "/cert.pem", "--tls-auth-clients", "no", "--tls-replication", "yes",
		"--aclfile", dir + "/users.acl", "--masteruser", "replica", "--masterauth", "secret", "--repl-diskless-sync-delay", "0"}, args...)...)
	return addr
}

func selfSigned(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	crt, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(crt)
	return pool
}

// synced waits until the Redis of s counts n replicas, and each of them
// follows: for a moment after the first copy, one is online and does not yet.
func synced(t *testing.T, s *Store, n int) {
	t.Helper()
	for range 1600 { // a Sentinel takes its time to turn the old one into a replica
		info, err := s.client.Info(t.Context(), "replication").Result()
		if err == nil && parseReplication(info).connected == n && (n == 0 || followed(t, s, n)) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("never had %d replicas", n)
}

func followed(t *testing.T, s *Store, n int) bool {
	pipe := s.client.Pipeline()
	pipe.Set(t.Context(), sealPrefix+"synced", "", time.Second)
	wait := pipe.Do(t.Context(), "wait", n, 200)
	_, err := pipe.Exec(t.Context())
	got, _ := wait.Int()
	return err == nil && got >= n
}
