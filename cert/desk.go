// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"errors"
	"regexp"
)

// What the record service may answer to a clerk besides a file.
var (
	ErrStopped   = errors.New("cert: issuing is stopped for this person") // 発行停止: at the counter, too
	ErrTooMany   = errors.New("cert: too many persons found")             // more than a clerk can tell apart
	ErrNoIssue   = errors.New("cert: no such certificate")                // never issued by this municipality
	ErrBlockList = errors.New("cert: list of blocks not accepted")
)

var ticketForm = regexp.MustCompile(`^[0-9]{10}$`)

// ErrTicketNumber is returned for text that is not a ticket number.
var ErrTicketNumber = errors.New("cert: not a ticket number")

// ParseTicketNumber checks the form of a 接種券番号: ten digits, unique within
// its municipality. It is the reference by which clerks find a person without
// a My Number.
func ParseTicketNumber(s string) (Private, error) {
	if !ticketForm.MatchString(s) {
		return "", ErrTicketNumber
	}
	return Private(s), nil
}

// Search asks one municipality's partition for persons, for a clerk. Exactly
// one of Ticket, MyNumber and Name is set.
type Search struct {
	Redacted
	Municipality MunicipalityCode
	Purpose      Purpose
	Ticket       Private // see ParseTicketNumber
	MyNumber     *MyNumber
	Name         Private // as spoken, written or in kana: the record service folds width, kana and itaiji (異体字)
	BirthDate    Date    // with Name, complete
}

// PersonRef stands for a person found by a search, for 15 minutes, bound to
// one municipality. It is random and says nothing.
type PersonRef string

// Candidate is a person found.
type Candidate struct {
	Redacted
	Ref       PersonRef
	Holder    Holder
	Kana      Private // 検索用カナ; may be empty
	Protected bool    // a protective measure (支援措置) or a stop is in force
}

// FileQuery asks for the record of a person found.
type FileQuery struct {
	Redacted
	Municipality MunicipalityCode
	Purpose      Purpose
	Ref          PersonRef
	Issuance     IssuanceID // the subject reference in the record is bound to it
}

// BlockClass is why a person is not served in self-service.
type BlockClass string

// The classes of blocks.
const (
	Protective BlockClass = "protective" // 支援措置 (DV and the like): the counter alone, by those entitled
	Stopped    BlockClass = "stopped"    // 発行停止: nowhere until it ends
)

// Valid reports whether c is one of the classes.
func (c BlockClass) Valid() bool { return c == Protective || c == Stopped }

// Block is a measure in force for a person.
type Block struct {
	Class BlockClass
	From  Date
	Until Date // last day; zero: open
}

// IssueState is what has become of a certificate ID.
type IssueState string

// The states. What lapsed or was given up is not told.
const (
	IssueReserved    IssueState = "reserved"
	IssueConfirmed   IssueState = "confirmed"
	IssueInvalidated IssueState = "invalidated" // withdrawn after it had been handed over
)

// PastIssue is a certificate the record service remembers.
type PastIssue struct {
	ID       ID
	Kind     Kind
	IssuedOn Date
	State    IssueState
}

// File is what the counter is told of a person: the record, and what only
// clerks may see. Whether it can be certified is for [Certifiable] and Check
// to say.
type File struct {
	Redacted
	Record
	Kana   Private
	Handle string      // the record service's own stable name of this record, 16 to 64 of A-Z a-z 0-9 _ -: random or keyed, says nothing
	Check  string      // 要確認 or 要修正: the municipality must look first; empty: nothing
	Block  *Block      // in force now; nil: none
	Issues []PastIssue // newest first
}

// BlockRow is one person of a list of blocks, named by ticket number or by
// the record's handle: exactly one.
type BlockRow struct {
	Redacted
	Ticket Private
	Handle string
	Block  Block
}

// BlockList is every block of one municipality: it replaces the list before.
type BlockList struct {
	Redacted
	Municipality MunicipalityCode
	Rows         []BlockRow
	DryRun       bool // judge it and change nothing
}

// BlockError says which rows of a list, counted from 1, name nobody. It is
// [ErrBlockList] to [errors.Is]; nothing of the list has taken effect.
type BlockError struct{ Rows []int }

// Error says nothing of the rows.
func (e *BlockError) Error() string { return ErrBlockList.Error() }

// Is makes a BlockError an [ErrBlockList].
func (e *BlockError) Is(target error) bool { return target == ErrBlockList }
