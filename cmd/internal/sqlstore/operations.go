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
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What the operation log says of itself.
var (
	ErrActor = errors.New("sqlstore: who does it must be told: 1 to 64 characters")
	ErrLog   = errors.New("sqlstore: the operation log is not as it was written")
)

// Operation is a row of the operation log.
type Operation struct {
	Seq     int
	At      time.Time
	Actor   string // of the staff
	Action  string // such as "terminal.revoke"
	Subject string // to what
	Details string // "name=value", one a line
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
// that no two rows read the same.
func (o Operation) hash(prev string) string {
	sum := sha256.New()
	for _, part := range []string{strconv.Itoa(o.Seq), format(o.At), o.Actor, o.Action, o.Subject, o.Details, prev} {
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
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sqlstore: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	// The head is locked first: who comes second waits here, not between the
	// change and its row.
	head, err := s.lockHead(ctx, tx)
	if err != nil {
		return err
	}
	if err := change(tx); err != nil {
		return err
	}
	o.Seq, o.At = head.Seq+1, s.now()
	hash := o.hash(head.Hash)
	if _, err := tx.ExecContext(ctx, `INSERT INTO operations (seq, at, actor, action, subject, details, prev, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		o.Seq, format(o.At), o.Actor, o.Action, o.Subject, o.Details, head.Hash, hash); err != nil {
		return fmt.Errorf("sqlstore: log the operation: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE operations_head SET seq = $1, hash = $2`, o.Seq, hash); err != nil {
		return fmt.Errorf("sqlstore: log the operation: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("sqlstore: commit: %w", err)
	}
	return nil
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

// Operations returns the operation log, oldest first.
func (s *Store) Operations(ctx context.Context) (list []Operation, err error) {
	err = s.walk(ctx, s.db, func(o Operation, _, _ string) error {
		list = append(list, o)
		return nil
	})
	return list, err
}

// Verify reads the whole operation log, and returns its head, or [ErrLog] with
// the first row that was altered, put in or taken out. Each head noted before
// must still be in it.
func (s *Store) Verify(ctx context.Context, noted ...Head) (Head, error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: s.driver == Postgres})
	if err != nil {
		return Head{}, fmt.Errorf("sqlstore: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	var said Head
	if err := tx.QueryRowContext(ctx, `SELECT seq, hash FROM operations_head`).Scan(&said.Seq, &said.Hash); err != nil {
		return Head{}, fmt.Errorf("%w: its head is not there: %w", ErrLog, err)
	}
	at := map[int]string{}
	for _, h := range noted {
		if other, twice := at[h.Seq]; twice && other != h.Hash {
			return Head{}, fmt.Errorf("%w: two different heads are noted for row %d", ErrLog, h.Seq)
		}
		at[h.Seq] = h.Hash
	}
	last := Head{0, strings.Repeat("0", 64)}
	err = s.walk(ctx, tx, func(o Operation, prev, hash string) error {
		switch want, is := at[last.Seq+1]; {
		case o.Seq != last.Seq+1:
			return fmt.Errorf("%w: row %d is missing", ErrLog, last.Seq+1)
		case prev != last.Hash || hash != o.hash(prev):
			return fmt.Errorf("%w: row %d was altered", ErrLog, o.Seq)
		case is && hash != want:
			return fmt.Errorf("%w: row %d is not the one that was noted", ErrLog, o.Seq)
		}
		last = Head{o.Seq, hash}
		return nil
	})
	if err != nil {
		return Head{}, err
	}
	if said != last {
		return Head{}, fmt.Errorf("%w: it ends with row %d, and ended with row %d", ErrLog, last.Seq, said.Seq)
	}
	for _, h := range noted {
		if h.Seq > last.Seq || h.Seq == 0 && h.Hash != strings.Repeat("0", 64) {
			return Head{}, fmt.Errorf("%w: row %d, which was noted, is missing", ErrLog, h.Seq)
		}
	}
	return last, nil
}

// asker is a database or a transaction of it.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (s *Store) walk(ctx context.Context, in asker, each func(o Operation, prev, hash string) error) error {
	return rows(ctx, in, `SELECT seq, at, actor, action, subject, details, prev, hash FROM operations ORDER BY seq`, nil, func(scan func(...any) error) error {
		var o Operation
		var at, prev, hash string
		err := scan(&o.Seq, &at, &o.Actor, &o.Action, &o.Subject, &o.Details, &prev, &hash)
		if err != nil {
			return err
		}
		if o.At, err = parse(at); err != nil {
			return fmt.Errorf("%w: row %d was altered", ErrLog, o.Seq)
		}
		return each(o, prev, hash)
	})
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
func plain(text string, most int) bool {
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= most &&
		strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
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
