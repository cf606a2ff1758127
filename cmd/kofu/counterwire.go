// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kofu/api/counter"
	"kofu/api/counter/passkey"
	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
)

// addCounter builds the door for offices.
func (s *service) addCounter(p *parts, issuing *issuance.Service, m *metrics, log *slog.Logger) error {
	counted := m.counter()
	c, err := counterConfig(p, issuing, counted, log)
	if err != nil {
		return err
	}
	c.Metrics = m
	if s.counter, err = counter.New(c); err != nil {
		return err
	}
	bell := &alarm{alerts: c.Alerts, tally: p.redis.Gate(), now: now}
	t := &teller{
		revocations: p.sql, alarm: bell, open: c.Staff.OpenID, invalidate: issuing.Invalidate,
		now: now, waiting: func(n int) { counted.untold.Set(float64(n)) }, log: log,
	}
	w := &logWatch{verify: p.sql.Verify, offices: p.sql.Offices, alarm: bell, damaged: counted.damaged, read: counted.read, log: log}
	s.work = append(s.work, t.run, w.run)
	return nil
}

func counterConfig(p *parts, issuing *issuance.Service, counted *counterMetrics, log *slog.Logger) (counter.Config, error) {
	alerts := countedAlerts{p.sql, counted.alerts}
	acts := countedLog{p.sql, counted.signIns}
	people, err := staffService(p, p.redis.Desks(), p.redis.Gate(), acts, alerts)
	if err != nil {
		return counter.Config{}, err
	}
	return counter.Config{
		Staff:    people,
		Accounts: p.sql, Terminals: p.sql, Issues: countedIssues{p.sql, counted.issues}, Revocations: p.sql,
		Approvals: p.sql, Decisions: p.sql, Alerts: alerts, Reviews: p.sql, Inquiries: p.sql, Acts: acts, Counts: p.sql,
		Persons: issuing, Desk: issuing, Aftercare: issuing,
		Municipalities: municipality.NewDirectory(p.towns, p.sql),
		Log:            log,
		Now:            now,
		Timeout:        p.config.Times.Request.or(requestTimeout),
		Networks:       p.config.Counter.Networks,
	}, nil
}

// staffService is the rules of who may do what, by this configuration.
func staffService(p *parts, sessions staff.Sessions, tally staff.Tally, acts staff.Log, alerts staff.Alerts) (*staff.Service, error) {
	c := staff.Config{
		Accounts: p.sql, Book: p.sql, SignIns: p.sql, Terminals: p.sql, Sessions: sessions, Tally: tally, Log: acts, Alerts: alerts,
		Policy: p.config.Counter.policyOf, Secret: p.staff, Now: now,
	}
	if id := p.config.Counter.RPID; id != "" {
		keys, err := passkey.New(id, p.config.Counter.Origins, "kofu")
		if err != nil {
			return nil, err
		}
		c.Passkeys = keys
	}
	return staff.New(c)
}

// errOffice is what the command line does not do.
var errOffice = errors.New("there are no sessions on the command line")

// absent stands for what is kept in Redis, to which the command line does not
// speak.
type absent struct{}

// Load implements [staff.Sessions].
func (absent) Load(context.Context, string) ([]byte, int, error) { return nil, 0, errOffice }

// Save implements [staff.Sessions].
func (absent) Save(context.Context, string, []byte, int, time.Duration) error { return errOffice }

// Delete implements [staff.Sessions].
func (absent) Delete(context.Context, string) error { return errOffice }

// Count implements [staff.Tally].
func (absent) Count(context.Context, string, time.Duration) (int, error) { return 0, errOffice }

// people is the rules of who may do what, for the command line.
func (f office) people() (*staff.Service, error) {
	return staffService(f.parts, absent{}, absent{}, f.sql, f.sql)
}

// town finds a municipality that takes part.
func (f office) town(code string) (cert.MunicipalityCode, error) {
	t, known := f.towns.Lookup(cert.MunicipalityCode(code))
	if !known {
		return "", errors.New("-municipality is not in the table of municipalities")
	}
	return t.Code, nil
}
