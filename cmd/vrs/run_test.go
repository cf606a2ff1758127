// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/cert"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

// screen is what the program prints.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// start runs the program until the test ends, and returns the addresses that
// it prints.
func start(t *testing.T, args ...string) (gateway, faults string) {
	t.Helper()
	out := new(screen)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, append(args, "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"), out) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for range 200 {
		m := regexp.MustCompile(`(?s)faults +(\S+).*gateway +(\S+)\n`).FindStringSubmatch(out.String())
		if m != nil {
			return m[2], m[1]
		}
		select {
		case err := <-done:
			t.Fatalf("ended with %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("not up after 10 s: %s", out)
	return "", ""
}

// connect reads the folder as a deployment of kofu does.
func connect(t *testing.T, url, dir string) *vrsclient.Client {
	t.Helper()
	root, err := os.ReadFile(filepath.Join(dir, vrs.RootFile))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(root)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, vrs.ClientFile), filepath.Join(dir, vrs.ClientKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	credentials := make(map[cert.MunicipalityCode]string)
	for _, m := range vrs.Municipalities() {
		b, err := os.ReadFile(filepath.Join(dir, "credential-"+string(m)))
		if err != nil {
			t.Fatal(err)
		}
		credentials[m] = strings.TrimSpace(string(b))
	}
	c, err := vrsclient.New(vrsclient.Config{
		BaseURL: url, TLS: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}, Credentials: credentials,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func find(t *testing.T, c *vrsclient.Client, r vrs.Resident) error {
	t.Helper()
	n, err := cert.ParseMyNumber([]byte(r.Number))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.FindForCertificate(t.Context(), cert.Query{
		Municipality: r.Municipality, MyNumber: n, Purpose: cert.PurposeCertificate, Issuance: "id",
	}).Record()
	return err
}

func search(t *testing.T, c *vrsclient.Client, r vrs.Resident) error {
	t.Helper()
	_, err := c.Desk().Search(t.Context(), cert.Search{
		Municipality: r.Municipality, Purpose: cert.PurposeCertificate, Ticket: cert.Private(r.Ticket),
	})
	return err
}

func TestServerAnswersAndKeepsItsDataAndSecrets(t *testing.T) {
	certs, db := t.TempDir(), t.TempDir()
	var extra vrs.Resident
	for extra = range vrs.Generate(100, 1) {
		break
	}
	t.Run("first run", func(t *testing.T) {
		gateway, faults := start(t, "-certs", certs, "-db", db, "-generate", "100")
		c := connect(t, gateway, certs)
		if err := errors.Join(find(t, c, vrs.Residents()[0]), find(t, c, extra), search(t, c, extra)); err != nil {
			t.Error(err)
		}
		res, err := http.Post(faults+"?call=find&kind=other_person&times=1", "", nil)
		if err != nil || res.StatusCode != http.StatusNoContent {
			t.Fatalf("set a fault: %v", err)
		}
		_ = res.Body.Close()
		if err := find(t, c, vrs.Residents()[0]); vrsclient.Cause(err) != vrsclient.CauseOtherPerson {
			t.Errorf("with a fault set: %v", err)
		}
	})
	t.Run("second run", func(t *testing.T) {
		gateway, _ := start(t, "-certs", certs, "-db", db)
		c := connect(t, gateway, certs)
		if err := errors.Join(find(t, c, extra), search(t, c, extra)); err != nil {
			t.Error(err)
		}
	})
}

func TestFlagsThatCannotWorkAreRefused(t *testing.T) {
	for name, args := range map[string][]string{
		"no folder":         nil,
		"unknown flag":      {"-x"},
		"argument":          {"-certs", "x", "y"},
		"reachable":         {"-certs", "x", "-listen", "0.0.0.0:0"},
		"reachable faults":  {"-certs", "x", "-admin", ":0"},
		"negative number":   {"-certs", "x", "-generate", "-1"},
		"negative duration": {"-certs", "x", "-latency", "-1s"},
	} {
		if err := run(t.Context(), args, new(screen)); !errors.Is(err, errUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := run(t.Context(), []string{"-certs", t.TempDir(), "-residents", t.TempDir()}, new(screen)); err == nil {
		t.Error("started without residents")
	}
}
