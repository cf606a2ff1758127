// SPDX-License-Identifier: Apache-2.0

// Package staff is who may do what at the municipal counter: terminals,
// accounts, their functions, signing in and out, the limits above which a
// second person is needed, and the record of every act. It knows no HTTP, no
// SQL and no applicant.
//
// A member of staff works on a registered terminal that names the account
// (F1, F3), signs in with a password and a second factor (F4), and may do what
// the account's functions say (F6). Terminal, account and session are asked
// for at every request, so that whatever is taken away is gone at once (F7):
//
//	client certificate → Terminal ─┐
//	invited:  login + code + new password → StageEnrol ── Secret, Code or Passkey… → enrolled, signs in
//	enrolled: login + password [+ member] → StagePassword ── Code or Passkey… ─────→ StageFull
//	every request: Terminal → Session → … ─── SignOut, or an end
//
// Each arrow to another stage gives another token; the store knows a token by
// its SHA-256. Before StageFull a session lasts ten minutes and has no
// functions. What changes an account, begins a session, signs out of one, or
// refuses one, is in the operation log first: when the log is down, nothing
// happens. A session that ends otherwise is of no use at once, and its row is
// owed until the log takes it. A personal account has one session: signing in
// elsewhere ends it.
//
// Attempts are counted by terminal and login, and by terminal, never by the
// account alone. All that leaves the process is keyed: TOTP secrets and
// certificate IDs are sealed, record handles and names of counters are MACs,
// each under a key of its own derived from one secret (RFC 5869).
//
// The list of common passwords in the folder common is zxcvbn's; its licence
// lies beside it.
package staff
