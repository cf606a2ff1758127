// SPDX-License-Identifier: Apache-2.0

package appattest_test

import (
	"testing"

	"kofu/cardauth/attest"
	sim "kofu/test/attest"
)

// refused fails for anything but an error of this package, and for a panic
// that had to be contained.
func refused(t *testing.T, err error) {
	if c, ok := attest.CodeOf(err); !ok || c == attest.CodeInternal {
		t.Fatalf("unexpected error %v", err)
	}
}

// FuzzAttest: what nobody certified is refused, with a code.
func FuzzAttest(f *testing.F) {
	d := newDesk(f, nil)
	d.phone.Extensions = sim.Launch(4, "1")
	good, stranger := d.attestation(f, sim.Forgery{}), mustApple(f)
	f.Add(good[:len(good)-1], d.phone.KeyID())
	f.Add(d.attestation(f, sim.Forgery{X5C: func([][]byte) [][]byte { return nil }}), d.phone.KeyID())
	f.Add(d.attestation(f, sim.Forgery{Members: func(m []sim.Member) []sim.Member { return append(m, m...) }}), []byte(nil))
	phone, err := stranger.NewIPhone(ourApp)
	if err != nil {
		f.Fatal(err)
	}
	foreign, err := phone.Attest(d.hash, sim.Forgery{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(foreign, phone.KeyID())
	f.Add([]byte{0xA0}, []byte{})
	hash := d.hash
	hash[0] ^= 1 // no input can be good
	f.Fuzz(func(t *testing.T, object, keyID []byte) {
		dev, err := d.verifier.Attest(object, keyID, hash)
		refused(t, err)
		if dev.Key != nil {
			t.Fatal("a device came back")
		}
	})
}

// FuzzVerifyAssertion: raw bytes, and bytes behind the authenticator data that
// the device's own key signed.
func FuzzVerifyAssertion(f *testing.F) {
	d := newDesk(f, nil)
	dev, hash := d.device(f), [32]byte{1}
	f.Add(d.assertion(f, [32]byte{2}, sim.Forgery{}))
	f.Add(sim.Launch(4, "1"))
	f.Add(sim.Launch(3, "1"))
	f.Add([]byte{0xA2, 0x61, 'a', 0xF6})
	f.Fuzz(func(t *testing.T, b []byte) {
		refused(t, d.verifier.VerifyAssertion(dev, hash, b))
		if len(b) > 800 {
			return
		}
		signed := d.assertion(t, hash, sim.Forgery{AuthData: func(data []byte) []byte { return append(data[:37], b...) }})
		if err := d.verifier.VerifyAssertion(dev, hash, signed); err != nil {
			refused(t, err)
		}
	})
}
