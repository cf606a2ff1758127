// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"errors"
	"time"

	"kofu/cert"
)

// What the stores answer. Any other error means that a store is down, and that
// nothing has happened.
var (
	ErrNoSession  = errors.New("staff: no such session")
	ErrConflict   = errors.New("staff: changed by another request")
	ErrNoApproval = errors.New("staff: no such approval")
	ErrHeld       = errors.New("staff: a second person must approve")
	ErrNoAlert    = errors.New("staff: no such alert")
	ErrLog        = errors.New("staff: the operation log is not as it was written")
)

// Accounts reads accounts. What it answers holds at once: nothing is
// remembered between requests.
type Accounts interface {
	// Account returns one by its id, or [ErrNoAccount].
	Account(ctx context.Context, id string) (Account, error)
	// AccountByLogin likewise, with what it signs in with.
	AccountByLogin(ctx context.Context, m cert.MunicipalityCode, login string) (Account, Credentials, error)
	// Accounts lists those of a municipality, by login.
	Accounts(ctx context.Context, m cert.MunicipalityCode) ([]Account, error)
}

// AccountBook changes accounts. Each change and its row of the log are made
// together or not at all.
type AccountBook interface {
	// AddAccounts adds all or none, each Invited with its enrolment. A login
	// that was ever given in the municipality is [ErrAccount].
	AddAccounts(ctx context.Context, by Act, list []NewAccount) error
	// SetAccount puts a in the place of the account of its id and raises the
	// epoch: open sessions of it end. It does not touch credentials. When the
	// epoch there is not a.Epoch it is [ErrConflict].
	SetAccount(ctx context.Context, by Act, a Account) error
	// SetCredentials likewise for what an account signs in with; it sets the
	// state too, and raises the epoch if end is true. When the epoch there is
	// not c.Epoch it is [ErrConflict]: what was taken away meanwhile stays so. A
	// passkey of another account is [ErrPasskey]; the last time step of TOTP
	// never falls.
	SetCredentials(ctx context.Context, by Act, id string, c Credentials, to State, end bool) error
}

// NewAccount is an account with its enrolment.
type NewAccount struct {
	Account     Account
	Credentials Credentials
	Terminals   []string // ids of the terminals it may be used on
}

// SignIns keeps what changes at a sign-in.
type SignIns interface {
	// UseStep notes a time step of TOTP. One that is not later than the last
	// one noted is [ErrConflict]: a code works once.
	UseStep(ctx context.Context, account string, step int64) error
	// UsePasskey puts data in the place of the passkey's. One that is not there
	// any more is [ErrConflict].
	UsePasskey(ctx context.Context, account string, p Passkey) error
	// SignedIn notes when.
	SignedIn(ctx context.Context, account string, at time.Time) error
}

// Terminals is the registry.
type Terminals interface {
	// TerminalByKey returns whose client key this is, or [ErrNoTerminal].
	TerminalByKey(ctx context.Context, key [32]byte) (Terminal, error)
	// CounterTerminals lists those of a municipality, by id.
	CounterTerminals(ctx context.Context, m cert.MunicipalityCode) ([]Terminal, error)
	// SetUsers says which accounts may be used on a terminal, and whether it is
	// active.
	SetUsers(ctx context.Context, by Act, id string, accounts []string, active bool) error
}

// Sessions keeps the state of sessions, shared by all replicas. It knows them
// by the hash of their token.
type Sessions interface {
	// Load returns the state and its version, 1 or more, or [ErrNoSession].
	Load(ctx context.Context, id string) (data []byte, version int, err error)
	// Save keeps data until ttl has passed, in the place of the version given;
	// 0 makes a new session. When another version is there, or none, it is
	// [ErrConflict].
	Save(ctx context.Context, id string, data []byte, version int, ttl time.Duration) error
	// Delete forgets a session, and returns when a failover cannot bring it
	// back. One that is not there is no error.
	Delete(ctx context.Context, id string) error
}

// Tally counts over all replicas.
type Tally interface {
	// Count adds one to what has been counted under name in this window, and
	// returns the sum. Windows are aligned to the clock.
	Count(ctx context.Context, name string, window time.Duration) (int, error)
}

// Log is the operation log, append-only and chained by hashes.
type Log interface {
	// Write returns when the row is durable.
	Write(ctx context.Context, a Act) error
	// Acts returns rows, newest first, at most limit of them.
	Acts(ctx context.Context, f Filter, limit int) ([]Act, error)
	// VerifyLog reads the log from where it was read and found good before;
	// [ErrLog] tells the first row that is not as it was written. Otherwise it
	// returns the head, SEQ:HASH.
	VerifyLog(ctx context.Context) (head string, err error)
}

