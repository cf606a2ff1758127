-- +goose Up
CREATE TABLE terminals (
	id               TEXT PRIMARY KEY,
	role             TEXT NOT NULL CHECK (role IN ('terminal', 'centre')),
	store            TEXT NOT NULL,
	operator         TEXT NOT NULL,
	relay            TEXT REFERENCES terminals (id),
	key              TEXT UNIQUE,
	state            TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'revoked')),
	added_at         TEXT NOT NULL,
	software_name    TEXT NOT NULL DEFAULT '',
	software_version TEXT NOT NULL DEFAULT '',
	software_config  TEXT NOT NULL DEFAULT '',
	seen_at          TEXT,
	CHECK ((key IS NULL) = (relay IS NOT NULL))
) STRICT;

CREATE TABLE closures (
	id           TEXT PRIMARY KEY,
	municipality TEXT NOT NULL,
	channel      TEXT NOT NULL,
	reason       TEXT NOT NULL CHECK (reason IN ('suspension', 'maintenance')),
	from_at      TEXT NOT NULL,
	until_at     TEXT,
	ja           TEXT NOT NULL,
	en           TEXT NOT NULL,
	lifted_at    TEXT
) STRICT;

CREATE TABLE kiosk_ledger (
	transaction_id TEXT PRIMARY KEY,
	step           INTEGER NOT NULL,
	at             TEXT NOT NULL,
	prepared_at    TEXT NOT NULL,
	terminal       TEXT NOT NULL,
	store          TEXT NOT NULL,
	operator       TEXT NOT NULL,
	municipality   TEXT NOT NULL,
	kind           TEXT NOT NULL,
	copies         INTEGER NOT NULL,
	fee_yen        INTEGER NOT NULL,
	escrow_yen     INTEGER NOT NULL,
	released       INTEGER NOT NULL,
	printed        INTEGER NOT NULL,
	jams           INTEGER NOT NULL,
	voided         INTEGER NOT NULL,
	settled        INTEGER NOT NULL,
	captured_yen   INTEGER NOT NULL,
	returned_yen   INTEGER NOT NULL
) STRICT;
CREATE INDEX kiosk_ledger_prepared ON kiosk_ledger (prepared_at);

CREATE TABLE operations (
	seq     INTEGER PRIMARY KEY,
	at      TEXT NOT NULL,
	actor   TEXT NOT NULL,
	action  TEXT NOT NULL,
	subject TEXT NOT NULL,
	details TEXT NOT NULL,
	prev    TEXT NOT NULL UNIQUE,
	hash    TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE operations_head (
	one  INTEGER PRIMARY KEY CHECK (one = 1),
	seq  INTEGER NOT NULL,
	hash TEXT NOT NULL
) STRICT;
INSERT INTO operations_head VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- +goose StatementBegin
CREATE TRIGGER operations_stay BEFORE UPDATE ON operations BEGIN
	SELECT RAISE(ABORT, 'operations are added, never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER operations_remain BEFORE DELETE ON operations BEGIN
	SELECT RAISE(ABORT, 'operations are added, never deleted');
END;
-- +goose StatementEnd
