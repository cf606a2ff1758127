// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"kofu/api/problem"
	"kofu/cardauth"
	"kofu/cert/municipality"
)

// Config is what the kiosk door is made of. Every field is needed but Texts,
// Networks and those with a default.
type Config struct {
	Sessions       Sessions
	Gate           Gate
	Terminals      Terminals
	Ledger         Ledger
	Desk           Desk
	Press          Press
	Cards          *cardauth.Verifier // its Challenges are not used: a session has its own
	Municipalities *municipality.Directory
	Metrics        Metrics
	Log            *slog.Logger
	Now            func() time.Time
	Ready          func() bool       // whether anything can be issued now; nil: always. Told before consent
	Admit          Admit             // who may begin; nil: all whom Gate lets in
	Repeated       func(code string) // told of a failure that came twice from one terminal or relay within the hour; nil: nobody
	Timeout        time.Duration     // for one request, the record service included; 8 s
	Texts          fs.FS             // one table a language; nil: those of the program
	Networks       []netip.Prefix    // from which connections are taken; none: all
	MaxSessions    int               // at once, over all replicas; 500
	PerMinute      int               // requests of one terminal in a minute; 240
}

// Admit decides whether one more session may begin now, and if not, when it is
// worth coming again. It answers at once and is safe for concurrent use.
type Admit func() (again time.Duration, ok bool)

func (c *Config) check() error {
	if c.Sessions == nil || c.Gate == nil || c.Terminals == nil || c.Ledger == nil || c.Desk == nil || c.Press == nil || c.Cards == nil ||
		c.Cards.Anchors == nil || c.Municipalities == nil || c.Metrics == nil || c.Log == nil || c.Now == nil {
		return errors.New("kiosk: a part is missing")
	}
	if c.Timeout < 0 || c.MaxSessions < 0 || c.PerMinute < 0 {
		return errors.New("kiosk: a number below zero")
	}
	c.Timeout = cmp.Or(c.Timeout, 8*time.Second)
	c.MaxSessions = cmp.Or(c.MaxSessions, 500)
	c.PerMinute = cmp.Or(c.PerMinute, 240)
	if c.Texts == nil {
		c.Texts = embeddedTexts()
	}
	return nil
}

// centre drives the terminals.
type centre struct {
	Config
	texts *texts
	moves map[State]map[EventType]move
}

// New returns the handler of the kiosk listener, which is to be served with
// mutual TLS and on no other listener (C5).
func New(c Config) (http.Handler, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	t, err := loadTexts(c.Texts)
	if err != nil {
		return nil, err
	}
	k := &centre{Config: c, texts: t, moves: moves()}
	e, r := (&problem.Engine{Table: table(), Timeout: c.Timeout, Log: c.Log, Metrics: c.Metrics}).New()
	if err := e.SetTrustedProxies(nil); err != nil {
		return nil, errors.New("kiosk: make the engine")
	}
	r.Handle(http.MethodPost, "/kiosk/v1/sessions", k.as(k.open))
	r.Handle(http.MethodPost, "/kiosk/v1/sessions/:session/events", k.as(k.event))
	return e, nil
}
