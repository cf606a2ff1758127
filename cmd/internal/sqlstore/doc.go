// SPDX-License-Identifier: Apache-2.0

// Package sqlstore keeps in SQL what must outlast a restart: which terminals
// there are, when nothing is taken, the books of the kiosk, who of the staff
// may do what and did what, and what was withdrawn. It has the names of staff.
// Of applicants it has no name, no number and nothing that is certified, but
// what is sealed under keys that are not in it: certificate IDs, and for 12
// minutes at most an application that waits for a second person.
//
// # Databases
//
// SQLite is for one machine, PostgreSQL for several. The driver of the latter
// is in package postgres below, so that a program that does not need it is
// built without. Tables are made, and brought up to date, when the store is
// opened; several programs may do so at once. A step of migrations/ must leave
// the tables such that the version before can still work with them: replicas
// are replaced one by one. It works, with one exception: its Verify takes the
// rows of the counter, which it does not know, for altered.
//
// # Tables
//
// Instants are texts in UTC, 2006-01-02T15:04:05.000000Z, which sort as they
// follow on each other; days are those of Japan, 2006-01-02. Amounts are yen.
// A municipality is six digits.
//
//	terminals        one row a client certificate, or a terminal behind a relay
//	  id               1 to 64 of A-Z a-z 0-9 . _ -
//	  role             terminal, or centre: a relay
//	  store, operator  the operator's own codes of where it stands and who runs it
//	  relay            id of the centre that speaks for it; else NULL
//	  key              hexadecimal SHA-256 of the SubjectPublicKeyInfo of its certificate; NULL with a relay
//	  state            active, suspended, revoked; the last is for ever
//	  added_at
//	  software_name, software_version, software_config, seen_at
//	                   what it last said of itself, and when
//	closures         times in which applications are not taken; lifted ones remain
//	  id               26 characters
//	  municipality     empty: all
//	  channel          app, kiosk, counter; empty: all
//	  reason           suspension, maintenance
//	  from_at, until_at  the second is exclusive; NULL: until it is lifted
//	  ja, en           what applicants are told; both or neither
//	  lifted_at        NULL while it holds
//	kiosk_ledger     one row a transaction (取引): what [kiosk.Entry] says
//	  transaction_id   26 random characters, of no other use
//	  step             rises; a row of a lower step does not replace one of a higher
//	  at, prepared_at  of the step; of the sealing of the certificate
//	  terminal, store, operator, municipality, kind
//	  copies, fee_yen  sheets ordered; the fee of one
//	  escrow_yen, captured_yen, returned_yen
//	  released, voided, settled, printed, jams
//	desks            one row a terminal of a counter (LG-WAN端末), for good
//	  id               1 to 64 of A-Z a-z 0-9 . _ -
//	  municipality, place  whose it is, and where it stands
//	  key              hexadecimal SHA-256 of the SubjectPublicKeyInfo of its certificate; no kiosk's
//	  active, added_at
//	desk_users       which accounts may be used on which desk
//	  desk, account
//	accounts         user IDs, for good: revoked ones remain, so that no login is given twice
//	  id, municipality, login
//	  name, staff_number  of the person; of a shared ID its name, and empty
//	  functions        clerk, approver, protected, administrator, auditor, separated by spaces
//	  state            invited, active, suspended, revoked
//	  valid_until      last day
//	  shared_purpose, shared_until  of a shared ID (共用ID), with its last day; else NULL
//	  epoch            rises with each change that ends open sessions
//	  added_by, added_at, last_sign_in
//	  password         argon2id, in PHC form; empty: none yet
//	  password_at
//	  totp             the secret, sealed under a key that is not here; NULL: none
//	  totp_step        last time step that was used
//	  enrolment        SHA-256 of the one-time code; NULL: none
//	  enrolment_till
//	rosters          who may use a shared ID
//	  account, place   place: 0, 1, 2 …
//	  staff_number, name, from_on, until_on
//	passkeys         credentials of WebAuthn
//	  id               its own: no two accounts have one
//	  account, place
//	  data             encoding of package passkey, without a private key
//	approvals        issues that wait for a second person, or had one
//	  id, municipality, at
//	  until_at         when the application ends
//	  account, operator, terminal, session  who asks; session: its hash
//	  token            the sealed application, whose key is in Redis and ends with it; empty once it is refused, used or ended
//	  token_hash       SHA-256 of it
//	  kind, details, why  what the row of operations will say; hour, night or protected
//	  state            pending, approved, refused, used
//	  decided_by, decided_at  an account
//	counter_issues   certificates issued at a counter: what limits and recalls need
//	  token            SHA-256 of the sealed application
//	  seq              its row of operations
//	  municipality, account, operator, at, kind
//	  person           staff number of who issued, in small letters; empty where the account has none
//	  handle           keyed hash of the certificate ID
//	  sealed           the certificate ID, under the municipality's key, which is not here
//	  rids             "kid rid rid", one kid a line: what would be published
//	  uvci             hashed; likewise
//	  approval         id of the approval it needed; or empty
//	revocations      what was withdrawn at a counter, for ever
//	  number           1, 2, 3 …: the version of the published lists
//	  handle, seq, municipality, at, uvci  as above
//	  sealed           as above, until the record service has been told; then NULL
//	  told_at          when it was told; NULL: not yet
//	revocation_rids  what is published of them
//	  number, kid, rid
//	alerts           what the auditor has to look at
//	  id, municipality, at, kind
//	  operator, account, terminal, count  whom it is about, where, how many
//	  closed_by, closed_at, finding  by which account; NULL while it is open
//	reviews          that somebody has looked (点検), for ever
//	  id, municipality, at, account, operator
//	  what             accounts, log, alerts
//	  from_on, until_on, finding
//	  head             SEQ:HASH of operations as it was then
//	inquiries        register of inquiries and complaints (問合せ), for ever
//	  id, municipality, at, operator
//	  topic, means, answer  of what, how they came, what was done
//	operations       who did what, for ever: rows cannot be changed or deleted
//	  seq              1, 2, 3 …
//	  at, actor        when, and under which name of the staff
//	  action, subject  such as terminal.revoke and the terminal's id
//	  details          "name=value", one a line
//	  municipality, terminal, account  at a counter: whose, at which desk, by which account; else empty
//	  prev, hash       hash of the row before (zeros for the first), and of this one
//	operations_head  the seq and hash of the last row of operations
//	goose_db_version which steps of migrations/ have been made
//
// # The operation log
//
// Each change of terminals, closures, accounts, desks, issues, revocations,
// approvals, alerts, reviews and inquiries writes its row of operations in the
// same transaction, and before anything else of it. What is only looked at is
// written by [Store.Write]. What signing in leaves behind (totp_step, a
// passkey's counter, last_sign_in), and that the record service was told of a
// revocation, have no row of their own.
//
// The hash is SHA-256 over seq, at, actor, action, subject, details and prev,
// and in rows of a counter municipality, terminal and account, each with its
// length (eight bytes, big-endian) before it. [Store.Verify] finds any row that
// was altered, put in, moved or taken out, the last included. Somebody with all
// rights on the database could write the whole chain anew, or cut its end off
// and make the head fit: what shows that is a head noted elsewhere
// ([Store.Head]), which Verify takes and looks for.
//
// Who waits for an answer asks [Store.VerifyLog], which reads on from the row
// up to which this process has found the log good, and looks at that row again;
// the server reads the whole beside its requests, a thousand rows at a time.
//
// All writers of the log follow one on another, so what such a transaction
// counts (issues of the last hour, uses of an approval) is exact on any number
// of replicas.
//
// # PostgreSQL
//
// The server's own user needs no more than
//
//	GRANT SELECT, INSERT, UPDATE ON terminals, closures, kiosk_ledger, operations_head, desks, accounts, approvals, revocations, alerts TO kofu;
//	GRANT SELECT, INSERT, UPDATE, DELETE ON passkeys TO kofu;
//	GRANT SELECT, INSERT, DELETE ON rosters, desk_users TO kofu;
//	GRANT SELECT, INSERT ON operations, counter_issues, revocation_rids, reviews, inquiries TO kofu;
//	GRANT SELECT ON goose_db_version TO kofu;
//
// when the owner of the tables has made the migrations. Rights come before
// programs: a new version wants its own. A pooler between must keep a session
// to a connection: migrations hold a lock of theirs.
//
// # Copies, and what is made of them
//
// What this package returned without an error is on disk (synchronous=FULL,
// synchronous_commit=on): it outlasts the program, and the machine where the
// disk keeps its word.
//
// SQLite: [Store.Backup] makes a copy while others write. To go back to one,
// end the program, put the copy in the place of the file, with mode 0600, and
// remove the two files beside it (-wal and -shm), which belong to the old one.
// What was written after the copy is lost. A copy of the file alone, made by
// other means while the program runs, is not one.
//
// PostgreSQL: pg_dump makes a copy as of one moment, to be restored into an
// empty database; what was written after it is lost. To lose nothing, keep a
// base copy (pg_basebackup) and an archive of the write-ahead log
// (archive_mode, archive_command), and with them the last part of the log that
// had not been archived (pg_wal of the server that is gone): restored from all
// three (recovery.signal, restore_command), the database has every line that
// was acknowledged. Where pg_wal may be gone too, a synchronous standby
// (synchronous_standby_names) has that part.
//
// Whatever was restored, Verify with the heads noted elsewhere tells whether
// lines of the log are missing. Published revocation lists have a version, by
// which readers see that a restored database is behind what was published:
// revocations made after the copy must be made again before it is served.
package sqlstore
