// SPDX-License-Identifier: Apache-2.0

package admission

import "time"

// budget is a stock of seconds, of computing or of connections, that fills
// with time and is taken from in advance.
type budget struct {
	at    time.Time
	level float64 // may fall below 0
	rate  float64 // seconds in a second
	most  float64
	debt  float64 // the most that is taken in advance
}

func (b *budget) fill(now time.Time) {
	if dt := now.Sub(b.at).Seconds(); dt > 0 {
		b.level = min(b.most, b.level+dt*b.rate)
		b.at = now
	}
}

// take takes in advance, but no more debt than is paid off in a moment.
func (b *budget) take(seconds float64) { b.level = max(-b.debt, b.level-seconds) }
func (b *budget) give(seconds float64) { b.level = min(b.most, b.level+seconds) }
