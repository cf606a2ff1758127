// SPDX-License-Identifier: Apache-2.0

// Package attest stands in for the platforms that vouch for phones, and for
// the phones: an authority with a root of its own, keys, attestations and
// assertions as real devices make them, and each field of them wrong at will.
// It must never ship.
package attest
