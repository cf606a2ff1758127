// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/test/keyring"
	"kofu/test/vrs"
)

// TestLoadRefusesForTheCounter takes one thing at a time from a site whose
// counter is without fault.
func TestLoadRefusesForTheCounter(t *testing.T) {
	s, _ := makeCounter(t)
	sound, err := os.ReadFile(s.path())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile(filepath.Join(s.dir, "keys", keyring.Manifest))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"short": "short", "long": strings.Repeat("x", 40)} {
		if err := s.write(name, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	door := func() map[string]any { return s.section("listen")["counter"].(map[string]any) }
	marks := func() map[string]any { return s.section("counter")["checkpoints"].(map[string]any) }
	for name, c := range map[string]struct {
		spoil func()
		want  string
	}{
		"nothing":                   {func() {}, ""},
		"no checkpoints":            {func() { delete(s.section("counter"), "checkpoints") }, ""},
		"no key for the counter":    {func() { without(t, s, keys, "counter") }, "keys: no active shc key for the counter"},
		"roots without any":         {func() { door()["client_ca"] = "uvci" }, "listen.counter.client_ca: no certificate in it"},
		"another's key":             {func() { door()["key"] = vrs.ClientKeyFile }, "listen.counter.certificate: is not a certificate chain"},
		"no secret":                 {func() { delete(s.section("secrets"), "staff") }, "secrets.staff is missing"},
		"a short secret":            {func() { s.section("secrets")["staff"] = "short" }, "secrets.staff: fewer than 32 bytes"},
		"the secret of another":     {func() { s.section("secrets")["staff"] = "rid" }, "secrets: staff is the same as another"},
		"no such checkpoint key":    {func() { marks()["key"] = "nowhere" }, "counter.checkpoints.key: "},
		"a public checkpoint key":   {func() { marks()["key"] = "log-key.pub" }, "counter.checkpoints.key: checkpoint: not a key for checkpoints: no private one"},
		"no folder for a file":      {func() { marks()["file"] = "nowhere/checkpoints" }, "counter.checkpoints.file: "},
		"folder that is not there":  {func() { marks()["folder"] = "nowhere" }, "counter.checkpoints.folder: "},
		"folder that is a file":     {func() { marks()["folder"] = "long" }, "counter.checkpoints.folder: "},
		"a log server that is none": {func() { marks()["syslog"] = "localhost" }, "counter.checkpoints.syslog must be"},
	} {
		t.Run(name, func(t *testing.T) {
			s.config = nil
			if err := json.Unmarshal(sound, &s.config); err != nil {
				t.Fatal(err)
			}
			c.spoil()
			if err := s.save(); err != nil {
				t.Fatal(err)
			}
			_, faults := load(s.path())
			if err := s.write("keys/"+keyring.Manifest, keys); err != nil {
				t.Fatal(err)
			}
			if all := "\n" + strings.Join(faults, "\n"); c.want == "" && len(faults) > 0 || c.want != "" && !strings.Contains(all, "\n"+c.want) {
				t.Errorf("got %q, want %q", faults, c.want)
			}
		})
	}
	for _, made := range []string{"kofu.db", "checkpoints"} {
		if _, err := os.Stat(filepath.Join(s.dir, made)); err == nil {
			t.Errorf("looking at a configuration made %s", made)
		}
	}
}

// TestHashCoversTheCounter: replicas that let others in are not alike, and no
// secret is told by it.
//
// Rows: R1.7
func TestHashCoversTheCounter(t *testing.T) {
	s, _ := makeCounter(t)
	hash := func() string {
		t.Helper()
		p, faults := load(s.path())
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return p.hash
	}
	sound := hash()
	lengthen(t, filepath.Join(s.dir, "offices", vrs.RootFile), func() {
		if hash() == sound {
			t.Error("whom the door lets in is not in it")
		}
	})
	for _, secret := range []string{"staff", "log-key"} {
		lengthen(t, filepath.Join(s.dir, secret), func() {
			if hash() != sound {
				t.Errorf("the secret %s is in it", secret)
			}
		})
	}
}

// TestProductionWantsCheckpoints: a counter of production that keeps its log
// to itself does not start, nor one with a secret that everybody can read.
func TestProductionWantsCheckpoints(t *testing.T) {
	s, _ := makeCounter(t)
	produce(t, s)
	s.section("counter")["checkpoints"].(map[string]any)["every"] = "60s"
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	night := "counter.policy.night must not be shorter than 4h in production"
	faults := func() []string {
		_, faults := load(s.path())
		return faults
	}
	if got := faults(); len(got) != 1 || got[0] != night {
		t.Errorf("%q", got)
	}
	delete(s.section("counter"), "policy")
	for _, name := range []string{"staff", "log-key"} {
		path := filepath.Join(s.dir, name)
		err := errors.Join(s.save(), os.Chmod(path, 0o644))
		if got := faults(); err != nil || len(got) != 1 || !strings.Contains(got[0], "mode 0644 lets everybody at it") {
			t.Errorf("%s: %q %v", name, got, err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := faults(); len(got) > 0 {
		t.Errorf("sound, and %q", got)
	}
	delete(s.section("counter"), "checkpoints")
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	if got := faults(); len(got) != 1 || !strings.HasPrefix(got[0], "counter.checkpoints is missing") {
		t.Errorf("%q", got)
	}
}

// TestDeskKey takes the client certificate of an office's terminal, and none of
// another authority.
//
// Rows: F1
func TestDeskKey(t *testing.T) {
	s, _ := makeCounter(t)
	p, faults := loadOffice(s.path(), needs{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	defer func() { _ = p.sql.Close() }()
	if _, err := clientKey(filepath.Join(s.dir, "offices", vrs.ClientFile), "listen.counter.client_ca", p.counter, time.Now()); err != nil {
		t.Error(err)
	}
	for _, other := range []string{vrs.ClientFile, "offices/" + vrs.ServerFile} {
		if _, err := clientKey(filepath.Join(s.dir, other), "listen.counter.client_ca", p.counter, time.Now()); err == nil || !strings.Contains(err.Error(), "listen.counter.client_ca does not vouch") {
			t.Errorf("%s: %v", other, err)
		}
	}
}

// TestCommandsTellWhatTheyLack: what a command does not need it does not ask
// for.
func TestCommandsTellWhatTheyLack(t *testing.T) {
	s, _ := makeCounter(t)
	s.section("secrets")["staff"], s.section("vrs")["key"] = "nowhere", "nowhere"
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		n    needs
		want string
	}{{needs{}, ""}, {needs{staff: true}, "secrets.staff: "}, {needs{records: true}, "vrs.key: "}} {
		p, faults := loadOffice(s.path(), c.n)
		if all := strings.Join(faults, "\n"); c.want == "" && len(faults) > 0 || !bytes.Contains([]byte(all), []byte(c.want)) {
			t.Errorf("%+v: %q", c.n, faults)
		}
		if p != nil && p.sql != nil {
			_ = p.sql.Close()
		}
	}
}
