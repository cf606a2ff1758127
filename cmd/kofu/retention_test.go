// SPDX-License-Identifier: Apache-2.0

package main

import (
	"compress/gzip"
	"database/sql"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const canaries = `{"persons": [{"id": "p-1", "number": "900000001377", "name": "鷺沼　楓子", "birth_date": "1913-02-27", "passport": "ZQ7K41XW9"}]}`

// retains runs kofu check -retention.
func (s *site) retains(t *testing.T, stdin string, args ...string) (code int, said string) {
	t.Helper()
	var out output
	code = run(t.Context(), append([]string{"check", "-config", s.path(), "-retention"}, args...), strings.NewReader(stdin), &out, &out)
	return code, out.String()
}

// installed is a site whose server has made its tables and gone.
func installed(t *testing.T) *site {
	t.Helper()
	s := makeSite(t)
	stop := start(t, s)
	if code, why := ready(t, s); code != http.StatusOK {
		t.Fatalf("not ready: %v", why)
	}
	if code, said := stop(); code != exitDone {
		t.Fatal(said)
	}
	return s
}

// Rows: C3
func TestRetentionFindsNothingWhereNothingIs(t *testing.T) {
	s := installed(t)
	s.redis.Set("kofu:1:seal:abc", "0123456789abcdef0123456789abcdef")
	s.redis.SetTTL("kofu:1:seal:abc", time.Minute)
	for _, args := range [][]string{nil, {"-persons", "-"}} {
		code, said := s.retains(t, canaries, args...)
		if code != exitDone || !strings.Contains(said, "redis: 1 keys, 32 bytes") || !strings.Contains(said, "tables with rows") || !strings.Contains(said, "\nnothing found\n") {
			t.Errorf("%v: %d\n%s", args, code, said)
		}
	}
	if code, said := s.retains(t, "", "-log", "gone.log"); code != exitBlind || !strings.Contains(said, "gone.log: not looked at") {
		t.Errorf("a log that is not there: %d\n%s", code, said)
	}
	for _, persons := range []string{"", "{}", `{"persons": [{"name": "李"}]}`, `{"persons": [{"nmae": "x"}]}`} {
		if code, said := s.retains(t, persons, "-persons", "-"); code != exitUsage {
			t.Errorf("%q: %d\n%s", persons, code, said)
		}
	}
	s.redis.Close()
	if code, said := s.retains(t, ""); code != exitBlind || !strings.Contains(said, "redis: not looked at") {
		t.Errorf("without Redis: %d\n%s", code, said)
	}
	s.config["environment"] = ""
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	if code, said := s.retains(t, ""); code != exitConfig {
		t.Errorf("without a configuration: %d\n%s", code, said)
	}
}

// Every planted thing is told by its place, and none by what it is.
//
// Rows: C3
func TestRetentionTellsWhatIsKeptAndNotWhatItSays(t *testing.T) {
	s := installed(t)
	s.redis.Set("kofu:1:session:a", "1 "+base64.StdEncoding.EncodeToString([]byte(`{"name":"鷺沼　楓子"}`)))
	s.redis.SetTTL("kofu:1:session:a", time.Minute)
	s.redis.Set("cache:900000001377", "x")
	_, _ = s.redis.ZAdd("kofu:1:gate:inside", 1, "ZQ7K41XW9")
	s.redis.SetTTL("kofu:1:gate:inside", time.Minute)
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "kofu.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`CREATE TABLE notes (at TEXT, note BLOB)`, `INSERT INTO notes VALUES ('now', 'カガミハラ 1913-02-27')`, `INSERT INTO notes VALUES ('now', 'P<JPNMIHON<<KAZUKO<<<<<<<<<<<<<<<<<<<<<<<<<<<')`} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	_ = db.Close()
	plain, packed := filepath.Join(s.dir, "a.log"), filepath.Join(s.dir, "b.log.gz")
	if err := os.WriteFile(plain, []byte("one\n{\"cause\":\"\\u9dfa\\u6cbc\\u3000\\u6953\\u5b50 900000002748\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(packed)
	if err != nil {
		t.Fatal(err)
	}
	g := gzip.NewWriter(f)
	_, _ = g.Write([]byte("number=900000001377\n"))
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	code, said := s.retains(t, canaries, "-persons", "-", "-log", plain, "-log", packed)
	for _, want := range []string{
		"(kofu:1:session:…): name of p-1, base64 of utf-8 at ", "not of the keyspace of this program", "never expires", ", name: number of p-1, utf-8 at 6",
		"(kofu:1:gate:inside…): passport of p-1", "sql, notes.note, row 1: birth date of p-1", "sql, notes.note, row 1: a date of birth with kana",
		"sql, notes.note, row 2: a line of a passport's machine-readable zone", "a.log: name of p-1, json at ", "a.log: twelve digits with the check digit of a My Number at ",
		"b.log.gz: number of p-1, gzip: utf-8 at ", "kofu.db: birth date of p-1",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("not told: %s", want)
		}
	}
	for _, secret := range []string{"900000001377", "900000002748", "鷺沼", "1913-02-27", "ZQ7K41XW9", "MIHON"} {
		if strings.Contains(said, secret) {
			t.Errorf("%s is printed", secret)
		}
	}
	if code != exitFailed || t.Failed() {
		t.Errorf("ended with %d:\n%s", code, said)
	}
}
