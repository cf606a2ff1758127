// SPDX-License-Identifier: Apache-2.0

package filekey_test

import (
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/keys/filekey"
	"kofu/test/keyring"
)

const iss = "https://vc.example.jp/issuer"

// directory writes a good key directory and returns the manifest's path.
func directory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := keyring.Generate(dir, iss); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, keyring.Manifest)
}

func replace(t *testing.T, path, old, with string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s does not hold %s", path, old)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), old, with, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOneKeyMayServeSeveralChannelsAndOldOnesStayPublished(t *testing.T) {
	path := directory(t)
	old := directory(t)
	// An archived key as its certificate, and one as its public key.
	for _, name := range []string{"shc-app.crt.pem", "vdsnc-app.crt.pem", "csca.pem"} {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(old), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "old-"+name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	manifest := `{"environment":"test","keys":[
		{"format":"shc","channels":["app","kiosk","counter"],"state":"active","private":"shc-app.key.pem"},
		{"format":"shc","state":"archived","chain":["old-shc-app.crt.pem"]},
		{"format":"vdsnc","state":"archived","chain":["old-vdsnc-app.crt.pem"]}
	],"csca":["csca.pem","old-csca.pem"]}`
	if err := os.WriteFile(path, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	ring, err := filekey.Load(path, cert.Test)
	if err != nil {
		t.Fatal(err)
	}
	app, err1 := ring.Active(keys.SHC, cert.App)
	kiosk, err2 := ring.Active(keys.SHC, cert.Kiosk)
	if err := errors.Join(err1, err2); err != nil || app.KID != kiosk.KID {
		t.Errorf("one key for two channels: %v", err)
	}
	if n := strings.Count(string(ring.JWKS()), `"kid"`); n != 2 {
		t.Errorf("%d keys published, want 2", n)
	}
	if len(ring.BarcodeSigners()) != 1 || len(ring.CSCAs()) != 1 {
		t.Error("the archived barcode signer and its CSCA are not published")
	}
}

// Rows: R2.4
func TestLoadRefusesAnotherEnvironment(t *testing.T) {
	if _, err := filekey.Load(directory(t), cert.Production); !errors.Is(err, keys.ErrEnvironment) {
		t.Errorf("test keys in production: %v", err)
	}
	path := directory(t)
	replace(t, path, `"environment": "test"`, `"environment": "production"`)
	if _, err := filekey.Load(path, cert.Test); !errors.Is(err, keys.ErrEnvironment) {
		t.Errorf("production keys in test: %v", err)
	}
	if _, err := filekey.Load(path, cert.Production); err != nil {
		t.Errorf("production keys in production: %v", err)
	}
}

func TestLoadRefusesWhatDoesNotFit(t *testing.T) {
	manifest := func(old, with string) func(*testing.T, string) {
		return func(t *testing.T, path string) { replace(t, path, old, with) }
	}
	file := func(name string, content string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("none")}))
	for _, tt := range []struct {
		name   string
		change func(*testing.T, string)
		want   error
	}{
		{"unknown member", manifest(`"issuer"`, `"isuer"`), filekey.ErrManifest},
		{"duplicate member", manifest(`"environment": "test"`, `"environment": "test", "environment": "test"`), filekey.ErrManifest},
		{"trailing data", file(keyring.Manifest, `{"environment":"test","keys":[]} {}`), filekey.ErrManifest},
		{"no environment", manifest(`"environment": "test"`, `"environment": ""`), filekey.ErrManifest},
		{"no keys", file(keyring.Manifest, `{"environment":"test","keys":[]}`), keys.ErrNoKey},
		{"unknown format", manifest(`"format": "shc"`, `"format": "pdf"`), filekey.ErrManifest},
		{"unknown channel", manifest(`"app"`, `"fax"`), filekey.ErrManifest},
		{"unknown state", manifest(`"active"`, `"resting"`), filekey.ErrManifest},
		{"archived with private half", manifest(`"active"`, `"archived"`), filekey.ErrManifest},
		{"key of another certificate", manifest(`"shc-app.key.pem"`, `"shc-kiosk.key.pem"`), keys.ErrCertificate},
		{"two keys for one door", manifest(`"kiosk"`, `"app"`), keys.ErrDuplicate},
		{"another issuer", manifest(iss, iss+"/2"), keys.ErrIssuer},
		{"no CSCA", manifest(`"csca.pem"`, ``), keys.ErrCertificate},
		{"file missing", manifest(`"shc-app.key.pem"`, `"gone.pem"`), os.ErrNotExist},
		{"public key given as private", manifest(`"shc-app.key.pem"`, `"shc-app.crt.pem"`), filekey.ErrFile},
		{"private key given as certificate", manifest(`"shc-app.crt.pem"`, `"shc-app.key.pem"`), filekey.ErrFile},
		{"private key not PKCS #8", file("shc-app.key.pem", strings.ReplaceAll(certificate, "CERTIFICATE", "PRIVATE KEY")), filekey.ErrFile},
		{"broken certificate", file("shc-app.crt.pem", certificate), filekey.ErrFile},
		{"empty certificate", file("shc-app.crt.pem", ""), filekey.ErrFile},
		{"oversized file", file("shc-app.crt.pem", strings.Repeat(" ", 2<<20)), filekey.ErrFile},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := directory(t)
			tt.change(t, path)
			if _, err := filekey.Load(path, cert.Test); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestLoadDoesNotLeaveItsDirectory(t *testing.T) {
	path := directory(t)
	outside := directory(t)
	replace(t, path, `"shc-app.key.pem"`, `"`+outside[:len(outside)-len(keyring.Manifest)]+`shc-app.key.pem"`)
	if _, err := filekey.Load(path, cert.Test); err == nil {
		t.Error("an absolute path was followed")
	}
	path = directory(t)
	link := filepath.Join(filepath.Dir(path), "link.pem")
	if err := os.Symlink(filepath.Join(filepath.Dir(outside), "shc-app.key.pem"), link); err != nil {
		t.Fatal(err)
	}
	replace(t, path, `"shc-app.key.pem"`, `"link.pem"`)
	if _, err := filekey.Load(path, cert.Test); err == nil {
		t.Error("a link out of the directory was followed")
	}
}

func TestProductionRefusesAPrivateKeyThatEverybodyMayRead(t *testing.T) {
	path := directory(t)
	replace(t, path, `"environment": "test"`, `"environment": "production"`)
	if err := os.Chmod(filepath.Join(filepath.Dir(path), "shc-app.key.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := filekey.Load(path, cert.Production); !errors.Is(err, filekey.ErrFile) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsDoNotQuoteKeyMaterial(t *testing.T) {
	path := directory(t)
	key := filepath.Join(filepath.Dir(path), "shc-app.key.pem")
	data, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.Split(string(data), "\n")[1]
	if err := os.WriteFile(key, []byte(strings.Replace(string(data), secret[:4], "AAAA", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = filekey.Load(path, cert.Test)
	if err == nil || strings.Contains(err.Error(), secret[8:24]) {
		t.Errorf("loaded, or told too much: %v", err != nil)
	}
}
