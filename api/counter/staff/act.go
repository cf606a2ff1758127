// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"time"

	"kofu/cert"
)

// Operation names what was done, in the operation log.
type Operation string

// The operations. What is only looked at is here too (F10).
const (
	OpSignIn       Operation = "session.begin"
	OpSignInFailed Operation = "session.refused"
	OpSignOut      Operation = "session.end"
	OpDenied       Operation = "access.refused" // a page without the right to it, or of another municipality

	OpSearch Operation = "person.search"
	OpOpen   Operation = "person.open"
	OpReview Operation = "certificate.review"
	OpHeld   Operation = "certificate.held"
	OpIssue  Operation = "certificate.issue"
	OpPrint  Operation = "certificate.print"
	OpVoid   Operation = "certificate.void"
	OpRecall Operation = "certificate.recall"

	OpApprove Operation = "approval.give"
	OpRefuse  Operation = "approval.refuse"

	OpAccountAdd      Operation = "account.add"
	OpAccountChange   Operation = "account.change"
	OpAccountEnrol    Operation = "account.enrol"
	OpAccountPassword Operation = "account.password"
	OpTerminalUsers   Operation = "terminal.users"
	OpTerminalState   Operation = "terminal.state"

	OpLogView    Operation = "log.view"
	OpLogExport  Operation = "log.export"
	OpReviewDone Operation = "review.done"
	OpAlertRaise Operation = "alert.raise"
	OpAlertClose Operation = "alert.close"
	OpInquiry    Operation = "inquiry.note"
	OpReport     Operation = "report.view"
	OpBlocks     Operation = "blocks.import"
	OpView       Operation = "page.view" // a page about staff, or a look before a recall
)

// Act is a row of the operation log (操作ログ): who, where, when, what. It has
// no person, no number and no certificate ID.
type Act struct {
	Seq          int       // given by the log
	At           time.Time // likewise
	Operator     string    // login; of a shared ID "login/staff number"; of the command line, the name given
	Account      string    // id; empty on the command line
	Terminal     string    // id; likewise
	Municipality cert.MunicipalityCode
	Operation    Operation
	Subject      string            // to what: record handle, account id, terminal id …; may be empty
	Details      map[string]string // such as purpose, kind, rid: plain text of one line each
}

// Handle names a record in the log: HMAC over a certificate ID under the
// municipality's key, 32 hexadecimal digits. See [Marks].
type Handle string

// Issue is a certificate issued at the counter, as the log and the recall know
// it.
type Issue struct {
	Act      Act    // OpIssue
	Token    string // SHA-256 of the sealed application, hexadecimal: what is issued twice is counted once
	Person   string // staff number of who issues, whichever account is used: the hour is theirs
	Kind     cert.Kind
	Handle   Handle
	Sealed   []byte              // the certificate ID under the municipality's key: for the recall
	RIDs     map[string][]string // by kid: what the revocation lists will say, should it be withdrawn
	UVCI     string              // hashed; likewise
	Approval string              // id of the approval it needed; empty: none
}

// Revocation withdraws a certificate.
type Revocation struct {
	Act    Act // OpVoid or OpRecall
	Handle Handle
	Sealed []byte // the certificate ID, until the record service has been told
	RIDs   map[string][]string
	UVCI   string
}

// Approval is an issue that waits for, or has had, a second person.
type Approval struct {
	ID           string // 26 random characters
	Municipality cert.MunicipalityCode
	At           time.Time
	Until        time.Time // when the application ends
	Account      string    // who asks
	Operator     string    // likewise, as the log names them
	Terminal     string
	Session      string // hash of the session that asks: the application is sealed to it
	Token        string // the sealed application, which only the server opens; empty once decided, used or ended
	TokenHash    string // as Issue.Token
	Kind         cert.Kind
	Details      map[string]string // purpose, document, proxy, reason, as the log will have them
	Why          string            // "hour", "night", "protected", "written"
	State        ApprovalState
	DecidedBy    string // account id
	DecidedAt    time.Time
}

// ApprovalState is what has become of an approval.
type ApprovalState string

// The states.
const (
	Pending  ApprovalState = "pending"
	Approved ApprovalState = "approved"
	Refused  ApprovalState = "refused"
	Used     ApprovalState = "used"
	Expired  ApprovalState = "expired" // told by Until; never stored
)

// Alert is something the auditor has to look at (N9). It is not proof of
// anything.
type Alert struct {
	ID           string
	Municipality cert.MunicipalityCode
	At           time.Time
	Kind         AlertKind
	Operator     string
	Account      string
	Terminal     string
	Count        int
	ClosedBy     string // account id; empty: open
	ClosedAt     time.Time
	Finding      string // what the auditor found; 1 to 200 characters once closed
}

// AlertKind is why.
type AlertKind string

// The kinds.
const (
	AlertFamily     AlertKind = "family_run"    // many certificates of one family name in an hour
	AlertNight      AlertKind = "out_of_hours"  // used when the office is closed
	AlertFruitless  AlertKind = "search_only"   // many persons looked at, nothing issued
	AlertSignIn     AlertKind = "sign_in"       // many failed sign-ins of one account
	AlertHeld       AlertKind = "limit"         // the limit was reached
	AlertOtherCity  AlertKind = "other_city"    // something of another municipality was tried
	AlertLogDamaged AlertKind = "log_damaged"   // the operation log does not agree with itself
	AlertUntold     AlertKind = "record_untold" // the record service could not be told of a withdrawal for an hour
	AlertEnrolment  AlertKind = "enrolment"     // somebody whose account worked was given a new enrolment
	AlertWithdrawn  AlertKind = "withdrawals"   // many withdrawals by one operator in an hour
)

// Review (点検) is the record that somebody has looked (F9, F10).
type Review struct {
	ID           string
	Municipality cert.MunicipalityCode
	At           time.Time
	By           string    // account id
	Operator     string    // as the log names them
	Of           string    // "accounts", "log" or "alerts"
	From, Until  cert.Date // the days looked at
	Finding      string    // 1 to 400 characters
	Head         string    // SEQ:HASH of the log as it was then
}

// Inquiry (問合せ) is a row of the register of inquiries and complaints (F13).
type Inquiry struct {
	ID           string
	Municipality cert.MunicipalityCode
	At           time.Time
	Operator     string
	Topic        string // "certificate", "record", "delay", "personal_data", "staff", "system", "other"
	By           string // "visit", "phone", "mail", "other"
	Answer       string // what was done: 1 to 400 characters, without names and numbers
}
