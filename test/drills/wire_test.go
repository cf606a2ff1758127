// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// answerTime is how long an answer is waited for: more than a request may take.
const answerTime = 25 * time.Second

// line is a connection on which bytes are written as they are.
type line struct {
	*tls.Conn
	in *bufio.Reader
}

// dial connects to a door by HTTP/1.1.
func (w *world) dial(addr string, certificates ...tls.Certificate) (*line, error) {
	c := w.dialer(certificates...)
	c.NextProtos = []string{"http/1.1"}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", addr, c)
	if err != nil {
		return nil, err
	}
	return &line{conn, bufio.NewReader(conn)}, nil
}

// connect is dial for drills that need it.
func (w *world) connect(t testing.TB, replica int, door string) *line {
	t.Helper()
	l := must(w.dial(w.Address(replica, door), w.certificates(door)...))(t)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// certificates are those that a door takes.
func (w *world) certificates(door string) []tls.Certificate {
	switch door {
	case "kiosk":
		return []tls.Certificate{w.terminal}
	case "counter":
		return []tls.Certificate{w.desk}
	}
	return nil
}

// answer is a response with its body.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
	Closed bool // the server will not read another request here
}

// write sends bytes as they are.
func (l *line) write(parts ...string) error {
	if err := l.SetWriteDeadline(time.Now().Add(answerTime)); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := io.WriteString(l, p); err != nil {
			return err
		}
	}
	return nil
}

// read reads the answer to a request of a method.
func (l *line) read(method string) (*answer, error) {
	if err := l.SetReadDeadline(time.Now().Add(answerTime)); err != nil {
		return nil, err
	}
	for {
		res, err := http.ReadResponse(l.in, &http.Request{Method: method})
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
		if err != nil {
			return nil, fmt.Errorf("the body of %d: %w", res.StatusCode, err)
		}
		if res.StatusCode != http.StatusContinue {
			return &answer{res.StatusCode, res.Header, body, res.Close}, nil
		}
	}
}

// silent reports whether nothing more comes before the connection ends.
func (l *line) silent(patience time.Duration) error {
	if err := l.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	rest, err := io.ReadAll(io.LimitReader(l.in, 4096))
	if len(bytes.TrimSpace(rest)) > 0 {
		return fmt.Errorf("there is another answer: %.200q", rest)
	}
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return nil // still there, and has nothing to say
	}
	return nil
}
