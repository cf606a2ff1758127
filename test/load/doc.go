// SPDX-License-Identifier: Apache-2.0

// Package load offers kofu more than it can do, and tells what comes of it.
//
// The real binary runs on a processor of its own; Redis, the record service's
// stand-in and this generator share the others. Persons, cards and signatures
// are made before anything is measured: a challenge lives for two minutes, so
// applications are signed in advance, for challenges fetched in advance, and
// each person who is let in hands in one of them.
//
// Arrivals are drawn by chance and fixed before a step begins (open loop): nobody
// waits for an answer before the next one asks, and every time is counted from
// the moment at which somebody was to ask, not from when this program got round
// to it. Percentiles are of all samples.
//
//	make load                    the whole of it, with the bounds of the requirement
//	go test ./test/load          the short one, with bounds for a busy machine
//
// [Site] and [Site.Offer] are made to be used for other measurements, too.
package load
