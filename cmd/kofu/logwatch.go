// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cmd/internal/sqlstore"
)

// readLogEvery is how often the operation log is read whole. While somebody
// waits only what is new is read.
const readLogEvery = time.Hour

// logWatch reads the operation log and tells when it is not as it was written.
type logWatch struct {
	verify  func(context.Context, ...sqlstore.Head) (sqlstore.Head, error)
	offices func(context.Context) ([]cert.MunicipalityCode, error)
	alarm   *alarm
	damaged prometheus.Gauge
	read    prometheus.Gauge
	log     *slog.Logger
}

// run reads at once and then every hour, until ctx ends. What could not be
// read, or told, is tried again after some minutes.
func (w *logWatch) run(ctx context.Context) {
	for {
		wait := readLogEvery
		if err := w.once(ctx); err != nil && ctx.Err() == nil {
			w.log.LogAttrs(ctx, slog.LevelError, "operation log", slog.String("cause", err.Error()))
			wait = 5 * time.Minute
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// once reads the log. It is everybody's: each municipality with a counter is
// told.
func (w *logWatch) once(ctx context.Context) error {
	_, err := w.verify(ctx)
	switch {
	case err == nil:
		w.damaged.Set(0)
		w.read.SetToCurrentTime()
		return nil
	case !errors.Is(err, staff.ErrLog):
		return err
	}
	w.damaged.Set(1)
	w.read.SetToCurrentTime()
	all, asked := w.offices(ctx)
	err = errors.Join(err, asked)
	for _, m := range all {
		err = errors.Join(err, w.alarm.once(ctx, staff.Alert{Municipality: m, Kind: staff.AlertLogDamaged, Count: 1}))
	}
	return err
}
