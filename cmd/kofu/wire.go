// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"kofu/api"
	"kofu/api/public"
	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
	"kofu/cmd/internal/sqlstore"
	"kofu/kiosk"
	"kofu/vrsclient"
)

// certificatesKept bounds the cache of verified EF0004 files: there are about
// 1,750 municipalities, each with a few keys over the years, for each of the two
// applications of a card.
const certificatesKept = 2 * 8192

// requestTimeout is the default of times.request.
const requestTimeout = 15 * time.Second

// service is everything that serve runs.
type service struct {
	public  http.Handler
	kiosk   http.Handler // nil: no kiosk is served
	counter http.Handler // nil: there is no counter
	ops     http.Handler
	ready   *readiness
	work    []func(context.Context) // what is done beside requests, each until its context ends
}

// wire builds the service from what was loaded.
func wire(p *parts, log *slog.Logger) (*service, error) {
	m := newMetrics(p.hash)
	gateway := p.vrs
	gateway.Observe, gateway.Now = m.call, now
	records, err := vrsclient.New(gateway)
	if err != nil {
		return nil, err
	}
	in := newEntrance(p, records, m)
	making := issuingConfig(p, records, m)
	making.Turns, making.Lookout = in.pool.Certificate, lookout{m, log}
	issuing, err := issuance.New(making)
	if err != nil {
		return nil, err
	}
	m.doorStates(issuing, p.served())
	front, err := apiConfig(p, issuing, m, log)
	if err != nil {
		return nil, err
	}
	in.guard(p, front.App, m)
	s := &service{ready: &readiness{probes: probes(p, records, issuing, now)}}
	if s.public, err = api.New(front); err != nil {
		return nil, err
	}
	if p.kiosk != nil {
		door := kioskConfig(p, front, issuing, m.terminals(), log)
		door.Ready = func() bool { return !issuing.Stopped(cert.Kiosk) && !records.Open() }
		door.Admit = in.kiosk()
		if s.kiosk, err = kiosk.New(door); err != nil {
			return nil, &doorError{"kiosk", err}
		}
	}
	if p.counter != nil {
		if err := s.addCounter(p, issuing, m, log); err != nil {
			return nil, &doorError{"counter", err}
		}
	}
	if p.noting != nil {
		n := m.noting()
		s.work = append(s.work, func(ctx context.Context) { p.noting.run(ctx, p.sql.Head, n, log) })
	}
	s.ops = opsHandler(s.ready, m, p.resumer(issuing, log), p.hash)
	return s, nil
}

// doorError is why a door cannot be built.
type doorError struct {
	door string
	err  error
}

func (d *doorError) Error() string { return "wire the " + d.door + ": " + d.err.Error() }
func (d *doorError) Unwrap() error { return d.err }

// kioskTimeout is for one request of a terminal, which shows a screen of its
// own after 20 s without an answer, and asks again before.
const kioskTimeout = 8 * time.Second

// kioskConfig is the door for terminals. Cards are judged as the app's are.
func kioskConfig(p *parts, front api.Config, issuing *issuance.Service, m *terminalMetrics, log *slog.Logger) kiosk.Config {
	return kiosk.Config{
		Sessions:       p.redis.Sessions(),
		Gate:           p.redis.Gate(),
		Terminals:      p.sql,
		Ledger:         p.sql,
		Desk:           issuing,
		Press:          issuing,
		Cards:          front.App.Cards,
		Municipalities: front.App.Municipalities,
		Metrics:        m,
		Repeated:       m.again,
		Log:            log,
		Now:            now,
		Timeout:        min(kioskTimeout, p.config.Times.Request.or(requestTimeout)),
		Texts:          p.texts,
		Networks:       p.config.Kiosk.Networks,
		MaxSessions:    p.config.Kiosk.MaxSessions,
		PerMinute:      p.config.Kiosk.PerMinute,
	}
}

func issuingConfig(p *parts, records *vrsclient.Client, m *metrics) issuance.Config {
	c := issuance.Config{
		Records:        records,
		Register:       records,
		Seals:          p.redis.SealKeys(),
		Keys:           p.ring,
		Municipalities: municipality.NewDirectory(p.towns, p.sql),
		Paper:          p.paper,
		Lookout:        m,
		Issuer:         p.config.Issuer,
		UVCISecret:     p.uvci,
		RIDSecret:      p.rid,
		Now:            now,
		CopyEvident:    p.config.Kiosk.CopyEvident,
	}
	if p.counter != nil {
		c.Desk = records.Desk()
	}
	return c
}

