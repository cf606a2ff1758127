// SPDX-License-Identifier: Apache-2.0

//go:build race

package pdf_test

// underRace tells tests that count or time what is slowed down.
const underRace = true
