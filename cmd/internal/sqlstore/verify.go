// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"

	"kofu/api/counter/staff"
)

// Verify reads the whole operation log, and returns its head, or [staff.ErrLog] with
// the first row that was altered, put in or taken out. Each head noted before
// must still be in it. Others may write meanwhile: only the end, which is
// compared with the head, is read in one transaction.
func (s *Store) Verify(ctx context.Context, noted ...Head) (Head, error) {
	return s.verify(ctx, beginning(), noted...)
}

// beginning is the head of an empty log.
func beginning() Head { return Head{0, strings.Repeat("0", 64)} }

// found is how far this process has read the log and found it good.
func (s *Store) found() Head {
	if h := s.verified.Load(); h != nil {
		return *h
	}
	return beginning()
}

// verify reads from the row of a head, which must still be as it was.
func (s *Store) verify(ctx context.Context, from Head, noted ...Head) (Head, error) {
	head, err := s.readThrough(ctx, from, noted...)
	if errors.Is(err, staff.ErrLog) {
		s.verified.Store(nil) // it is said until it is so no more
	}
	return head, err
}

func (s *Store) readThrough(ctx context.Context, from Head, noted ...Head) (Head, error) {
	r := &reading{from: from, last: from, noted: map[int]string{}}
	for _, h := range noted {
		if other, twice := r.noted[h.Seq]; twice && other != h.Hash {
			return Head{}, fmt.Errorf("%w: two different heads are noted for row %d", staff.ErrLog, h.Seq)
		}
		r.noted[h.Seq] = h.Hash
	}
	for n := readAtOnce; n == readAtOnce; {
		n = 0
		err := s.walk(ctx, s.db, r.after(), readAtOnce, func(o Operation, prev, hash string) error {
			n++
			return r.next(o, prev, hash)
		})
		if err != nil {
			return Head{}, err
		}
		s.good(r.last) // who is interrupted goes on there
	}
	var said Head
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT seq, hash FROM operations_head`).Scan(&said.Seq, &said.Hash); err != nil {
			return fmt.Errorf("%w: its head is not there: %w", staff.ErrLog, err)
		}
		return s.walk(ctx, tx, r.after(), math.MaxInt32, r.next)
	})
	if err != nil {
		return Head{}, err
	}
	if said != r.last {
		return Head{}, fmt.Errorf("%w: it ends with row %d, and ended with row %d", staff.ErrLog, r.last.Seq, said.Seq)
	}
	s.good(r.last)
	for _, h := range noted {
		if h.Seq > r.last.Seq || h.Seq == 0 && h.Hash != strings.Repeat("0", 64) {
			return Head{}, fmt.Errorf("%w: row %d, which was noted, is missing", staff.ErrLog, h.Seq)
		}
	}
	return r.last, nil
}

// readAtOnce is how many rows are read while others wait: SQLite has one
// connection.
const readAtOnce = 1000

// good notes how far the log was found good.
func (s *Store) good(h Head) {
	if before := s.verified.Load(); before == nil || before.Seq < h.Seq {
		s.verified.Store(&h)
	}
}

// reading is how far the log has been read.
type reading struct {
	from  Head // where it began
	last  Head
	noted map[int]string
	begun bool
}

// after is behind which row the next stands. Before the first there is none,
// not even one numbered below 1.
func (r *reading) after() int {
	switch {
	case r.begun:
		return r.last.Seq
	case r.from.Seq > 0:
		return r.from.Seq - 1
	}
	return math.MinInt
}

func (r *reading) next(o Operation, prev, hash string) error {
	if !r.begun && r.from.Seq > 0 {
		r.begun = true
		switch {
		case o.Seq != r.from.Seq:
			return fmt.Errorf("%w: row %d is missing", staff.ErrLog, r.from.Seq)
		case hash != r.from.Hash || hash != o.hash(prev):
			return fmt.Errorf("%w: row %d was altered", staff.ErrLog, o.Seq)
		}
		return nil
	}
	r.begun = true
	switch want, is := r.noted[r.last.Seq+1]; {
	case o.Seq != r.last.Seq+1:
		return fmt.Errorf("%w: row %d is missing", staff.ErrLog, r.last.Seq+1)
	case prev != r.last.Hash || hash != o.hash(prev):
		return fmt.Errorf("%w: row %d was altered", staff.ErrLog, o.Seq)
	case is && hash != want:
		return fmt.Errorf("%w: row %d is not the one that was noted", staff.ErrLog, o.Seq)
	}
	r.last = Head{o.Seq, hash}
	return nil
}
