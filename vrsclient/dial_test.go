// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/cert"
	"kofu/test/vrs"
)

// gateway starts h behind mutual TLS and returns a client of it.
func gateway(t *testing.T, h http.Handler, server func(*tls.Config), edit func(*Config)) *Client {
	t.Helper()
	certs, err := vrs.NewCertificates()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = certs.ServerTLS()
	if server != nil {
		server(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	c := Config{BaseURL: s.URL, TLS: certs.ClientTLS(), Credentials: map[cert.MunicipalityCode]string{"900010": "secret"}}
	if edit != nil {
		edit(&c)
	}
	client, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// seen is a connection that remembers what was written to it, and from where.
type seen struct {
	net.Conn
	mu   sync.Mutex
	from [][]byte
	text bytes.Buffer
}

func (s *seen) Write(p []byte) (int, error) {
	s.mu.Lock()
	s.from = append(s.from, p)
	s.text.Write(p)
	s.mu.Unlock()
	return s.Conn.Write(p)
}

// What net/http writes to the connection comes from its own write buffer for
// the head, and from ours for the body: the digits were never in another.
//
// Rows: C7, E1
func TestBodyPassesTheBuffersOfNetHTTPBy(t *testing.T) {
	var got []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer s.Close()
	c := alone(t, nil, nil)
	tr := transport(Config{TLS: new(tls.Config), Timeout: time.Second, MaxConns: 1})
	var wire *seen
	tr.DialContext = func(_ context.Context, network, address string) (net.Conn, error) {
		raw, err := net.Dial(network, address)
		wire = &seen{Conn: raw}
		return conn{wire}, err
	}
	c.http.Transport, c.base = tr, s.URL
	q := ask(t)
	if _, err := c.FindForCertificate(t.Context(), q).Record(); Cause(err) != CauseRefused {
		t.Fatal(err)
	}
	digits := q.MyNumber.Digits()
	if !bytes.Contains(got, digits) {
		t.Fatal("the number did not arrive")
	}
	wire.mu.Lock()
	defer wire.mu.Unlock()
	if !bytes.Contains(wire.text.Bytes(), digits) {
		t.Fatal("the number was not seen on the wire")
	}
	for i, b := range wire.from {
		if bytes.Contains(b[:cap(b)], digits) {
			t.Errorf("write %d came from a buffer that still has the number", i+1)
		}
	}
}

// The same over TLS, with the transport as it is made: what the dial returns
// is what net/http hands the body to.
func TestDialReturnsAConnectionThatWipes(t *testing.T) {
	c := gateway(t, http.NotFoundHandler(), nil, nil)
	tr := c.http.Transport.(*http.Transport)
	if tr.Proxy != nil {
		t.Error("a proxy may be used")
	}
	dial, dialled := tr.DialTLSContext, false
	tr.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		got, err := dial(ctx, network, address)
		if _, ok := got.(conn); err == nil && !ok {
			t.Errorf("dialled a %T", got)
		}
		dialled = true
		return got, err
	}
	if _, err := c.FindForCertificate(t.Context(), ask(t)).Record(); Cause(err) != CauseRefused || !dialled {
		t.Errorf("%v, dialled %v", err, dialled)
	}
}

func TestDialsAreBoundedByTheirOwnTimeout(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{time.Second: time.Second, time.Minute: maxDial} {
		if got := dialer(Config{TLS: new(tls.Config), Timeout: timeout}).NetDialer.Timeout; got != want {
			t.Errorf("time-out %v: a dial has %v, want %v", timeout, got, want)
		}
	}
}

// A gateway that takes connections and says nothing, then one that does: the
// connections given up on must not hold the only place.
func TestConnectionsGivenUpOnAreGivenBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan time.Duration, 1)
	go func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			start := time.Now()
			_, _ = io.Copy(io.Discard, raw) // ends when the other side gives up
			_ = raw.Close()
			ended <- time.Since(start)
		}
	}()
	c := alone(t, nil, nil)
	const timeout = 300 * time.Millisecond
	c.http.Transport = transport(Config{TLS: new(tls.Config), Timeout: timeout, MaxConns: 1})
	c.base, c.timeout = "https://"+l.Addr().String(), timeout/3
	if _, err := c.FindForCertificate(t.Context(), ask(t)).Record(); Cause(err) != CauseTimeout {
		t.Fatal(err)
	}
	select {
	case took := <-ended:
		if took > 10*timeout {
			t.Errorf("given up after %v", took)
		}
	case <-time.After(10 * time.Second):
		t.Error("a handshake that gets no answer is never given up")
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		var mu sync.Mutex
		var called []string
		c := gateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			called = append(called, r.Method+" "+r.URL.Path)
			mu.Unlock()
			if r.URL.Path == "/v1/find" {
				http.Redirect(w, r, "/elsewhere", code)
			}
		}), nil, nil)
		if _, err := c.FindForCertificate(t.Context(), ask(t)).Record(); Cause(err) != CauseRefused {
			t.Errorf("%d: %v", code, err)
		}
		if !slices.Equal(called, []string{"POST /v1/find"}) {
			t.Errorf("%d: called %q", code, called)
		}
	}
}

func TestOldTLSIsRefusedWhateverTheConfigurationSays(t *testing.T) {
	for name, x := range map[string]struct {
		version uint16
		cause   string
	}{
		"TLS 1.1": {tls.VersionTLS11, CauseConnection},
		"TLS 1.2": {tls.VersionTLS12, CauseRefused},
	} {
		c := gateway(t, http.NotFoundHandler(), func(s *tls.Config) { s.MinVersion, s.MaxVersion = tls.VersionTLS10, x.version },
			func(c *Config) { c.TLS.MinVersion, c.Attempts = tls.VersionTLS10, 1 })
		if _, err := c.FindForCertificate(t.Context(), ask(t)).Record(); Cause(err) != x.cause {
			t.Errorf("%s: %v, want %s", name, err, x.cause)
		}
	}
}

// Who sees the length of an answer compressed with what they sent can guess
// at the rest; and what unpacks to a gigabyte is not unpacked.
func TestNoCompressionIsAskedFor(t *testing.T) {
	var asked []string
	c := gateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Values("Accept-Encoding")
		w.WriteHeader(http.StatusBadRequest)
	}), nil, nil)
	if _, err := c.FindForCertificate(t.Context(), ask(t)).Record(); Cause(err) != CauseRefused {
		t.Fatal(err)
	}
	if len(asked) > 0 {
		t.Errorf("asked for %s", strings.Join(asked, ", "))
	}
}
