// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"kofu/cert"
	"kofu/kiosk"
)

// softwareKept bounds how many kinds of terminals are told apart: beyond, they
// are counted together, so that one that invents names fills no memory.
const softwareKept = 200

// terminalMetrics is [metrics] with what the kiosk's door counts besides.
type terminalMetrics struct {
	*metrics
	screens  *prometheus.CounterVec
	software *prometheus.CounterVec
	repeated *prometheus.CounterVec

	mu   sync.Mutex
	seen map[kiosk.Software]bool
}

// terminals adds to m what is there only where a kiosk is served.
func (m *metrics) terminals() *terminalMetrics {
	t := &terminalMetrics{
		metrics: m,
		screens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kofu_kiosk_screens_total", Help: "Screens shown, by their id.",
		}, []string{"screen"}),
		software: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kofu_kiosk_sessions_total", Help: "Sessions by what the terminal says of its software and configuration.",
		}, []string{"software", "version", "config"}),
		repeated: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kofu_kiosk_repeated_failures_total", Help: "Failures of one terminal or relay that came again within the hour, by internal code; a success afterwards takes nothing back. Alert above 0.",
		}, []string{"internal"}),
		seen: map[kiosk.Software]bool{},
	}
	t.repeated.WithLabelValues("INTERNAL") // there from the start, at 0
	m.registry.MustRegister(t.screens, t.software, t.repeated)
	for _, crossed := range []string{"true", "false"} {
		m.mismatches.WithLabelValues(string(cert.Kiosk), crossed)
	}
	return t
}

// Screen implements [kiosk.Metrics]. The ids are the program's own.
func (t *terminalMetrics) Screen(id string) { t.screens.WithLabelValues(id).Inc() }

// Report implements [kiosk.Metrics].
func (t *terminalMetrics) Report(s kiosk.Software) {
	t.mu.Lock()
	if !t.seen[s] && len(t.seen) >= softwareKept {
		s = kiosk.Software{Name: "other", Version: "other", Config: "other"}
	} else {
		t.seen[s] = true
	}
	t.mu.Unlock()
	t.software.WithLabelValues(s.Name, s.Version, s.Config).Inc()
}

// again is told of a failure that came again.
func (t *terminalMetrics) again(code string) { t.repeated.WithLabelValues(code).Inc() }
