// SPDX-License-Identifier: Apache-2.0

package wiping

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Conn is a TLS connection of a server. net/http does not know it for one:
// [Serve] sets [http.Request.TLS].
type Conn struct {
	*tls.Conn
	below *records

	handshake sync.Once
	failed    error
	within    time.Duration

	mu     sync.Mutex
	buffer []byte // of net/http
}

// Read implements [net.Conn]. The first one makes the handshake.
func (c *Conn) Read(p []byte) (int, error) {
	c.handshake.Do(c.shake)
	if c.failed != nil {
		return 0, c.failed
	}
	c.lent(p)
	return c.Conn.Read(p)
}

func (c *Conn) shake() {
	ctx, cancel := context.WithTimeout(context.Background(), c.within)
	defer cancel()
	c.failed = c.HandshakeContext(ctx)
	if e, ok := errors.AsType[tls.RecordHeaderError](c.failed); ok && e.Conn != nil && e.RecordHeader[0] >= 'A' && e.RecordHeader[0] <= 'Z' {
		raw := c.below.Conn
		_ = raw.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, _ = raw.Read(make([]byte, 4<<10))                                                                       // what is left unread would reset the connection
		_, _ = io.WriteString(raw, "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nHTTPS is spoken here.\n") // as net/http does
	}
}

// lent wipes p, which is about to be filled, if it is the buffer of net/http
// or its end: what is in it is old. The first p there is is that buffer.
func (c *Conn) lent(p []byte) {
	if len(p) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.buffer == nil {
		c.buffer = p
	}
	if &p[:cap(p)][cap(p)-1] == &c.buffer[:cap(c.buffer)][cap(c.buffer)-1] {
		clear(p)
	}
}

// Wipe overwrites the buffer that net/http has for this connection. It is for
// the end of a request: of the next one nothing may be there yet.
func (c *Conn) Wipe() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.buffer)
}

// listener makes connections of what it accepts.
type listener struct {
	net.Listener
	config *tls.Config
	within time.Duration
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	below := &records{Conn: raw}
	return &Conn{Conn: tls.Server(below, l.config), below: below, within: l.within}, nil
}

type connKey struct{}

// Serve is [http.Server.ServeTLS] with such connections. s.TLSConfig has the
// certificates; a handshake may take as long as s.ReadHeaderTimeout.
func Serve(s *http.Server, l net.Listener) error {
	config := s.TLSConfig.Clone()
	config.NextProtos = []string{"http/1.1"}
	s.Protocols = new(http.Protocols)
	s.Protocols.SetHTTP1(true)
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) }
	s.ConnState = func(c net.Conn, state http.ConnState) {
		if own, ok := c.(*Conn); ok && state == http.StateClosed {
			own.below.wipe() // nobody reads any more
		}
	}
	next := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*Conn); ok {
			state := c.ConnectionState()
			r.TLS = &state
			defer c.Wipe()
		}
		next.ServeHTTP(w, r)
	})
	return s.Serve(&listener{l, config, s.ReadHeaderTimeout})
}
