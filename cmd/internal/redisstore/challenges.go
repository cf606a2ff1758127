// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"kofu/cardauth"
)

// errTaken is a challenge whose ID is in use, which 128 random bits exclude.
var errTaken = errors.New("redisstore: keep a challenge: its ID is in use")

// Challenges implements [cardauth.ChallengeStore].
type Challenges struct{ s *Store }

// Put keeps c until it expires.
func (k *Challenges) Put(ctx context.Context, c cardauth.Challenge) error {
	err := k.s.client.SetArgs(ctx, challengeKey(c.ID), formatChallenge(c), redis.SetArgs{Mode: "NX", TTL: cardauth.ChallengeTTL}).Err()
	switch {
	case errors.Is(err, redis.Nil):
		return errTaken
	case err != nil:
		return fmt.Errorf("redisstore: keep a challenge: %w", err)
	}
	return nil
}

// Take puts the tombstone in the challenge's place and returns what stood
// there, in one command of Redis: of any number of callers at once, on any
// number of servers, one gets the challenge.
func (k *Challenges) Take(ctx context.Context, id cardauth.ChallengeID) (cardauth.Challenge, error) {
	var old *redis.StatusCmd
	err := k.s.settle(ctx, func(p redis.Pipeliner) {
		old = p.SetArgs(ctx, challengeKey(id), tombstone, redis.SetArgs{Mode: "XX", Get: true, KeepTTL: true})
	})
	if err != nil {
		return cardauth.Challenge{}, fmt.Errorf("redisstore: take a challenge: %w", err)
	}
	switch value, err := old.Result(); {
	case errors.Is(err, redis.Nil):
		return cardauth.Challenge{}, cardauth.ErrChallengeUnknown
	case err != nil:
		return cardauth.Challenge{}, fmt.Errorf("redisstore: take a challenge: %w", err)
	case value == tombstone:
		return cardauth.Challenge{}, cardauth.ErrChallengeUsed
	default:
		c, err := parseChallenge(id, value)
		if err != nil {
			return cardauth.Challenge{}, fmt.Errorf("redisstore: take a challenge: %w", err)
		}
		return c, nil
	}
}
