// SPDX-License-Identifier: Apache-2.0

package appattest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/appattest"
	sim "kofu/test/attest"
)

// Rows: B7
func TestAssertionsOfTheAttestedKeyAreGood(t *testing.T) {
	d := newDesk(t, nil)
	dev, hash := d.device(t), attest.SealedHash("a.b.c.d.e")
	for _, ext := range [][]byte{nil, sim.Launch(4, "1"), sim.Map()} {
		d.phone.Extensions = ext
		for range 2 {
			if err := d.verifier.VerifyAssertion(dev, hash, d.assertion(t, hash, sim.Forgery{})); err != nil {
				t.Error(err)
			}
		}
	}
	flags := sim.Forgery{AuthData: func(b []byte) []byte { b[32] = 0; return b }}
	if err := d.verifier.VerifyAssertion(dev, hash, d.assertion(t, hash, flags)); err != nil {
		t.Errorf("flags of an assertion say nothing: %v", err)
	}
}

// TestCounterIsNotRemembered states a limit: an assertion proves itself again
// as long as what it was made for is asked again. Challenges are not.
func TestCounterIsNotRemembered(t *testing.T) {
	d := newDesk(t, nil)
	dev, hash := d.device(t), attest.ApplicationHash([32]byte{1}, nil, nil, nil, "domestic", "131016")
	a := d.assertion(t, hash, sim.Forgery{})
	for range 2 {
		if err := d.verifier.VerifyAssertion(dev, hash, a); err != nil {
			t.Error(err)
		}
	}
	next := attest.ApplicationHash([32]byte{2}, nil, nil, nil, "domestic", "131016")
	wantCode(t, d.verifier.VerifyAssertion(dev, next, a), attest.CodeAssertionSig)
}

