// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Running is a stand-in that listens.
type Running struct {
	URL string // https://127.0.0.1:port

	certs  *Certificates
	server *http.Server
	done   chan struct{}
}

// Start listens on addr, such as "127.0.0.1:0", with certificates made for
// this run, until [Running.Close].
func (s *Server) Start(addr string) (*Running, error) {
	c, err := NewCertificates()
	if err != nil {
		return nil, err
	}
	return s.StartWith(addr, c)
}

// StartWith is Start with certificates that are there already.
func (s *Server) StartWith(addr string, c *Certificates) (*Running, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("vrs: listen: %w", err)
	}
	r := &Running{
		URL:   "https://" + l.Addr().String(),
		certs: c,
		done:  make(chan struct{}),
		server: &http.Server{
			Handler:           s.Handler(),
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       30 * time.Second,
			IdleTimeout:       2 * time.Minute,
			ErrorLog:          log.New(io.Discard, "", 0), // handshakes of callers that we refuse
		},
	}
	go func() {
		defer close(r.done)
		_ = r.server.Serve(tls.NewListener(l, c.ServerTLS())) // ends with Close
	}()
	return r, nil
}

// ClientTLS returns what a client needs to be let in.
func (r *Running) ClientTLS() *tls.Config { return r.certs.ClientTLS() }

// Close stops listening and ends open connections. The stand-in itself stays
// open.
func (r *Running) Close() error {
	err := r.server.Close()
	<-r.done
	return err
}
