// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// patience is how long a place in the queue is kept for who does not ask.
const patience = time.Minute

// The gate goes by the clock of Redis, of which there is one, and not by those
// of the servers, which may differ: only then does nobody overtake.
const clockScript = `
local clock = redis.call("time")
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
`

// enterScript is told who (ARGV[1]), the bound, the instant in ms at which it
// ends, and the patience in ms. It returns the place: 0 is inside; -1 when
// that instant has passed.
//
// Who is free to enter may do so while others before it have not asked yet:
// the room left is theirs, too, counted from the head of the queue.
const enterScript = clockScript + `
local inside, waiting, asked = KEYS[1], KEYS[2], KEYS[3]
local id, most, ends, patience = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
if tonumber(ends) <= now then return -1 end

for _, left in ipairs(redis.call("zrangebyscore", inside, "-inf", now)) do redis.call("zrem", inside, left) end
for _, gone in ipairs(redis.call("zrangebyscore", asked, "-inf", now - patience)) do
  redis.call("zrem", waiting, gone)
  redis.call("zrem", asked, gone)
end
-- Redis has lost one of the two, and with it who still waits: all queue anew.
if redis.call("zcard", waiting) ~= redis.call("zcard", asked) then redis.call("del", waiting, asked) end

if not redis.call("zscore", inside, id) then
  if not redis.call("zscore", waiting, id) then
    local last = redis.call("zrange", waiting, -1, -1, "withscores")[2]
    redis.call("zadd", waiting, (last or 0) + 1, id)
  end
  local before = redis.call("zrank", waiting, id)
  if redis.call("zcard", inside) + before >= most then
    redis.call("zadd", asked, now, id)
    redis.call("pexpireat", waiting, now + patience)
    redis.call("pexpireat", asked, now + patience)
    return before + 1
  end
  redis.call("zrem", waiting, id)
  redis.call("zrem", asked, id)
end
redis.call("zadd", inside, ends, id)
redis.call("pexpireat", inside, redis.call("zrange", inside, -1, -1, "withscores")[2])
return 0`

// leaveScript is one step, so that nobody is left in one of the sets alone.
const leaveScript = `
for _, set in ipairs(KEYS) do redis.call("zrem", set, ARGV[1]) end
return 0`

// countScript begins a window of ARGV[1] ms with the first that is counted.
// The key ends with its window.
const countScript = clockScript + `
local window = tonumber(ARGV[1])
local sum = redis.call("incr", KEYS[1])
if sum == 1 then redis.call("pexpireat", KEYS[1], now - now % window + window) end
return sum`

// Gate implements [kiosk.Gate]. It does not wait for replicas: a failover may
// let a few more in, or have the queue form anew, and undoes no one's session.
type Gate struct{ s *Store }

func gateKeys() []string { return []string{gateInside, gateWaiting, gateAsked} }

// Enter returns 0 when session id is inside, else how many wait, up to and
// including it. A session inside may Enter again, with another instant. An
// instant that has passed, by the clock of Redis, is an error.
func (g *Gate) Enter(ctx context.Context, id string, most int, until time.Time) (place int, err error) {
	place, err = g.s.client.Eval(ctx, enterScript, gateKeys(), id, most, until.UnixMilli(), patience.Milliseconds()).Int()
	switch {
	case err != nil:
		return 0, fmt.Errorf("redisstore: enter the gate: %w", err)
	case place < 0:
		return 0, errors.New("redisstore: enter the gate: the time inside is already over")
	}
	return place, nil
}

// Leave makes room, inside or in the queue.
func (g *Gate) Leave(ctx context.Context, id string) error {
	if err := g.s.client.Eval(ctx, leaveScript, gateKeys(), id).Err(); err != nil {
		return fmt.Errorf("redisstore: leave the gate: %w", err)
	}
	return nil
}

// Count adds one to what has been counted under name in this window, and
// returns the sum. A window begins at a multiple of its length in Unix time.
func (g *Gate) Count(ctx context.Context, name string, window time.Duration) (int, error) {
	if window < time.Millisecond {
		return 0, errors.New("redisstore: count: a window of no length")
	}
	sum, err := g.s.client.Eval(ctx, countScript, []string{countKey(name, window)}, window.Milliseconds()).Int()
	if err != nil {
		return 0, fmt.Errorf("redisstore: count: %w", err)
	}
	return sum, nil
}
