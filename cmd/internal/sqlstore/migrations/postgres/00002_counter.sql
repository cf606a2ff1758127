-- +goose Up
ALTER TABLE operations ADD COLUMN municipality TEXT NOT NULL DEFAULT '';
ALTER TABLE operations ADD COLUMN terminal TEXT NOT NULL DEFAULT '';
ALTER TABLE operations ADD COLUMN account TEXT NOT NULL DEFAULT '';
CREATE INDEX operations_municipality ON operations (municipality, seq);
CREATE INDEX operations_at ON operations (municipality, at);
CREATE INDEX operations_login ON operations (municipality, (split_part(actor, '/', 1)), seq);
CREATE INDEX operations_terminal ON operations (municipality, terminal, seq);
CREATE INDEX operations_thing ON operations (municipality, (split_part(action, '.', 1)), seq);
CREATE INDEX operations_subject ON operations (municipality, subject, seq);

CREATE TABLE accounts (
	id             TEXT PRIMARY KEY,
	municipality   TEXT NOT NULL,
	login          TEXT NOT NULL,
	name           TEXT NOT NULL,
	staff_number   TEXT NOT NULL,
	functions      TEXT NOT NULL,
	state          TEXT NOT NULL CHECK (state IN ('invited', 'active', 'suspended', 'revoked')),
	valid_until    TEXT NOT NULL,
	shared_purpose TEXT,
	shared_until   TEXT,
	epoch          BIGINT NOT NULL,
	added_by       TEXT NOT NULL,
	added_at       TEXT NOT NULL,
	last_sign_in   TEXT,
	password       TEXT NOT NULL,
	password_at    TEXT,
	totp           BYTEA,
	totp_step      BIGINT NOT NULL,
	enrolment      BYTEA,
	enrolment_till TEXT,
	UNIQUE (municipality, login),
	CHECK ((shared_purpose IS NULL) = (shared_until IS NULL))
);

CREATE TABLE rosters (
	account      TEXT NOT NULL REFERENCES accounts (id),
	place        BIGINT NOT NULL,
	staff_number TEXT NOT NULL,
	name         TEXT NOT NULL,
	from_on      TEXT NOT NULL,
	until_on     TEXT NOT NULL,
	PRIMARY KEY (account, place)
);

CREATE TABLE passkeys (
	id      BYTEA PRIMARY KEY,
	account TEXT NOT NULL REFERENCES accounts (id),
	place   BIGINT NOT NULL,
	data    BYTEA NOT NULL,
	UNIQUE (account, place)
);

CREATE TABLE desks (
	id           TEXT PRIMARY KEY,
	municipality TEXT NOT NULL,
	place        TEXT NOT NULL,
	key          TEXT NOT NULL UNIQUE,
	active       BOOLEAN NOT NULL,
	added_at     TEXT NOT NULL
);
CREATE INDEX desks_municipality ON desks (municipality);

CREATE TABLE desk_users (
	desk    TEXT NOT NULL REFERENCES desks (id),
	account TEXT NOT NULL REFERENCES accounts (id),
	PRIMARY KEY (desk, account)
);

CREATE TABLE approvals (
	id           TEXT PRIMARY KEY,
	municipality TEXT NOT NULL,
	at           TEXT NOT NULL,
	until_at     TEXT NOT NULL,
	account      TEXT NOT NULL,
	operator     TEXT NOT NULL,
	terminal     TEXT NOT NULL,
	session      TEXT NOT NULL,
	token        TEXT NOT NULL,
	token_hash   TEXT NOT NULL,
	kind         TEXT NOT NULL,
	details      TEXT NOT NULL,
	why          TEXT NOT NULL,
	state        TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'refused', 'used')),
	decided_by   TEXT NOT NULL DEFAULT '',
	decided_at   TEXT,
	UNIQUE (municipality, token_hash)
);
CREATE INDEX approvals_pending ON approvals (municipality, at) WHERE state = 'pending';
CREATE INDEX approvals_tokens ON approvals (until_at) WHERE token <> '';

CREATE TABLE counter_issues (
	token        TEXT PRIMARY KEY,
	seq          BIGINT NOT NULL UNIQUE REFERENCES operations (seq),
	municipality TEXT NOT NULL,
	account      TEXT NOT NULL,
	operator     TEXT NOT NULL,
	person       TEXT NOT NULL,
	at           TEXT NOT NULL,
	kind         TEXT NOT NULL,
	handle       TEXT NOT NULL,
	sealed       BYTEA NOT NULL,
	rids         TEXT NOT NULL,
	uvci         TEXT NOT NULL,
	approval     TEXT NOT NULL
);
CREATE INDEX counter_issues_operator ON counter_issues (municipality, operator, at);
CREATE INDEX counter_issues_account ON counter_issues (municipality, account, at);
CREATE INDEX counter_issues_person ON counter_issues (municipality, person, at);
CREATE INDEX counter_issues_handle ON counter_issues (handle);

CREATE TABLE revocations (
	number       BIGINT PRIMARY KEY,
	handle       TEXT NOT NULL UNIQUE,
	seq          BIGINT NOT NULL UNIQUE REFERENCES operations (seq),
	municipality TEXT NOT NULL,
	at           TEXT NOT NULL,
	sealed       BYTEA,
	uvci         TEXT NOT NULL,
	told_at      TEXT
);
CREATE INDEX revocations_untold ON revocations (municipality, number) WHERE told_at IS NULL;

CREATE TABLE revocation_rids (
	number BIGINT NOT NULL REFERENCES revocations (number),
	kid    TEXT NOT NULL,
	rid    TEXT NOT NULL,
	PRIMARY KEY (number, kid, rid)
);

CREATE TABLE alerts (
	id           TEXT PRIMARY KEY,
	municipality TEXT NOT NULL,
	at           TEXT NOT NULL,
	kind         TEXT NOT NULL,
	operator     TEXT NOT NULL,
	account      TEXT NOT NULL,
	terminal     TEXT NOT NULL,
	count        BIGINT NOT NULL,
	closed_by    TEXT NOT NULL DEFAULT '',
	closed_at    TEXT,
	finding      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX alerts_municipality ON alerts (municipality, at);

CREATE TABLE reviews (
	id           TEXT PRIMARY KEY,
	municipality TEXT NOT NULL,
	at           TEXT NOT NULL,
	account      TEXT NOT NULL,
	operator     TEXT NOT NULL,
	what         TEXT NOT NULL CHECK (what IN ('accounts', 'log', 'alerts')),
	from_on      TEXT NOT NULL,
	until_on     TEXT NOT NULL,
	finding      TEXT NOT NULL,
	head         TEXT NOT NULL
);
CREATE INDEX reviews_municipality ON reviews (municipality, at);

CREATE TABLE inquiries (
	id           TEXT PRIMARY KEY,
	municipality TEXT NOT NULL,
	at           TEXT NOT NULL,
	operator     TEXT NOT NULL,
	topic        TEXT NOT NULL,
	means        TEXT NOT NULL,
	answer       TEXT NOT NULL
);
CREATE INDEX inquiries_municipality ON inquiries (municipality, at);
