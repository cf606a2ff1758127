// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"kofu/api"
	"kofu/api/app"
	"kofu/api/problem"
	"kofu/api/public"
	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/vrsclient"
)

// certificatesKept bounds the cache of verified EF0004 files: there are about
// 1,750 municipalities, each with a few keys over the years.
const certificatesKept = 8192

// requestTimeout is the default of times.request.
const requestTimeout = 15 * time.Second

// service is everything that serve runs.
type service struct {
	public http.Handler
	ops    http.Handler
	ready  *readiness
}

// wire builds the service from what was loaded.
func wire(p *parts, log *slog.Logger) (*service, error) {
	m := newMetrics(p.hash)
	gateway := p.vrs
	gateway.Observe = m.call
	records, err := vrsclient.New(gateway)
	if err != nil {
		return nil, err
	}
	issuing, err := wireIssuing(p, records, m)
	if err != nil {
		return nil, err
	}
	handler, err := wireAPI(p, issuing, m, log)
	if err != nil {
		return nil, err
	}
	ready := &readiness{probes: probes(p, records, issuing)}
	return &service{public: handler, ops: opsHandler(ready, m, p.hash), ready: ready}, nil
}

func wireIssuing(p *parts, records *vrsclient.Client, m *metrics) (*issuance.Service, error) {
	return issuance.New(issuance.Config{
		Records:        records,
		Register:       records,
		Seals:          p.redis.SealKeys(),
		Keys:           p.ring,
		Municipalities: p.towns,
		Paper:          p.paper,
		Lookout:        m,
		Issuer:         p.config.Issuer,
		UVCISecret:     p.uvci,
		RIDSecret:      p.rid,
		Now:            time.Now,
	})
}

func wireAPI(p *parts, issuing *issuance.Service, m *metrics, log *slog.Logger) (http.Handler, error) {
	published, err := public.New(p.ring, p.config.Issuer)
	if err != nil {
		return nil, err
	}
	s := p.config.Status
	return api.New(api.Config{
		App: &app.Handler{
			Cards: &cardauth.Verifier{
				Anchors: p.anchors, Policy: p.policy, Challenges: p.redis.Challenges(), Cache: cardauth.NewCertificateCache(certificatesKept), Now: time.Now,
			},
			Issuing:        issuing,
			Municipalities: p.towns,
			Status: app.Status{
				Open: s.Open, Close: s.Close, MinimumAppVersion: s.MinimumAppVersion,
				Maintenance: problem.Text{Ja: s.Maintenance.Ja, En: s.Maintenance.En},
			},
			DeepLinkBase: p.config.DeepLinkBase,
			Now:          time.Now,
		},
		Public:         published,
		TrustedProxies: p.config.TrustedProxies,
		Timeout:        p.config.Times.Request.or(requestTimeout),
		Log:            log,
		Metrics:        m,
	})
}

// What /readyz says. The errors behind them go to nobody: they may name hosts.
var (
	errRedis   = errors.New("does not answer, or is not as it must be")
	errGateway = errors.New("does not answer")
	errBreaker = errors.New("has failed too often; calls are held back")
	errKeys    = errors.New("a certificate of a signing key is not valid today")
	errDoor    = errors.New("the app's door was stopped after a mismatch")
)

func probes(p *parts, records *vrsclient.Client, issuing *issuance.Service) []probe {
	dial := reaches(p.config.VRS.BaseURL, p.vrs.TLS)
	is := func(bad bool, err error) error {
		if bad {
			return err
		}
		return nil
	}
	return []probe{
		{"redis", func(ctx context.Context) error { return is(p.redis.Check(ctx) != nil, errRedis) }},
		{"vrs", func(ctx context.Context) error {
			if records.Open() {
				return errBreaker
			}
			return is(dial(ctx) != nil, errGateway)
		}},
		{"keys", func(context.Context) error { return is(p.ring.CheckTime(time.Now()) != nil, errKeys) }},
		{"door", func(context.Context) error { return is(issuing.Stopped(cert.App), errDoor) }},
	}
}
