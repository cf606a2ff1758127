// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"net/netip"
	"testing"
)

// Rows: F2
func TestOtherNetworksAreRefused(t *testing.T) {
	k := &console{Config: Config{Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8")}}}
	for addr, want := range map[string]bool{"10.1.2.3:443": true, "[::ffff:10.1.2.3]:443": true, "[fd00::1]:443": true,
		"10.2.0.1:443": false, "[2001:db8::1]:443": false, "10.1.2.3": false, "": false} {
		if got := k.near(addr); got != want {
			t.Errorf("%q is near: %v", addr, got)
		}
	}
	if !(&console{}).near("192.0.2.1:1") {
		t.Error("without a list a network is refused")
	}
}
