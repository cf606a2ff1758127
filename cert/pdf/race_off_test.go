// SPDX-License-Identifier: Apache-2.0

//go:build !race

package pdf_test

const underRace = false
