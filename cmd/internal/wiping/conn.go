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

	ahead []byte  // read, and not handed on: what follows the head or the body
	store []byte  // that ahead lies in
	end   [4]byte // the last of the head so far

	mu     sync.Mutex
	buffer []byte // of net/http
	left   int64  // of the body that is read
}

// Read implements [net.Conn]. The first one makes the handshake. It never goes
// beyond the end of a head or of a body of known length: so net/http has
// nothing of the next request in its buffer when one ends. net/http reads in
// one goroutine at a time.
func (c *Conn) Read(p []byte) (int, error) {
	c.handshake.Do(c.shake)
	if c.failed != nil {
		return 0, c.failed
	}
	left := c.lent(p)
	switch {
	case left < 0: // to the end of the connection
		if len(c.ahead) == 0 {
			return c.Conn.Read(p)
		}
	case left > 0:
		p = p[:min(int64(len(p)), left)]
		if len(c.ahead) == 0 {
			n, err := c.Conn.Read(p)
			c.taken(n)
			return n, err
		}
	case len(c.ahead) == 0:
		if c.store == nil {
			c.store = make([]byte, 4<<10)
		}
		n, err := c.Conn.Read(c.store)
		if c.ahead = c.store[:n]; n == 0 {
			return 0, err
		}
	}
	n := min(len(p), len(c.ahead))
	if left == 0 {
		n = c.head(c.ahead[:n])
	}
	copy(p, c.ahead[:n])
	clear(c.ahead[:n])
	c.ahead = c.ahead[n:]
	if left > 0 {
		c.taken(n)
	}
	return n, nil
}

// head returns how much of b is of the head that is read: all, or as far as
// the empty line.
func (c *Conn) head(b []byte) int {
	for i, x := range b {
		c.end = [4]byte{c.end[1], c.end[2], c.end[3], x}
		if x == '\n' && (c.end[2] == '\n' || c.end[2] == '\r' && c.end[1] == '\n') { // net/http takes lines without \r, too
			c.end = [4]byte{}
			return i + 1
		}
	}
	return len(b)
}

// taken notes that n bytes of a body have been handed on.
func (c *Conn) taken(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left -= int64(n)
}

// begin says how long the body is of the request whose head was read.
func (c *Conn) begin(length int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = length
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
// or its end: what is in it is old. The first p there is is that buffer. It
// returns how much of a body is left to be read, below zero if nobody knows.
func (c *Conn) lent(p []byte) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(p) == 0 {
		return c.left
	}
	if c.buffer == nil {
		c.buffer = p
	}
	if &p[:cap(p)][cap(p)-1] == &c.buffer[:cap(c.buffer)][cap(c.buffer)-1] {
		clear(p)
	}
	return c.left
}

// Wipe overwrites the buffer that net/http has for this connection. It is for
// the end of a request: of the next one nothing is there yet.
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
			clear(own.store)
		}
	}
	next := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*Conn); ok {
			state := c.ConnectionState()
			r.TLS = &state
			if r.ContentLength < 0 { // in chunks: where it ends, net/http alone knows
				w.Header().Set("Connection", "close")
			}
			c.begin(r.ContentLength)
			defer c.Wipe()
		}
		next.ServeHTTP(w, r)
	})
	return s.Serve(&listener{l, config, s.ReadHeaderTimeout})
}
