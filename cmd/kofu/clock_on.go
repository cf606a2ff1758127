// SPDX-License-Identifier: Apache-2.0

//go:build kofufault

package main

import (
	"os"
	"time"

	"kofu/cert"
)

// clockEnv is how far the clock may be off, such as "2s"; not at all without.
const clockEnv = "KOFU_FAULT_CLOCK"

// clockStep is how long the clock goes right between two jumps.
const clockStep = 700 * time.Millisecond

// now jumps forward and back, for each process in another way, and has no
// monotonic reading, as after a step of the machine's clock.
func now() time.Time {
	at := time.Now().Round(0)
	most, _ := time.ParseDuration(os.Getenv(clockEnv)) // none
	if most <= 0 {
		return at
	}
	n := uint64(at.UnixNano()/int64(clockStep)) * uint64(os.Getpid()) * 0x9e3779b97f4a7c15
	return at.Add(time.Duration(n>>16%uint64(2*most)) - most)
}

// builtFor says why this program must not run in env.
func builtFor(env cert.Environment) []string {
	if env == cert.Production {
		return []string{"environment: this program was built to fail (kofufault), and is never for production"}
	}
	return nil
}
