// SPDX-License-Identifier: Apache-2.0

// Package sqlstore keeps in SQL what must outlast a restart: which terminals
// there are, when nothing is taken, the books of the kiosk, and who of the
// staff did what. Nothing in it is about an applicant: no person, no
// certificate, no session.
//
// # Databases
//
// SQLite is for one machine, PostgreSQL for several. The driver of the latter
// is in package postgres below, so that a program that does not need it is
// built without. Tables are made, and brought up to date, when the store is
// opened; several programs may do so at once. A step of migrations/ must leave
// the tables such that the version before can still work with them: replicas
// are replaced one by one.
//
// # Tables
//
// Instants are texts in UTC, 2006-01-02T15:04:05.000000Z, which sort as they
// follow on each other. Amounts are yen.
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
//	  municipality     six digits; empty: all
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
//	operations       who did what, for ever: rows cannot be changed or deleted
//	  seq              1, 2, 3 …
//	  at, actor        when, and under which name of the staff
//	  action, subject  such as terminal.revoke and the terminal's id
//	  details          "name=value", one a line
//	  prev, hash       hash of the row before (zeros for the first), and of this one
//	operations_head  the seq and hash of the last row of operations
//	goose_db_version which steps of migrations/ have been made
//
// # The operation log
//
// Each change of terminals and closures writes its row of operations in the
// same transaction. The hash is SHA-256 over seq, at, actor, action, subject,
// details and prev, each with its length before it. [Store.Verify] finds any
// row that was altered, put in, or taken out, the last included. Somebody with
// all rights on the database could write the whole chain anew: what shows that
// is a head noted elsewhere, which Verify takes and looks for.
//
// # PostgreSQL
//
// The server's own user needs no more than
//
//	GRANT SELECT, INSERT, UPDATE ON terminals, closures, kiosk_ledger, operations_head TO kofu;
//	GRANT SELECT, INSERT ON operations TO kofu;
//	GRANT SELECT ON goose_db_version TO kofu;
//
// when the owner of the tables has made the migrations. A pooler between must
// keep a session to a connection: migrations hold a lock of theirs.
package sqlstore
