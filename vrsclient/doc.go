// SPDX-License-Identifier: Apache-2.0

// Package vrsclient asks the gateway of the Vaccination Record System (VRS)
// for a record, and has it allot certificate IDs.
//
//	kofu                                   gateway
//	 │ find    number, municipality, nonce ──► │ found, none, needs_check or blocked;
//	 │ ◄── request id, municipality, proof ─── │ with the record: version, subject
//	 │ reserve subject, version, kind      ──► │ a certificate ID and its time of issue,
//	 │ ◄────────────────────────────────────── │ or record_changed
//	 │ confirm certificate ID, passport    ──► │ 発行年月日 kept; passport for overseas only
//	 │ void    issuance                    ──► │ the reservation is given up
//
// and, for the counter alone:
//
//	│ search  ticket, number or name      ──► │ persons, each with a reference and the record's handle
//	│ open    reference, issuance, nonce  ──► │ the file: record, block, 要確認, past issues
//	│ ◄─────────── municipality, proof ────── │
//	│ invalidate  certificate ID          ──► │ a certificate handed over is withdrawn
//	│ blocks  every block of a municipality ► │ taken whole, or the rows that name nobody
//
// The real gateway's contract is not public. openapi.yaml beside this file is
// ours, and assumed throughout.
//
// Every call goes over TLS with a client certificate and carries the
// credential of one municipality. The My Number stands in one place, the body
// of find or search; no answer has it. Instead the answer proves whose record
// it brings: HMAC-SHA-256 over the number that the record is kept under, with a
// nonce of this very request as key. A file proves the handle of its record,
// and handle and holder must be those that the clerk was shown: the reference
// that search returns has a mark of both. An answer for another person,
// municipality or request, or one that is truncated, changed on the way (every
// answer has its Content-Digest, RFC 9530), stale or of unknown shape, is
// [cert.ErrUnavailable], never data (A6, R4.1). So is a call that found no
// connection in time: they are bounded, for each municipality too. What went wrong is told by
// [Cause], for metrics: no error of this package has personal data in it.
package vrsclient
