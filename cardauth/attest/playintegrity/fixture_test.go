// SPDX-License-Identifier: Apache-2.0

package playintegrity_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/playintegrity"
	sim "kofu/test/attest"
)

const ourApp = "jp.example.kofu"

func now() time.Time { return time.Date(2026, 11, 20, 3, 4, 5, 0, time.UTC) }

// colons is a digest as the Play Console shows it.
func colons(d [32]byte) string {
	pairs := make([]string, len(d))
	for i := range d {
		pairs[i] = hex.EncodeToString(d[i : i+1])
	}
	return strings.ToUpper(strings.Join(pairs, ":"))
}

// desk is Play, a verifier with its keys, a phone and what it was asked for.
type desk struct {
	google    *sim.Google
	phone     *sim.Pixel
	challenge [32]byte
	config    playintegrity.Config
	verifier  *playintegrity.Verifier
}

func newDesk(t testing.TB, change func(*playintegrity.Config)) *desk {
	t.Helper()
	google, err := sim.NewGoogle(now)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{google: google, challenge: [32]byte{1, 2, 3}}
	aes, key, err := playintegrity.ConsoleKeys(google.Console())
	if err != nil {
		t.Fatal(err)
	}
	d.config = playintegrity.Config{
		DecryptionKey: aes, VerificationKey: key, Package: ourApp,
		CertificateDigests: []string{colons(sim.AppCertificate())}, MinVersion: 100, Now: now,
	}
	if change != nil {
		change(&d.config)
	}
	if d.verifier, err = playintegrity.New(d.config); err != nil {
		t.Fatal(err)
	}
	if d.phone, err = google.NewPixel(ourApp); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) token(t testing.TB, m sim.Misprint) string {
	t.Helper()
	token, err := d.phone.Token(d.challenge, m)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// device attests the phone as it is.
func (d *desk) device(t testing.TB) attest.Device {
	t.Helper()
	dev, err := d.verifier.Attest(d.token(t, sim.Misprint{}), d.phone.SPKI(), d.challenge)
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

func (d *desk) assertion(t testing.TB, hash [32]byte) []byte {
	t.Helper()
	a, err := d.phone.Assert(hash)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantCode(t testing.TB, err error, want attest.Code) {
	t.Helper()
	if got, _ := attest.CodeOf(err); got != want {
		t.Errorf("%q (%v), want %q", got, err, want)
	}
}

// set writes one member of a verdict; nil takes it out.
func set(section, name string, value any) sim.Misprint {
	return sim.Misprint{Verdict: func(v sim.Verdict) {
		if v[section] == nil {
			v[section] = map[string]any{}
		}
		v[section][name] = value
		if value == nil {
			delete(v[section], name)
		}
	}}
}
