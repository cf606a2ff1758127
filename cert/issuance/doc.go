// SPDX-License-Identifier: Apache-2.0

// Package issuance is the one use case of all three doors: who is asking, what
// does the record service hold, may it be certified, sign it, hand it over
// once.
//
//	door                 Service                record service      Seals (Redis)
//	 │  Review ────────────▶ rules before asking
//	 │                       FindForCertificate ─────▶ found
//	 │                       rules on the record
//	 │                       seal ───────────────────────────────────▶ 32-byte key, 5 minutes
//	 │ ◀─ preview, sealed application
//	 │  Issue ─────────────▶ header checked ─────────────────────────▶ key
//	 │                       Reserve ────────────────▶ ID, time of issue
//	 │                       build, sign, decode, compare
//	 │                       Confirm ────────────────▶ done
//	 │ ◀─ certificate (the return value, and nowhere else)
//	 │  Discard ───────────▶ ────────────────────────────────────────▶ key deleted
//
// Between the two calls the server keeps 32 random bytes and no data; the
// caller keeps data it cannot read. Repeating Issue gives the same bytes: the
// reservation is idempotent by the random issuance id, all inputs lie in the
// sealed application and the reservation, a fingerprint of everything else is
// sealed with them, and software keys sign deterministically (RFC 6979).
//
// A My Number is in memory from the door's request to the end of Review, and
// is in nothing that is sealed, stored or answered.
package issuance
