// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// counterMetrics is what the counter's door counts besides.
type counterMetrics struct {
	alerts  *prometheus.CounterVec
	signIns *prometheus.CounterVec
	issues  *prometheus.CounterVec
	untold  prometheus.Gauge
	damaged prometheus.Gauge
	read    prometheus.Gauge
}

// counter adds to m what is there only where there is a counter. All is there
// from the start, at 0.
func (m *metrics) counter() *counterMetrics {
	c := &counterMetrics{
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kofu_counter_alerts_total", Help: "Alerts raised for auditors, by kind.",
		}, []string{"kind"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kofu_counter_sign_ins_total", Help: "Sign-ins of staff.",
		}, []string{"accepted"}),
		issues: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kofu_counter_issues_total", Help: "Times a certificate was to be handed over at the counter, printing again included; held: a second person must approve first.",
		}, []string{"held"}),
		untold: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kofu_counter_untold_withdrawals", Help: "Withdrawals of which the record service has not been told.",
		}),
	}
	c.damaged = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "kofu_operation_log_damaged", Help: "1 when the operation log, read whole, was not as it was written.",
	})
	c.read = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "kofu_operation_log_read_timestamp_seconds", Help: "When the operation log was last read whole; 0: not yet.",
	})
	m.registry.MustRegister(c.alerts, c.signIns, c.issues, c.untold, c.damaged, c.read)
	for _, kind := range []staff.AlertKind{staff.AlertFamily, staff.AlertNight, staff.AlertFruitless, staff.AlertSignIn, staff.AlertHeld,
		staff.AlertOtherCity, staff.AlertLogDamaged, staff.AlertUntold, staff.AlertEnrolment, staff.AlertWithdrawn} {
		c.alerts.WithLabelValues(string(kind))
	}
	for _, is := range []string{"true", "false"} {
		c.signIns.WithLabelValues(is)
		c.issues.WithLabelValues(is)
		m.mismatches.WithLabelValues(string(cert.Counter), is)
	}
	return c
}

// alertBook is staff.Alerts under a name that none of its methods has.
type alertBook interface{ staff.Alerts }

// countedAlerts counts what is raised.
type countedAlerts struct {
	alertBook
	raised *prometheus.CounterVec
}

// Raise implements [staff.Alerts].
func (c countedAlerts) Raise(ctx context.Context, a staff.Alert) error {
	err := c.alertBook.Raise(ctx, a)
	if err == nil {
		c.raised.WithLabelValues(string(a.Kind)).Inc()
	}
	return err
}

// countedLog counts sign-ins, which are all in the log.
type countedLog struct {
	staff.Log
	signIns *prometheus.CounterVec
}

// Write implements [staff.Log].
func (c countedLog) Write(ctx context.Context, a staff.Act) error {
	err := c.Log.Write(ctx, a)
	if err == nil && (a.Operation == staff.OpSignIn || a.Operation == staff.OpSignInFailed) {
		c.signIns.WithLabelValues(strconv.FormatBool(a.Operation == staff.OpSignIn)).Inc()
	}
	return err
}

// countedIssues counts what was noted, and what was held.
type countedIssues struct {
	staff.Issues
	issues *prometheus.CounterVec
}

// NoteIssue implements [staff.Issues].
func (c countedIssues) NoteIssue(ctx context.Context, i staff.Issue, l staff.Limit) error {
	err := c.Issues.NoteIssue(ctx, i, l)
	if held := errors.Is(err, staff.ErrHeld); err == nil || held {
		c.issues.WithLabelValues(strconv.FormatBool(held)).Inc()
	}
	return err
}
