// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync/atomic"
	"time"

	"kofu/test/vrs"
)

// slack is what passes between a server's deadline and the last byte's being
// read here, on a machine that is busy.
const slack = 2 * time.Second

// client reaches the balancer, with the certificate in folder ("": none), and
// tells of every answer that came after its deadline.
func (s *Site) client(folder string, t *Table) (*http.Client, error) {
	pem, err := os.ReadFile(s.path(vrs.RootFile))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("wrongperson: no root in " + vrs.RootFile)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(64)}
	if folder != "" {
		pair, err := tls.LoadX509KeyPair(s.path(folder, vrs.ClientFile), s.path(folder, vrs.ClientKeyFile))
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{TLSClientConfig: c, MaxIdleConnsPerHost: 256, IdleConnTimeout: 10 * time.Second}
	return &http.Client{Transport: &stopwatch{transport, t, requestTime + slack}, Timeout: 30 * time.Second}, nil
}

// stopwatch measures from the last byte of a request to the last of its answer.
type stopwatch struct {
	next  *http.Transport
	table *Table
	limit time.Duration // beyond which an answer is late
}

// CloseIdleConnections makes the next requests find replicas anew.
func (w *stopwatch) CloseIdleConnections() { w.next.CloseIdleConnections() }

// RoundTrip implements [http.RoundTripper].
func (w *stopwatch) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent atomic.Int64
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent.Store(time.Now().UnixNano()) }}
	res, err := w.next.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err == nil && res.StatusCode < 300 {
		res.Body = &timed{res.Body, w, time.Unix(0, sent.Load())}
	}
	return res, err
}

// timed is a body whose end is noted.
type timed struct {
	io.ReadCloser
	w    *stopwatch
	sent time.Time
}

func (t *timed) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if err == io.EOF {
		t.w.table.took(time.Since(t.sent), t.w.limit)
	}
	return n, err
}
