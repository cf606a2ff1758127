// SPDX-License-Identifier: Apache-2.0

// Package drills attacks kofu as it ships: the program in a process of its
// own, with real TLS, a real Redis and PostgreSQL and the record service's
// stand-in, over the network, as anybody could who reaches it.
//
//	fuzz_*     whatever the contract allows, and then what it does not
//	tls_*      who may speak at all, and how
//	http_*     what lies below a request: where it begins and ends, what it costs
//	bombs_*    little that unfolds into much
//	jose_*     tokens that say themselves how they want to be judged
//	sealed_*   ciphertext in the wrong place
//	browser_*  what another page can make a browser do
//
// None of them looks inside: what is judged is what comes back, what the log
// says, and whether others are served meanwhile. What came of each stands in
// SECURITY.md.
//
// The fuzzers print their seed. KOFU_SEED sets it, KOFU_LONG=1 makes the runs
// longer.
package drills
