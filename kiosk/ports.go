// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"context"
	"errors"
	"time"

	"kofu/cert"
	"kofu/cert/issuance"
)

// What the stores answer. Any other error means that the store is down: the
// terminal repeats the event, and nothing has happened.
var (
	ErrNoSession  = errors.New("kiosk: no such session")
	ErrConflict   = errors.New("kiosk: session was changed by another request")
	ErrNoTerminal = errors.New("kiosk: no such terminal")
)

// Sessions keeps session state: JSON without personal data. It is shared by
// all replicas, safe for concurrent use, and honours ctx.
type Sessions interface {
	// Load returns the state and its version, 1 or more, or [ErrNoSession].
	Load(ctx context.Context, id string) (data []byte, version int, err error)
	// Save keeps data until ttl has passed, in the place of the version given,
	// which becomes one higher; 0 makes a new session. When another version is
	// there, or none, it is [ErrConflict]. It returns when a failover cannot
	// undo it.
	Save(ctx context.Context, id string, data []byte, version int, ttl time.Duration) error
	// Delete forgets a session, and returns when a failover cannot bring it
	// back. One that is not there is no error.
	Delete(ctx context.Context, id string) error
}

// Gate lets so many sessions in at once, over all replicas, and the others in
// the order in which they came. It is safe for concurrent use.
type Gate interface {
	// Enter returns 0 when session id is inside, and stays so until Leave or
	// the instant until; else how many wait, up to and including it. Of at most
	// max sessions inside, none is counted twice. A session that waits and does
	// not ask again for a minute loses its place.
	Enter(ctx context.Context, id string, max int, until time.Time) (place int, err error)
	// Leave makes room. A session that is not there is no error.
	Leave(ctx context.Context, id string) error
	// Count adds one to what has been counted under name in this window, and
	// returns the sum. Windows are aligned to the clock.
	Count(ctx context.Context, name string, window time.Duration) (int, error)
}

// Role says for whom a client certificate speaks.
type Role string

// The two roles.
const (
	RoleTerminal Role = "terminal" // for itself
	RoleCentre   Role = "centre"   // a relay (証明書交付センター), for the terminals that name it
)

// Terminal is an entry of the registry.
type Terminal struct {
	ID       string // 1 to 64 of A-Z a-z 0-9 . _ -
	Role     Role
	Store    string   // where it stands: the operator's own code
	Operator string   // who runs it: likewise
	Relay    string   // id of the centre that speaks for it; empty: it speaks for itself
	Key      [32]byte // SHA-256 of the client certificate's SubjectPublicKeyInfo; zero where a relay speaks for it
	Active   bool     // false: suspended or revoked
}

// Terminals is the registry. What it answers holds at once: nothing is
// remembered between requests.
type Terminals interface {
	// ByKey returns whose client key this is, or [ErrNoTerminal].
	ByKey(ctx context.Context, key [32]byte) (Terminal, error)
	// ByID returns the terminal of that id, or [ErrNoTerminal].
	ByID(ctx context.Context, id string) (Terminal, error)
	// Seen notes what a terminal says of its software.
	Seen(ctx context.Context, id string, s Software, at time.Time) error
}

// Entry is what is on the books of one transaction (取引), from the moment a
// certificate is sealed to the moment the coins are settled. It is nobody's:
// no person, no certificate ID, no session.
type Entry struct {
	Transaction  string // random, 26 characters
	Step         int    // rises; an entry with a lower step than the one on the books is old
	At           time.Time
	PreparedAt   time.Time
	Terminal     string
	Store        string
	Operator     string
	Municipality cert.MunicipalityCode
	Kind         cert.Kind
	Copies       int
	FeeYen       int  // of one copy
	EscrowYen    int  // what was put in
	Released     bool // the VRS has confirmed, the key was given out
	Printed      int  // sheets confirmed
	Jams         int
	Voided       bool // given up before the release
	Settled      bool // CapturedYen and ReturnedYen are what the terminal has confirmed
	CapturedYen  int
	ReturnedYen  int
}

// Ledger keeps the books. Note puts e in the place of an earlier entry of the
// same transaction; noted twice it is there once; one with a lower step
// changes nothing. It returns when the entry is durable.
type Ledger interface {
	Note(ctx context.Context, e Entry) error
}

// Desk asks the record service, and shows what it said. [*issuance.Service]
// is one.
type Desk interface {
	Review(ctx context.Context, a issuance.Application) (*issuance.Preview, issuance.Sealed, error)
	// Preview opens a sealed application and shows it again.
	Preview(ctx context.Context, token string, w issuance.Who) (*issuance.Preview, error)
	// Shred destroys sealing keys by their kids; empty ones are skipped.
	Shred(ctx context.Context, kids ...string) error
}

// Press makes certificates and lets them go. [*issuance.Service] is one.
type Press interface {
	// Prepare reserves, issues, verifies and seals.
	Prepare(ctx context.Context, token string, w issuance.Who) (*issuance.Prepared, error)
	// Release confirms at the record service, and gives the key out.
	Release(ctx context.Context, receipt string, w issuance.Who) ([32]byte, error)
	// Void gives a certificate up that was never released.
	Void(ctx context.Context, m cert.MunicipalityCode, id cert.IssuanceID) error
}

// Metrics counts what happened. Nothing it is told is personal.
type Metrics interface {
	Count(route, public, internal string, took time.Duration)
	// Screen counts a screen that was shown.
	Screen(id string)
	// Report counts a session by the software of its terminal.
	Report(s Software)
}
