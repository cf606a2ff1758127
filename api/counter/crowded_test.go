// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"errors"
	"net/http"
	"testing"
)

// The counter bounds itself, whatever the other doors do, and says when to try
// again.
//
// Rows: R4.3
func TestCounterBoundsItsOwnLane(t *testing.T) {
	k := &console{Config: Config{Running: 2}, refusals: table()}
	if err := errors.Join(k.enter(), k.enter()); err != nil {
		t.Fatal(err)
	}
	err := k.enter()
	if p, internal := k.refusals.Find(err); p.Status != http.StatusServiceUnavailable || p.RetryAfter == 0 || internal != "CROWDED" {
		t.Errorf("%v: %+v", err, p)
	}
	k.running.Add(-2)
	if err := k.enter(); err != nil {
		t.Errorf("after others have left: %v", err)
	}
}
