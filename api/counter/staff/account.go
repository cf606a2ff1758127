// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"errors"
	"slices"
	"time"

	"kofu/cert"
)

// Function (職務) is a right, and the only form in which rights exist.
type Function string

// The functions. Who gives rights sees no applicant, and who looks into the
// log changes nothing.
const (
	Clerk         Function = "clerk"         // searches, issues, withdraws
	Approver      Function = "approver"      // the second person; recalls
	Protected     Function = "protected"     // with Clerk or Approver: serves persons under protective measures (支援措置), and is told why
	Administrator Function = "administrator" // accounts and terminals; alone
	Auditor       Function = "auditor"       // log, alerts, reviews; alone
)

// Functions lists all of them.
func Functions() []Function { return []Function{Clerk, Approver, Protected, Administrator, Auditor} }

// Reasons not to take an account, or a change of one.
var (
	ErrAccount   = errors.New("staff: account not accepted")
	ErrNoAccount = errors.New("staff: no such account")
	ErrOwn       = errors.New("staff: nobody changes or approves their own")
	ErrState     = errors.New("staff: not in a state for that")
	ErrMost      = errors.New("staff: done too often in an hour: a colleague must")
)

// State is whether an account can be used.
type State string

// The states.
const (
	Invited   State = "invited"   // no password yet: its enrolment code was handed out
	Active    State = "active"    //
	Suspended State = "suspended" // until it is activated again
	Revoked   State = "revoked"   // for ever: transfer, retirement
)

// Account is a user ID (利用者ID).
type Account struct {
	ID           string // 26 random characters
	Municipality cert.MunicipalityCode
	Login        string // 2 to 32 of a-z 0-9 . _ -; unique in the municipality, never given twice
	Name         string // of the person, or of the shared ID
	StaffNumber  string // 職員番号; empty for a shared ID
	Functions    []Function
	State        State
	ValidUntil   cert.Date // last day (F5)
	Shared       *Shared   // nil: personal
	Epoch        int       // rises with every change that ends open sessions
	AddedBy      string    // login, or the name given on the command line
	AddedAt      time.Time
	LastSignIn   time.Time // zero: never
}

// Has reports whether the account has f.
func (a Account) Has(f Function) bool { return slices.Contains(a.Functions, f) }

// Usable reports whether the account can sign in, or go on, on the day today.
func (a Account) Usable(today cert.Date) bool {
	ok := a.State == Active && a.ValidUntil.Full() && today.Compare(a.ValidUntil) <= 0
	if a.Shared != nil {
		ok = ok && today.Compare(a.Shared.Until) <= 0
	}
	return ok
}

// Shared is why an ID is shared (共用ID), and by whom: only where it cannot be
// avoided (F8).
type Shared struct {
	Purpose string
	Until   cert.Date // last day
	Roster  []Member
}

// Member is a person who may use a shared ID, and when.
type Member struct {
	StaffNumber string // 職員番号: what is named at each sign-in
	Name        string
	From, Until cert.Date // both days included
}

// Passkey is a WebAuthn credential. Data is package passkey's own encoding.
type Passkey struct {
	ID   []byte
	Data []byte
}

// Credentials is what an account signs in with. None of it leaves the server.
type Credentials struct {
	cert.Redacted
	Password      string // PHC string of argon2id; empty: none yet
	PasswordAt    time.Time
	TOTP          []byte // sealed under a key that is not in the database; nil: none
	TOTPStep      int64  // the last time step that was used (RFC 6238 section 5.2)
	Passkeys      []Passkey
	Enrolment     []byte    // SHA-256 of the one-time enrolment code; nil: none
	EnrolmentTill time.Time // exclusive
	Epoch         int       // of the account when they were read
}

// Terminal is a PC of the office (LG-WAN端末) with a client certificate.
type Terminal struct {
	ID           string // 1 to 64 of A-Z a-z 0-9 . _ -
	Municipality cert.MunicipalityCode
	Place        string   // where it stands
	Key          [32]byte // SHA-256 of the client certificate's SubjectPublicKeyInfo
	Active       bool
	Users        []string // ids of the accounts that may be used on it (F3)
}

// Allows reports whether an account may be used on t.
func (t Terminal) Allows(a Account) bool {
	return t.Active && t.Municipality == a.Municipality && slices.Contains(t.Users, a.ID)
}

// ErrNoTerminal is a client certificate that is no terminal's.
var ErrNoTerminal = errors.New("staff: no such terminal")
