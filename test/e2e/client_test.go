// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/test/phone"
)

// A client whose types are generated from the contract that the service
// publishes, as deploy/clients/README.md tells it, compiles and is an app.
//
// Rows: A2, B3, B4
func TestTypeScriptClient(t *testing.T) {
	node := theirs(t, "node")
	dir := clientFolder(t)
	if said, err := instructed(t, dir); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	d := startDemo(t)
	res, err := (&phone.Client{BaseURL: d.URL, HTTP: client(t)}).Send(t.Context(), http.MethodGet, "/openapi.yaml", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if contract, err := os.ReadFile(filepath.Join(dir, "openapi.yaml")); err != nil || !bytes.Equal(res.Body, contract) {
		t.Errorf("the contract published is not api/openapi.yaml (%v)", err)
	}
	out := t.TempDir()
	if said := output(t, nil, node, filepath.Join("..", "node", "client.test.mjs"), d.URL, filepath.Join(dir, "compiled"),
		filepath.Join("..", "..", "cardauth", "attest", "testdata", "hashes.json"), out); strings.TrimSpace(string(said)) != "ok" {
		t.Fatalf("the client says %s", said)
	}
	trust := d.trust(t)
	for _, kind := range []string{"domestic", "overseas"} {
		var c phone.Certificate
		data, err := os.ReadFile(filepath.Join(out, kind+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatal(err)
		}
		symbols := paperOf(t, filepath.Join(out, kind), trust)
		if !slices.Contains(symbols, c.SHC.QR) || c.VDSNC != "" && !slices.Contains(symbols, c.VDSNC) {
			t.Errorf("%s: the paper's symbols are not those of the answer", kind)
		}
	}
}

// The compiler sees what must not compile: each error that misuse.ts expects is
// there, and no other.
//
// Rows: B3
func TestMisuseOfTheClientDoesNotCompile(t *testing.T) {
	dir := clientFolder(t)
	path := filepath.Join(dir, "misuse.ts")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Count(text, []byte("// @ts-expect-error"))
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte("// @ts-expect-error"), []byte("//")), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := instructed(t, dir)
	if err == nil || want < 10 {
		t.Fatalf("it compiles, with %d errors expected", want)
	}
	lines := map[string]bool{}
	for line := range strings.Lines(string(said)) {
		if at, _, ok := strings.Cut(line, ": error TS"); ok {
			lines[strings.SplitN(at, ",", 2)[0]] = true
			if !strings.HasPrefix(at, "misuse.ts(") {
				t.Errorf("elsewhere: %s", line)
			}
		}
	}
	if len(lines) != want {
		t.Errorf("errors in %d lines, want %d:\n%s", len(lines), want, said)
	}
}

// clientFolder is a folder as deploy/clients/README.md wants it.
func clientFolder(t *testing.T) string {
	t.Helper()
	modules, err := filepath.Abs(filepath.Join("..", "node", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"typescript", "openapi-typescript", "openapi-fetch"} {
		if _, err := os.Stat(filepath.Join(modules, name)); err != nil {
			missing(t, "run npm ci in test/node")
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "node", "client"))); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{filepath.Join("..", "..", "api", "openapi.yaml"), filepath.Join("..", "node", "package.json")} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(from)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// instructed executes the commands that deploy/clients/README.md tells.
func instructed(t *testing.T, dir string) (said []byte, err error) {
	t.Helper()
	theirs(t, "npx")
	data, err := os.ReadFile(filepath.Join("..", "..", "deploy", "clients", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begins := strings.Cut(string(data), "```sh\n")
	commands, _, ends := strings.Cut(rest, "```")
	if !begins || !ends {
		t.Fatal("deploy/clients/README.md tells no commands")
	}
	c := exec.CommandContext(t.Context(), theirs(t, "bash"), "-euc", commands)
	c.Dir, c.WaitDelay = dir, 5*time.Second
	return c.CombinedOutput()
}
