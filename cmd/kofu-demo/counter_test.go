// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"
)

// Codes are those of RFC 6238 appendix B, cut to six digits.
func TestCodes(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // "12345678901234567890"
	for seconds, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := totp(secret, time.Unix(seconds, 0)); got != want {
			t.Errorf("%d: %s, want %s", seconds, got, want)
		}
	}
}
