// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// doors are those with TLS.
func doors() []string { return []string{"app", "kiosk", "counter"} }

// asks makes one request at a door with a configuration of TLS, and returns
// the status; an error where there was none.
func (w *world) asks(t testing.TB, door string, c *tls.Config) (status int, state *tls.ConnectionState, err error) {
	t.Helper()
	if c.RootCAs == nil {
		c.RootCAs = w.roots
	}
	transport := &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	path := map[string]string{"app": "/app/v1/status", "kiosk": "/kiosk/v1/sessions", "counter": "/counter/sign-in"}[door]
	req := must(http.NewRequestWithContext(ctx, http.MethodGet, w.url(open, door, path), nil))(t)
	res, err := transport.RoundTrip(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.TLS, err
}

// reached are the statuses of whom TLS has let in.
func reached() map[string]int { return map[string]int{"app": 200, "kiosk": 405, "counter": 200} }

// Only TLS 1.2 and 1.3, and of 1.2 only what keeps the past secret and
// authenticates what it encrypts.
func TestTLSVersionsAndSuites(t *testing.T) {
	w := theWorld(t)
	for _, door := range doors() {
		for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
			c := w.dialer(w.certificates(door)...)
			c.MinVersion, c.MaxVersion = version, version
			status, _, err := w.asks(t, door, c)
			if want != (err == nil) || want && status != reached()[door] {
				t.Errorf("%s: %s: %d %v", door, tls.VersionName(version), status, err)
			}
		}
		for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
			if !slices.Contains(suite.SupportedVersions, tls.VersionTLS12) {
				continue
			}
			want := strings.Contains(suite.Name, "_ECDHE_ECDSA_") && (strings.Contains(suite.Name, "_GCM_") || strings.Contains(suite.Name, "POLY1305"))
			c := w.dialer(w.certificates(door)...)
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{suite.ID}
			if _, _, err := w.asks(t, door, c); (err == nil) != want {
				t.Errorf("%s: %s: %v", door, suite.Name, err)
			}
		}
	}
}

// Protocols that are none of ours end the handshake, HTTP/2 among them with all
// its floods, and so do compression and a second handshake inside the first.
func TestTLSIsNotNegotiatedAnew(t *testing.T) {
	w := theWorld(t)
	for _, door := range doors() {
		c := w.dialer(w.certificates(door)...)
		c.NextProtos = []string{"h2"}
		if conn, err := tls.Dial("tcp", w.Address(open, door), c); err == nil {
			t.Errorf("%s speaks HTTP/2", door)
			_ = conn.Close()
		}
	}
	for offered, want := range map[string]string{"h2,http/1.1": "http/1.1", "http/1.1": "http/1.1", "h2": "refused", "evil": "refused", "": ""} {
		c := w.dialer()
		if offered != "" {
			c.NextProtos = strings.Split(offered, ",")
		}
		got := "refused"
		if conn, err := tls.Dial("tcp", w.Address(open, "app"), c); err == nil {
			got = conn.ConnectionState().NegotiatedProtocol
			_ = conn.Close()
		}
		if got != want {
			t.Errorf("offered %q: %q", offered, got)
		}
	}
	openssl, err := exec.LookPath("openssl")
	if err != nil && os.Getenv("KOFU_REQUIRE") == "1" {
		t.Fatal("install openssl")
	}
	if err != nil {
		t.Skip("install openssl")
	}
	for _, door := range doors() {
		args := []string{"s_client", "-connect", w.Address(open, door), "-tls1_2", "-comp", "-servername", "localhost"}
		if door == "kiosk" {
			args = append(args, "-cert", w.Path("terminals", "client.pem"), "-key", w.Path("terminals", "client.key"))
		}
		if door == "counter" {
			args = append(args, "-cert", w.Path("offices", "client.pem"), "-key", w.Path("offices", "client.key"))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		cmd := exec.CommandContext(ctx, openssl, args...)
		cmd.Stdin = io.MultiReader(strings.NewReader("R\n"), &pause{ctx: ctx, left: 700 * time.Millisecond})
		said, _ := cmd.CombinedOutput()
		cancel()
		for _, want := range []string{"Compression: NONE", "RENEGOTIATING", "alert unexpected message"} {
			if !bytes.Contains(bytes.ToLower(said), bytes.ToLower([]byte(want))) {
				t.Errorf("%s: openssl does not say %q:\n%s", door, want, said[max(0, len(said)-1500):])
			}
		}
	}
}

// pause is input that does not come.
type pause struct {
	ctx  context.Context
	left time.Duration
}

func (p *pause) Read([]byte) (int, error) {
	select {
	case <-p.ctx.Done():
	case <-time.After(p.left):
	}
	return 0, io.EOF
}

// Terminals and offices are told from each other, and from everybody else, by
// their certificates alone.
func TestClientCertificatesOpenTheirOwnDoorOnly(t *testing.T) {
	w := theWorld(t)
	stranger := must(newAuthority())(t)
	impostor := must(newAuthority())(t)
	client := func(a *authority, change func(*x509.Certificate)) tls.Certificate {
		return must(a.client(change))(t)
	}
	for _, door := range []string{"kiosk", "counter"} {
		a, other := w.clients[door], map[string]tls.Certificate{"kiosk": w.desk, "counter": w.terminal}[door]
		impostor.root.SubjectKeyId = a.root.SubjectKeyId // of the same name, with another key
		alone := client(stranger, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true })
		for name, c := range map[string]struct {
			certificates []tls.Certificate
			want         int // 0: refused by TLS
		}{
			"its own":                           {w.certificates(door), reached()[door]},
			"none":                              {nil, 0},
			"expired":                           {[]tls.Certificate{client(a, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })}, 0},
			"of tomorrow":                       {[]tls.Certificate{client(a, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(24 * time.Hour) })}, 0},
			"of a server":                       {[]tls.Certificate{client(a, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })}, 0},
			"another authority":                 {[]tls.Certificate{client(stranger, nil)}, 0},
			"an authority's own, with its root": {[]tls.Certificate{{Certificate: [][]byte{alone.Certificate[0], stranger.root.Raw}, PrivateKey: alone.PrivateKey}}, 0},
			"the right name":                    {[]tls.Certificate{client(impostor, nil)}, 0},
			"the other door's":                  {[]tls.Certificate{other}, 0},
			"our own server's":                  {[]tls.Certificate{must(tls.LoadX509KeyPair(w.Path("server.pem"), w.Path("server.key")))(t)}, 0},
			"the gateway's":                     {[]tls.Certificate{must(tls.LoadX509KeyPair(w.Path("client.pem"), w.Path("client.key")))(t)}, 0},
			"not registered":                    {[]tls.Certificate{client(a, nil)}, map[string]int{"kiosk": 405, "counter": 403}[door]},
		} {
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				conf := w.dialer()
				conf.MaxVersion, conf.MinVersion = version, version
				if len(c.certificates) > 0 { // sent whoever is asked for
					conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c.certificates[0], nil }
				}
				status, _, err := w.asks(t, door, conf)
				if (c.want == 0) != (err != nil) || err == nil && status != c.want {
					t.Errorf("%s, %s, %s: %d %v", door, name, tls.VersionName(version), status, err)
				}
			}
		}
	}
	l := must(w.dial(w.Address(open, "kiosk"), client(w.clients["kiosk"], nil)))(t)
	defer l.Close()
	if err := l.write(post("/kiosk/v1/sessions", "Content-Length: 2") + "{}"); err != nil {
		t.Fatal(err)
	}
	if got := must(l.read("POST"))(t); got.code() != "terminal_refused" {
		t.Errorf("a terminal that is not registered: %d %s", got.Status, got.code())
	}
}

