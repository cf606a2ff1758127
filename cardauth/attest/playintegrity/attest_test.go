// SPDX-License-Identifier: Apache-2.0

package playintegrity_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/playintegrity"
	sim "kofu/test/attest"
)

// Rows: B7
func TestGenuineAppIsAttested(t *testing.T) {
	device := func(labels ...string) sim.Misprint {
		return set("deviceIntegrity", "deviceRecognitionVerdict", labels)
	}
	development := func(c *playintegrity.Config) { c.Development = true }
	certificate := sim.AppCertificate()
	for _, g := range []struct {
		name        string
		with        func(*playintegrity.Config)
		be          func(*sim.Pixel)
		print       sim.Misprint
		late        time.Duration
		development bool
	}{
		{name: "as documented"},
		{name: "at the end of its age", late: playintegrity.DefaultMaxAge},
		{name: "a clock behind", late: -attest.ClockSkew},
		{name: "newer version", be: func(p *sim.Pixel) { p.Version = 1<<62 + 1 }},
		{name: "lowest version of an app without a floor", with: func(c *playintegrity.Config) { c.MinVersion = 0 }, be: func(p *sim.Pixel) { p.Version = 1 }},
		{name: "numbers without quotes", print: sim.Misprint{Verdict: func(v sim.Verdict) {
			v["requestDetails"]["timestampMillis"], v["appIntegrity"]["versionCode"] = now().UnixMilli(), 100
		}}},
		{name: "all labels", print: device("MEETS_BASIC_INTEGRITY", "MEETS_DEVICE_INTEGRITY", "MEETS_STRONG_INTEGRITY", "MEETS_SOMETHING_NEW")},
		{name: "nonce with padding", print: sim.Misprint{Verdict: func(v sim.Verdict) {
			v["requestDetails"]["nonce"] = fmt.Sprint(v["requestDetails"]["nonce"], "=")
		}}},
		{name: "nonce in the other alphabet", print: sim.Misprint{Verdict: func(v sim.Verdict) {
			v["requestDetails"]["nonce"] = strings.NewReplacer("-", "+", "_", "/").Replace(fmt.Sprint(v["requestDetails"]["nonce"]))
		}}},
		{name: "digest with padding", print: set("appIntegrity", "certificateSha256Digest", []string{base64.URLEncoding.EncodeToString(certificate[:])})},
		{name: "digest configured as in a token", with: func(c *playintegrity.Config) {
			c.CertificateDigests = []string{base64.RawURLEncoding.EncodeToString(certificate[:])}
		}},
		{name: "members an app has to opt in to, and unknown ones", print: sim.Misprint{Verdict: func(v sim.Verdict) {
			v["deviceIntegrity"]["recentDeviceActivity"] = map[string]any{"deviceActivityLevel": "LEVEL_1"}
			v["deviceIntegrity"]["deviceAttributes"] = map[string]any{"sdkVersion": 36}
			v["deviceIntegrity"]["deviceRecall"] = map[string]any{"values": map[string]any{"bitFirst": true}}
			v["environmentDetails"] = map[string]any{"playProtectVerdict": "NO_ISSUES", "appAccessRiskVerdict": map[string]any{"appsDetected": []string{"KNOWN_INSTALLED"}}}
			v["accountDetails"]["accountActivity"] = map[string]any{"activityLevel": "UNEVALUATED"}
			v["testingDetails"] = map[string]any{"isTestingResponse": false}
			v["later"] = map[string]any{"nonce": "x"}
			v["requestDetails"]["Nonce"] = 7
		}}},
		{name: "types in the headers", print: sim.Misprint{
			JWSHeader: map[jose.HeaderKey]any{"typ": "JWT", "kid": "1"},
			Options:   func(o *jose.EncrypterOptions) { *o = *o.WithType("JWT").WithContentType("JWT").WithHeader("kid", "1") },
		}},
		{name: "nobody signed in to Play, by policy", with: func(c *playintegrity.Config) {
			c.Licences = []playintegrity.Licence{playintegrity.Licensed, playintegrity.LicenceUnassessed}
		}, print: set("accountDetails", "appLicensingVerdict", "UNEVALUATED")},
		{name: "strong devices only", with: func(c *playintegrity.Config) { c.DeviceVerdicts = []playintegrity.DeviceVerdict{playintegrity.Strong} }, print: device("MEETS_STRONG_INTEGRITY")},
		{name: "production where development is accepted", with: development},
		{name: "answer for testers where accepted", with: development, print: set("testingDetails", "isTestingResponse", true), development: true},
		{name: "emulator where accepted", with: func(c *playintegrity.Config) {
			c.Development, c.DeviceVerdicts = true, []playintegrity.DeviceVerdict{playintegrity.Virtual}
		}, print: device("MEETS_VIRTUAL_INTEGRITY"), development: true},
		{name: "developer's build where accepted", with: func(c *playintegrity.Config) {
			c.Development, c.AppVerdicts = true, []playintegrity.AppVerdict{playintegrity.Recognized, playintegrity.Unrecognized}
		}, print: set("appIntegrity", "appRecognitionVerdict", "UNRECOGNIZED_VERSION"), development: true},
	} {
		t.Run(g.name, func(t *testing.T) {
			d := newDesk(t, g.with)
			if g.be != nil {
				g.be(d.phone)
			}
			d.config.Now = func() time.Time { return now().Add(g.late) }
			v, err := playintegrity.New(d.config)
			if err != nil {
				t.Fatal(err)
			}
			got, err := v.Attest(d.token(t, g.print), d.phone.SPKI(), d.challenge)
			if err != nil {
				t.Fatal(err)
			}
			if got.Platform != attest.Android || !got.Key.Equal(&d.phone.Key.PublicKey) || got.Development != g.development || got.AppVersion != fmt.Sprint(d.phone.Version) {
				t.Errorf("another device than the phone: %q, development %v", got.AppVersion, got.Development)
			}
		})
	}
}

