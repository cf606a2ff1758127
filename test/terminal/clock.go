// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"sync"
	"time"
)

// Clock is the time a terminal lives in. It is safe for concurrent use.
type Clock interface {
	Now() time.Time
	// Sleep returns when d has passed, or earlier with ctx's error.
	Sleep(ctx context.Context, d time.Duration) error
}

// WallClock is the time of the world.
type WallClock struct{}

// Now implements [Clock].
func (WallClock) Now() time.Time { return time.Now() }

// Sleep implements [Clock].
func (WallClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// QuickClock is the time of the world, in which waiting is short: who sleeps d
// finds d gone, and has waited the thousandth part of it.
type QuickClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// quicker is how much faster sleeping is on a [QuickClock].
const quicker = 1000

// Now implements [Clock].
func (c *QuickClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// Sleep implements [Clock].
func (c *QuickClock) Sleep(ctx context.Context, d time.Duration) error {
	err := WallClock{}.Sleep(ctx, d/quicker)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d - d/quicker
	return err
}
