// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"errors"
	"time"
)

// What a sign-in or a session may answer. All but ErrWait and the last three
// are one text to the person, so that nobody learns which accounts there are.
var (
	ErrSignIn  = errors.New("staff: sign-in not accepted")
	ErrWait    = errors.New("staff: too many attempts from this terminal")
	ErrBusy    = errors.New("staff: too many sign-ins at once")
	ErrWeak    = errors.New("staff: password not accepted") // too short, common, or made of what everybody knows
	ErrSecond  = errors.New("staff: a second factor of another kind is needed")
	ErrDenied  = errors.New("staff: no right to that")
	ErrPasskey = errors.New("staff: passkey not accepted")
)

// Stage is how far a session has come.
type Stage string

// The stages.
const (
	StageEnrol    Stage = "enrol"    // the enrolment code was right; password and second factor are being set
	StagePassword Stage = "password" // the password was right; the second factor is awaited
	StageFull     Stage = "full"
)

// Session is who works, and where. It is read anew at every request. Before
// StageFull the account has no functions, whatever the registry says, and
// Factor is what may be used: "totp", "passkey" or "either".
type Session struct {
	ID       string // SHA-256 of the token, hexadecimal: the token itself is the browser's alone
	Stage    Stage
	Account  Account
	Member   string // staff number of who uses a shared ID; else empty
	Terminal Terminal
	Factor   string // "totp" or "passkey"; see above
	Since    time.Time
	ActiveAt time.Time
	Language string // "ja" or "en"
}

// Operator is who acts, as the log names them: the login; of a shared ID with
// the staff number behind a slash.
func (s Session) Operator() string {
	if s.Member == "" {
		return s.Account.Login
	}
	return s.Account.Login + "/" + s.Member
}

// Person is the staff number (職員番号) of who acts, whichever account is used,
// in small letters: as it is compared and counted.
func (s Session) Person() string {
	if s.Member != "" {
		return foldNumber(s.Member)
	}
	return foldNumber(s.Account.StaffNumber)
}

// Act begins a row of the log. pairs are names and values; empty values are
// left out.
func (s Session) Act(op Operation, subject string, pairs ...string) Act {
	a := Act{Operator: s.Operator(), Account: s.Account.ID, Terminal: s.Terminal.ID, Municipality: s.Terminal.Municipality,
		Operation: op, Subject: subject, Details: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			a.Details[pairs[i]] = pairs[i+1]
		}
	}
	return a
}
