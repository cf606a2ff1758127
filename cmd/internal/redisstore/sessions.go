// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// saveScript puts ARGV[2] in the place of the version ARGV[1], for ARGV[3] ms,
// and returns whether it did. A script and not WATCH, because WAIT must follow
// on the same connection; EVAL and not EVALSHA, because one round trip more
// after every restart of Redis is dearer than these few bytes.
const saveScript = `
local version, held = "0", redis.call("get", KEYS[1])
if held then version = string.match(held, "^[1-9]%d*") end
if version ~= ARGV[1] then return 0 end
redis.call("set", KEYS[1], ARGV[2], "px", ARGV[3])
return 1`

// Sessions implements [kiosk.Sessions], and with other keys [staff.Sessions].
type Sessions struct {
	s      *Store
	prefix string // of its keys
	none   error  // what says that there is no such session
	newer  error  // what says that another version is there
}

// Load returns the state and its version, or [kiosk.ErrNoSession], at the
// counter [staff.ErrNoSession]. It waits
// for the replicas, too: what it reads another request may have saved without
// having them, and nobody is to act on what a failover can undo.
func (k *Sessions) Load(ctx context.Context, id string) (data []byte, version int, err error) {
	var got *redis.StringCmd
	if err := k.s.settle(ctx, func(p redis.Pipeliner) { got = p.Get(ctx, k.prefix+id) }); err != nil {
		return nil, 0, fmt.Errorf("redisstore: load a session: %w", err)
	}
	value, err := got.Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, 0, k.none
	case err != nil:
		return nil, 0, fmt.Errorf("redisstore: load a session: %w", err)
	}
	if data, version, err = parseSession(value); err != nil {
		return nil, 0, fmt.Errorf("redisstore: load a session: %w", err)
	}
	return data, version, nil
}

// Save keeps data for ttl in the place of version, or returns
// [kiosk.ErrConflict], at the counter [staff.ErrConflict]. Any other error leaves open whether it was kept: Load
// tells, and does not return before every replica agrees.
func (k *Sessions) Save(ctx context.Context, id string, data []byte, version int, ttl time.Duration) error {
	if ttl < time.Millisecond || version < 0 {
		return errors.New("redisstore: save a session: its version is below zero, or it would not last")
	}
	var saved *redis.Cmd
	err := k.s.settle(ctx, func(p redis.Pipeliner) {
		saved = p.Eval(ctx, saveScript, []string{k.prefix + id}, version, formatSession(data, version+1), ttl.Milliseconds())
	})
	if err != nil {
		return fmt.Errorf("redisstore: save a session: %w", err)
	}
	switch done, err := saved.Bool(); {
	case err != nil:
		return fmt.Errorf("redisstore: save a session: %w", err)
	case !done:
		return k.newer
	}
	return nil
}

// Delete forgets a session, and returns when a failover cannot bring it back.
func (k *Sessions) Delete(ctx context.Context, id string) error {
	if err := k.s.settle(ctx, func(p redis.Pipeliner) { p.Del(ctx, k.prefix+id) }); err != nil {
		return fmt.Errorf("redisstore: delete a session: %w", err)
	}
	return nil
}
