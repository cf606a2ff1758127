// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"

	"kofu/cert"
	"kofu/cmd/internal/redisstore"
)

// memory is a Redis in this process, with the real store in front of it.
// Miniredis forgets nothing by itself: its clock is moved here.
type memory struct {
	*redisstore.Store
	redis *miniredis.Miniredis
	stop  context.CancelFunc
	ended sync.WaitGroup
}

// tick is how often keys are looked at for having expired.
const tick = 250 * time.Millisecond

func openMemory() (*memory, error) {
	redis, err := miniredis.Run()
	if err != nil {
		return nil, fmt.Errorf("start the embedded Redis: %w", err)
	}
	store, err := redisstore.Open(redisstore.Config{Address: redis.Addr(), Environment: cert.Test})
	if err != nil {
		redis.Close()
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	m := &memory{Store: store, redis: redis, stop: stop}
	m.ended.Go(func() { m.run(ctx) })
	return m, nil
}

func (m *memory) run(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			now := time.Now()
			m.redis.FastForward(now.Sub(last))
			last = now
		}
	}
}

// Close ends the clock, the connections and the Redis, in this order.
func (m *memory) Close() error {
	m.stop()
	m.ended.Wait()
	err := m.Store.Close()
	m.redis.Close()
	return err
}
