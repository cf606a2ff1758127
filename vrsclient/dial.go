// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"time"
)

// maxDial is how long a connection may take to be made, handshake included. A
// dial goes on after the call that wanted it has given up, and holds one of
// MaxConns: without a bound of its own, a network that swallows packets would
// keep them all for minutes after it has come back.
const maxDial = 2 * time.Second

// transport bounds connections. It knows no proxy: an environment variable
// must not decide where My Numbers go.
func transport(c Config) *http.Transport {
	d := dialer(c)
	return &http.Transport{
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			raw, err := d.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return conn{raw}, nil
		},
		MaxConnsPerHost:        c.MaxConns,
		MaxIdleConns:           c.MaxConns,
		MaxIdleConnsPerHost:    c.MaxConns,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true, // and nothing to unpack
		MaxResponseHeaderBytes: 16 << 10,
	}
}

// dialer makes connections within [maxDial], or less.
func dialer(c Config) *tls.Dialer {
	t := c.TLS.Clone()
	t.MinVersion = max(t.MinVersion, tls.VersionTLS12)
	return &tls.Dialer{NetDialer: &net.Dialer{Timeout: min(c.Timeout, maxDial)}, Config: t}
}

// conn is a TLS connection that request bodies are copied to through a buffer
// that is wiped, and not through one of [io.Copy].
type conn struct{ net.Conn }

// ReadFrom implements [io.ReaderFrom], which net/http sends a body with.
func (c conn) ReadFrom(r io.Reader) (sent int64, err error) { return copyWiping(c.Conn, r) }

// copyWiping copies r to w through one buffer, and wipes it, however it ends.
func copyWiping(w io.Writer, r io.Reader) (sent int64, err error) {
	scratch := make([]byte, 2<<10)
	defer clear(scratch)
	for {
		n, err := r.Read(scratch)
		if n > 0 {
			m, err := w.Write(scratch[:n])
			sent += int64(m)
			if err != nil {
				return sent, err
			}
		}
		switch err {
		case nil:
		case io.EOF:
			return sent, nil
		default:
			return sent, err
		}
	}
}
