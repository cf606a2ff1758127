// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"kofu/cert"
)

// ErrNobody is returned for a number that a partition holds nothing under.
var ErrNobody = errors.New("vrs: no such person in this partition")

// Partition is what one municipality holds: a database, a key and subject
// references of its own. Nothing in it knows another partition.
type Partition struct {
	code     cert.MunicipalityCode
	db       *sql.DB
	vault    *vault
	subjects *subjects
	refs     *subjects // of persons found at the counter
	fold     *folder
	now      func() time.Time
	decoy    []byte // a sealed person who is nobody
}

// schema: personal data stands in sealed columns alone. person, birth and
// ticket are keyed hashes; issued_at is in seconds since 1970.
const schema = `
CREATE TABLE IF NOT EXISTS persons (
	person BLOB NOT NULL UNIQUE,
	sealed BLOB NOT NULL,
	birth  BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS persons_birth ON persons (birth);
CREATE TABLE IF NOT EXISTS tickets (
	ticket BLOB PRIMARY KEY,
	person BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blocks (
	person BLOB NOT NULL,
	sealed BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS blocks_person ON blocks (person);
CREATE TABLE IF NOT EXISTS serials (
	day  TEXT PRIMARY KEY,
	last INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS issues (
	issuance       TEXT PRIMARY KEY,
	person         BLOB,
	subject        TEXT NOT NULL DEFAULT '',
	version        TEXT NOT NULL DEFAULT '',
	kind           TEXT NOT NULL DEFAULT '',
	certificate_id TEXT UNIQUE,
	issued_at      INTEGER NOT NULL,
	state          TEXT NOT NULL CHECK (state IN ('reserved', 'confirmed', 'voided', 'invalidated')),
	issued_on      TEXT NOT NULL DEFAULT '',
	passport       BLOB
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS issues_person ON issues (person);
PRAGMA user_version = 2;
`

func openPartition(dir string, m cert.MunicipalityCode, key []byte, now func() time.Time) (*Partition, error) {
	v, err := newVault(key)
	if err != nil {
		return nil, err
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "synchronous(OFF)", "cache_size(-65536)"}}
	name := ":memory:"
	if dir != "" {
		name = (&url.URL{Path: filepath.Join(dir, "vrs-"+string(m)+".db")}).EscapedPath()
		q.Add("_pragma", "journal_mode(WAL)")
	}
	db, err := sql.Open("sqlite", "file:"+name+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("vrs: open partition %s: %w", m, err)
	}
	// One connection: in memory each would be a database of its own, and
	// SQLite has one writer anyway.
	db.SetMaxOpenConns(1)
	p := &Partition{code: m, db: db, vault: v, subjects: newSubjects(now), refs: newSubjects(now), fold: newFolder(), now: now}
	nobody := &person{Name: "想定　無人", Birth: "2000-01-01", Sex: "0", Doses: make([]dose, 4)}
	if p.decoy, err = v.sealJSON(nil, nobody); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := p.prepare(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return p, nil
}

// prepare makes the tables. A database of an earlier make is not brought up to
// date: all in it is made up.
func (p *Partition) prepare() error {
	var version, tables int
	err := p.db.QueryRow(`SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version`).Scan(&version, &tables)
	if err == nil && version != 2 && tables > 0 {
		return fmt.Errorf("vrs: the database of %s is of an earlier make: remove it", p.code)
	}
	if err == nil {
		_, err = p.db.Exec(schema)
	}
	if err != nil {
		return fmt.Errorf("vrs: open partition %s: %w", p.code, err)
	}
	return nil
}

// Code returns the owner.
func (p *Partition) Code() cert.MunicipalityCode { return p.code }

// reader is a database or a transaction of it.
type reader interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// held is a person as found, with the version of the record: it changes with
// each write, and tells nothing.
type held struct {
	row     []byte
	version string
	person
	imported []measure
}

// shown is what a clerk sees of a person found.
func (h *held) shown() string { return strings.Join([]string{h.Name, h.Birth, h.Sex}, "\x00") }

