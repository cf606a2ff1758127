// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// Withdrawals are told to the record service by whoever makes them; what that
// could not is told here.
const (
	tellEvery    = time.Minute
	tellAtOnce   = 5000      // of them in a round
	alertUntold  = time.Hour // after which the auditor is told
	alertTallied = 24 * time.Hour
)

// teller tells the record service what was withdrawn.
type teller struct {
	revocations staff.Revocations
	alerts      staff.Alerts
	tally       staff.Tally
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
			told := t.tell(ctx, u)
			if told == nil {
				continue
			}
			err = errors.Join(err, told)
			failed[u.Municipality] = errors.Is(told, cert.ErrUnavailable)
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
		err = errors.Join(err, t.alert(ctx, m, n))
	}
	return left, err
}

// tell tells one. What the municipality never issued as the record service
// knows it, such as what was not confirmed, needs no more telling.
func (t *teller) tell(ctx context.Context, u staff.Untold) error {
	id, err := t.open(u.Municipality, u.Sealed)
	if err != nil {
		return err
	}
	if err := t.invalidate(ctx, u.Municipality, id); err != nil && !errors.Is(err, cert.ErrNoIssue) {
		return err
	}
	return t.revocations.Told(ctx, u.Handle)
}

// alert tells the auditor of a municipality, once a day whichever replica is
// first.
func (t *teller) alert(ctx context.Context, m cert.MunicipalityCode, n int) error {
	times, err := t.tally.Count(ctx, "untold/"+string(m), alertTallied)
	if err != nil || times > 1 {
		return err
	}
	return t.alerts.Raise(ctx, staff.Alert{Municipality: m, At: t.now(), Kind: staff.AlertUntold, Count: n})
}
