// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"kofu/kiosk"
	"kofu/test/card"
	"kofu/test/terminal"
	"kofu/test/vrs"
)

// desk serves cards as the demo does.
func (w *world) desk() http.Handler {
	mux := http.NewServeMux()
	byID := func(id string) *card.Card {
		for _, r := range vrs.Residents() {
			if r.ID == id {
				return w.lying(r)
			}
		}
		return nil
	}
	mux.HandleFunc("POST /demo/cards/{resident}/unblock", func(out http.ResponseWriter, r *http.Request) {
		byID(r.PathValue("resident")).Unblock()
		out.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /demo/cards/{resident}/read", func(out http.ResponseWriter, r *http.Request) {
		var in struct {
			PIN     string `json:"pin"`
			Message []byte `json:"message"`
		}
		_ = json.UnmarshalRead(r.Body, &in)
		var answer terminal.CardFiles
		err := byID(r.PathValue("resident")).Tap(func(c card.Reader) error {
			f, err := c.ReadAll(in.PIN)
			if err != nil {
				return err
			}
			answer = terminal.CardFiles{EF0001: f.EF0001, EF0002: f.EF0002, EF0003: f.EF0003, EF0004: f.EF0004, EF0007: f.EF0007}
			if in.Message != nil {
				answer.Signature, err = c.Sign(in.Message)
			}
			return err
		})
		if err != nil {
			refused := map[string]any{"code": "pin_blocked", "tries_left": 0}
			if wrong, ok := errors.AsType[card.PINError](err); ok {
				refused = map[string]any{"code": "pin_incorrect", "tries_left": wrong.TriesLeft}
			}
			out.WriteHeader(http.StatusForbidden)
			_ = json.MarshalWrite(out, refused)
			return
		}
		_ = json.MarshalWrite(out, answer)
	})
	return mux
}

// lying is a resident's card as it lies there, its tries as they are.
func (w *world) lying(r vrs.Resident) *card.Card {
	w.cards.Lock()
	c := w.made[r.ID]
	w.cards.Unlock()
	if c == nil {
		c = w.issue(r)
	}
	return c
}

// The kit is run as a maker runs it: as a program of its own, which knows
// addresses and files alone.
func TestKitRunsByItself(t *testing.T) {
	w := newWorld(t)
	desk := httptest.NewServer(w.desk())
	defer desk.Close()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "ca.pem"), "CERTIFICATE", w.ca.Raw)
	args := []string{"-service", w.url, "-ca", filepath.Join(dir, "ca.pem"), "-cards", desk.URL}
	for i, flags := range [][2]string{{"-cert", "-key"}, {"-cert2", "-key2"}, {"-stranger-cert", "-stranger-key"}} {
		name := []string{"first", "second", "stranger"}[i]
		c := w.certificate(name)
		args = append(args, flags[0], filepath.Join(dir, name+".pem"), flags[1], filepath.Join(dir, name+".key"))
		w.save(t, c, dir, name)
		if name != "stranger" {
			w.register(t, name, c)
		}
	}
	run := func(scenarios string, more ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], append(append([]string{"-test.v", "-test.run", "TestConformance/" + scenarios}, args...), more...)...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	const some = "^(domestic|wrong_PIN_three_times|PIN_field|another_terminal's_session|no_terminal|jam_and_reprint)$"
	out, err := run(some)
	if err != nil || strings.Count(out, "    --- PASS") != 6 {
		t.Errorf("%v\n%s", err, out)
	}
	w.change("first", func(t *kiosk.Terminal) { t.Active = false })
	if out, err := run("^domestic$"); err == nil || !strings.Contains(out, "terminal_refused") {
		t.Errorf("a terminal that is revoked passes: %v\n%s", err, out)
	}
	if out, err := run("^domestic$", "-cards", ""); err != nil || !strings.Contains(out, "--- SKIP") {
		t.Errorf("without cards: %v\n%s", err, out)
	}
}

func write(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) save(t *testing.T, c tls.Certificate, dir, name string) {
	t.Helper()
	write(t, filepath.Join(dir, name+".pem"), "CERTIFICATE", c.Certificate[0])
	key, ok := c.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		t.Fatal("a key of another kind")
	}
	write(t, filepath.Join(dir, name+".key"), "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key))(t))
}
