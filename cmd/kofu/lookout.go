// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"kofu/cert"
)

// lookout is told of a finished certificate that did not say what it should,
// counts it, and says so where operators are woken by it.
type lookout struct {
	*metrics
	log *slog.Logger
}

// Mismatch implements [issuance.Lookout].
func (l lookout) Mismatch(ch cert.Channel, crossed bool) {
	l.metrics.Mismatch(ch, crossed)
	what := "a finished certificate did not say what it should, and was not handed over"
	if crossed {
		what = "persons are getting mixed up: a door has stopped"
	}
	l.log.LogAttrs(context.Background(), slog.LevelError, what, slog.String("door", string(ch)))
}

// doorStates adds, for each door that is served, whether it is stopped.
func (m *metrics) doorStates(issuing door, doors []cert.Channel) {
	for _, ch := range doors {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "kofu_door_stopped", Help: "1 while a door of this replica is stopped after a mismatch; kofu resume opens it again. Alert above 0.",
			ConstLabels: prometheus.Labels{"channel": string(ch)},
		}, func() float64 {
			if issuing.Stopped(ch) {
				return 1
			}
			return 0
		}))
	}
}

// served lists the doors that there are.
func (p *parts) served() []cert.Channel {
	list := []cert.Channel{cert.App}
	if p.kiosk != nil {
		list = append(list, cert.Kiosk)
	}
	if p.counter != nil {
		list = append(list, cert.Counter)
	}
	return list
}
