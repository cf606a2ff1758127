// SPDX-License-Identifier: Apache-2.0

package wiping

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/test/vrs"
)

const secret = "900000001377"

// kept wraps a listener and remembers its connections.
type kept struct {
	net.Listener
	mu  sync.Mutex
	all []*Conn
}

// world is a server, and what its connections hold.
type world struct {
	addr   string
	client *tls.Config
	conns  *kept
}

// begin serves with each connection remembered.
func begin(t *testing.T, h http.HandlerFunc) *world {
	t.Helper()
	certs, err := vrs.NewCertificates()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{addr: l.Addr().String(), client: certs.ClientTLS(), conns: new(kept)}
	s := &http.Server{ReadHeaderTimeout: 5 * time.Second, TLSConfig: certs.ServerTLS()}
	s.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*Conn); ok {
			w.conns.mu.Lock()
			w.conns.all = append(w.conns.all, c)
			w.conns.mu.Unlock()
		}
		h(rw, r)
	})
	done := make(chan struct{})
	go func() { defer close(done); _ = Serve(s, l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return w
}

// holds reports whether a connection has the secret in what it was lent.
func (w *world) holds() bool {
	w.conns.mu.Lock()
	defer w.conns.mu.Unlock()
	for _, c := range w.conns.all {
		c.mu.Lock()
		found := bytes.Contains(c.buffer, []byte(secret))
		c.mu.Unlock()
		if !underRace { // crypto/tls reads there, without a lock that we could have
			for _, b := range c.below.held[:cap(c.below.held)] {
				found = found || bytes.Contains(b, []byte(secret))
			}
		}
		if found {
			return true
		}
	}
	return false
}

func (w *world) dial(t *testing.T) *tls.Conn {
	t.Helper()
	config := w.client.Clone()
	config.ServerName, config.NextProtos = "localhost", []string{"h2", "http/1.1"}
	c, err := tls.Dial("tcp", w.addr, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func request(body string) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// Rows: C3
func TestNothingIsLeftOfARequest(t *testing.T) {
	var w *world
	seen := make(chan bool, 1)
	w = begin(t, func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		seen <- err == nil && bytes.Contains(body, []byte(secret)) && r.TLS != nil && r.TLS.HandshakeComplete && r.ProtoMajor == 1
		clear(body)
		rw.WriteHeader(http.StatusNoContent)
	})
	c := w.dial(t)
	if p := c.ConnectionState().NegotiatedProtocol; p != "http/1.1" {
		t.Errorf("protocol %q", p)
	}
	answers := bufio.NewReader(c)
	for _, body := range []string{secret, strings.Repeat(".", 3000) + secret, strings.Repeat(".", 40_000) + secret + strings.Repeat(".", 10), secret + strings.Repeat(".", 70_000)} {
		if _, err := io.WriteString(c, request(body)); err != nil {
			t.Fatal(err)
		}
		if res, err := http.ReadResponse(answers, nil); err != nil || res.StatusCode != http.StatusNoContent || !<-seen {
			t.Fatalf("%d bytes: %v %v", len(body), res, err)
		}
		time.Sleep(50 * time.Millisecond) // the server waits for the next one
		if w.holds() {
			t.Errorf("after %d bytes the number is in a buffer of the connection", len(body))
		}
	}
}

// What a handler does not read is wiped too, when the connection has ended.
func TestNothingIsLeftOfABodyThatNobodyRead(t *testing.T) {
	w := begin(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusForbidden) })
	c := w.dial(t)
	if _, err := io.WriteString(c, request(secret+strings.Repeat(".", 2000)+secret)); err != nil {
		t.Fatal(err)
	}
	if res, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || res.StatusCode != http.StatusForbidden {
		t.Fatal(err)
	}
	_ = c.Close()
	time.Sleep(50 * time.Millisecond)
	if w.holds() {
		t.Error("the number is in a buffer of the connection")
	}
}

// Requests that are sent before the last one's answer, in whatever pieces, are
// each answered for what they are.
func TestPipelinedRequestsAreServed(t *testing.T) {
	w := begin(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/unread" {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		body, err := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(rw, "%s %d %v", r.URL.Path, len(body), err)
	})
	var all bytes.Buffer
	var want []string
	for i, n := range []int{0, 1, 100, 3000, 4096, 5000, 0, 20_000, 2} {
		path := fmt.Sprintf("/%d", i)
		if i == 3 || i == 7 {
			path = "/unread"
		}
		all.WriteString(strings.Replace(request(strings.Repeat("\r\n\r\n", n)[:n]), "POST /", "POST "+path, 1))
		want = append(want, fmt.Sprintf("%s %d <nil>", path, n))
	}
	for _, size := range []int{1 << 20, 7, 1000, 4096} {
		c := w.dial(t)
		go func() {
			for part := range slices.Chunk(all.Bytes(), size) {
				if _, err := c.Write(part); err != nil {
					return
				}
			}
		}()
		answers := bufio.NewReader(c)
		for _, text := range want {
			res, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatalf("in pieces of %d, %s: %v", size, text, err)
			}
			body, err := io.ReadAll(res.Body)
			if unread := strings.HasPrefix(text, "/unread"); err != nil || unread != (res.StatusCode == http.StatusForbidden) || !unread && string(body) != text {
				t.Errorf("in pieces of %d, %s: %d %q %v", size, text, res.StatusCode, body, err)
			}
		}
	}
}

// A body in chunks is read whole, and the last on its connection.
func TestChunkedRequestIsTheLast(t *testing.T) {
	seen := make(chan string, 1)
	w := begin(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- string(body)
		clear(body)
	})
	c := w.dial(t)
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n900000\r\n6\r\n001377\r\n0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || !res.Close || <-seen != secret {
		t.Errorf("%+v %v", res, err)
	}
}
