// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"kofu/cert"
)

// ChallengeTTL is how long a challenge may be answered.
const ChallengeTTL = 120 * time.Second

// ChallengeID names a challenge: 26 characters with 128 random bits. It is not
// secret, but nobody can guess another one's.
type ChallengeID string

// Challenge is 32 random bytes that a card signs once, at one door, for one
// purpose.
type Challenge struct {
	ID      ChallengeID
	Bytes   [32]byte
	Channel cert.Channel
	Purpose cert.Purpose
	Expires time.Time // from here on it is too late
}

// What a [ChallengeStore] answers when it works and has no challenge to give.
var (
	ErrChallengeUnknown = errors.New("cardauth: challenge unknown")
	ErrChallengeUsed    = errors.New("cardauth: challenge used")
)

// ErrChallengeStore wraps every other answer: nothing is known about the
// challenge, and the applicant is not to blame.
var ErrChallengeStore = errors.New("cardauth: challenge store not ready")

// ErrChallengePurpose is returned by [Verifier.NewChallenge] for a channel or
// purpose that has no use for a card.
var ErrChallengePurpose = errors.New("cardauth: no challenge for this channel and purpose")

// ChallengeStore keeps challenges until they are taken or expire. It is shared
// by all replicas, is safe for concurrent use and honours ctx.
type ChallengeStore interface {
	// Put stores c until c.Expires.
	Put(ctx context.Context, c Challenge) error
	// Take removes a challenge and returns it, atomically: of any number of
	// concurrent calls one gets it. The others, and later ones until it would
	// have expired, get [ErrChallengeUsed]; for an ID never put, and after the
	// expiry, the answer may be [ErrChallengeUnknown]. Any other error means
	// that the store does not know.
	Take(ctx context.Context, id ChallengeID) (Challenge, error)
}

// These separate the cards' signatures for kofu from all others, and those of
// the two bindings from each other.
const (
	domain        = "kofu-card-v1"
	surfaceDomain = "kofu-card-v2"
)

// BoundMessage is what the text application's key (EF0007) signs where the
// binding is [Attested], 108 bytes: "kofu-card-v1", the
// challenge, SHA-256 of EF0003 and SHA-256 of EF0007, both as sent. Today's
// card is given the DigestInfo of its SHA-256 (COMPUTE DIGITAL SIGNATURE,
// 80 2A 00 00).
func BoundMessage(challenge [32]byte, ef0003, ef0007 []byte) []byte {
	data, key := sha256.Sum256(ef0003), sha256.Sum256(ef0007)
	return slices.Concat([]byte(domain), challenge[:], data[:], key[:])
}

// SurfaceMessage is what the surface application's key (DF24) signs where the
// binding is [Surface], 108 bytes: "kofu-card-v2", the challenge, SHA-256 of
// EF0003 and SHA-256 of DF22, DF23 and DF24 one after the other, all as sent.
// The card is given it as it is given [BoundMessage], with the surface
// application selected.
func SurfaceMessage(challenge [32]byte, ef0003 []byte, s SurfaceFiles) []byte {
	data, holder := sha256.Sum256(ef0003), sha256.Sum256(slices.Concat(s.Birth, s.Sex, s.Key))
	return slices.Concat([]byte(surfaceDomain), challenge[:], data[:], holder[:])
}

// NewChallenge makes a challenge and stores it.
func (v *Verifier) NewChallenge(ctx context.Context, ch cert.Channel, p cert.Purpose) (Challenge, error) {
	if err := v.Check(); err != nil {
		return Challenge{}, err
	}
	if p != cert.PurposeCertificate || ch != cert.App && ch != cert.Kiosk {
		return Challenge{}, ErrChallengePurpose
	}
	c := Challenge{ID: ChallengeID(rand.Text()), Channel: ch, Purpose: p, Expires: v.now().Add(ChallengeTTL)}
	_, _ = rand.Read(c.Bytes[:]) // never fails (crypto/rand)
	if err := v.Challenges.Put(ctx, c); err != nil {
		return Challenge{}, fmt.Errorf("cardauth: store challenge: %w", errors.Join(ErrChallengeStore, err))
	}
	return c, nil
}

// TakeChallenge uses a challenge up without a card, for what else has to be
// fresh, such as a device's attestation. The errors are those of
// [Verifier.Verify].
func (v *Verifier) TakeChallenge(ctx context.Context, id ChallengeID, ch cert.Channel, p cert.Purpose) (Challenge, error) {
	if err := v.Check(); err != nil {
		return Challenge{}, err
	}
	return v.takeChallenge(ctx, id, ch, p)
}

// takeChallenge uses a challenge up, whatever comes of it.
func (v *Verifier) takeChallenge(ctx context.Context, id ChallengeID, ch cert.Channel, p cert.Purpose) (Challenge, error) {
	c, err := v.Challenges.Take(ctx, id)
	switch {
	case errors.Is(err, ErrChallengeUnknown):
		return Challenge{}, refuse("challenge", CodeNonceUnknown)
	case errors.Is(err, ErrChallengeUsed):
		return Challenge{}, refuse("challenge", CodeNonceReused)
	case err != nil:
		return Challenge{}, fmt.Errorf("cardauth: take challenge: %w", errors.Join(ErrChallengeStore, err))
	case c.ID != id || c.Bytes == [32]byte{}:
		return Challenge{}, fmt.Errorf("cardauth: take challenge: another one came back: %w", ErrChallengeStore)
	case !v.now().Before(c.Expires):
		return Challenge{}, refuse("challenge", CodeNonceExpired)
	case c.Channel != ch:
		return Challenge{}, refuse("challenge", CodeNonceChannel)
	case c.Purpose != p:
		return Challenge{}, refuse("challenge", CodeNoncePurpose)
	}
	return c, nil
}
