// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kofu/cert"
	"kofu/test/vrs"
)

type (
	heldBack bool         // a breaker
	shut     cert.Channel // a door
)

func (h heldBack) Open() bool               { return bool(h) }
func (s shut) Stopped(ch cert.Channel) bool { return ch == cert.Channel(s) }

// TestProbes asks a sound site about days and states in which it can serve
// nobody.
func TestProbes(t *testing.T) {
	s := makeSite(t)
	if _, err := s.openKiosk(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.openCounter(); err != nil {
		t.Fatal(err)
	}
	p, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	defer func() { _ = errors.Join(p.redis.Close(), p.sql.Close()) }()
	if why := (&readiness{probes: probes(p, heldBack(false), shut(""), time.Now)}).reasons(t.Context()); len(why) != 1 || why["sql"] == "" {
		t.Errorf("before the tables are made: %v", why)
	}
	if err := p.sql.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	japan := time.FixedZone("JST", 9*60*60)
	long := []string{"certificates", "keys"}
	for name, c := range map[string]struct {
		records heldBack
		issuing shut
		now     time.Time
		want    []string
	}{
		"today":                       {false, "", time.Now(), nil},
		"calls are held back":         {true, "", time.Now(), []string{"vrs"}},
		"door was stopped":            {false, shut(cert.App), time.Now(), []string{"door"}},
		"certificates are over":       {false, "", time.Now().AddDate(1, 0, 1), []string{"certificates"}},
		"signing keys are over":       {false, "", time.Now().AddDate(2, 0, 1), long},
		"before anything was valid":   {false, "", time.Now().Add(-2 * time.Hour), long},
		"last moment of RSA-2048":     {false, "", time.Date(2030, 12, 31, 23, 59, 59, 0, japan), long},
		"first moment of 2031":        {false, "", time.Date(2031, 1, 1, 0, 0, 0, 0, japan), append([]string{"cards"}, long...)},
		"before the anchors' first":   {false, "", time.Date(2015, 9, 30, 23, 59, 59, 0, japan), append([]string{"cards"}, long...)},
		"on the anchors' first":       {false, "", time.Date(2015, 10, 1, 0, 0, 0, 0, japan), long},
		"held back, stopped and over": {true, shut(cert.App), time.Date(2031, 1, 1, 0, 0, 0, 0, japan), append([]string{"cards", "door", "vrs"}, long...)},
		"kiosk was stopped":           {false, shut(cert.Kiosk), time.Now(), []string{"kiosk"}},
		"counter was stopped":         {false, shut(cert.Counter), time.Now(), []string{"counter"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := readiness{probes: probes(p, c.records, c.issuing, func() time.Time { return c.now })}
			why := r.reasons(t.Context())
			for _, w := range c.want {
				if why[w] == "" {
					t.Errorf("%s has nothing to say", w)
				}
			}
			if len(why) != len(c.want) {
				t.Errorf("got %v, want %q", why, c.want)
			}
		})
	}
}

// TestProbeOfOneCertificate: any of the pairs is enough.
func TestProbeOfOneCertificate(t *testing.T) {
	s := makeSite(t)
	if _, err := s.openKiosk(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.openCounter(); err != nil {
		t.Fatal(err)
	}
	p, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	defer func() { _ = p.redis.Close() }()
	over := time.Now().AddDate(1, 0, 1)
	for name, spare := range map[string]*tls.Config{"server's": p.server, "record service's": p.vrs.TLS, "kiosk's": p.kiosk, "counter's": p.counter} {
		pair := spare.Certificates
		spare.Certificates = nil
		for _, probe := range probes(p, heldBack(false), shut(""), func() time.Time { return over }) {
			if probe.name == "certificates" && probe.look(t.Context()) == nil {
				t.Errorf("without the %s, nothing is over", name)
			}
		}
		spare.Certificates = pair
	}
}

// TestReaches shows our certificate to a gateway that judges it after the
// handshake is over for us, and goes by the verdict.
func TestReaches(t *testing.T) {
	ours, theirs := certificates(t), certificates(t)
	stranger := ours.ClientTLS()
	stranger.Certificates = theirs.ClientTLS().Certificates
	stranger.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &stranger.Certificates[0], nil }
	bare := ours.ClientTLS()
	bare.Certificates = nil
	gateway := listenTLS(t, ours.ServerTLS(), func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	hangsUp := listenTLS(t, ours.ServerTLS(), func(net.Conn) {})
	speaks := listenTLS(t, ours.ServerTLS(), func(c net.Conn) { _, _ = c.Write([]byte("hello")); _, _ = io.Copy(io.Discard, c) })
	for name, c := range map[string]struct {
		addr string
		show *tls.Config
		want bool
	}{
		"taken":                       {gateway, ours.ClientTLS(), true},
		"taken, and spoken to":        {speaks, ours.ClientTLS(), true},
		"of another authority":        {gateway, stranger, false},
		"none":                        {gateway, bare, false},
		"gateway of another":          {gateway, theirs.ClientTLS(), false},
		"gateway that hangs up":       {hangsUp, ours.ClientTLS(), false},
		"nobody there":                {"127.0.0.1:1", ours.ClientTLS(), false},
		"address that cannot be read": {"%", ours.ClientTLS(), false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := reaches("https://"+c.addr, c.show)(t.Context()); (err == nil) != c.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func certificates(t *testing.T) *vrs.Certificates {
	t.Helper()
	c, err := vrs.NewCertificates()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// listenTLS serves each connection, once its client is judged, with one call.
func listenTLS(t *testing.T, c *tls.Config, serve func(net.Conn)) (addr string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = raw.Close() }()
				conn := tls.Server(raw, c)
				if conn.HandshakeContext(context.WithoutCancel(t.Context())) == nil {
					serve(conn)
					_ = conn.Close()
				}
			}()
		}
	}()
	return l.Addr().String()
}

// TestReadyAsksForTheVerdict: a server whose certificate the record service
// does not take would answer "unavailable" to everybody.
func TestReadyAsksForTheVerdict(t *testing.T) {
	s := makeSite(t)
	other := t.TempDir()
	if err := certificates(t).Write(other); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{vrs.ClientFile, vrs.ClientKeyFile} {
		data, err := os.ReadFile(filepath.Join(other, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.write(name, data); err != nil {
			t.Fatal(err)
		}
	}
	start(t, s)
	if code, why := ready(t, s); code != http.StatusServiceUnavailable || why["vrs"] == "" || len(why) != 1 {
		t.Errorf("%d %v", code, why)
	}
}

// TestCurrent judges the leaf and its issuer, and nothing above.
func TestCurrent(t *testing.T) {
	pair := certificates(t).ClientTLS().Certificates[0]
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	later := certificates(t).ServerTLS().Certificates[0].Certificate[0]
	for name, c := range map[string]struct {
		chain [][]byte
		at    time.Time
		want  bool
	}{
		"first moment":        {pair.Certificate, leaf.NotBefore, true},
		"before":              {pair.Certificate, leaf.NotBefore.Add(-time.Second), false},
		"last moment":         {pair.Certificate, leaf.NotAfter, true},
		"after":               {pair.Certificate, leaf.NotAfter.Add(time.Second), false},
		"with its issuer":     {[][]byte{leaf.Raw, later}, leaf.NotAfter, true},
		"issuer no longer":    {[][]byte{later, expired(t)}, time.Now(), false},
		"further up, expired": {[][]byte{leaf.Raw, later, expired(t)}, time.Now(), true},
		"no certificate":      {[][]byte{{1}}, time.Now(), false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := current(tls.Certificate{Certificate: c.chain}, c.at); (err == nil) != c.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

// expired is a certificate that ended an hour ago.
func expired(t *testing.T) []byte {
	t.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
