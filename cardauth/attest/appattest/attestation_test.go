// SPDX-License-Identifier: Apache-2.0

package appattest_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/appattest"
	sim "kofu/test/attest"
)

// Rows: B7
func TestGenuineAppIsAttested(t *testing.T) {
	for _, c := range []struct {
		name string
		with func(*appattest.Config)
		be   func(*sim.IPhone)
		want attest.Device
	}{
		{"production", nil, nil, attest.Device{}},
		{"the other app", nil, func(p *sim.IPhone) { p.AppID = otherApp }, attest.Device{}},
		{"iOS 27 from the store", nil, func(p *sim.IPhone) { p.Extensions = sim.Launch(4, "12") }, attest.Device{AppVersion: "12"}},
		{"iOS 27, number and other extensions", nil, func(p *sim.IPhone) {
			p.Extensions = sim.Map(sim.Member{Name: "validationCategory", Value: []byte{4}}, sim.Member{Name: "bundleVersion", Value: sim.Text("1.2.3")}, sim.Member{Name: "later", Value: sim.Array(sim.Bytes(nil))})
		}, attest.Device{AppVersion: "1.2.3"}},
		{"extensions without what is known", nil, func(p *sim.IPhone) { p.Extensions = sim.Map() }, attest.Device{}},
		{"recent enough", func(c *appattest.Config) { c.MinVersion = "9.1" }, func(p *sim.IPhone) { p.Extensions = sim.Launch(4, "10") }, attest.Device{AppVersion: "10"}},
		{"development where accepted", func(c *appattest.Config) { c.Development = true }, func(p *sim.IPhone) {
			p.AAGUID, p.Extensions = sim.DevelopmentAAGUID, sim.Launch(3, "1")
		}, attest.Device{Development: true, AppVersion: "1"}},
		{"production where development is accepted", func(c *appattest.Config) { c.Development = true }, nil, attest.Device{}},
		{"test flight by policy", func(c *appattest.Config) { c.Categories = []appattest.Category{appattest.TestFlight} }, func(p *sim.IPhone) { p.Extensions = sim.Launch(2, "1") }, attest.Device{AppVersion: "1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, c.with)
			if c.be != nil {
				c.be(d.phone)
			}
			got := d.device(t)
			if got.Platform != attest.IOS || !got.Key.Equal(&d.phone.Key.PublicKey) || got.Development != c.want.Development || got.AppVersion != c.want.AppVersion {
				t.Errorf("another device than the phone: %q, development %v", got.AppVersion, got.Development)
			}
		})
	}
}

// Rows: B7
func TestBadAttestationsAreRefused(t *testing.T) {
	bad := slices.Concat(badObjects(), badChains(t), badNonces(), badAuthData(), badLaunches())
	if len(bad) < 40 {
		t.Errorf("%d bad attestations, want 40 and more", len(bad))
	}
	seen := map[attest.Code]bool{}
	for _, b := range bad {
		seen[b.code] = true
		t.Run(b.name, func(t *testing.T) { b.run(t) })
	}
	for _, c := range attest.Codes() {
		if strings.HasPrefix(string(c), "APPLE_") && !seen[c] {
			t.Errorf("no bad attestation for %s", c)
		}
	}
	t.Logf("%d bad attestations, codes %v", len(bad), slices.Sorted(maps.Keys(seen)))
}

func (b badAttestation) run(t *testing.T) {
	d := newDesk(t, b.with)
	if b.be != nil {
		b.be(d.phone)
	}
	if b.make == nil {
		b.make = func(t *testing.T, d *desk) []byte { return d.attestation(t, b.forge) }
	}
	object := b.make(t, d)
	d.config.Now = func() time.Time { return now().Add(b.late) }
	v, err := appattest.New(d.config)
	if err != nil {
		t.Fatal(err)
	}
	keyID := d.phone.KeyID()
	if b.keyID != nil {
		keyID = b.keyID
	}
	if b.replayed {
		d.hash = attest.AttestationHash([32]byte{9})
	}
	dev, err := v.Attest(object, keyID, d.hash)
	wantCode(t, err, b.code)
	if dev.Key != nil {
		t.Error("a device came back")
	}
}

// TestAlteredBytesAreRefused: whatever byte of an attestation is changed,
// outside the receipt, it is good no more. Of the certificates, which cost a
// signature each, every fifth is tried.
func TestAlteredBytesAreRefused(t *testing.T) {
	d := newDesk(t, nil)
	d.phone.Extensions = sim.Launch(4, "1")
	object := d.attestation(t, sim.Forgery{})
	start := bytes.Index(object, []byte("receipt"))
	for i := range object {
		if i >= start && i < start+10+3700 || i < start && i%5 != 0 {
			continue
		}
		b := slices.Clone(object)
		b[i] ^= 0x01
		if _, err := d.verifier.Attest(b, d.phone.KeyID(), d.hash); err == nil {
			t.Errorf("byte %d of %d", i, len(object))
		} else if c, _ := attest.CodeOf(err); c == "" || c == attest.CodeInternal {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}
