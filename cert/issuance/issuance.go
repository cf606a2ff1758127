// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/shc"
)

// What issuing may answer besides the errors of cert, municipality and pdf.
var (
	ErrKind        = errors.New("issuance: no such kind of certificate")
	ErrDevice      = errors.New("issuance: no device or terminal named")
	ErrSeal        = errors.New("issuance: sealed application not accepted") // wrong, altered, expired, discarded, or of another channel, type or device
	ErrSealDevice  = fmt.Errorf("%w: made for another device", ErrSeal)      // wraps ErrSeal; nothing else is wrong that can be told without the key
	ErrNoSealKey   = errors.New("issuance: no such sealing key")             // what a SealKeys says when a key has gone
	ErrStartAgain  = errors.New("issuance: start again")                     // a key, the issuer line or the program was changed in between
	ErrSealStore   = errors.New("issuance: store of sealing keys not ready")
	ErrMismatch    = errors.New("issuance: finished certificate does not say what it should")
	ErrDoorStopped = errors.New("issuance: door stopped after a mismatch")
)

// How long what is sealed can be opened. None of it is ever extended, but for
// the key of a kiosk's paper, which is given its last time when the fee is in.
const (
	SealTTL        = 5 * time.Minute  // an application
	KioskSealTTL   = 12 * time.Minute // an application at a kiosk: until the content is checked, within the 15 minutes of the subject reference
	CounterSealTTL = 12 * time.Minute // an application at the counter: likewise, until a second person has approved
	CertificateTTL = 10 * time.Minute // a kiosk's paper, and its receipt: until the fee is in
	ReleasedTTL    = 30 * time.Minute // the key of a kiosk's paper, from the fee on
)

// confirmTimeout bounds the confirmation, which goes on when the caller has
// gone: the certificate is signed by then.
const confirmTimeout = 10 * time.Second

// RecordSource looks a person up. The call honours ctx and is safe for
// concurrent use; whatever is not an answer is [cert.Unavailable].
type RecordSource interface {
	FindForCertificate(ctx context.Context, q cert.Query) cert.Answer
}

// Register allots certificate IDs. All calls honour ctx, are idempotent by
// issuance id, and are safe for concurrent use. Errors are
// [cert.ErrRecordChanged] (changed, blocked or lapsed) or
// [cert.ErrUnavailable].
type Register interface {
	Reserve(ctx context.Context, r cert.ReserveRequest) (cert.Reservation, error)
	Confirm(ctx context.Context, c cert.Confirmation) error
	Void(ctx context.Context, m cert.MunicipalityCode, id cert.IssuanceID) error
}

// SealKeys keeps sealing keys, 32 random bytes under a random kid. Get of a
// key that was never put, was deleted or has outlived its ttl is
// [ErrNoSealKey]; any other error means that the store is down. Delete of a
// key that is not there is no error. Safe for concurrent use.
type SealKeys interface {
	Put(ctx context.Context, kid string, key [32]byte, ttl time.Duration) error
	Get(ctx context.Context, kid string) ([32]byte, error)
	Delete(ctx context.Context, kid string) error
}

// Lookout is told when a finished certificate did not say what it should.
// crossed: what it said belongs to another request of this process.
type Lookout interface {
	Mismatch(channel cert.Channel, crossed bool)
}

// Turns bounds how much is computed at once in this process. It waits for a
// turn to make a certificate, and returns what ends it. Its error is ctx's, or
// says that there is no turn to be had in time. Safe for concurrent use.
type Turns func(ctx context.Context, ch cert.Channel) (end func(), err error)

// Config is what a Service is made of. Every field is needed but Desk and
// Turns.
type Config struct {
	Records        RecordSource
	Register       Register
	Seals          SealKeys
	Desk           Desk // nil: there is no counter
	Keys           *keys.Ring
	Municipalities *municipality.Directory
	Paper          *pdf.Renderer
	Lookout        Lookout
	Issuer         string // SMART Health Cards "iss": https, no trailing slash
	UVCISecret     []byte // 32 bytes or more
	RIDSecret      []byte // 32 bytes or more
	Now            func() time.Time

	// Turns is asked before a certificate is made, with nobody else left to be
	// waited for. Nil: as many at once as come.
	Turns Turns

	// CopyEvident gives the paper of the kiosk a copy-evident background
	// (複写けん制).
	CopyEvident bool
}

// Service issues certificates. It is safe for concurrent use.
type Service struct {
	Config
	flight    *flight
	published shc.KeySet // what strangers verify with
	release   string     // names the program
	writer    writer     // what makes the forms; tests put faults here
}

// New checks that nothing is missing.
func New(c Config) (*Service, error) {
	for name, missing := range map[string]bool{
		"Records": c.Records == nil, "Register": c.Register == nil, "Seals": c.Seals == nil, "Keys": c.Keys == nil,
		"Municipalities": c.Municipalities == nil, "Paper": c.Paper == nil, "Lookout": c.Lookout == nil, "Issuer": c.Issuer == "",
		"UVCISecret": len(c.UVCISecret) < 32, "RIDSecret": len(c.RIDSecret) < 32, "Now": c.Now == nil,
	} {
		if missing {
			return nil, fmt.Errorf("issuance: %s is missing or too short", name)
		}
	}
	published, err := shc.ParseKeySet(c.Keys.JWKS())
	if err != nil {
		return nil, fmt.Errorf("issuance: read our own published keys: %w", err)
	}
	s := &Service{Config: c, flight: newFlight(), published: published}
	if build, ok := debug.ReadBuildInfo(); ok {
		s.release = build.String()
	}
	s.writer = press(encoders{renderer: c.Paper, issuer: c.Issuer})
	return s, nil
}

// Who names the door and the device, terminal or clerk's session that a sealed
// application is made for. Device is any secret of theirs of 16 characters or
// more; only its hash is used.
type Who struct {
	cert.Redacted
	Channel cert.Channel
	Device  string
}

func (w Who) check() error {
	if len(w.Device) < 16 || len(w.Device) > 256 {
		return ErrDevice
	}
	return nil
}
