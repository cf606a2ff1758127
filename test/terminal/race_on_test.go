// SPDX-License-Identifier: Apache-2.0

//go:build race

package terminal_test

// crowd is how many terminals are at work at once: the detector makes everything ten times slower.
const crowd = 40
