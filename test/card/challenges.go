// SPDX-License-Identifier: Apache-2.0

package card

import (
	"context"
	"sync"
	"time"

	"kofu/cardauth"
)

// Challenges is a [cardauth.ChallengeStore] in memory, for tests. It keeps
// challenges and marks until a minute after their expiry, so that a late
// answer is told from an unknown one.
type Challenges struct {
	Now func() time.Time // nil: time.Now

	mu   sync.Mutex
	kept map[cardauth.ChallengeID]*kept
}

type kept struct {
	challenge cardauth.Challenge
	taken     bool
}

// Put implements [cardauth.ChallengeStore].
func (s *Challenges) Put(ctx context.Context, c cardauth.Challenge) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = make(map[cardauth.ChallengeID]*kept)
	}
	s.sweep()
	s.kept[c.ID] = &kept{challenge: c}
	return nil
}

// Take implements [cardauth.ChallengeStore].
func (s *Challenges) Take(ctx context.Context, id cardauth.ChallengeID) (cardauth.Challenge, error) {
	if err := ctx.Err(); err != nil {
		return cardauth.Challenge{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	k, ok := s.kept[id]
	switch {
	case !ok:
		return cardauth.Challenge{}, cardauth.ErrChallengeUnknown
	case k.taken:
		return cardauth.Challenge{}, cardauth.ErrChallengeUsed
	}
	k.taken = true
	return k.challenge, nil
}

// sweep forgets what has long expired.
func (s *Challenges) sweep() {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	for id, k := range s.kept {
		if now().After(k.challenge.Expires.Add(time.Minute)) {
			delete(s.kept, id)
		}
	}
}
