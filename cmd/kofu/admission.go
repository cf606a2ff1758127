// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kofu/api/admission"
	"kofu/api/app"
	"kofu/cert"
	"kofu/kiosk"
	"kofu/vrsclient"
)

// requestsAtOnce is the default of admission.requests.
const requestsAtOnce = 1024

// entrance is what decides who may begin, and whose turn it is.
type entrance struct {
	pool    *admission.Pool
	judge   *admission.Judge // nil: everybody may
	records *vrsclient.Client
}

// newEntrance makes one for this process.
func newEntrance(p *parts, records *vrsclient.Client, m *metrics) entrance {
	c, counted := p.config.Admission, m.admission(doors(p))
	cores := runtime.GOMAXPROCS(0)
	e := entrance{records: records, pool: admission.NewPool(cmp.Or(c.Workers, cores), time.Now, counted.waitedFor)}
	if c.Off {
		return e
	}
	e.judge = admission.NewJudge(admission.Config{
		Pool: e.pool, Cores: cores, Now: time.Now, CPU: processorTime(), Lag: schedulerLag(),
		Records: records,
		Known:   func(m cert.MunicipalityCode) bool { _, known := p.towns.Lookup(m); return known },
		Decided: counted.decided,
	})
	return e
}

// guard sets it before the app's door.
func (e entrance) guard(p *parts, door *app.Handler, m *metrics) {
	door.Cards.Turns = e.pool.Card // the kiosk's cards are proved by the same verifier
	door.Running = cmp.Or(p.config.Admission.Requests, requestsAtOnce)
	if e.judge != nil {
		door.Entrance = e.judge
	}
	e.tell(m, door.InFlight)
}

// kiosk decides about sessions of terminals. Which municipality one is for is
// chosen later.
func (e entrance) kiosk() kiosk.Admit {
	if e.judge == nil {
		return nil
	}
	return func() (time.Duration, bool) {
		err := e.judge.Admit(cert.Kiosk, "")
		if r, ok := errors.AsType[*admission.Refusal](err); ok {
			return max(time.Minute, 4*r.After), false // a person walks away, and back
		}
		return 0, true
	}
}

// admissionMetrics is what is told of who was let in.
type admissionMetrics struct {
	decisions map[cert.Channel]map[admission.Reason]prometheus.Counter
	waited    map[cert.Channel]prometheus.Observer
}

// doors are those that are served.
func doors(p *parts) []cert.Channel {
	list := []cert.Channel{cert.App}
	if p.kiosk != nil {
		list = append(list, cert.Kiosk)
	}
	if p.counter != nil {
		list = append(list, cert.Counter)
	}
	return list
}

func (m *metrics) admission(doors []cert.Channel) *admissionMetrics {
	decisions := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kofu_admission_total", Help: "Who asked to begin at a door, by what came of it: admitted, or why not.",
	}, []string{"door", "decision"})
	waited := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "kofu_work_wait_seconds", Help: "Time that card proofs and certificates waited for their turn.",
		Buckets: prometheus.ExponentialBuckets(0.00025, 4, 8), // to 4 s
	}, []string{"door"})
	m.registry.MustRegister(decisions, waited)
	a := &admissionMetrics{map[cert.Channel]map[admission.Reason]prometheus.Counter{}, map[cert.Channel]prometheus.Observer{}}
	for _, ch := range doors {
		a.waited[ch], a.decisions[ch] = waited.WithLabelValues(string(ch)), map[admission.Reason]prometheus.Counter{}
		for _, r := range admission.Reasons() { // all there from the start, at 0
			if ch != cert.Counter {
				a.decisions[ch][r] = decisions.WithLabelValues(string(ch), string(r))
			}
		}
	}
	return a
}

func (a *admissionMetrics) decided(ch cert.Channel, r admission.Reason) {
	if c := a.decisions[ch][r]; c != nil {
		c.Inc()
	}
}

func (a *admissionMetrics) waitedFor(ch cert.Channel, d time.Duration) {
	if o := a.waited[ch]; o != nil {
		o.Observe(d.Seconds())
	}
}

// tell adds what is told of the state of things when it is asked for.
func (e entrance) tell(m *metrics, inFlight func() int) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("kofu_app_in_flight", "Applications and certificates of the app that are being served.", func() float64 { return float64(inFlight()) })
	gauge("kofu_vrs_running", "Calls of the record service that run.", func() float64 { running, _ := e.records.InUse(); return float64(running) })
	gauge("kofu_vrs_waiting", "Calls of the record service that wait for a connection.", func() float64 { _, waiting := e.records.InUse(); return float64(waiting) })
	if e.judge == nil {
		return
	}
	gauge("kofu_admission_capacity", "Issues a second that the app's door would let in if all were for it, as measured.", func() float64 { return e.judge.State().Rate })
	gauge("kofu_admission_trim", "What experience makes of the capacity reckoned: below 1, turns were waited for too long.", func() float64 { return e.judge.State().Trim })
	gauge("kofu_admission_issue_seconds", "Computing that an issue of the app takes, as measured.", func() float64 { return e.judge.State().Cost.Seconds() })
	gauge("kofu_admission_busy_ratio", "Part of the processors' time that this process uses.", func() float64 { return e.judge.State().Busy })
}
