// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package main

import "time"

// processorTime cannot be told here: what turns take has to do.
func processorTime() func() time.Duration { return nil }
