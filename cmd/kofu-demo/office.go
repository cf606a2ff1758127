// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"kofu/api/counter"
	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cert/municipality"
)

// office is the counter: a listener of its own with mutual TLS, a line to it
// for each PC that stands in a town hall, and the staff.
type office struct {
	*entrance
	keys  *terminalKeys
	lines map[string]*httputil.ReverseProxy // by PC
	staff *staff.Service
	crew  []login
}

// pc is a terminal of the staff.
type pc struct {
	ID           string                `json:"id"`
	Municipality cert.MunicipalityCode `json:"municipality"`
	Place        string                `json:"place"`
}

// pcs are those that stand in the demo.
func pcs() []pc {
	return []pc{
		{"kaku-1", "900010", "本庁1階 1番窓口"},
		{"kaku-2", "900010", "本庁1階 2番窓口"},
		{"mihon-1", "900028", "町民課 窓口"},
		{"shiken-1", "900036", "村役場 窓口"},
	}
}

func pcIDs() (ids []string) {
	for _, p := range pcs() {
		ids = append(ids, p.ID)
	}
	return ids
}

// openOffice opens the counter and gives its staff their accounts. Where it
// is not asked for there is none.
func (w *world) openOffice() (err error) {
	if !w.counter {
		return nil
	}
	o := &office{lines: map[string]*httputil.ReverseProxy{}}
	if o.keys, err = newTerminalKeys(pcIDs()); err != nil {
		return err
	}
	for _, p := range pcs() {
		if err := w.books.AddDesk(context.Background(), "demo", staff.Terminal{
			ID: p.ID, Municipality: p.Municipality, Place: p.Place, Key: o.keys.spki(p.ID), Active: true,
		}); err != nil {
			return err
		}
	}
	rules := w.rules()
	if o.staff, err = staff.New(rules); err != nil {
		return err
	}
	if o.crew, err = hire(context.Background(), rules, o.keys); err != nil {
		return fmt.Errorf("make the accounts of the staff: %w", err)
	}
	console, err := w.newConsole(o.staff)
	if err != nil {
		return err
	}
	if o.entrance, err = openEntrance(context.Background(), console, o.keys.serverTLS(), w.log); err != nil {
		return fmt.Errorf("listen for the PCs of the staff: %w", err)
	}
	w.open = append(w.open, o)
	w.office = o
	return o.layLines(w.log)
}

// rules are what the staff's accounts and sessions are kept with.
func (w *world) rules() staff.Config {
	return staff.Config{
		Accounts: w.books, Book: w.books, SignIns: w.books, Terminals: w.books, Log: w.books, Alerts: w.books,
		Sessions: w.memory.Desks(), Tally: w.memory.Gate(), Passkeys: w.passkeys,
		Policy: demoPolicy(w.now()), Secret: secret(), Now: w.now,
	}
}

// demoPolicy is what the cities decided: the default, but that the demo can be
// tried at any hour. Night is a minute, twelve hours from now, and the office
// is open all day but then. The village, which has nobody yet, has a limit so
// low that it can be reached.
func demoPolicy(now time.Time) func(cert.MunicipalityCode) staff.Policy {
	night := now.In(cert.JST()).Add(12 * time.Hour)
	p := staff.DefaultPolicy()
	p.NightFrom, p.NightUntil = night.Format("15:04"), night.Add(time.Minute).Format("15:04")
	p.OfficeFrom, p.OfficeUntil = p.NightUntil, p.NightFrom
	return func(m cert.MunicipalityCode) staff.Policy {
		p := p
		if m == "900036" {
			p.Hourly = 3
		}
		return p
	}
}

func (w *world) newConsole(rules *staff.Service) (http.Handler, error) {
	towns := municipality.NewDirectory(w.towns, w.books)
	service, err := w.newService(towns)
	if err != nil {
		return nil, err
	}
	return counter.New(counter.Config{
		Staff: rules, Accounts: w.books, Terminals: w.books, Issues: w.books, Revocations: w.books, Approvals: w.books, Decisions: w.books,
		Alerts: w.books, Reviews: w.books, Inquiries: w.books, Acts: w.books, Counts: w.books,
		Persons: service, Desk: service, Aftercare: service,
		Municipalities: towns, Metrics: w.tally, Log: w.log, Now: w.now, Timeout: requestTimeout,
	})
}

// layLines connects each PC: its line adds the client certificate, and passes
// everything else on as it is, both ways.
func (o *office) layLines(log *slog.Logger) error {
	centre, err := url.Parse(o.url)
	if err != nil {
		return err
	}
	for _, id := range pcIDs() {
		o.lines[id] = &httputil.ReverseProxy{
			Transport: o.keys.client(id).Transport,
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(centre)
				r.Out.Host = r.In.Host // by which the console tells its own pages from others
			},
			ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
			ErrorHandler: func(out http.ResponseWriter, _ *http.Request, _ error) {
				noLine().write(out)
			},
		}
	}
	return nil
}

// at returns which PC a browser is: the one its address names, as in
// kaku-2.localhost, so that each has cookies of its own; else the first.
func at(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if id, ok := strings.CutSuffix(host, ".localhost"); ok {
		return id
	}
	return pcIDs()[0]
}

// forward is the line of the PC that a browser is.
func (o *office) forward(out http.ResponseWriter, r *http.Request) {
	line := o.lines[at(r.Host)]
	if line == nil {
		noPC().write(out)
		return
	}
	line.ServeHTTP(out, r)
}

func noPC() trouble {
	return trouble{Title: "その窓口端末はありません。", TitleEn: "There is no such terminal of the staff.", Status: http.StatusNotFound,
		Code: "not_found", Next: text{"/demo/counter の一覧から選んでください。", "Choose one of those at /demo/counter."}}
}

// Close ends the listener, then the lines.
func (o *office) Close() error {
	err := o.entrance.Close()
	for _, line := range o.lines {
		if t, ok := line.Transport.(*http.Transport); ok {
			t.CloseIdleConnections()
		}
	}
	return err
}
