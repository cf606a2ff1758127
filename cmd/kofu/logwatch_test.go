// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cmd/internal/sqlstore"
)

// TestLogWatch: a log that is not as it was written is told to each office,
// once, and shown until it is whole; a database that is away is no damage.
//
// Rows: F10, N9, R3.2
func TestLogWatch(t *testing.T) {
	s := &shelf{counts: map[string]int{}}
	all := newMetrics("")
	m := all.counter()
	value := func(name string) float64 {
		list, err := all.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			if f.GetName() == name {
				return f.GetMetric()[0].GetGauge().GetValue()
			}
		}
		t.Fatalf("no %s", name)
		return 0
	}
	damaged := func() bool { return value("kofu_operation_log_damaged") == 1 }
	var found error
	w := &logWatch{
		verify: func(context.Context, ...sqlstore.Head) (sqlstore.Head, error) { return sqlstore.Head{}, found },
		offices: func(context.Context) ([]cert.MunicipalityCode, error) {
			return []cert.MunicipalityCode{"900010", "900028"}, nil
		},
		alarm: &alarm{s, s, time.Now}, damaged: m.damaged, read: m.read, log: slog.New(slog.DiscardHandler),
	}
	if err := w.once(t.Context()); err != nil || len(s.raised) != 0 || value("kofu_operation_log_read_timestamp_seconds") == 0 {
		t.Errorf("whole: %v, %+v", err, s.raised)
	}
	found = errors.New("away")
	if err := w.once(t.Context()); !errors.Is(err, found) || len(s.raised) != 0 || damaged() {
		t.Errorf("away: %v, %+v", err, s.raised)
	}
	found = fmt.Errorf("%w: row 3 was altered", staff.ErrLog)
	for range 2 {
		s.counts = map[string]int{}
		if err := w.once(t.Context()); !errors.Is(err, staff.ErrLog) {
			t.Error(err)
		}
	}
	if len(s.raised) != 2 || s.raised[0].Kind != staff.AlertLogDamaged || s.raised[0].Municipality != "900010" || s.raised[1].Municipality != "900028" || !damaged() {
		t.Errorf("damaged: %+v", s.raised)
	}
	found = nil
	if err := w.once(t.Context()); err != nil || damaged() {
		t.Errorf("mended: %v", err)
	}
}