func apiConfig(p *parts, issuing *issuance.Service, m *metrics, log *slog.Logger) (api.Config, error) {
	published, err := public.New(public.Config{Keys: p.ring, Issuer: p.config.Issuer, Revocations: withdrawn{p.sql}, Now: now})
	if err != nil {
		return api.Config{}, err
	}
	m.revocations(published.Known)
	return api.Config{
		App:            appDoor(p, issuing, m, log),
		Public:         published,
		TrustedProxies: p.config.TrustedProxies,
		Timeout:        p.config.Times.Request.or(requestTimeout),
		Log:            log,
		Metrics:        m,
	}, nil
}

// withdrawn is what was withdrawn, as the public lists tell it.
type withdrawn struct{ sql *sqlstore.Store }

// Revoked implements [public.Revocations].
func (w withdrawn) Revoked(ctx context.Context) (r public.Revoked, err error) {
	r.Version, r.RIDs, r.UVCIs, err = w.sql.Revoked(ctx)
	return r, err
}

// What /readyz says. The errors behind them go to nobody: they may name hosts.
var (
	errRedis        = errors.New("does not answer, or is not as it must be")
	errSQL          = errors.New("does not answer, or its tables are not there")
	errGateway      = errors.New("does not answer, or does not take our certificate")
	errBreaker      = errors.New("has failed too often; calls are held back")
	errKeys         = errors.New("a certificate of a signing key is not valid today")
	errDoor         = errors.New("the app's door was stopped after a mismatch")
	errKiosk        = errors.New("the kiosk's door was stopped after a mismatch")
	errCounter      = errors.New("the counter's door was stopped after a mismatch")
	errCertificates = errors.New("a certificate of the server, or the one for the record service, is not valid now")
	errAnchors      = errors.New("none is valid today with a suite that is accepted: every card would be refused")
	errSurface      = errors.New("none of the surface application is valid today with a suite that is accepted: every card would be refused by the app, where app.binding is surface")
)

// breaker tells whether calls of the record service are held back.
type breaker interface{ Open() bool }

// door tells whether a door of this process was stopped after a mismatch.
type door interface{ Stopped(ch cert.Channel) bool }

func probes(p *parts, records breaker, issuing door, now func() time.Time) []probe {
	dial := reaches(p.config.VRS.BaseURL, p.vrs.TLS)
	is := func(bad bool, err error) error {
		if bad {
			return err
		}
		return nil
	}
	list := []probe{
		{"redis", func(ctx context.Context) error { return is(p.redis.Check(ctx) != nil, errRedis) }},
		{"sql", func(ctx context.Context) error { return is(p.sql.Check(ctx) != nil, errSQL) }},
		{"vrs", func(ctx context.Context) error {
			if records.Open() {
				return errBreaker
			}
			return is(dial(ctx) != nil, errGateway)
		}},
		{"keys", func(context.Context) error { return is(p.ring.CheckTime(now()) != nil, errKeys) }},
		{"cards", func(context.Context) error {
			return cardsReady(p, cert.DateOf(now()))
		}},
		{"certificates", func(context.Context) error {
			for _, pair := range pairs(p) {
				if current(pair, now()) != nil {
					return errCertificates
				}
			}
			return nil
		}},
		{"door", func(context.Context) error { return is(issuing.Stopped(cert.App), errDoor) }},
	}
	if p.kiosk != nil {
		list = append(list, probe{"kiosk", func(context.Context) error { return is(issuing.Stopped(cert.Kiosk), errKiosk) }})
	}
	if p.counter != nil {
		list = append(list, probe{"counter", func(context.Context) error { return is(issuing.Stopped(cert.Counter), errCounter) }})
	}
	return list
}

// cardsReady tells whether any card could be accepted on day.
func cardsReady(p *parts, day cert.Date) error {
	switch {
	case p.anchors.UsableFor(cardauth.TextAP, p.policy, day) == 0:
		return errAnchors
	case p.config.App.binding() == cardauth.Surface && p.anchors.UsableFor(cardauth.SurfaceAP, p.policy, day) == 0:
		return errSurface
	}
	return nil
}

// pairs are the certificates we show.
func pairs(p *parts) []tls.Certificate {
	list := slices.Concat(p.server.Certificates, p.vrs.TLS.Certificates)
	if p.kiosk != nil {
		list = append(list, p.kiosk.Certificates...)
	}
	if p.counter != nil {
		list = append(list, p.counter.Certificates...)
	}
	return list
}
