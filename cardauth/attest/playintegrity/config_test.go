// SPDX-License-Identifier: Apache-2.0

package playintegrity_test

import (
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/playintegrity"
	sim "kofu/test/attest"
)

func TestConfigurationIsChecked(t *testing.T) {
	type config = playintegrity.Config
	good := newDesk(t, nil).config
	digest := colons(sim.AppCertificate())
	digests := func(d ...string) func(*config) { return func(c *config) { c.CertificateDigests = d } }
	labels := func(v ...playintegrity.DeviceVerdict) func(*config) {
		return func(c *config) { c.DeviceVerdicts = v }
	}
	for name, change := range map[string]func(*config){
		"no clock":                      func(c *config) { c.Now = nil },
		"no decryption key":             func(c *config) { c.DecryptionKey = nil },
		"decryption key of 16 bytes":    func(c *config) { c.DecryptionKey = c.DecryptionKey[:16] },
		"no verification key":           func(c *config) { c.VerificationKey = nil },
		"verification key on P-384":     func(c *config) { c.VerificationKey = mustKey(t, elliptic.P384()) },
		"no package":                    func(c *config) { c.Package = "" },
		"package of one part":           func(c *config) { c.Package = "kofu" },
		"package with a wildcard":       func(c *config) { c.Package = "jp.example.*" },
		"package with a dot behind":     func(c *config) { c.Package = "jp.example.kofu." },
		"long package":                  func(c *config) { c.Package += strings.Repeat("x", 223) },
		"lowest version below 0":        func(c *config) { c.MinVersion = -1 },
		"age below a second":            func(c *config) { c.MaxAge = time.Millisecond },
		"age below 0":                   func(c *config) { c.MaxAge = -time.Minute },
		"age above an hour":             func(c *config) { c.MaxAge = time.Hour + 1 },
		"no digest":                     digests(),
		"empty digest":                  digests(digest, ""),
		"digest of SHA-1":               digests(digest[:59]),
		"digest without colons":         digests(strings.ReplaceAll(digest, ":", "")),
		"digest with other letters":     digests("ZZ" + digest[2:]),
		"digest with a colon elsewhere": digests(digest[:1] + ":" + digest[1:2] + digest[3:]),
		"digest with long pairs":        digests(strings.Repeat("0", 64) + strings.Repeat(":", 31)),
		"digest in base64, cut short":   digests(base64.RawURLEncoding.EncodeToString(make([]byte, 31))),
		"digest in base64, unused bits": digests(strings.Repeat("A", 42) + "B"),
		"unknown device verdict":        labels(playintegrity.Sound, "MEETS_EVERYTHING"),
		"rooted devices":                labels(playintegrity.Basic),
		"emulators":                     labels(playintegrity.Virtual),
		"unknown app verdict":           func(c *config) { c.AppVerdicts = []playintegrity.AppVerdict{"UNEVALUATED"} },
		"unrecognised apps": func(c *config) {
			c.AppVerdicts = []playintegrity.AppVerdict{playintegrity.Recognized, playintegrity.Unrecognized}
		},
		"unknown licence":                func(c *config) { c.Licences = []playintegrity.Licence{""} },
		"unknown verdict in development": func(c *config) { c.Development, c.DeviceVerdicts = true, []playintegrity.DeviceVerdict{""} },
	} {
		c := good
		change(&c)
		if v, err := playintegrity.New(c); v != nil || !errors.Is(err, attest.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := playintegrity.New(good); err != nil {
		t.Error(err)
	}
}

func TestConsoleKeysAreChecked(t *testing.T) {
	google, err := sim.NewGoogle(now)
	if err != nil {
		t.Fatal(err)
	}
	aes, key := google.Console()
	der, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	std := base64.StdEncoding
	for name, k := range map[string][2]string{
		"nothing":                        {"", ""},
		"swapped":                        {key, aes},
		"decryption key of 16 bytes":     {std.EncodeToString(make([]byte, 16)), key},
		"decryption key without padding": {strings.TrimRight(aes, "="), key},
		"verification key cut short":     {aes, std.EncodeToString(der[:90])},
		"verification key off the curve": {aes, std.EncodeToString(append(der[:90:90], der[90]^1))},
		"verification key in PEM":        {aes, "-----BEGIN PUBLIC KEY-----\n" + key},
	} {
		if a, p, err := playintegrity.ConsoleKeys(k[0], k[1]); a != nil || p != nil || !errors.Is(err, attest.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, p, err := playintegrity.ConsoleKeys(" "+aes+"\n", key+"\n"); err != nil || !p.Equal(&google.Signer.PublicKey) {
		t.Errorf("keys as the console shows them: %v", err)
	}
}

// TestKeyIsNotShown: neither the configuration nor the verifier prints its
// secret key.
func TestKeyIsNotShown(t *testing.T) {
	d := newDesk(t, nil)
	text, err := json.Marshal(d.config)
	if err != nil {
		t.Fatal(err)
	}
	out := fmt.Sprintf("%v %+v %#v %v %+v %s", d.config, d.config, d.config, d.verifier, *d.verifier, text)
	aes, _ := d.google.Console()
	for _, mark := range []string{aes[:8], fmt.Sprint(d.google.DecryptionKey[:4])[1:10], fmt.Sprintf("0x%x, 0x%x", d.google.DecryptionKey[0], d.google.DecryptionKey[1])} {
		if strings.Contains(out, mark) {
			t.Error("shows its key")
		}
	}
}

// TestConfigurationIsCopied: what New has checked, nobody changes.
func TestConfigurationIsCopied(t *testing.T) {
	d := newDesk(t, func(c *playintegrity.Config) { c.DeviceVerdicts = []playintegrity.DeviceVerdict{playintegrity.Sound} })
	clear(d.config.DecryptionKey)
	d.config.DeviceVerdicts[0] = playintegrity.Virtual
	if _, err := d.verifier.Attest(d.token(t, sim.Misprint{}), d.phone.SPKI(), d.challenge); err != nil {
		t.Error(err)
	}
}
