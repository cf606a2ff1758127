// SPDX-License-Identifier: Apache-2.0

//go:build kofufault

package pdf

import (
	"os"
	"slices"
	"sync"
	"time"
)

// faultEnv names the fault; "font" is the one that is here.
const faultEnv = "KOFU_FAULT"

// faultEvery is how long nothing is wrong after something was: what is made
// again is right. It is short, for a font that happens to have all that the
// next document needs does no harm.
const faultEvery = 150 * time.Millisecond

// lent gives a document the font that was cut for the one before.
type lent struct {
	mu     sync.Mutex
	before []byte
	last   time.Time
}

func (l *lent) font(small []byte) []byte {
	if os.Getenv(faultEnv) != "font" {
		return small
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.before
	l.before = slices.Clone(small)
	if before == nil || slices.Equal(before, small) || time.Since(l.last) < faultEvery {
		return small
	}
	l.last = time.Now()
	return before
}
