// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/passkey"
	"kofu/api/counter/staff"
	"kofu/cert"
)

// promised is a part that is made when the address is known.
type promised struct{ staff.Passkeys }

// A browser with an authenticator of its own enrols with a passkey, and signs
// in with it; so does no other authenticator.
//
// Rows: F4
func TestPasskeyInABrowser(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("a browser takes a while")
	}
	node, chromium := installed(t, "node"), installed(t, "chromium", "chromium-browser", "google-chrome")
	script := filepath.Join("..", "..", "test", "node", "passkey.test.mjs")
	if _, err := os.Stat(filepath.Join(filepath.Dir(script), "node_modules", "playwright-core")); err != nil {
		missing(t, "run npm ci in test/node")
	}
	keys := new(promised)
	tr := newTrialOf(t, setting{counter: true, passkeys: keys})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(tr.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	origin := "http://localhost:" + port
	if keys.Passkeys, err = passkey.New("localhost", []string{origin}, "kofu"); err != nil {
		t.Fatal(err)
	}
	invited, err := tr.office.staff.AddAdministrator(t.Context(), "test", "900010", staff.Draft{
		Login: "second", Name: "管理　次郎", StaffNumber: "10099", Functions: []staff.Function{staff.Administrator},
		ValidUntil: cert.DateOf(tr.now().AddDate(0, 0, 9)), Terminals: pcIDs()[:1],
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, node, script, origin, invited.Account.Login, invited.Code, chromium)
	c.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil || strings.TrimSpace(stdout.String()) != "ok" {
		t.Fatalf("the browser says %s (%v)\n%s", stdout.String(), err, stderr.String())
	}
	_, had, err := tr.books.AccountByLogin(t.Context(), "900010", invited.Account.Login)
	if err != nil || len(had.Passkeys) != 1 || had.TOTP != nil {
		t.Errorf("%d passkeys (%v)", len(had.Passkeys), err)
	}
	acts, err := tr.books.Acts(t.Context(), staff.Filter{Municipality: "900010", Operator: invited.Account.Login, Operation: staff.OpSignIn}, 10)
	if err != nil || len(acts) != 1 || acts[0].Details["factor"] != string(staff.PasskeyKey) {
		t.Errorf("signed in: %+v (%v)", acts, err)
	}
}

// installed returns the path of a program, the first of names, or skips the
// test; with KOFU_REQUIRE=1 it fails.
func installed(t *testing.T, names ...string) string {
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
