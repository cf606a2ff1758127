// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"kofu/cardauth/attest"
)

// phoneMetrics is what the door for phones counts besides.
type phoneMetrics struct {
	refusals  *prometheus.CounterVec
	uncounted prometheus.Counter
}

// phones adds to m what the door for phones counts under policy. All is there
// from the start, at 0.
func (m *metrics) phones(policy attest.Policy) *phoneMetrics {
	c := &phoneMetrics{
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kofu_device_refusals_total", Help: "Proofs of a genuine app that were not good, by reason; where attestation is not required, they were let through.",
		}, []string{"code"}),
		uncounted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kofu_app_uncounted_total", Help: "Calls let through uncounted because Redis did not count. Alert above 0: there are no limits then.",
		}),
	}
	inForce := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "kofu_app_attestation", Help: "1; the label tells what becomes of an app that has not proved itself. Alert on any but required.",
		ConstLabels: prometheus.Labels{"policy": string(policy)},
	})
	inForce.Set(1)
	m.registry.MustRegister(c.refusals, c.uncounted, inForce)
	for _, code := range attest.Codes() {
		c.refusals.WithLabelValues(string(code))
	}
	return c
}
