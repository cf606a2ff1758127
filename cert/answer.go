// SPDX-License-Identifier: Apache-2.0

package cert

import "errors"

// What a record service may answer besides a record. Callers compare with
// [errors.Is]; blocked reads exactly like none to everybody outside.
var (
	ErrNoRecord      = errors.New("cert: no record")                // confirmed: this municipality holds none
	ErrNeedsCheck    = errors.New("cert: record needs a check")     // 要確認 or 要修正
	ErrBlocked       = errors.New("cert: not in self-service")      // protective measures (DV) or a stop in force
	ErrUnavailable   = errors.New("cert: record service not ready") // anything that is not an answer
	ErrRecordChanged = errors.New("cert: record changed")           // or blocked, since it was read
)

// Answer is what the record service said: exactly one of found, none,
// needs-check, blocked or unavailable. The zero Answer is unavailable, so that
// no failure can pass for "no doses" (R4.1).
type Answer struct {
	record *Record
	err    error
}

// Found is the answer that carries a record; a nil record is unavailable.
func Found(r *Record) Answer { return Answer{record: r} }

// None says that this municipality holds no record of the person.
func None() Answer { return Answer{err: ErrNoRecord} }

// NeedsCheck says that the municipality must look at the record first.
func NeedsCheck() Answer { return Answer{err: ErrNeedsCheck} }

// Blocked says that the record may not be used in self-service.
func Blocked() Answer { return Answer{err: ErrBlocked} }

// Unavailable says that nothing is known. cause, for metrics, may be nil.
func Unavailable(cause error) Answer {
	return Answer{err: errors.Join(ErrUnavailable, cause)}
}

// Record returns the record found, or the error that stands for the answer.
// Only a found record can be certified.
func (a Answer) Record() (*Record, error) {
	switch {
	case a.err != nil:
		return nil, a.err
	case a.record == nil:
		return nil, ErrUnavailable
	}
	return a.record, nil
}
