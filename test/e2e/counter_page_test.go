// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kofu/test/phone"
	"kofu/test/vrs"
)

// Browsers are the PCs of three town halls. From the first administrator to
// the auditor's review everything is done that the console can do, in both
// languages; axe-core finds nothing wrong with any page, and what was issued
// and withdrawn is, for strangers, issued and withdrawn.
//
// Rows: A7, D4, F1, F4, F6, F10, R3.1, R3.3
func TestCounterInBrowsers(t *testing.T) {
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
	walk(t, node, filepath.Join("..", "node", "counter.test.mjs"), d.URL, out, chromium)
	trust := d.trust(t)
	for _, name := range []string{"ja/domestic", "ja/overseas", "en/domestic", "en/overseas"} {
		t.Run(name, func(t *testing.T) { counterPaper(t, filepath.Join(out, filepath.FromSlash(name)), trust) })
	}
	t.Run("withdrawn", func(t *testing.T) { withdrawn(t, out, append(trust, d.lists(t)...)) })
	for _, r := range vrs.Residents() {
		for _, marker := range []string{r.Number, r.VRSName, r.Address, r.Ticket} {
			if marker != "" && strings.Contains(d.stderr.String(), marker) {
				t.Errorf("%s: %q is in the log", r.ID, marker)
			}
		}
	}
}

// counterPaper reads a paper as strangers do, and as we do.
func counterPaper(t *testing.T, path string, trust []string) {
	symbols := paperOf(t, path, trust)
	picture := filepath.Join(t.TempDir(), "page")
	output(t, nil, theirs(t, "pdftoppm"), "-r", "200", "-png", "-singlefile", path+".pdf", picture)
	read := strings.Split(strings.TrimSuffix(string(output(t, nil, theirs(t, "zbarimg"), "-q", "--raw", picture+".png")), "\n"), "\n")
	slices.Sort(read)
	slices.Sort(symbols)
	if !slices.Equal(read, symbols) {
		t.Errorf("zbarimg reads %q, we read %q", read, symbols)
	}
	id, err := os.ReadFile(path + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	r := resident(t, func(r vrs.Resident) bool { return r.ID == string(id) })
	words := unspaced(string(output(t, nil, theirs(t, "pdftotext"), path+".pdf", "-")))
	for _, want := range []string{r.VRSName, r.Birth.String(), "JPN" + string(r.Municipality)} {
		if !strings.Contains(words, unspaced(want)) {
			t.Errorf("pdftotext does not find %q", want)
		}
	}
}

// lists fetches what a demo publishes of what was withdrawn, and returns the
// arguments that have kofu verify know it.
func (d *demo) lists(t *testing.T) []string {
	t.Helper()
	p := &phone.Client{BaseURL: d.URL, HTTP: client(t)}
	get := func(path string) []byte {
		res, err := p.Send(t.Context(), http.MethodGet, path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		return res.Body
	}
	var jwks struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal(get("/issuer/.well-known/jwks.json"), &jwks); err != nil {
		t.Fatal(err)
	}
	paths := []string{"/trust/revoked-uvci.json"}
	for _, k := range jwks.Keys {
		paths = append(paths, "/issuer/.well-known/crl/"+k.Kid+".json")
	}
	var args []string
	for _, path := range paths {
		file := filepath.Join(t.TempDir(), filepath.Base(path))
		if err := os.WriteFile(file, get(path), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-crl", file)
	}
	return args
}

// withdrawn holds what each paper is by now: those that were withdrawn are not
// authentic, with the lists that are published, and their neighbours are.
func withdrawn(t *testing.T, out string, trust []string) {
	data, err := os.ReadFile(filepath.Join(out, "fates.json"))
	if err != nil {
		t.Fatal(err)
	}
	var fates map[string]string // paper → good, void, recalled
	if err := json.Unmarshal(data, &fates); err != nil || len(fates) == 0 {
		t.Fatal(err, len(fates))
	}
	gone := 0
	for name, fate := range fates {
		said, err := try(t, nil, ours(t, "kofu"), append(append([]string{"verify"}, trust...), filepath.Join(out, filepath.FromSlash(name)+".pdf"))...)
		if good := err == nil; good != (fate == "good") {
			t.Errorf("%s is %s, and kofu verify says %s (%v)", name, fate, said, err)
		}
		if fate != "good" {
			gone++
			if !strings.Contains(string(said), "revoked") {
				t.Errorf("%s is %s, and is refused for something else: %s", name, fate, said)
			}
		}
	}
	if gone < 2 || gone == len(fates) {
		t.Errorf("%d of %d were withdrawn: nothing is shown by that", gone, len(fates))
	}
}
