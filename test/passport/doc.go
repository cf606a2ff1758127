// SPDX-License-Identifier: Apache-2.0

// Package passport simulates States and the chips of the passports they issue:
// a country signing authority, document signers, data group 1 and the document
// security object over it (ICAO Doc 9303-10 and 9303-12).
//
// It is written from the standards alone and shares nothing with the package
// that verifies: every byte is put together here. So it can also make what no
// State should, one mistake at a time; see [Draft] and [Profile].
package passport
