// SPDX-License-Identifier: Apache-2.0

//go:build race

package kiosk

// walkDefault is fewer events where each takes many times as long.
const walkDefault = 8_000
