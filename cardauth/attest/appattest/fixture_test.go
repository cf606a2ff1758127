// SPDX-License-Identifier: Apache-2.0

package appattest_test

import (
	"encoding/pem"
	"testing"
	"time"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/appattest"
	sim "kofu/test/attest"
)

const (
	ourApp   = "A1B2C3D4E5.jp.example.kofu"
	otherApp = "A1B2C3D4E5.jp.example.kofu.clip"
	alienApp = "ZZZZZZZZZZ.jp.example.kofu"
)

func now() time.Time { return time.Date(2026, 11, 20, 3, 4, 5, 0, time.UTC) }

// desk is an authority, a verifier that trusts it, a phone and what it was
// asked for.
type desk struct {
	apple    *sim.Apple
	phone    *sim.IPhone
	hash     [32]byte
	config   appattest.Config
	verifier *appattest.Verifier
}

func newDesk(t testing.TB, change func(*appattest.Config)) *desk {
	t.Helper()
	apple, err := sim.NewApple(now())
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{apple: apple, hash: attest.AttestationHash([32]byte{1, 2, 3})}
	d.config = appattest.Config{Roots: apple.RootPEM(), AppIDs: []string{ourApp, otherApp}, Now: now}
	if change != nil {
		change(&d.config)
	}
	if d.verifier, err = appattest.New(d.config); err != nil {
		t.Fatal(err)
	}
	if d.phone, err = apple.NewIPhone(ourApp); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) attestation(t testing.TB, f sim.Forgery) []byte {
	t.Helper()
	object, err := d.phone.Attest(d.hash, f)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func (d *desk) assertion(t testing.TB, hash [32]byte, f sim.Forgery) []byte {
	t.Helper()
	object, err := d.phone.Assert(hash, f)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// device attests the phone as it is.
func (d *desk) device(t testing.TB) attest.Device {
	t.Helper()
	dev, err := d.verifier.Attest(d.attestation(t, sim.Forgery{}), d.phone.KeyID(), d.hash)
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

func wantCode(t testing.TB, err error, want attest.Code) {
	t.Helper()
	if got, _ := attest.CodeOf(err); got != want {
		t.Errorf("%q (%v), want %q", got, err, want)
	}
}

func mustApple(t testing.TB) *sim.Apple {
	t.Helper()
	a, err := sim.NewApple(now())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// leafPEM is a phone's certificate as if it were a root.
func leafPEM(t testing.TB, a *sim.Apple) (out []byte) {
	t.Helper()
	phone, err := a.NewIPhone(ourApp)
	if err != nil {
		t.Fatal(err)
	}
	_, err = phone.Attest([32]byte{}, sim.Forgery{X5C: func(c [][]byte) [][]byte {
		out = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c[0]})
		return c
	}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
