// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/test/keyring"
	"kofu/test/vrs"
)

// TestSecretsAreForNobodyElse holds production to files that not everybody on
// the machine may read, change or run.
func TestSecretsAreForNobodyElse(t *testing.T) {
	s := makeSite(t)
	s.config["environment"] = "production"
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]string{
		0o644: "mode 0644 lets everybody at it", 0o602: "mode 0602 lets", 0o601: "mode 0601 lets", 0o640: "", 0o600: "",
	} {
		if err := os.Chmod(filepath.Join(s.dir, "uvci"), mode); err != nil {
			t.Fatal(err)
		}
		_, faults := load(s.path())
		all := strings.Join(faults, "\n")
		if refused := strings.Contains(all, "secrets.uvci: "); refused != (want != "") || !strings.Contains(all, want) {
			t.Errorf("mode %04o: got %q", mode, faults)
		}
		if strings.Contains(all, "secrets.rid") {
			t.Errorf("a file of its owner's was refused: %q", faults)
		}
	}
}

// TestSecretsAreTheirBytes: random bytes may end like a line; what an editor
// wrote ends with one.
func TestSecretsAreTheirBytes(t *testing.T) {
	s := makeSite(t)
	random := append(bytes.Repeat([]byte{0x80}, 30), '\r', '\n')
	if err := s.write("uvci", random); err != nil {
		t.Fatal(err)
	}
	if err := s.write("word", []byte("word\r\n")); err != nil {
		t.Fatal(err)
	}
	s.section("redis")["user"], s.section("redis")["password"] = "kofu", "word"
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	p, faults := load(s.path())
	if len(faults) > 0 || !bytes.Equal(p.uvci, random) {
		t.Errorf("32 random bytes are read as %d: %q", len(p.uvci), faults)
	}
	l := &loader{dir: s.dir, env: p.config.Environment}
	if c := l.redisConfig(p.config.Redis); c.Password != "word" {
		t.Errorf("a password with its line break: %q", c.Password)
	}
}

// TestLoadRefusesWhatHasEnded looks at a sound site on other days: nobody
// could be served with it then.
//
// Rows: R1.7
func TestLoadRefusesWhatHasEnded(t *testing.T) {
	s := makeSite(t)
	for name, c := range map[string]struct {
		at   time.Time
		want []string
	}{
		"today":                   {time.Now(), nil},
		"before the certificates": {time.Now().Add(-2 * time.Hour), []string{"listen.certificate: is valid from ", "vrs.certificate: is valid from ", "keys: keys: shc key ", "keys: keys: vdsnc key "}},
		"after the certificates":  {time.Now().AddDate(1, 0, 1), []string{"listen.certificate: is valid from ", "vrs.certificate: is valid from "}},
		"after the signing keys":  {time.Now().AddDate(2, 0, 1), []string{"keys: keys: shc key ", "keys: keys: vdsnc key "}},
		"after the suite":         {time.Date(2031, 1, 1, 0, 0, 0, 0, time.FixedZone("JST", 9*60*60)), []string{"card_suites: rsa2048-sha256: ", "anchors: none is valid today"}},
		"before the anchors":      {time.Date(2015, 9, 30, 0, 0, 0, 0, time.UTC), []string{"anchors: none is valid today"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := loadAt(s.path(), c.at)
			all := "\n" + strings.Join(faults, "\n")
			for _, want := range c.want {
				if !strings.Contains(all, "\n"+want) {
					t.Errorf("got %q, want %q", faults, want)
				}
			}
			if len(c.want) == 0 && len(faults) > 0 {
				t.Errorf("got %q", faults)
			}
		})
	}
}

// TestHashCoversWhatItNames: replicas with one kofu.json and two tables of
// municipalities are not alike (R1.7). Secrets are not in it.
//
// Rows: R1.7
func TestHashCoversWhatItNames(t *testing.T) {
	s := makeSite(t)
	font := filepath.Join("..", "..", "cert", "pdf", "font")
	fonts, err := filepath.Glob(filepath.Join(font, "*.ttf"))
	if err != nil || len(fonts) == 0 {
		t.Fatalf("no font in %s: %v", font, err)
	}
	data, err := os.ReadFile(fonts[0])
	if err != nil {
		t.Fatal(err)
	}
	s.section("redis")["tls"], s.section("redis")["ca"] = true, "redis-ca.pem"
	s.config["fonts"] = []string{"a.ttf"}
	root, err := os.ReadFile(filepath.Join(s.dir, vrs.RootFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"redis-ca.pem": root, "a.ttf": data} {
		if err := s.write(name, data); err != nil {
			t.Fatal(err)
		}
	}
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
	if again := hash(); len(sound) != 16 || again != sound {
		t.Fatalf("%s, then %s", sound, again)
	}
	for _, name := range []string{"kofu.json", "anchors.json", "municipalities.json", "a.ttf", "redis-ca.pem", vrs.RootFile, vrs.ServerFile, vrs.ClientFile, "keys/" + keyring.Manifest} {
		lengthen(t, filepath.Join(s.dir, name), func() {
			if hash() == sound {
				t.Errorf("%s is not in it", name)
			}
		})
	}
	lengthen(t, filepath.Join(s.dir, "rid"), func() {
		if hash() != sound {
			t.Error("a secret is in it")
		}
	})
	other := t.TempDir()
	if err := keyring.Generate(other, siteIssuer); err != nil {
		t.Fatal(err)
	}
	for format, pattern := range map[string]string{"shc": "shc-*.pem", "vdsnc": "[^s]*.pem"} { // a VDS-NC key comes with its CSCA
		files, err := filepath.Glob(filepath.Join(other, pattern))
		before := hash()
		replace(t, files, filepath.Join(s.dir, "keys"))
		if err != nil || hash() == before {
			t.Errorf("the public halves of the %s keys behind the manifest are not in it: %v", format, err)
		}
	}
}

// lengthen adds a line break to a file while look looks.
func lengthen(t *testing.T, path string, look func()) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(bytes.Clone(data), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	look()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace copies files into dir, over what is there.
func replace(t *testing.T, files []string, dir string) {
	t.Helper()
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(f)), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
