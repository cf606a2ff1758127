// SPDX-License-Identifier: Apache-2.0

//go:build !kofufault

package main

import (
	"time"

	"kofu/cert"
)

// now is the clock that everything goes by. In a program built with the tag
// kofufault it jumps.
func now() time.Time { return time.Now() }

// builtFor says why this program must not run in env.
func builtFor(cert.Environment) []string { return nil }
