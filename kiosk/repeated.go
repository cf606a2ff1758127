// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"context"
	"errors"
	"time"

	"github.com/gin-gonic/gin"

	"kofu/api/problem"
)

// repeatedWindow is within which a failure that comes again is the same one.
const repeatedWindow = time.Hour

// noteTimeout bounds the counting, which holds the answer up.
const noteTimeout = time.Second

// as serves a request as that of the terminal it comes from, and notices
// failures that come twice: a relay whose error went away when it tried again
// has an error (R1.6).
func (k *centre) as(serve func(*gin.Context, Terminal) error) problem.HandlerFunc {
	failures := table()
	return func(c *gin.Context) error {
		terminal, err := k.identify(c)
		if err != nil {
			return err
		}
		if err = serve(c, terminal); err != nil && !passing(err) {
			_, code := failures.Find(err)
			k.failed(c.Request.Context(), terminal, code)
		}
		return err
	}
}

// passing reports errors that are nobody's, or ours: a terminal that waits its
// turn, a store that does not answer.
func passing(err error) bool {
	for _, e := range []error{ErrConflict, errTooMany, errStore, context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// failed counts a failure of a terminal and of the relay that speaks for it.
// The second one of a kind within the window is an incident, and each one
// after it; no success in between makes it less of one.
func (k *centre) failed(ctx context.Context, t Terminal, code string) {
	if k.Repeated == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	names := []string{"failed:" + t.ID + ":" + code}
	if t.Relay != "" {
		names = append(names, "failed:"+t.Relay+":"+code)
	}
	again := false
	for _, name := range names {
		n, err := k.Gate.Count(ctx, name, repeatedWindow)
		again = again || err == nil && n > 1
	}
	if again {
		k.Repeated(code)
	}
}
