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
);

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
);

CREATE TABLE kiosk_ledger (
	transaction_id TEXT PRIMARY KEY,
	step           BIGINT NOT NULL,
	at             TEXT NOT NULL,
	prepared_at    TEXT NOT NULL,
	terminal       TEXT NOT NULL,
	store          TEXT NOT NULL,
	operator       TEXT NOT NULL,
	municipality   TEXT NOT NULL,
	kind           TEXT NOT NULL,
	copies         BIGINT NOT NULL,
	fee_yen        BIGINT NOT NULL,
	escrow_yen     BIGINT NOT NULL,
	released       BOOLEAN NOT NULL,
	printed        BIGINT NOT NULL,
	jams           BIGINT NOT NULL,
	voided         BOOLEAN NOT NULL,
	settled        BOOLEAN NOT NULL,
	captured_yen   BIGINT NOT NULL,
	returned_yen   BIGINT NOT NULL
);
CREATE INDEX kiosk_ledger_prepared ON kiosk_ledger (prepared_at);

CREATE TABLE operations (
	seq     BIGINT PRIMARY KEY,
	at      TEXT NOT NULL,
	actor   TEXT NOT NULL,
	action  TEXT NOT NULL,
	subject TEXT NOT NULL,
	details TEXT NOT NULL,
	prev    TEXT NOT NULL UNIQUE,
	hash    TEXT NOT NULL UNIQUE
);

CREATE TABLE operations_head (
	one  BIGINT PRIMARY KEY CHECK (one = 1),
	seq  BIGINT NOT NULL,
	hash TEXT NOT NULL
);
INSERT INTO operations_head VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- +goose StatementBegin
CREATE FUNCTION operations_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'operations are added, never changed or deleted';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER operations_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON operations
	FOR EACH STATEMENT EXECUTE FUNCTION operations_stay();
