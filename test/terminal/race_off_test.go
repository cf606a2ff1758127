// SPDX-License-Identifier: Apache-2.0

//go:build !race

package terminal_test

// crowd is how many terminals are at work at once: as many as the acceptance of the kiosk door asks for.
const crowd = 200