// TestVectorOfAnotherImplementation: token, nonce and assertion that no line
// of this project has made.
//
// Rows: B7
func TestVectorOfAnotherImplementation(t *testing.T) {
	text, err := os.ReadFile("testdata/token.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		DecryptionKey, VerificationKey, Package, CertificateDigest                        string
		Challenge, KeystoreKey, Nonce, Payload, Token, Version, ClientDataHash, Assertion string
		TimestampMillis                                                                   int64
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	aes, key, err := playintegrity.ConsoleKeys(f.DecryptionKey+"\n", f.VerificationKey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := playintegrity.New(playintegrity.Config{
		DecryptionKey: aes, VerificationKey: key, Package: f.Package, CertificateDigests: []string{f.CertificateDigest},
		MinVersion: 42, Now: func() time.Time { return time.UnixMilli(f.TimestampMillis).Add(time.Second) },
	})
	if err != nil {
		t.Fatal(err)
	}
	challenge, spki := [32]byte(unhex(f.Challenge)), unhex(f.KeystoreKey)
	if got := playintegrity.Nonce(challenge, spki); got != f.Nonce {
		t.Errorf("nonce %s, want %s", got, f.Nonce)
	}
	dev, err := v.Attest(f.Token, spki, challenge)
	if err != nil {
		t.Fatal(err)
	}
	if dev.AppVersion != f.Version {
		t.Errorf("version %q", dev.AppVersion)
	}
	if err := v.VerifyAssertion(dev, [32]byte(unhex(f.ClientDataHash)), unhex(f.Assertion)); err != nil {
		t.Error(err)
	}
}

// Rows: B7
func TestBadTokensAreRefused(t *testing.T) {
	bad := slices.Concat(badVerdicts(), badPayloads(), badSignatures(t), badEncryptions(t), badSpellings(), badKeys(t))
	if len(bad) < 40 {
		t.Errorf("%d bad tokens, want 40 and more", len(bad))
	}
	seen := map[attest.Code]bool{}
	for _, b := range bad {
		seen[b.code] = true
		t.Run(b.name, func(t *testing.T) { b.run(t) })
	}
	for _, c := range attest.Codes() {
		if strings.HasPrefix(string(c), "PLAY_") && !seen[c] {
			t.Errorf("no bad token for %s", c)
		}
	}
	t.Logf("%d bad tokens, codes %v", len(bad), slices.Sorted(maps.Keys(seen)))
}

func (b badToken) run(t *testing.T) {
	d := newDesk(t, b.with)
	if b.be != nil {
		b.be(d.phone)
	}
	token, key := d.token(t, b.print), d.phone.SPKI()
	if b.key != nil {
		key = b.key(d)
	}
	if b.replayed {
		d.challenge[31] ^= 1
	}
	d.config.Now = func() time.Time { return now().Add(b.late) }
	v, err := playintegrity.New(d.config)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := v.Attest(token, key, d.challenge)
	wantCode(t, err, b.code)
	if dev.Key != nil || dev.Platform != "" || dev.AppVersion != "" {
		t.Error("a device came back")
	}
}

// TestPanicIsContained: whatever gives up inside, the caller gets an error.
func TestPanicIsContained(t *testing.T) {
	d := newDesk(t, nil)
	d.config.Now = func() time.Time { panic("clock") }
	v, err := playintegrity.New(d.config)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := v.Attest(d.token(t, sim.Misprint{}), d.phone.SPKI(), d.challenge)
	wantCode(t, err, attest.CodeInternal)
	if dev.Key != nil {
		t.Error("a device came back")
	}
}
