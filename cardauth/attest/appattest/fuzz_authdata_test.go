// SPDX-License-Identifier: Apache-2.0

package appattest

import (
	"testing"
	"time"

	"kofu/cardauth/attest"
	sim "kofu/test/attest"
)

// FuzzAuthenticatorData: behind the certificates, as if Apple had certified
// whatever it is; what is accepted has the key, the name and the app in it.
func FuzzAuthenticatorData(f *testing.F) {
	now := time.Date(2026, 11, 20, 3, 4, 5, 0, time.UTC)
	apple, err := sim.NewApple(now)
	if err != nil {
		f.Fatal(err)
	}
	phone, err := apple.NewIPhone("A1B2C3D4E5.jp.example.kofu")
	if err != nil {
		f.Fatal(err)
	}
	v, err := New(Config{Roots: apple.RootPEM(), AppIDs: []string{phone.AppID}, MinVersion: "1", Now: func() time.Time { return now }})
	if err != nil {
		f.Fatal(err)
	}
	right := phone.AuthData()
	f.Add([]byte(nil), uint16(len(right)))
	f.Add(sim.Launch(4, "1.2"), uint16(len(right)))
	f.Add(sim.Launch(3, "0"), uint16(len(right)))
	f.Add([]byte{0xA1, 0x61, 'x', 0x9F, 0xFF}, uint16(len(right)))
	f.Add(right[87:], uint16(87))
	f.Fuzz(func(t *testing.T, tail []byte, keep uint16) {
		n := min(int(keep), len(right))
		d, err := v.judge(append(right[:n:n], tail...), &phone.Key.PublicKey, phone.KeyID())
		if c, ok := attest.CodeOf(err); err != nil && (!ok || c == attest.CodeInternal) {
			t.Fatalf("unexpected error %v", err)
		}
		if err == nil && (!d.Key.Equal(&phone.Key.PublicKey) || n+len(tail) < len(right) || len(d.AppVersion) > 64) {
			t.Fatal("another device")
		}
	})
}
