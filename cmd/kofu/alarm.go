// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"kofu/api/counter/staff"
)

const (
	alarmAgain = 24 * time.Hour // before one of a kind is raised again
	alarmTurn  = time.Minute    // in which one replica tries
)

// alarm tells auditors what the server finds by itself.
type alarm struct {
	alerts staff.Alerts
	tally  staff.Tally
	now    func() time.Time
}

// once raises an alert unless one of its kind was raised in the day before. Of
// several replicas one tries in a minute; what it could not do is tried again.
func (a *alarm) once(ctx context.Context, about staff.Alert) error {
	now := a.now()
	list, err := a.alerts.Alerts(ctx, about.Municipality, false)
	if err != nil {
		return err
	}
	for _, before := range list {
		if before.Kind == about.Kind && now.Sub(before.At) < alarmAgain {
			return nil
		}
	}
	times, err := a.tally.Count(ctx, "alarm/"+string(about.Kind)+"/"+string(about.Municipality), alarmTurn)
	if err != nil || times > 1 {
		return err
	}
	about.At = now
	return a.alerts.Raise(ctx, about)
}
