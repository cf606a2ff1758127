// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/vrsclient"
)

// Withdrawals are told to the record service by whoever makes them; what that
// could not is told here.
const (
	tellEvery   = time.Minute
	tellAtOnce  = 1000      // of each municipality in a round
	alertUntold = time.Hour // after which the auditor is told
)

// teller tells the record service what was withdrawn.
type teller struct {
	revocations staff.Revocations
	alarm       *alarm // nil: nobody is told
	open        func(m cert.MunicipalityCode, sealed []byte) (cert.ID, error)
	invalidate  func(ctx context.Context, m cert.MunicipalityCode, id cert.ID) error
	now         func() time.Time
	waiting     func(n int) // how many are not told; may be nil
	log         *slog.Logger
}

// run tells at once and then every minute, until ctx ends.
func (t *teller) run(ctx context.Context) {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		round, cancel := context.WithTimeout(ctx, tellEvery)
		left, err := t.round(round)
		cancel()
		if err != nil && ctx.Err() == nil {
			t.log.LogAttrs(ctx, slog.LevelError, "withdrawals not told", slog.String("cause", err.Error()), slog.Int("left", left))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// round tells what is to be told, and returns how many are left. One
// municipality whose record service does not answer does not hold up others.
func (t *teller) round(ctx context.Context) (left int, err error) {
	list, err := t.revocations.Untold(ctx, tellAtOnce)
	if err != nil {
		return 0, err
	}
	failed, late := map[cert.MunicipalityCode]bool{}, map[cert.MunicipalityCode]int{}
	for _, u := range list {
		if !failed[u.Municipality] {
			told, fault := t.tell(ctx, u)
			if told {
				continue
			}
			err = errors.Join(err, fault)
			failed[u.Municipality] = errors.Is(fault, cert.ErrUnavailable)
		}
		left++
		if t.now().Sub(u.At) >= alertUntold {
			late[u.Municipality]++
		}
	}
	if t.waiting != nil {
		t.waiting(left)
	}
	for m, n := range late {
		if t.alarm != nil {
			err = errors.Join(err, t.alarm.once(ctx, staff.Alert{Municipality: m, Kind: staff.AlertUntold, Count: n}))
		}
	}
	return left, err
}

// tell tells one, and returns whether it needs no more telling. What the
// record service knows as no issue was never confirmed; but as long as its
// reservation lives it can be, so it is asked again until that has ended.
func (t *teller) tell(ctx context.Context, u staff.Untold) (told bool, err error) {
	id, err := t.open(u.Municipality, u.Sealed)
	if err != nil {
		return false, err
	}
	err = t.invalidate(ctx, u.Municipality, id)
	switch never := errors.Is(err, cert.ErrNoIssue); {
	case never && t.now().Sub(u.At) <= vrsclient.ReservationLife:
		return false, nil
	case err != nil && !never:
		return false, err
	}
	if err := t.revocations.Told(ctx, u.Handle); err != nil {
		return false, err
	}
	return true, nil
}