// Filter says which acts. The municipality is needed; the rest may be empty.
type Filter struct {
	Municipality cert.MunicipalityCode
	Operator     string // whole, or the login of a shared ID
	Terminal     string
	Operation    Operation // whole, or what stands before the point
	Subject      string
	From, Until  time.Time // From included, Until not
	Before       int       // rows with a smaller Seq only; 0: all
}

// Counts counts rows of the log.
type Counts interface {
	// Counts returns how many rows of each operation a municipality has from an
	// instant until another, exclusive.
	Counts(ctx context.Context, m cert.MunicipalityCode, from, until time.Time) (map[Operation]int, error)
}

// Issues keeps what was issued at the counter.
type Issues interface {
	// NoteIssue writes the row of the log and the issue, both or neither,
	// before anything is handed over. In the same transaction it counts: when
	// the account, or the person by whichever account, has issued l.Most or more
	// in the hour before, or l.Held says so, and i.Approval is not an approved
	// one of the same TokenHash by another account that is still active, it is
	// [ErrHeld]. The approval is then Used. The same Token again by the same
	// account writes a row of OpPrint and counts nothing; it is [ErrState] when
	// the certificate was withdrawn. With Act.Operation OpPrint what was not
	// issued before is [ErrState], too.
	NoteIssue(ctx context.Context, i Issue, l Limit) error
	// Issued counts the issues of an operator since an instant.
	Issued(ctx context.Context, m cert.MunicipalityCode, operator string, since time.Time) (int, error)
	// Recall finds what an operator issued in the hour that begins at hour;
	// what was withdrawn already is left out.
	Recall(ctx context.Context, m cert.MunicipalityCode, operator string, hour time.Time) ([]Issue, error)
}

// Limit is what NoteIssue judges.
type Limit struct {
	Most  int       // in the hour before
	Since time.Time // when that hour began
	Held  bool      // needs a second person whatever was issued: night, protected
}

// Revocations publishes what was withdrawn.
type Revocations interface {
	// Revoke writes rows of the log and revocations, all or none. One that was
	// revoked already is left as it is.
	Revoke(ctx context.Context, list []Revocation) error
	// Untold lists what the record service has not been told, at most limit of
	// each municipality, the oldest first.
	Untold(ctx context.Context, limit int) ([]Untold, error)
	// Told notes that it has.
	Told(ctx context.Context, handle Handle) error
}

// Untold is a revocation the record service is still to be told.
type Untold struct {
	Municipality cert.MunicipalityCode
	Handle       Handle
	Sealed       []byte
	At           time.Time
}

// Approvals keeps what waits for a second person.
type Approvals interface {
	// Ask keeps a new one with its row of the log. When there is one of the
	// same TokenHash already it is returned and nothing is written.
	Ask(ctx context.Context, by Act, a Approval) (Approval, error)
	// Approval returns one of a municipality, or [ErrNoApproval]. ByToken does
	// so by the hash of the application.
	Approval(ctx context.Context, m cert.MunicipalityCode, id, tokenHash string) (Approval, error)
	// Pending lists those that wait, oldest first.
	Pending(ctx context.Context, m cert.MunicipalityCode) ([]Approval, error)
}

// Decisions decides on what waits.
type Decisions interface {
	// Decide makes an approval Approved or Refused. The asker's own is
	// [ErrOwn]; one that does not wait any more is [ErrState].
	Decide(ctx context.Context, by Act, id string, to ApprovalState) error
}

// Alerts keeps alerts.
type Alerts interface {
	// Raise keeps a new one with its row of the log.
	Raise(ctx context.Context, a Alert) error
	// Alerts lists them, newest first; open: only those.
	Alerts(ctx context.Context, m cert.MunicipalityCode, open bool) ([]Alert, error)
	// CloseAlert notes what was found. Nobody closes an alert about themselves:
	// [ErrOwn].
	CloseAlert(ctx context.Context, by Act, id, finding string) error
}

// Reviews keeps reviews.
type Reviews interface {
	AddReview(ctx context.Context, by Act, r Review) error
	Reviews(ctx context.Context, m cert.MunicipalityCode) ([]Review, error)
}

// Inquiries keeps the register of inquiries.
type Inquiries interface {
	AddInquiry(ctx context.Context, by Act, i Inquiry) error
	Inquiries(ctx context.Context, m cert.MunicipalityCode) ([]Inquiry, error)
}