// Rows: B7
func TestBadAssertionsAreRefused(t *testing.T) {
	data := func(f func([]byte) []byte) sim.Forgery { return sim.Forgery{AuthData: f} }
	members := func(f func([]sim.Member) []sim.Member) sim.Forgery { return sim.Forgery{Members: f} }
	object := func(f func([]byte) []byte) sim.Forgery { return sim.Forgery{Object: f} }
	more := func(b ...byte) sim.Forgery { return data(func(d []byte) []byte { return append(d, b...) }) }
	const malformed = attest.CodeAssertionMalformed
	for _, b := range []struct {
		name  string
		code  attest.Code
		be    func(*sim.IPhone)
		dev   func(*attest.Device)
		forge sim.Forgery
		other bool // another hash is asked for than was signed
	}{
		{name: "replayed for something else", code: attest.CodeAssertionSig, other: true},
		{name: "another key", code: attest.CodeAssertionSig, be: func(p *sim.IPhone) { p.Key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }},
		{name: "another app", code: attest.CodeAssertionApp, be: func(p *sim.IPhone) { p.AppID = alienApp }},
		{name: "counter 0", code: attest.CodeAssertionCounter, forge: data(func(b []byte) []byte { b[36] = 0; return b })},
		{name: "counter altered", code: attest.CodeAssertionSig, forge: members(func(m []sim.Member) []sim.Member { m[1].Value[38]++; return m })},
		{name: "no signature", code: attest.CodeAssertionSig, forge: members(func(m []sim.Member) []sim.Member { return m[1:] })},
		{name: "empty signature", code: attest.CodeAssertionSig, forge: members(func(m []sim.Member) []sim.Member { m[0].Value = sim.Bytes(nil); return m })},
		{name: "signature of 64 bytes", code: attest.CodeAssertionSig, forge: members(func(m []sim.Member) []sim.Member {
			m[0].Value = sim.Bytes(bytes.Repeat([]byte{1}, 64))
			return m
		})},
		{name: "byte behind the signature", code: attest.CodeAssertionSig, forge: members(func(m []sim.Member) []sim.Member {
			m[0].Value = sim.Bytes(append(m[0].Value[2:], 0))
			return m
		})},
		{name: "no authenticator data", code: malformed, forge: members(func(m []sim.Member) []sim.Member { return m[:1] })},
		{name: "authenticator data too short", code: malformed, forge: data(func(b []byte) []byte { return b[:36] })},
		{name: "byte behind the authenticator data", code: malformed, forge: more(0)},
		{name: "attested data in an assertion", code: malformed, forge: data(func(b []byte) []byte { return append(b, make([]byte, 127)...) })},
		{name: "two maps of extensions", code: malformed, forge: more(0xA0, 0xA0)},
		{name: "signed by a developer", code: attest.CodeAppleCategory, be: func(p *sim.IPhone) { p.Extensions = sim.Launch(3, "1") }},
		{name: "version too low", code: attest.CodeAppleVersion, be: func(p *sim.IPhone) { p.Extensions = sim.Launch(4, "1") }},
		{name: "nothing", code: attest.CodeAssertionMissing, forge: object(func([]byte) []byte { return nil })},
		{name: "oversized", code: attest.CodeAssertionSize, forge: object(func(b []byte) []byte { return append(b, make([]byte, 1024)...) })},
		{name: "truncated", code: malformed, forge: object(func(b []byte) []byte { return b[:len(b)-1] })},
		{name: "trailing byte", code: malformed, forge: object(func(b []byte) []byte { return append(b, 0) })},
		{name: "indefinite map", code: malformed, forge: object(func(b []byte) []byte { return append(append([]byte{0xBF}, b[1:]...), 0xFF) })},
		{name: "doubled member", code: malformed, forge: members(func(m []sim.Member) []sim.Member { return append(m, m[0]) })},
		{name: "unknown member", code: malformed, forge: members(func(m []sim.Member) []sim.Member { return append(m, sim.Member{Name: "x", Value: sim.Text("")}) })},
		{name: "text", code: malformed, forge: object(func([]byte) []byte { return []byte(`{"signature":""}`) })},
		{name: "device of the other platform", code: attest.CodePlatform, dev: func(d *attest.Device) { d.Platform = attest.Android }},
		{name: "device without a key", code: attest.CodeDeviceKey, dev: func(d *attest.Device) { d.Key = nil }},
		{name: "device with a key on P-384", code: attest.CodeDeviceKey, dev: func(d *attest.Device) { d.Key = p384Key(t) }},
		{name: "development device", code: attest.CodeEnvironment, dev: func(d *attest.Device) { d.Development = true }},
	} {
		t.Run(b.name, func(t *testing.T) {
			d := newDesk(t, func(c *appattest.Config) { c.MinVersion = "2" })
			dev, hash := d.device(t), [32]byte{7}
			if b.dev != nil {
				b.dev(&dev)
			}
			if b.be != nil {
				b.be(d.phone)
			}
			a := d.assertion(t, hash, b.forge)
			if b.other {
				hash[31] ^= 1
			}
			wantCode(t, d.verifier.VerifyAssertion(dev, hash, a), b.code)
		})
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	apple, err := sim.NewApple(now())
	if err != nil {
		t.Fatal(err)
	}
	good := appattest.Config{Roots: apple.RootPEM(), AppIDs: []string{ourApp}, Now: now}
	for name, change := range map[string]func(*appattest.Config){
		"no clock":             func(c *appattest.Config) { c.Now = nil },
		"no app":               func(c *appattest.Config) { c.AppIDs = nil },
		"app without team":     func(c *appattest.Config) { c.AppIDs = []string{"jp.example.kofu"} },
		"app with wildcard":    func(c *appattest.Config) { c.AppIDs = []string{"A1B2C3D4E5.*"} },
		"no root":              func(c *appattest.Config) { c.Roots = nil },
		"blank root":           func(c *appattest.Config) { c.Roots = []byte(" \n") },
		"text for a root":      func(c *appattest.Config) { c.Roots = []byte("root") },
		"text behind the root": func(c *appattest.Config) { c.Roots = append(apple.RootPEM(), "x"...) },
		"root cut short":       func(c *appattest.Config) { c.Roots = apple.RootPEM()[:300] },
		"root that is no CA":   func(c *appattest.Config) { c.Roots = leafPEM(t, apple) },
		"root named otherwise": func(c *appattest.Config) {
			c.Roots = bytes.ReplaceAll(c.Roots, []byte("CERTIFICATE"), []byte("PRIVATE KEY"))
		},
		"version that is none":  func(c *appattest.Config) { c.MinVersion = "1.x" },
		"version of four parts": func(c *appattest.Config) { c.MinVersion = "1.0.0.0" },
	} {
		c := good
		c.Roots = slices.Clone(good.Roots)
		change(&c)
		if v, err := appattest.New(c); v != nil || err == nil || !strings.Contains(err.Error(), attest.ErrConfig.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good.Roots = slices.Concat(apple.RootPEM(), []byte("\n\n"), mustApple(t).RootPEM())
	if _, err := appattest.New(good); err != nil {
		t.Errorf("two roots: %v", err)
	}
}
