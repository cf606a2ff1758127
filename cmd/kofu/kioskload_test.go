// SPDX-License-Identifier: Apache-2.0

package main

import (
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

// TestLoadRefusesForTheKiosk takes one thing at a time from a site whose kiosk
// is without fault.
func TestLoadRefusesForTheKiosk(t *testing.T) {
	s, _ := makeKiosk(t)
	texts := filepath.Join(s.dir, "texts")
	if err := os.CopyFS(texts, os.DirFS(filepath.Join("..", "..", "kiosk", "text"))); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(s.path())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile(filepath.Join(s.dir, "keys", keyring.Manifest))
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(texts, "pt.json"))
	if err != nil {
		t.Fatal(err)
	}
	door := func() map[string]any { return s.section("listen")["kiosk"].(map[string]any) }
	for name, c := range map[string]struct {
		spoil func()
		want  string
	}{
		"nothing":                  {func() {}, ""},
		"texts of their own":       {func() { s.config["kiosk"] = map[string]any{"texts": "texts"} }, ""},
		"no key for the kiosk":     {func() { without(t, s, keys, "kiosk") }, "keys: no active shc key for the kiosk"},
		"roots without any":        {func() { door()["client_ca"] = "uvci" }, "listen.kiosk.client_ca: no certificate in it"},
		"another's key":            {func() { door()["key"] = vrs.ClientKeyFile }, "listen.kiosk.certificate: is not a certificate chain"},
		"folder that is not there": {func() { s.config["kiosk"] = map[string]any{"texts": "nowhere"} }, "kiosk.texts: "},
		"folder without a table":   {func() { s.config["kiosk"] = map[string]any{"texts": "terminals"} }, "kiosk.texts: "},
		"a language that is not whole": {func() {
			s.config["kiosk"] = map[string]any{"texts": "texts"}
			if err := s.write("texts/pt.json", []byte("{}")); err != nil {
				t.Fatal(err)
			}
		}, "kiosk: "},
		"folder for a database":    {func() { s.section("sql")["path"] = "keys" }, "sql.path: "},
		"no folder for a database": {func() { s.section("sql")["path"] = "nowhere/kofu.db" }, "sql.path: "},
		"no file for a DSN":        {func() { s.config["sql"] = map[string]any{"driver": "postgres", "dsn": "nowhere"} }, "sql.dsn: "},
		"a DSN that is none":       {func() { s.config["sql"] = map[string]any{"driver": "postgres", "dsn": "uvci"} }, "sql.dsn: postgres: connection string not accepted"},
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
			if err := errors.Join(s.write("keys/"+keyring.Manifest, keys), s.write("texts/pt.json", table)); err != nil {
				t.Fatal(err)
			}
			if all := "\n" + strings.Join(faults, "\n"); c.want == "" && len(faults) > 0 || c.want != "" && !strings.Contains(all, "\n"+c.want) {
				t.Errorf("got %q, want %q", faults, c.want)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(s.dir, "kofu.db")); err == nil {
		t.Error("looking at a configuration made a database")
	}
}

// without writes a manifest that has no keys for a channel.
func without(t *testing.T, s *site, manifest []byte, channel string) {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(manifest, &m); err != nil {
		t.Fatal(err)
	}
	var left []any
	for _, k := range m["keys"].([]any) {
		if k.(map[string]any)["channels"].([]any)[0] != channel {
			left = append(left, k)
		}
	}
	m["keys"] = left
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.write("keys/"+keyring.Manifest, data); err != nil {
		t.Fatal(err)
	}
}

// TestHashCoversTheKiosk: replicas that show other screens, or let others in,
// are not alike (R1.7).
//
// Rows: R1.7
func TestHashCoversTheKiosk(t *testing.T) {
	s, _ := makeKiosk(t)
	if err := os.CopyFS(filepath.Join(s.dir, "texts"), os.DirFS(filepath.Join("..", "..", "kiosk", "text"))); err != nil {
		t.Fatal(err)
	}
	s.config["kiosk"] = map[string]any{"texts": "texts"}
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	hash := func() string {
		t.Helper()
		p, faults := load(s.path())
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return p.hash
	}
	sound := hash()
	for _, name := range []string{"texts/vi.json", "terminals/" + vrs.RootFile} {
		lengthen(t, filepath.Join(s.dir, name), func() {
			if hash() == sound {
				t.Errorf("%s is not in it", name)
			}
		})
	}
}

// TestSQLSecretsAreForNobodyElse: nor is the database.
func TestSQLSecretsAreForNobodyElse(t *testing.T) {
	s := makeSite(t)
	s.config["environment"] = "production"
	for name, sql := range map[string]map[string]any{
		"sql.path": {"driver": "sqlite", "path": "kofu.db"}, "sql.dsn": {"driver": "postgres", "dsn": "kofu.db"},
	} {
		s.config["sql"] = sql
		if err := s.save(); err != nil {
			t.Fatal(err)
		}
		for mode, want := range map[os.FileMode]bool{0o644: true, 0o640: false} {
			if err := s.write("kofu.db", nil); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Join(s.dir, "kofu.db"), mode); err != nil {
				t.Fatal(err)
			}
			_, faults := load(s.path())
			if got := strings.Contains(strings.Join(faults, "\n"), "lets everybody at it"); got != want {
				t.Errorf("%s, mode %04o: %q", name, mode, faults)
			}
		}
	}
	s.config["sql"] = map[string]any{"driver": "postgres", "dsn": "dsn"}
	if err := s.write("dsn", []byte("postgres://kofu:hush@db.example.jp/kofu?sslmode=require")); err != nil {
		t.Fatal(err)
	}
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	if _, faults := load(s.path()); !strings.Contains(strings.Join(faults, "\n"), "sql.dsn: postgres: connection string not accepted: production wants sslmode=verify-full") {
		t.Errorf("%q", faults)
	}
}

// TestClientKey takes a client's certificate that the listener would take, and
// nothing else.
//
// Rows: C5
func TestClientKey(t *testing.T) {
	s, _ := makeKiosk(t)
	p, faults := loadOffice(s.path(), needs{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	defer func() { _ = p.sql.Close() }()
	if err := s.write("empty.pem", nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file string
		at   time.Time
		want string
	}{
		"a terminal's":        {"terminals/" + vrs.ClientFile, time.Now(), ""},
		"when it has ended":   {"terminals/" + vrs.ClientFile, time.Now().AddDate(5, 0, 0), "not valid now"},
		"another authority's": {vrs.ClientFile, time.Now(), "listen.kiosk.client_ca does not vouch"},
		"a server's":          {"terminals/" + vrs.ServerFile, time.Now(), "listen.kiosk.client_ca does not vouch"},
		"the authority's own": {"terminals/" + vrs.RootFile, time.Now(), "an authority's"},
		"a key":               {"terminals/" + vrs.ClientKeyFile, time.Now(), "a private key stays"},
		"nothing":             {"empty.pem", time.Now(), "no certificate in it"},
		"not there":           {"gone.pem", time.Now(), "no such file"},
	} {
		_, err := clientKey(filepath.Join(s.dir, c.file), "listen.kiosk.client_ca", p.kiosk, c.at)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
