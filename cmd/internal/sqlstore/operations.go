// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kofu/api/counter/staff"
)

// What the operation log says of itself.
var (
	ErrActor = errors.New("sqlstore: who does it must be told: 1 to 64 characters")
)

// Operation is a row of the operation log.
type Operation struct {
	Seq     int
	At      time.Time
	Actor   string // of the staff
	Action  string // such as "terminal.revoke"
	Subject string // to what
	Details string // "name=value", one a line

	// Of the counter; empty elsewhere.
	Municipality string
	Terminal     string
	Account      string
}

// Head is the end of the operation log: with it noted elsewhere, nobody can
// write the log anew.
type Head struct {
	Seq  int
	Hash string // 64 hexadecimal digits
}

// String is SEQ:HASH, which [ParseHead] reads.
func (h Head) String() string { return strconv.Itoa(h.Seq) + ":" + h.Hash }

var headForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,15}):([0-9a-f]{64})$`)

// ParseHead reads what [Head.String] wrote.
func ParseHead(text string) (Head, error) {
	m := headForm.FindStringSubmatch(text)
	if m == nil {
		return Head{}, errors.New("sqlstore: a head of the operation log is NUMBER:HASH")
	}
	n, err := strconv.Atoi(m[1])
	return Head{n, m[2]}, err
}

// hash chains o to the row before it. Each part is preceded by its length, so
// that no two rows read the same. What belongs to the counter comes last and
// not at all where there is none of it: rows from before there was a counter
// keep their hash, and one of seven parts is never one of ten.
func (o Operation) hash(prev string) string {
	parts := []string{strconv.Itoa(o.Seq), format(o.At), o.Actor, o.Action, o.Subject, o.Details, prev}
	if o.Municipality+o.Terminal+o.Account != "" {
		parts = append(parts, o.Municipality, o.Terminal, o.Account)
	}
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		sum.Write([]byte(part))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// operate makes a change and writes its row of the log, both or neither.
func (s *Store) operate(ctx context.Context, o Operation, change func(tx *sql.Tx) error) error {
	if !plain(o.Actor, 64) {
		return ErrActor
	}
	return s.chained(ctx, func(c *chain) error {
		if err := change(c.tx); err != nil {
			return err
		}
		_, err := c.add(ctx, o)
		return err
	})
}

// chain is the operation log within a transaction that has locked it.
type chain struct {
	s    *Store
	tx   *sql.Tx
	head Head
	at   time.Time // of all that is done in it
}

// chained runs one transaction over the operation log and what belongs to it:
// all of it happens, or nothing. Who comes second waits at its beginning, so
// whatever is read in it is as it will be when it ends.
func (s *Store) chained(ctx context.Context, change func(c *chain) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sqlstore: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	head, err := s.lockHead(ctx, tx)
	if err != nil {
		return err
	}
	if err := change(&chain{s, tx, head, s.now()}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("sqlstore: commit: %w", err)
	}
	return nil
}

// add writes a row, and returns its number.
func (c *chain) add(ctx context.Context, o Operation) (seq int, err error) {
	o.Seq, o.At = c.head.Seq+1, c.at
	hash := o.hash(c.head.Hash)
	err = c.exec(ctx, "log the operation", `INSERT INTO operations (seq, at, actor, action, subject, details, prev, hash, municipality, terminal, account)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		o.Seq, format(o.At), o.Actor, o.Action, o.Subject, o.Details, c.head.Hash, hash, o.Municipality, o.Terminal, o.Account)
	if err != nil {
		return 0, err
	}
	c.head = Head{o.Seq, hash}
	return o.Seq, c.exec(ctx, "log the operation", `UPDATE operations_head SET seq = $1, hash = $2`, o.Seq, hash)
}

// exec changes something; what says what, for the error.
func (c *chain) exec(ctx context.Context, what, query string, args ...any) error {
	if _, err := c.tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("sqlstore: %s: %w", what, err)
	}
	return nil
}

// count asks for one number.
func (c *chain) count(ctx context.Context, query string, args ...any) (n int, err error) {
	if err := c.tx.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("sqlstore: count: %w", err)
	}
	return n, nil
}

func (s *Store) lockHead(ctx context.Context, tx *sql.Tx) (h Head, err error) {
	query := `SELECT seq, hash FROM operations_head`
	if s.driver == Postgres {
		query += ` FOR UPDATE` // an SQLite transaction has the whole file from its beginning
	}
	if err := tx.QueryRowContext(ctx, query).Scan(&h.Seq, &h.Hash); err != nil {
		return h, fmt.Errorf("sqlstore: lock the operation log: %w", err)
	}
	return h, nil
}

// Head returns the end of the operation log as the database says, without
// reading the log.
func (s *Store) Head(ctx context.Context) (h Head, err error) {
	if err := s.db.QueryRowContext(ctx, `SELECT seq, hash FROM operations_head`).Scan(&h.Seq, &h.Hash); err != nil {
		return h, fmt.Errorf("sqlstore: ask for the head of the operation log: %w", err)
	}
	return h, nil
}

// Operations returns the operation log, oldest first.
func (s *Store) Operations(ctx context.Context) (list []Operation, err error) {
	err = s.walk(ctx, s.db, math.MinInt, math.MaxInt32, func(o Operation, _, _ string) error {
		list = append(list, o)
		return nil
	})
	return list, err
}

// asker is a database or a transaction of it.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// walk gives rows behind one, at most so many, to each.
func (s *Store) walk(ctx context.Context, in asker, after, most int, each func(o Operation, prev, hash string) error) error {
	query := `SELECT ` + operationColumns + `, prev, hash FROM operations WHERE seq > $1 ORDER BY seq LIMIT $2`
	return rows(ctx, in, query, []any{after, most}, func(scan func(...any) error) error {
		var prev, hash string
		o, err := scanOperation(scan, &prev, &hash)
		if err != nil {
			return err
		}
		return each(o, prev, hash)
	})
}

const operationColumns = `seq, at, actor, action, subject, details, municipality, terminal, account`

// scanOperation reads [operationColumns], and behind them what more there is.
func scanOperation(scan func(...any) error, more ...any) (o Operation, err error) {
	var at string
	err = scan(append([]any{&o.Seq, &at, &o.Actor, &o.Action, &o.Subject, &o.Details, &o.Municipality, &o.Terminal, &o.Account}, more...)...)
	if err != nil {
		return o, fmt.Errorf("sqlstore: read the operation log: %w", err)
	}
	if o.At, err = parse(at); err != nil {
		return o, fmt.Errorf("%w: row %d was altered", staff.ErrLog, o.Seq)
	}
	return o, nil
}

// rows runs a query and gives each row to each. No other query may be made
// meanwhile: SQLite has one connection.
func rows(ctx context.Context, in asker, query string, args []any, each func(scan func(...any) error) error) error {
	r, err := in.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("sqlstore: ask: %w", err)
	}
	defer func() { _ = r.Close() }()
	for r.Next() {
		if err := each(r.Scan); err != nil {
			return err
		}
	}
	if err := r.Err(); err != nil {
		return fmt.Errorf("sqlstore: read: %w", err)
	}
	return nil
}

// plain reports whether text is 1 to most characters that print on one line.
// The wide space of Japanese (U+3000) is one of them, which [unicode.IsPrint]
// takes for none.
func plain(text string, most int) bool {
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= most &&
		strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u3000' }) < 0
}

// details writes pairs of name and value, empty values left out.
func details(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(pairs[i] + "=" + pairs[i+1])
	}
	return b.String()
}
