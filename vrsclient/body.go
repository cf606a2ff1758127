// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"io"
	"net/http"
	"sync"
)

// body is a request body that is wiped when it has been sent. An
// [http.RoundTripper] may go on reading after it has returned, until it
// closes the body: hence the lock. The transport's own buffers, which TLS
// encrypts in place, are out of reach here.
type body struct {
	mu   sync.Mutex
	data []byte
	off  int
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.data == nil:
		return 0, http.ErrBodyReadAfterClose
	case b.off == len(b.data):
		return 0, io.EOF
	}
	n := copy(p, b.data[b.off:])
	b.off += n
	return n, nil
}

// Close wipes the bytes. It may be called more than once.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.data)
	b.data = nil
	return nil
}
