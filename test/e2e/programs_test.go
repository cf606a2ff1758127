// SPDX-License-Identifier: Apache-2.0

// Package e2e runs the programs as they are built, and has software that is
// not ours look at what comes out: zbarimg, poppler, qpdf, openssl, a JOSE
// library in Node, a browser.
package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// built are the programs, built once for all tests of this package.
type built struct {
	once sync.Once
	dir  string
	err  error
}

func (b *built) build() {
	if b.dir, b.err = os.MkdirTemp("", "kofu-e2e-"); b.err != nil {
		return
	}
	build := exec.Command("go", "build", "-o", b.dir+string(filepath.Separator), "./cmd/kofu", "./cmd/kofu-demo")
	build.Dir = filepath.Join("..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		b.err = fmt.Errorf("%w: %s", err, said)
	}
}

var programs built

func TestMain(m *testing.M) {
	code := m.Run()
	if programs.dir != "" {
		_ = os.RemoveAll(programs.dir) // of no use to anybody
	}
	os.Exit(code)
}

// ours returns the path of one of our programs.
func ours(t *testing.T, name string) string {
	t.Helper()
	programs.once.Do(programs.build)
	if programs.err != nil {
		t.Fatal(programs.err)
	}
	return filepath.Join(programs.dir, name)
}

// theirs returns the path of a program of somebody else's, the first of names
// that is installed, or skips the test; with KOFU_REQUIRE=1 it fails.
func theirs(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "install "+names[0])
	return ""
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("KOFU_REQUIRE") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// nodeModules skips the test where the Node packages are not there.
func nodeModules(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(filepath.Join("..", "node", "node_modules", "jose")); err != nil {
		missing(t, "run npm ci in test/node")
	}
}

// output runs a program to its end and returns what it says.
func output(t *testing.T, stdin []byte, program string, args ...string) []byte {
	t.Helper()
	out, err := try(t, stdin, program, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func try(t *testing.T, stdin []byte, program string, args ...string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	c.WaitDelay = 5 * time.Second
	c.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return out, fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(program), strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return out, nil
}

// demo is a kofu-demo that serves.
type demo struct {
	URL    string
	stdout lines
	stderr lines
}

// lines is what a program has written so far.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// startDemo runs kofu-demo on a free port until the test ends.
func startDemo(t *testing.T) *demo {
	t.Helper()
	d := new(demo)
	c := exec.Command(ours(t, "kofu-demo"), "-listen", "127.0.0.1:0")
	c.Stdout, c.Stderr = &d.stdout, &d.stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := c.Wait(); err != nil {
			t.Errorf("kofu-demo: %v\n%s", err, d.stderr.String())
		}
	})
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		if _, rest, ok := strings.Cut(d.stdout.String(), "phone page"); ok && strings.Contains(rest, "Ctrl-C") {
			d.URL = strings.TrimSuffix(strings.Fields(rest)[0], "/")
			return d
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("kofu-demo does not start:\n%s", d.stderr.String())
	return nil
}

// client is for calls to a demo; it goes with the test.
func client(t *testing.T) *http.Client {
	t.Helper()
	transport := new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}
