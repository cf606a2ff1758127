// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"os"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"
)

// A server in production has no core file written of itself, and is not
// dumpable: the test's own process is the server's.
//
// Rows: C3
func TestProductionIsNotDumped(t *testing.T) {
	s := makeSite(t)
	produce(t, s)
	start(t, s)
	limits, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^Max core file size +0 +0 `).Match(limits) {
		t.Errorf("core files are written:\n%s", limits)
	}
	if n, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || n != 0 {
		t.Errorf("dumpable: %d %v", n, err)
	}
}
