// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cert/pdf"
	"kofu/cert/qr"
	"kofu/cert/shc"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// A browser is the terminal: every screen is seen in every language, axe-core
// finds nothing wrong with any, and the papers that were taken from the tray
// are those of the persons who stood there.
//
// Rows: A3, C2, D1, D2, D3
func TestKioskPageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes a while")
	}
	node, chromium := theirs(t, "node"), theirs(t, "chromium", "chromium-browser", "google-chrome")
	nodeModules(t)
	if _, err := os.Stat(filepath.Join("..", "node", "node_modules", "axe-core")); err != nil {
		missing(t, "run npm ci in test/node")
	}
	d := startDemo(t)
	out := t.TempDir()
	walk(t, node, filepath.Join("..", "node", "kiosk.test.mjs"), d.URL, out, chromium)
	trust := d.trust(t)
	for _, kind := range []string{"domestic", "overseas"} {
		t.Run(kind, func(t *testing.T) { paperOf(t, filepath.Join(out, kind), trust) })
	}
	for _, r := range vrs.Residents() {
		for _, marker := range []string{r.Number, r.Name, r.Address} {
			if strings.Contains(d.stderr.String(), marker) {
				t.Errorf("%s: %q is in the log", r.ID, marker)
			}
		}
	}
}

// walk runs a browser that has much to see: two to three minutes where others
// are at work on the machine.
func walk(t *testing.T, node string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, node, args...)
	c.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil || strings.TrimSpace(stdout.String()) != "ok" {
		t.Fatalf("the browser says %s (%v)\n%s", stdout.String(), err, stderr.String())
	}
}

// trust fetches the keys that a demo publishes, and returns the arguments that
// have kofu verify trust them.
func (d *demo) trust(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	var args []string
	for flag, path := range map[string]string{"-jwks": "/issuer/.well-known/jwks.json", "-csca": "/trust/csca.pem"} {
		res, err := (&phone.Client{BaseURL: d.URL, HTTP: client(t)}).Send(t.Context(), http.MethodGet, path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(file, res.Body, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, flag, file)
	}
	return args
}

// paperOf reads a paper and holds it against the person it was issued to. It
// returns what its symbols say.
func paperOf(t *testing.T, path string, trust []string) (symbols []string) {
	t.Helper()
	id, err := os.ReadFile(path + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	r := resident(t, func(r vrs.Resident) bool { return r.ID == string(id) })
	data, err := os.ReadFile(path + ".pdf")
	if err != nil {
		t.Fatal(err)
	}
	page, err := pdf.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	has := func(text string) bool {
		return slices.ContainsFunc(page.Runs, func(run pdf.Run) bool { return strings.Contains(unspaced(run.Text), unspaced(text)) })
	}
	for _, text := range []string{r.Name, r.Birth.String()} {
		if !has(text) {
			t.Errorf("the paper lacks %q", text)
		}
	}
	var texts []string
	for _, m := range page.Symbols {
		text, err := qr.Read(m)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if want := map[string]int{"domestic": 1, "overseas": 2}[filepath.Base(path)]; len(texts) != want {
		t.Fatalf("%d symbols", len(texts))
	}
	i := slices.IndexFunc(texts, func(s string) bool { return strings.HasPrefix(s, "shc:/") })
	if i < 0 {
		t.Fatal("no health card on the paper")
	}
	jws, err := shc.FromNumeric(texts[i])
	if err != nil {
		t.Fatal(err)
	}
	card, err := shc.Parse(jws)
	if err != nil || card.Patient.BirthDate != r.Birth.String() {
		t.Errorf("the health card is of somebody born on another day (%v)", err)
	}
	output(t, nil, ours(t, "kofu"), append(append([]string{"verify"}, trust...), path+".pdf")...)
	return texts
}
