// SPDX-License-Identifier: Apache-2.0

package appattest_test

import (
	"testing"
	"time"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/appattest"
	sim "kofu/test/attest"
)

// TestPanicIsContained: whatever is called gives up, here the clock and a
// decoder that is not there, one device is refused, and nothing else ends.
func TestPanicIsContained(t *testing.T) {
	d := newDesk(t, nil)
	dev, hash := d.device(t), [32]byte{1}
	attestation, assertion := d.attestation(t, sim.Forgery{}), d.assertion(t, hash, sim.Forgery{})

	d.config.Now = func() time.Time { panic("no time") }
	broken, err := appattest.New(d.config)
	if err != nil {
		t.Fatal(err)
	}
	got, err := broken.Attest(attestation, d.phone.KeyID(), d.hash)
	wantCode(t, err, attest.CodeInternal)
	if got.Key != nil {
		t.Error("a device came back")
	}
	wantCode(t, new(appattest.Verifier).VerifyAssertion(dev, hash, assertion), attest.CodeInternal)
}
