// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kofu/cert"
)

// metrics counts what happened, by fixed words. No label ever holds anything
// of a person, a municipality's record or an address.
type metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.CounterVec
	took       *prometheus.HistogramVec
	calls      *prometheus.CounterVec
	callsTook  *prometheus.HistogramVec
	mismatches *prometheus.CounterVec
}

// newMetrics also tells, as kofu_build_info, which build with which
// configuration runs: replicas that differ show at a glance (R1.7).
func newMetrics(configHash string) *metrics {
	b := readBuild()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "kofu_build_info", Help: "1; the labels tell what runs.",
		ConstLabels: prometheus.Labels{"version": b.version, "revision": b.revision, "go": b.toolchain, "config": configHash},
	})
	info.Set(1)
	seconds := prometheus.ExponentialBuckets(0.005, 2, 12) // 5 ms to 10 s
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kofu_requests_total", Help: "Requests by route, the code callers see, and the one they do not.",
		}, []string{"route", "code", "internal"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kofu_request_seconds", Help: "Time of a request.", Buckets: seconds,
		}, []string{"route"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kofu_vrs_calls_total", Help: "Calls of the record service, by cause of failure.",
		}, []string{"call", "cause"}),
		callsTook: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kofu_vrs_call_seconds", Help: "Time of a call of the record service.", Buckets: seconds,
		}, []string{"call"}),
		mismatches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kofu_issue_identity_mismatch_total", Help: "Finished certificates that did not say what they should. Alert above 0.",
		}, []string{"channel", "crossed"}),
	}
	m.registry.MustRegister(info, m.requests, m.took, m.calls, m.callsTook, m.mismatches,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, crossed := range []string{"true", "false"} {
		m.mismatches.WithLabelValues(string(cert.App), crossed) // there from the start, at 0
	}
	return m
}

// revocations tells of which moment the published lists are. Alert when that is
// more than a few minutes ago.
func (m *metrics) revocations(known func() time.Time) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kofu_revocations_known_timestamp_seconds", Help: "When the database last told what is revoked, for the published lists; 0: not asked yet. It is asked when somebody asks for them.",
	}, func() float64 {
		if at := known(); !at.IsZero() {
			return float64(at.UnixMilli()) / 1000
		}
		return 0
	}))
}

// Count implements [api.Metrics].
func (m *metrics) Count(route, public, internal string, took time.Duration) {
	m.requests.WithLabelValues(route, public, internal).Inc()
	m.took.WithLabelValues(route).Observe(took.Seconds())
}

// Mismatch implements [issuance.Lookout].
func (m *metrics) Mismatch(ch cert.Channel, crossed bool) {
	m.mismatches.WithLabelValues(string(ch), strconv.FormatBool(crossed)).Inc()
}

// call is told of every call of the record service.
func (m *metrics) call(name, cause string, took time.Duration) {
	m.calls.WithLabelValues(name, cause).Inc()
	m.callsTook.WithLabelValues(name).Observe(took.Seconds())
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
