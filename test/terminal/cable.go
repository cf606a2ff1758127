// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"errors"
	"net/http"
	"sync"
)

// Cable is the line to the centre, which can be cut. It is safe for concurrent
// use.
type Cable struct {
	Next http.RoundTripper // of the client that carries the certificate

	mu   sync.Mutex
	cut  bool
	lose int
	odd  bool // the last answer was lost
	sent int

	// Flaky loses every other answer.
	Flaky bool
}

var errCut = errors.New("terminal: the line is cut")

// Cut pulls the plug, until [Cable.Plug].
func (c *Cable) Cut() { c.set(true, 0) }

// Plug puts it back.
func (c *Cable) Plug() { c.set(false, 0) }

// LoseAnswers lets the next n requests arrive, and loses what is answered.
func (c *Cable) LoseAnswers(n int) { c.set(false, n) }

func (c *Cable) set(cut bool, lose int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut, c.lose = cut, lose
}

// Sent counts the requests that have left.
func (c *Cable) Sent() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent
}

// RoundTrip implements [http.RoundTripper].
func (c *Cable) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	cut, lost := c.cut, c.lose > 0
	if !cut {
		c.sent++
		c.lose = max(c.lose-1, 0)
		c.odd = c.Flaky && !c.odd
		lost = lost || c.odd
	}
	c.mu.Unlock()
	if cut {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, errCut
	}
	res, err := c.Next.RoundTrip(r)
	if err == nil && lost {
		_ = res.Body.Close()
		return nil, errCut
	}
	return res, err
}
