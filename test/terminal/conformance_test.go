// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"kofu/test/terminal"
	"kofu/test/vrs"
)

// What the kit is told when it is run against a service that runs elsewhere;
// the package comment says how.
var (
	service   = flag.String("service", "", "addresses of the service's replicas, by commas; none: a service in this process")
	authority = flag.String("ca", "", "PEM file of the authority that the service's certificate is of")
	certFile  = flag.String("cert", "", "PEM file of a terminal's certificate")
	keyFile   = flag.String("key", "", "PEM file of its key")
	cert2File = flag.String("cert2", "", "PEM file of a second terminal's certificate; none: some scenarios are skipped")
	key2File  = flag.String("key2", "", "PEM file of its key")
	strange   = flag.String("stranger-cert", "", "PEM file of a certificate of no terminal; none: a scenario is skipped")
	strangeK  = flag.String("stranger-key", "", "PEM file of its key")
	terminal1 = flag.String("terminal", "", "behind a relay: the id of the terminal")
	cards     = flag.String("cards", "", "address of the demo on whose desk the cards of the made-up residents lie")
	slow      = flag.Bool("slow", false, "wait for time-outs as long as a real terminal would")
)

// Rows: A3, B6, C1, C7, D1, D2, D3, R4.3
func TestConformance(t *testing.T) {
	e := remote(t)
	if e == nil {
		here := newWorld(t).env(&terminal.QuickClock{})
		e = &here
	}
	for _, s := range terminal.Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			if missing := s.Missing(*e); missing != nil {
				if *service == "" {
					t.Fatalf("nobody here for %q", missing)
				}
				t.Skipf("needs %q", missing)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if *slow {
				ctx = t.Context()
			}
			defer cancel()
			if err := s.Run(ctx, *e); err != nil {
				t.Error(err)
			}
		})
	}
}

// remote is the service that the flags name, or nil.
func remote(t *testing.T) *terminal.Env {
	t.Helper()
	if *service == "" {
		return nil
	}
	e := &terminal.Env{Config: terminal.Config{URLs: strings.Split(*service, ","), ID: *terminal1, Clock: &terminal.QuickClock{}}}
	if *slow {
		e.Config.Clock = terminal.WallClock{}
	}
	e.Config.HTTP = mutual(t, *certFile, *keyFile)
	if *cert2File != "" {
		e.Other = mutual(t, *cert2File, *key2File)
	}
	if *strange != "" {
		e.Stranger = mutual(t, *strange, *strangeK)
	}
	desk := terminal.Desk{URL: *cards}
	e.Person = func(n terminal.Need) (terminal.Person, bool) { return atDesk(t, desk, n) }
	return e
}

// mutual is a client that shows a certificate.
func mutual(t *testing.T, certificate, key string) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(must(os.ReadFile(*authority))(t)) {
		t.Fatal("-ca has no certificate in it")
	}
	own := must(tls.LoadX509KeyPair(certificate, key))(t)
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool, Certificates: []tls.Certificate{own}}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// atDesk is a resident whose card lies on the demo's desk.
func atDesk(t *testing.T, desk terminal.Desk, n terminal.Need) (terminal.Person, bool) {
	t.Helper()
	who := residentFor(n)
	if who == "" || desk.URL == "" {
		return terminal.Person{}, false
	}
	for _, r := range vrs.Residents() {
		if r.ID != who {
			continue
		}
		if err := desk.Unblock(t.Context(), who); err != nil {
			t.Fatal(err)
		}
		return terminal.Person{Card: desk.Card(who), PIN: r.PIN, Towns: townsFor(n, string(r.Municipality))}, true
	}
	return terminal.Person{}, false
}
