// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bytes"
	"testing"
)

func TestMutationsDifferAndRepeat(t *testing.T) {
	answer := []byte(`{"request_id":"A","outcome":"found","record":{"version":"v","doses":[{"lot":"KM1001","number":1}]}}`)
	for seed := range uint64(2000) {
		for _, make := range []func(*Generator) []byte{
			func(g *Generator) []byte { return g.Bytes(answer) },
			func(g *Generator) []byte { return g.JSON(answer, true) },
			func(g *Generator) []byte { return g.JSON(answer, false) },
		} {
			one, two := make(New(seed)), make(New(seed))
			if bytes.Equal(one, answer) || !bytes.Equal(one, two) {
				t.Fatalf("seed %d: %s, %s", seed, one, two)
			}
		}
	}
}
