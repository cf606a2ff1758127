// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"kofu/cert/issuance"
)

// SealKeys implements [issuance.SealKeys].
type SealKeys struct{ s *Store }

// Put keeps key under kid for ttl from now. A kid that is there is put anew:
// so the release of a paper gives its key the time that printing takes. Kids
// are random; that two differ is the caller's.
func (k *SealKeys) Put(ctx context.Context, kid string, key [32]byte, ttl time.Duration) error {
	if ttl < time.Millisecond {
		return errors.New("redisstore: keep a sealing key: it would never expire, or at once")
	}
	if err := k.s.client.Set(ctx, sealKey(kid), key[:], ttl).Err(); err != nil {
		return fmt.Errorf("redisstore: keep a sealing key: %w", err)
	}
	return nil
}

// Get returns the key, or [issuance.ErrNoSealKey].
func (k *SealKeys) Get(ctx context.Context, kid string) (key [32]byte, err error) {
	b, err := k.s.client.Get(ctx, sealKey(kid)).Bytes()
	defer clear(b)
	switch {
	case errors.Is(err, redis.Nil):
		return key, issuance.ErrNoSealKey
	case err != nil:
		return key, fmt.Errorf("redisstore: fetch a sealing key: %w", err)
	case len(b) != len(key):
		return key, fmt.Errorf("redisstore: fetch a sealing key: %w", errValue)
	}
	copy(key[:], b)
	return key, nil
}

// Delete destroys the key, and returns when a failover cannot bring it back.
func (k *SealKeys) Delete(ctx context.Context, kid string) error {
	if err := k.s.settle(ctx, func(p redis.Pipeliner) { p.Del(ctx, sealKey(kid)) }); err != nil {
		return fmt.Errorf("redisstore: shred a sealing key: %w", err)
	}
	return nil
}
