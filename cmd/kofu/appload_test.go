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

	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cert"
	"kofu/test/vrs"
)

// TestLoadRefusesForTheApp takes one thing at a time from a site whose door for
// phones is without fault.
func TestLoadRefusesForTheApp(t *testing.T) {
	s := makeSite(t)
	s.openChips(t)
	_, public, err := keyPair()
	if err == nil {
		err = errors.Join(s.write("public.pem", public), s.write("words", []byte("words")), s.save())
	}
	if err != nil {
		t.Fatal(err)
	}
	certificateKey, err := filepath.Glob(filepath.Join(s.dir, "keys", "shc-app.key.pem"))
	if err != nil || len(certificateKey) != 1 {
		t.Fatalf("%q %v", certificateKey, err)
	}
	sound, err := os.ReadFile(s.path())
	if err != nil {
		t.Fatal(err)
	}
	part := func(name string) map[string]any { return s.section("app")[name].(map[string]any) }
	for name, c := range map[string]struct {
		spoil func()
		want  string
	}{
		"nothing":                       {func() {}, ""},
		"two keys while they change":    {func() { part("credential")["verifying"] = []string{"public.pem"} }, ""},
		"no section at all":             {func() { delete(s.config, "app") }, "app.apple is missing"},
		"no such root":                  {func() { part("apple")["roots"] = "nowhere" }, "app.apple.roots: "},
		"a root that is none":           {func() { part("apple")["roots"] = "words" }, "app.apple: attest: configuration: app attest root"},
		"a root of another kind":        {func() { part("apple")["roots"] = vrs.ServerFile }, "app.apple: attest: configuration: app attest root is not an ECDSA CA"},
		"an App ID that is none":        {func() { part("apple")["app_ids"] = []string{"kofu"} }, "app.apple: attest: configuration: App ID"},
		"a bundle version that is none": {func() { part("apple")["min_version"] = "two" }, "app.apple: attest: configuration: "},
		"a package that is none":        {func() { part("google")["package"] = "kofu" }, "app.google: attest: configuration: play integrity: "},
		"a digest that is none":         {func() { part("google")["certificate_digests"] = []string{"00:01"} }, "app.google: attest: configuration: play integrity: "},
		"no such decryption key":        {func() { part("google")["decryption_key"] = "nowhere" }, "app.google.decryption_key: "},
		"a decryption key that is none": {func() { part("google")["decryption_key"] = "words" }, "app.google: attest: configuration: play integrity: the decryption key"},
		"keys the other way round": {func() {
			part("google")["verification_key"] = "play-decryption"
		}, "app.google: attest: configuration: play integrity: the verification key"},
		"a verdict nobody knows":         {func() { part("google")["verdicts"] = []string{"MEETS_ALL"} }, "app.google: attest: configuration: play integrity: unknown device verdict"},
		"a weak verdict":                 {func() { part("google")["verdicts"] = []string{"MEETS_BASIC_INTEGRITY"} }, "app.google: attest: configuration: play integrity: a device verdict that is for development only"},
		"a token of yesterday":           {func() { part("google")["max_age"] = "24h" }, "app.google: attest: configuration: play integrity: the age"},
		"no such credential key":         {func() { part("credential")["key"] = "nowhere" }, "app.credential.key: "},
		"a public credential key":        {func() { part("credential")["key"] = "public.pem" }, "app.credential.key: is not an EC private key"},
		"the key of certificates":        {func() { part("credential")["key"] = certificateKey[0] }, "app.credential.key: is a key of certificates"},
		"a private key to verify with":   {func() { part("credential")["verifying"] = []string{"device.pem"} }, "app.credential.verifying[0]: is not an EC public key"},
		"a credential for two days":      {func() { part("credential")["lifetime"] = "48h" }, "app.credential: attest: configuration: lifetime"},
		"authorities that are none":      {func() { part("passport")["csca"] = "words" }, "app.passport.csca: passport: bad list"},
		"a short secret":                 {func() { s.section("secrets")["limits"] = "words" }, "secrets.limits: fewer than 32 bytes"},
		"the secret of another":          {func() { s.section("secrets")["limits"] = "rid" }, "secrets: limits is the same as another"},
		"no anchor of the surface":       {func() { s.config["anchors"] = "text.json" }, "anchors: none of the surface application is valid today"},
		"none, and it is not needed":     {func() { s.config["anchors"] = "text.json"; s.section("app")["binding"] = "attested" }, ""},
		"an anchor for the surface only": {func() { s.config["anchors"] = "surface.json" }, "anchors: none is valid today"},
	} {
		t.Run(name, func(t *testing.T) {
			s.config = nil
			if err := json.Unmarshal(sound, &s.config); err != nil {
				t.Fatal(err)
			}
			s.anchorsOf(t, "text")
			s.anchorsOf(t, "surface")
			c.spoil()
			if err := s.save(); err != nil {
				t.Fatal(err)
			}
			_, faults := load(s.path())
			if all := "\n" + strings.Join(faults, "\n"); c.want == "" && len(faults) > 0 || c.want != "" && !strings.Contains(all, "\n"+c.want) {
				t.Errorf("got %q, want %q", faults, c.want)
			}
		})
	}
}

