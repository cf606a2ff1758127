// SPDX-License-Identifier: Apache-2.0

package public

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"kofu/cert/keys"
	"kofu/cert/shc"
	"kofu/cert/verify"
)

const (
	refreshEvery = 10 * time.Second
	retryEvery   = time.Second // while there is nothing to serve
	askFor       = 3 * time.Second
)

// snapshot is what one answer of the store came to.
type snapshot struct {
	version             int
	jwks, bundle, uvcis file
	crls                map[string]file // by kid
}

// keeper holds the present snapshot. It is refreshed by whoever asks first when
// it is due; others are served the one at hand meanwhile.
type keeper struct {
	Config

	mu     sync.Mutex
	held   *snapshot     // nil: none yet
	tried  time.Time     // when the store was asked last; zero: never
	told   time.Time     // when it was asked last and answered; zero: never
	asking chan struct{} // closed when the store has been asked; nil: nobody is asking
}

func (k *keeper) known() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.told
}

// current returns the snapshot to serve, or [ErrRevocations].
func (k *keeper) current(ctx context.Context) (*snapshot, error) {
	k.mu.Lock()
	others, held, now := k.asking, k.held, k.Now()
	mine := others == nil && k.due(now)
	if mine {
		k.asking = make(chan struct{})
	}
	k.mu.Unlock()
	switch {
	case mine:
		k.refresh(ctx, held, now)
	case others != nil && held == nil:
		select {
		case <-others:
		case <-ctx.Done():
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held == nil {
		return nil, ErrRevocations
	}
	return k.held, nil
}

// due reports whether the store is to be asked. A clock that was set back does
// not keep it from being asked.
func (k *keeper) due(now time.Time) bool {
	every := refreshEvery
	if k.held == nil {
		every = retryEvery
	}
	age := now.Sub(k.tried)
	return k.tried.IsZero() || age < 0 || age >= every
}

// refresh asks the store, once and for all who wait: that the first of them
// goes away does not end it.
func (k *keeper) refresh(ctx context.Context, held *snapshot, now time.Time) {
	var fresh *snapshot
	defer func() { // also if the store panics
		k.mu.Lock()
		defer k.mu.Unlock()
		k.tried = now
		if fresh != nil {
			k.held, k.told = fresh, now
		}
		close(k.asking)
		k.asking = nil
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	defer cancel()
	revoked, err := k.Revocations.Revoked(ctx)
	switch {
	case err != nil:
	case held != nil && revoked.Version == held.version:
		fresh = held
	case held == nil || revoked.Version > held.version:
		if made, err := k.render(revoked); err == nil {
			fresh = made
		}
	}
}

// render writes the files. It refuses lists that readers could not use: one bad
// entry would make them refuse the whole.
func (k *keeper) render(r Revoked) (*snapshot, error) {
	if r.Version < 0 || r.Version == math.MaxInt || r.Version == 0 && !r.empty() {
		return nil, fmt.Errorf("public: version of revocations: %w", ErrRevocations)
	}
	s := &snapshot{version: r.Version, crls: map[string]file{}}
	bundle := verify.NewTrustBundle(k.Keys, k.Issuer)
	counter := int64(r.Version) + 1
	for _, p := range k.Keys.Publics() {
		if p.Format != keys.SHC {
			continue
		}
		list, err := shc.EncodeCRL(p.KID, counter, r.RIDs[p.KID])
		if err != nil {
			return nil, fmt.Errorf("public: write revocation list: %w", err)
		}
		s.crls[p.KID] = newFile(jsonFile, ask, list)
		bundle.CRLs = append(bundle.CRLs, list)
	}
	if err := s.renderKeys(k.Keys, counter, &bundle); err != nil {
		return nil, err
	}
	bundle.RevokedUVCI = append([]string{}, r.UVCIs...) // never nil: it is known
	slices.Sort(bundle.RevokedUVCI)
	bundle.RevokedUVCI = slices.Compact(bundle.RevokedUVCI)
	uvcis, err := verify.UVCIList(bundle.RevokedUVCI)
	if err != nil {
		return nil, fmt.Errorf("public: write revocation list: %w", err)
	}
	all, err := bundle.JSON()
	if err != nil {
		return nil, fmt.Errorf("public: write trust bundle: %w", err)
	}
	s.uvcis, s.bundle = newFile(jsonFile, ask, uvcis), newFile(jsonFile, brief, all)
	return s, nil
}

// renderKeys writes the key set, and puts it into the bundle in the place of
// the one that says nothing of revocation.
func (s *snapshot) renderKeys(ring *keys.Ring, counter int64, bundle *verify.TrustBundle) error {
	jwks := ring.JWKS()
	if s.version > 0 {
		var err error
		if jwks, err = ring.RevocableJWKS(counter); err != nil {
			return fmt.Errorf("public: write key set: %w", err)
		}
	}
	if bundle.JWKS != nil {
		bundle.JWKS = jwks
	}
	s.jwks = newFile(jsonFile, brief, jwks)
	return nil
}
