// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"sync"
)

// How many connections a listener has at once. Each takes some fifty KiB and a
// file; what is to spare of both belongs to Redis, the database, the record
// service and the other doors.
const (
	crowdApp    = 8192
	crowdMutual = 2048 // terminals and offices
	crowdOps    = 64
)

// crowd is a listener that has no more than a number of connections. One more
// is closed as soon as it is there: to let it wait would let those wait that
// come after it, too.
type crowd struct {
	net.Listener
	places chan struct{}
}

func newCrowd(l net.Listener, most int) *crowd {
	return &crowd{l, make(chan struct{}, most)}
}

// Accept implements [net.Listener].
func (l *crowd) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.places <- struct{}{}:
			return &one{Conn: c, leave: sync.OnceFunc(func() { <-l.places })}, nil
		default:
			_ = c.Close()
		}
	}
}

// one gives its place back when it is closed.
type one struct {
	net.Conn
	leave func()
}

// Close implements [net.Conn].
func (c *one) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
