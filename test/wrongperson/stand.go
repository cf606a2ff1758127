// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"context"
	"net/http"
	"os"

	"kofu/cert"
	"kofu/test/card"
	"kofu/test/vrs"
)

// What stands here is for those who attack a site in their own way.

// Path is a file of the site.
func (s *Site) Path(name ...string) string { return s.path(name...) }

// Address is where a replica listens for a door: "app", "kiosk", "counter" or
// "ops".
func (s *Site) Address(replica int, door string) string {
	r := s.replicas[replica]
	return map[string]string{"app": r.app, "kiosk": r.kiosk, "counter": r.counter, "ops": r.ops}[door]
}

// Running reports whether a replica has not ended.
func (s *Site) Running(replica int) bool { return !s.replicas[replica].running.ended() }

// Process is the id of a replica's process.
func (s *Site) Process(replica int) int { return s.replicas[replica].running.cmd.Process.Pid }

// Staff runs a command of the staff, and returns what it says.
func (s *Site) Staff(ctx context.Context, args ...string) (string, error) {
	return s.staff(ctx, args...)
}

// Cards makes cards for the members of the site's crowd.
func (s *Site) Cards() func(vrs.Member) (*card.Card, error) {
	return (&issuer{pki: s.pki, towns: map[cert.MunicipalityCode]*card.Municipality{}}).card
}

// Clerk sits at the terminal of an office, with a browser.
type Clerk struct{ *clerk }

// Office opens the counter, and hires n clerks, who have signed in.
func (s *Site) Office(ctx context.Context, n int) ([]Clerk, error) {
	client, err := s.client("offices", newTable())
	if err != nil {
		return nil, err
	}
	all, err := (&run{site: s, office: client}).openOffice(ctx, n)
	var clerks []Clerk
	for _, c := range all {
		clerks = append(clerks, Clerk{c})
	}
	return clerks, err
}

// Send does what a browser would, and follows it to the page it ends at.
func (c Clerk) Send(ctx context.Context, method, path string, fields ...string) (page string, err error) {
	return c.send(ctx, method, path, fields...)
}

// Browser is the clerk's, with the session in it.
func (c Clerk) Browser() *http.Client { return c.client }

// Base is the address of the counter, which pages are of.
func (c Clerk) Base() string { return c.base }

// Hidden is the value of a field that a page carries on; "" for none.
func Hidden(page, name string) string { return hidden(page, name) }

// Root is the PEM of who certifies the servers.
func (s *Site) Root() ([]byte, error) { return os.ReadFile(s.path(vrs.RootFile)) }
