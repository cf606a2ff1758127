// SPDX-License-Identifier: Apache-2.0

//go:build race

package wiping

// underRace says that the race detector watches.
const underRace = true
