// SPDX-License-Identifier: Apache-2.0

//go:build !race

package qr_test

const underRace = false
