// SPDX-License-Identifier: Apache-2.0

package public

import (
	"context"
	"errors"
)

// ErrRevocations is returned while nobody can tell what is revoked.
var ErrRevocations = errors.New("public: revocations are not known")

// Revocations tells what has been revoked.
//
// An answer is the whole of it, of one moment: Version and lists belong
// together, as of one transaction. Answers follow each other by Version, also
// across replicas and restarts: it rises with every change, a withdrawn
// revocation included, and never falls. An answer with a smaller Version than
// the one before is taken for that of a store behind the times, and not used;
// so is one whose lists are not of the form that [Revoked] tells.
//
// An error means that nothing is known now; its text has nothing of a person.
// The call honours ctx, whose deadline is 3 s away. A process asks at most
// every 10 s, or every second while it never had an answer, and not twice at a
// time; replicas ask each for itself. Implementations are safe for concurrent
// use all the same, and neither change nor keep what they have returned.
type Revocations interface {
	Revoked(ctx context.Context) (Revoked, error)
}

// Revoked is everything that is revoked at one moment. Order and repetition
// within a list mean nothing.
type Revoked struct {
	// Version rises with every change. 0: nothing was ever revoked, and the
	// lists are empty.
	Version int
	// RIDs are the revocation ids by kid of the SMART Health Cards key that
	// signed, or may have signed: 1 to 24 characters of the base64url alphabet
	// each, without a time stamp. Keys without an entry have revoked nothing;
	// keys that are not published are passed over.
	RIDs map[string][]string
	// UVCIs are the identifiers of VDS-NC, hashed as by verify.HashUVCI.
	UVCIs []string
}

func (r Revoked) empty() bool {
	for _, list := range r.RIDs {
		if len(list) > 0 {
			return false
		}
	}
	return len(r.UVCIs) == 0
}

// NothingRevoked is the store of a service that has no door at which
// certificates are revoked.
type NothingRevoked struct{}

// Revoked returns version 0.
func (NothingRevoked) Revoked(context.Context) (Revoked, error) { return Revoked{}, nil }
