// SPDX-License-Identifier: Apache-2.0

//go:build !race

package kiosk

const walkDefault = 100_000
