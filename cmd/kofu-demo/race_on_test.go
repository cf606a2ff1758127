// SPDX-License-Identifier: Apache-2.0

//go:build race

package main

// raceDetector is on: times say nothing, and many rounds take long.
const raceDetector = true
