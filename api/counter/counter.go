// SPDX-License-Identifier: Apache-2.0

// Package counter is the console of municipal staff, in the browser: pages
// made by the server, one stylesheet, and a script without which everything
// but passkeys works as well.
//
// It is served with mutual TLS on a listener of its own. The client
// certificate says which terminal a request is of, and the terminal which
// municipality: no request names one. Who may do what is told by package
// staff; which page needs which function is told by [Routes] and nowhere else.
//
// Whatever shows an applicant is the answer to a POST, and is not stored by
// the browser. What a page carries on to the next one is sealed: a person
// found, a past certificate, an application that was looked at. A My Number is
// read from the body of one request, and from nowhere else.
//
// Bodies are read whole before anything is done with them, 260 KiB at most. How
// long a slow one may take is not bounded here but by the ReadTimeout of the
// server, which whoever serves the handler has to set.
package counter

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"kofu/api/counter/staff"
	"kofu/api/problem"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
)

// Persons finds people in one municipality's partition. Both calls honour ctx
// and are safe for concurrent use; [issuance.Service] has them.
type Persons interface {
	// Search may answer [cert.ErrNoRecord], [cert.ErrTooMany] and
	// [cert.ErrUnavailable].
	Search(ctx context.Context, q cert.Search) ([]cert.Candidate, error)
	// Dossier opens the file of a person found; [cert.ErrBlocked] to who is not
	// entitled, [cert.ErrNoRecord] for a reference that has ended or is of
	// another municipality.
	Dossier(ctx context.Context, m cert.MunicipalityCode, ref cert.PersonRef, entitled bool) (*issuance.Dossier, error)
}

// Desk issues, from the look at what will be certified to the paper. See
// [issuance.Service], which has all three.
type Desk interface {
	ReviewDesk(ctx context.Context, a issuance.DeskApplication) (*issuance.Preview, issuance.Sealed, error)
	Preview(ctx context.Context, token string, w issuance.Who) (*issuance.Preview, error)
	// IssueDesk is idempotent by its token. witness is called before the
	// certificate is confirmed; its error is returned as it is.
	IssueDesk(ctx context.Context, token string, w issuance.Who, witness func(ctx context.Context, i *issuance.Issued) error) (*issuance.Issued, error)
}

// Aftercare is what is done with an application or a certificate that nobody
// wants any more. See [issuance.Service], which has all three.
type Aftercare interface {
	// Discard shreds a sealed application. One that has ended is no error.
	Discard(ctx context.Context, token string, w issuance.Who) error
	Withdrawal(id cert.ID) (rids map[string][]string, uvci string)
	Invalidate(ctx context.Context, m cert.MunicipalityCode, id cert.ID) error
}

// Config is what the console is made of. Every field is needed but Networks
// and Timeout.
type Config struct {
	Staff *staff.Service

	Accounts    staff.Accounts
	Terminals   staff.Terminals
	Issues      staff.Issues
	Revocations staff.Revocations
	Approvals   staff.Approvals
	Decisions   staff.Decisions
	Alerts      staff.Alerts
	Reviews     staff.Reviews
	Inquiries   staff.Inquiries
	Acts        staff.Log // the operation log
	Counts      staff.Counts

	Persons   Persons
	Desk      Desk
	Aftercare Aftercare

	Municipalities *municipality.Directory
	Metrics        problem.Metrics
	Log            *slog.Logger // the server's own log: nothing of persons
	Now            func() time.Time
	Timeout        time.Duration  // for one request, the record service included; 15 s
	Running        int            // requests at once, a lane of the counter's own; 64
	Networks       []netip.Prefix // from which connections are taken; none: all
}

func (c *Config) check() error {
	if c.Staff == nil || c.Accounts == nil || c.Terminals == nil || c.Issues == nil || c.Revocations == nil || c.Approvals == nil ||
		c.Decisions == nil || c.Alerts == nil || c.Reviews == nil || c.Inquiries == nil || c.Acts == nil || c.Counts == nil ||
		c.Persons == nil || c.Desk == nil || c.Aftercare == nil ||
		c.Municipalities == nil || c.Metrics == nil || c.Log == nil || c.Now == nil {
		return errors.New("counter: a part is missing")
	}
	if c.Timeout < 0 || c.Running < 0 {
		return errors.New("counter: a number below zero")
	}
	c.Timeout = cmp.Or(c.Timeout, 15*time.Second)
	c.Running = cmp.Or(c.Running, 64)
	return nil
}

// console serves the pages.
type console struct {
	Config
	texts    map[string]texts
	pages    map[string]pages
	refusals *problem.Table
	running  atomic.Int64
}

// New returns the handler of the counter's listener, which is to be served
// with mutual TLS and on no other listener (F1, F2).
func New(c Config) (http.Handler, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	k := &console{Config: c, pages: map[string]pages{}, refusals: table()}
	var err error
	if k.texts, err = loadTexts(); err != nil {
		return nil, err
	}
	for lang, t := range k.texts {
		if k.pages[lang], err = loadPages(t); err != nil {
			return nil, err
		}
	}
	e, r := (&problem.Engine{Table: k.refusals, Timeout: c.Timeout, Log: c.Log, Metrics: c.Metrics}).New()
	if err := e.SetTrustedProxies(nil); err != nil {
		return nil, errors.New("counter: make the engine")
	}
	e.Use(secure)
	for _, route := range Routes() {
		r.Handle(route.Method, route.Path, k.serve(route))
	}
	e.NoRoute(r.Wrap(k.serve(Route{handle: func(*visit) error { return problem.ErrNotFound }})))
	e.NoMethod(r.Wrap(k.serve(Route{handle: func(*visit) error { return problem.ErrMethod }})))
	return e, nil
}