// A session that is taken up again brings nobody's identity along: terminals
// and offices show theirs at every connection, and what the app's listener has
// given out opens neither.
func TestTicketsCarryNobody(t *testing.T) {
	w := theWorld(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cache := tls.NewLRUClientSessionCache(8)
		conf := func(certificates ...tls.Certificate) *tls.Config {
			c := w.dialer(certificates...)
			c.MinVersion, c.MaxVersion, c.ClientSessionCache = version, version, cache
			return c
		}
		same := func(door string, certificates ...tls.Certificate) (resumed bool, err error) {
			_, state, err := w.asks(t, door, conf(certificates...))
			return err == nil && state.DidResume, err
		}
		if _, err := same("app"); err != nil {
			t.Fatal(err)
		}
		_, err := same("app")
		for _, door := range []string{"kiosk", "counter"} {
			if _, err := same(door); err == nil {
				t.Errorf("%s opens with the app's ticket", door)
			}
			for range 3 {
				resumed, err2 := same(door, w.certificates(door)...)
				if err = errors.Join(err, err2); resumed {
					t.Errorf("%s: a session was taken up again", door)
				}
			}
			if _, err := same(door); err == nil {
				t.Errorf("%s opens without a certificate after one was shown", door)
			}
			for _, other := range []string{"kiosk", "counter"} {
				if _, err := same(other, w.certificates(door)...); (err == nil) != (other == door) {
					t.Errorf("%s with what %s gave: %v", other, door, err)
				}
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// Whatever name is asked for, it is the same service behind it.
func TestNamesInTheHandshakeChangeNothing(t *testing.T) {
	w := theWorld(t)
	own := must(tls.LoadX509KeyPair(w.Path("server.pem"), w.Path("server.key")))(t)
	for _, name := range []string{"evil.example", "a", strings.Repeat("a", 250) + ".example", "..", "a\x00b", "\xff", "xn--", "*.example", "localhost:443", "日本"} {
		conf := w.dialer()
		conf.ServerName, conf.InsecureSkipVerify = name, true // #nosec G402 -- who answers is looked at below
		conn, err := tls.Dial("tcp", w.Address(open, "app"), conf)
		if err != nil {
			continue // refused
		}
		if !bytes.Equal(conn.ConnectionState().PeerCertificates[0].Raw, own.Certificate[0]) {
			t.Errorf("%q: another certificate", name)
		}
		_ = conn.Close()
	}
}
