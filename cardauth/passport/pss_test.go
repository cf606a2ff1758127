// SPDX-License-Identifier: Apache-2.0

package passport_test

import (
	"crypto"
	"testing"

	"kofu/cardauth/passport"
	sim "kofu/test/passport"
)

// TestKeysParametersAreKept: a key that says with which hash function and salt
// it signs is good for nothing else (RFC 4055, 3.3).
func TestKeysParametersAreKept(t *testing.T) {
	jp := newCountry(t, sim.P256(), sim.P256())
	dg1 := sim.DG1(zone1, zone2)
	for name, tt := range map[string]struct {
		key  []byte
		want passport.Code
	}{
		"any":                {nil, ""},
		"these":              {sim.PSSParams(crypto.SHA256, crypto.SHA256, 32), ""},
		"a shorter salt":     {sim.PSSParams(crypto.SHA256, crypto.SHA256, 20), ""},
		"a longer salt":      {sim.PSSParams(crypto.SHA256, crypto.SHA256, 48), passport.CodeSignature},
		"another hash":       {sim.PSSParams(crypto.SHA512, crypto.SHA512, 32), passport.CodeSignature},
		"two hash functions": {sim.PSSParams(crypto.SHA256, crypto.SHA512, 32), passport.CodeSignerKey},
		"no parameters":      {sim.Seq(sim.Null()), passport.CodeSignerKey},
	} {
		suite := sim.Suite{Bits: 2048, PSS: true, PSSOnly: true, PSSKey: tt.key, Hash: crypto.SHA256}
		sod := must(must(jp.authority.NewSigner(signerProfile(), suite))(t).Draft(dg1).Build())(t)
		if _, err := verifier(t, jp.authority).Verify(passport.Chip{SOD: sod, DG1: dg1}); codeOf(err) != tt.want || (err == nil) != (tt.want == "") {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}
