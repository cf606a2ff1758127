// SPDX-License-Identifier: Apache-2.0

package wiping

import (
	"encoding/binary"
	"net"
)

// headerLen is that of a TLS record (RFC 8446, 5.1): type, version, length.
const headerLen = 5

// records is a connection that is read record by record: never more than one,
// so that crypto/tls has nothing of the next one in its buffer and does not
// move it there. crypto/tls reads under a lock, one at a time.
type records struct {
	net.Conn
	header [headerLen]byte
	have   int      // of the header
	left   int      // of the record's body
	held   [][]byte // memory that the last record was read into
}

// Read implements [net.Conn].
func (r *records) Read(p []byte) (int, error) {
	if r.left > 0 {
		n, err := r.Conn.Read(p[:min(len(p), r.left)])
		if n > 0 {
			r.left -= n
			r.held = append(r.held, p[:n])
		}
		return n, err
	}
	if r.have == 0 {
		r.wipe()
	}
	n, err := r.Conn.Read(p[:min(len(p), headerLen-r.have)])
	copy(r.header[r.have:], p[:n])
	if r.have += n; r.have == headerLen {
		r.have, r.left = 0, int(binary.BigEndian.Uint16(r.header[3:]))
	}
	return n, err
}

// wipe overwrites what crypto/tls has used up. It is for Read, and for after
// the last one.
func (r *records) wipe() {
	for _, b := range r.held {
		clear(b)
	}
	clear(r.held)
	r.held = r.held[:0]
}