// lookup asks for blocks of nobody, too: a blocked person must not take longer.
func (p *Partition) lookup(ctx context.Context, in reader, row []byte) (*held, error) {
	imported, err := p.imported(ctx, in, row)
	if err != nil {
		return nil, err
	}
	var sealed []byte
	err = in.QueryRowContext(ctx, `SELECT sealed FROM persons WHERE person = ?`, row).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNobody
	}
	if err != nil {
		return nil, fmt.Errorf("vrs: look up: %w", err)
	}
	sum := sha256.Sum256(sealed)
	h := &held{row: row, version: base64.RawURLEncoding.EncodeToString(sum[:16]), imported: imported}
	return h, p.vault.openJSON(row, sealed, &h.person)
}

// open opens a sealed person for nothing but the time it takes.
func (p *Partition) open(sealed []byte) { _ = p.vault.openJSON(nil, sealed, new(person)) }

// lastOverseas returns the latest confirmed overseas issue, or nil.
func (p *Partition) lastOverseas(ctx context.Context, row []byte) (*lastIssue, error) {
	var on string
	var sealed []byte
	err := p.db.QueryRowContext(ctx, `SELECT issued_on, passport FROM issues
		WHERE person = ? AND kind = 'overseas' AND state = 'confirmed' ORDER BY issued_at DESC LIMIT 1`, row).Scan(&on, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("vrs: look up issues: %w", err)
	}
	last := &lastIssue{IssuedOn: on}
	return last, p.vault.openJSON(row, sealed, &last.Passport)
}

// Erase deletes all that this partition holds of a person (D5).
func (p *Partition) Erase(ctx context.Context, number string) error {
	row := p.vault.person([]byte(number))
	return p.write(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"issues", "tickets", "blocks"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE person = ?`, row); err != nil {
				return fmt.Errorf("vrs: erase: %w", err)
			}
		}
		res, err := tx.ExecContext(ctx, `DELETE FROM persons WHERE person = ?`, row)
		if err != nil {
			return fmt.Errorf("vrs: erase: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(ErrNobody, err)
		}
		return nil
	})
}

// Block puts protective measures (DV) in force from today on, or lifts them.
func (p *Partition) Block(ctx context.Context, number string, on bool) error {
	return p.measure(ctx, number, cert.Protective, on)
}

// Stop stops all issuing (発行停止) from today on, or lets it go on.
func (p *Partition) Stop(ctx context.Context, number string, on bool) error {
	return p.measure(ctx, number, cert.Stopped, on)
}

func (p *Partition) measure(ctx context.Context, number string, class cert.BlockClass, on bool) error {
	return p.change(ctx, number, func(h *person) {
		h.BlockClass, h.BlockFrom, h.BlockTo = "", "", ""
		if on {
			h.BlockClass, h.BlockFrom = string(class), cert.DateOf(p.now()).String()
		}
	})
}

// Correct changes the lot of a person's first dose, as a municipality that
// mends a record does: the version changes with it.
func (p *Partition) Correct(ctx context.Context, number, lot string) error {
	return p.change(ctx, number, func(h *person) {
		if len(h.Doses) > 0 {
			h.Doses[0].Lot = lot
		}
	})
}

func (p *Partition) change(ctx context.Context, number string, edit func(*person)) error {
	row := p.vault.person([]byte(number))
	return p.write(ctx, func(tx *sql.Tx) error {
		h, err := p.lookup(ctx, tx, row)
		if err != nil {
			return err
		}
		edit(&h.person)
		sealed, err := p.vault.sealJSON(row, &h.person)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE persons SET sealed = ? WHERE person = ?`, sealed, row); err != nil {
			return fmt.Errorf("vrs: change: %w", err)
		}
		return nil
	})
}

// write runs f in a transaction of its own.
func (p *Partition) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("vrs: begin: %w", err)
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("vrs: commit: %w", err)
	}
	return nil
}

// Persons counts the persons held.
func (p *Partition) Persons(ctx context.Context) (n int, err error) {
	if err := p.db.QueryRowContext(ctx, `SELECT count(*) FROM persons`).Scan(&n); err != nil {
		return 0, fmt.Errorf("vrs: count persons: %w", err)
	}
	return n, nil
}
