// SPDX-License-Identifier: Apache-2.0

package playintegrity_test

import (
	"testing"

	"github.com/go-jose/go-jose/v4"

	"kofu/cardauth/attest"
	sim "kofu/test/attest"
)

// refused fails for anything but an error of this package, and for a panic
// that had to be contained.
func refused(t *testing.T, err error) {
	t.Helper()
	if c, ok := attest.CodeOf(err); !ok || c == attest.CodeInternal {
		t.Fatalf("unexpected error %v", err)
	}
}

// FuzzAttest: what Google has not sealed, or not for this challenge, is
// refused with a code, whatever the key is.
func FuzzAttest(f *testing.F) {
	d := newDesk(f, nil)
	good := d.token(f, sim.Misprint{})
	f.Add(good, d.phone.SPKI())
	f.Add(good[:len(good)-1], d.phone.SPKI())
	f.Add("....", []byte(nil))
	f.Add(part(0, to(header64(`{"alg":"A256KW","enc":"A256GCM","zip":"DEF"}`)))(good), d.phone.SPKI())
	f.Add(part(2, to(""))(good), d.phone.SPKI()[:90])
	challenge := d.challenge
	challenge[0] ^= 1 // no input can be good
	f.Fuzz(func(t *testing.T, token string, key []byte) {
		dev, err := d.verifier.Attest(token, key, challenge)
		refused(t, err)
		if dev.Key != nil {
			t.Fatal("a device came back")
		}
	})
}

// FuzzSealed: whatever Google's encryption key has sealed is refused if
// Google's signature key has not signed it.
func FuzzSealed(f *testing.F) {
	d := newDesk(f, nil)
	var signed string
	d.token(f, sim.Misprint{JWS: func(s string) string { signed = s; return s }})
	f.Add(signed[:len(signed)-1])
	f.Add(part(0, to(header64(`{"alg":"none"}`)))(signed))
	f.Add(part(0, to(header64(`{"alg":"ES256","crit":["b64"],"b64":false}`)))(signed))
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		if text == signed {
			return
		}
		_, err := d.verifier.Attest(d.token(t, sim.Misprint{JWS: to(text)}), d.phone.SPKI(), d.challenge)
		refused(t, err)
	})
}

// FuzzVerdict: whatever Google has signed and sealed is judged without a
// panic, and a device that comes back is the phone's, in a version that is
// accepted.
func FuzzVerdict(f *testing.F) {
	d := newDesk(f, nil)
	var payload []byte
	d.token(f, sim.Misprint{Payload: func(b []byte) []byte { payload = b; return b }})
	f.Add(payload)
	f.Add([]byte(`{"requestDetails":{"timestampMillis":-1e400}}`))
	f.Add([]byte(`{"appIntegrity":{"versionCode":"\u0031","certificateSha256Digest":null}}`))
	f.Add([]byte(`[[[[null]]]]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := sim.Misprint{Payload: func([]byte) []byte { return b }, Signing: &jose.SigningKey{Algorithm: jose.ES256, Key: d.google.Signer}}
		dev, err := d.verifier.Attest(d.token(t, m), d.phone.SPKI(), d.challenge)
		if err != nil {
			refused(t, err)
			return
		}
		if !dev.Key.Equal(&d.phone.Key.PublicKey) || dev.Development || len(dev.AppVersion) < 3 {
			t.Fatal("another device")
		}
	})
}

// FuzzVerifyAssertion: no signature is good but the key's.
func FuzzVerifyAssertion(f *testing.F) {
	d := newDesk(f, nil)
	dev := d.device(f)
	f.Add(d.assertion(f, [32]byte{2}))
	f.Add([]byte{0x30, 6, 2, 1, 1, 2, 1, 1})
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		refused(t, d.verifier.VerifyAssertion(dev, [32]byte{1}, b))
	})
}