// anchorsOf writes a file with the anchors of one application alone.
func (s *site) anchorsOf(t *testing.T, application string) {
	t.Helper()
	var all struct {
		Anchors []map[string]any `json:"anchors"`
	}
	if err := json.Unmarshal(s.pki.AnchorsJSON(), &all); err != nil {
		t.Fatal(err)
	}
	for _, a := range all.Anchors {
		if a["application"] == application {
			data, err := json.Marshal(map[string]any{"anchors": []any{a}})
			if err == nil {
				err = s.write(application+".json", data)
			}
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no anchor of the %s application", application)
}

// TestProbeOfTheSurface: without an anchor of the surface application the app
// can accept no card where it binds, and all of them elsewhere.
func TestProbeOfTheSurface(t *testing.T) {
	s := makeSite(t)
	p, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	s.anchorsOf(t, "text")
	data, err := os.ReadFile(filepath.Join(s.dir, "text.json"))
	if err != nil {
		t.Fatal(err)
	}
	if p.anchors, err = cardauth.ParseAnchors(data, cert.Test); err != nil {
		t.Fatal(err)
	}
	for binding, want := range map[cardauth.Binding]error{"": errSurface, cardauth.Surface: errSurface, cardauth.Attested: nil} {
		p.config.App.Binding = binding
		for _, probe := range probes(p, heldBack(false), shut(""), time.Now) {
			if probe.name == "cards" && !errors.Is(probe.look(t.Context()), want) {
				t.Errorf("bound by %q: not %v", binding, want)
			}
		}
	}
}

// TestProductionLooksAtTheRoot: a test's root would vouch for any phone.
//
// Rows: B7
func TestProductionLooksAtTheRoot(t *testing.T) {
	s := makeSite(t)
	apple := s.section("app")["apple"]
	ios := s.section("app")["releases"].(map[string]any)["ios"]
	produce(t, s)
	if _, faults := load(s.path()); len(faults) > 0 {
		t.Fatalf("with Android alone: %q", faults)
	}
	s.section("app")["apple"], s.section("app")["releases"].(map[string]any)["ios"] = apple, ios
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	if _, faults := load(s.path()); len(faults) != 1 || faults[0] != "app.apple.roots: has a root that is not Apple's, and this is production" {
		t.Errorf("a test's root: %q", faults)
	}
	if _, faults := loadAt(s.path(), time.Now().AddDate(11, 0, 0)); !strings.Contains(strings.Join(faults, "\n"), "app.apple.roots: has a root that is not valid now") {
		t.Errorf("in eleven years: %q", faults)
	}
}

// TestAppSecretsAreForNobodyElse likewise.
func TestAppSecretsAreForNobodyElse(t *testing.T) {
	s := makeSite(t)
	produce(t, s)
	for file, key := range map[string]string{"device.pem": "app.credential.key", "play-decryption": "app.google.decryption_key", "limits": "secrets.limits"} {
		path := filepath.Join(s.dir, file)
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, faults := load(s.path()); len(faults) != 1 || !strings.HasPrefix(faults[0], key+": ") || !strings.HasSuffix(faults[0], "mode 0644 lets everybody at it") {
			t.Errorf("%s: %q", file, faults)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHashCoversTheApp: replicas that trust other apps, or do not take each
// other's credentials, are not alike, and no secret is told by it.
//
// Rows: R1.7
func TestHashCoversTheApp(t *testing.T) {
	s := makeSite(t)
	s.openChips(t)
	private, public, err := keyPair()
	s.section("app")["credential"].(map[string]any)["verifying"] = []string{"public.pem"}
	if err := errors.Join(err, s.write("public.pem", public), s.save()); err != nil {
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
	for _, name := range []string{"apple.pem", "play-verification", "public.pem", "csca.pem"} {
		lengthen(t, filepath.Join(s.dir, name), func() {
			if hash() == sound {
				t.Errorf("%s is not in it", name)
			}
		})
	}
	for _, name := range []string{"limits", "play-decryption", "device.pem"} {
		lengthen(t, filepath.Join(s.dir, name), func() {
			if hash() != sound {
				t.Errorf("%s is in it", name)
			}
		})
	}
	if err := s.write("device.pem", private); err != nil {
		t.Fatal(err)
	}
	if hash() == sound {
		t.Error("which key signs credentials is not in it")
	}
}

// TestWithdrawnCredentials: a key that somebody else may have had is named, and
// no credential of it is good any more.
//
// Rows: B7
func TestWithdrawnCredentials(t *testing.T) {
	s := makeSite(t)
	now := time.Now()
	before, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	token, _, err := before.phones.credentials.Issue(attest.Device{Platform: attest.IOS, Key: &s.iphone(t).Key.PublicKey}, now)
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(filepath.Join(s.dir, "device.pem"))
	if err != nil {
		t.Fatal(err)
	}
	private, _, err := keyPair()
	c := s.section("app")["credential"].(map[string]any)
	c["withdrawn"] = []string{before.phones.credentials.KID()}
	if err := errors.Join(err, s.write("device.pem", private), s.save()); err != nil {
		t.Fatal(err)
	}
	after, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	_, err = after.phones.credentials.Verify(token, now)
	if code, _ := attest.CodeOf(err); code != attest.CodeCredentialWithdrawn {
		t.Errorf("a credential of a withdrawn key: %v", err)
	}
	if err := s.write("device.pem", old); err != nil {
		t.Fatal(err)
	}
	if _, faults := load(s.path()); len(faults) != 1 || !strings.HasPrefix(faults[0], "app.credential: ") {
		t.Errorf("to sign with it on: %q", faults)
	}
}

// TestCredentialsOfTestsAreNoneInProduction: not even of the same key.
//
// Rows: B7
func TestCredentialsOfTestsAreNoneInProduction(t *testing.T) {
	s := makeSite(t)
	before, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	token, _, err := before.phones.credentials.Issue(attest.Device{Platform: attest.IOS, Key: &s.iphone(t).Key.PublicKey}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	produce(t, s)
	after, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	_, err = after.phones.credentials.Verify(token, time.Now())
	if code, _ := attest.CodeOf(err); code != attest.CodeCredentialAudience {
		t.Errorf("got %v", err)
	}
}
