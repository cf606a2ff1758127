// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"bytes"
	"crypto/elliptic"
	"slices"
	"testing"

	sim "kofu/test/passport"
)

// TestSpelledOutCurveIsItInEveryBit: of a curve that is spelled out no bit may
// be another, but those that make version 1 a 3, which says the same.
func TestSpelledOutCurveIsItInEveryBit(t *testing.T) {
	for _, c := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		params := sim.ExplicitParams(c.Params())
		if curveOf(params) != c {
			t.Fatalf("%s: not recognised", c.Params().Name)
		}
		version := bytes.Index(params, []byte{2, 1, 1}) + 2
		for i := range 8 * len(params) {
			other := slices.Clone(params)
			other[i/8] ^= 1 << (i % 8)
			if curveOf(other) != nil && (i/8 != version || other[version] != 3) {
				t.Errorf("%s: bit %d of byte %d may be another", c.Params().Name, i%8, i/8)
			}
		}
	}
}
