// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// body is a request body that is wiped when it has been sent. An
// [http.RoundTripper] may go on reading after it has returned, until it
// closes the body: hence the lock.
//
// It is on purpose none of the types net/http knows to be in memory, and has
// no WriteTo. A body that is known is gathered with the head in the
// connection's write buffer, where it would lie until the next request. Before
// any other the head is flushed, and the body passes that buffer by: it goes
// straight to ReadFrom of our own [conn]. WriteTo would never be called, since
// net/http puts an [io.LimitedReader] around a body of known length.
//
// So the digits stand in three places, each wiped: data, the scratch of
// ReadFrom, and the record that crypto/tls makes of it, encrypted where it
// lies ([numbered]). What stays in the clear for a while is the head, with the
// municipality's credential, and of answers what the read buffers of
// crypto/tls and net/http last held. No number is in either.
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

var errTooLarge = errors.New("vrsclient: answer too large")

// readAll reads to the end, at most limit bytes, and wipes what it leaves
// behind when its buffer grows, and everything when it fails. It is
// [io.ReadAll] but for that. Size is a guess, from the other side.
func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	b := make([]byte, 0, max(512, min(size, limit)+1)) // one more, to see the end without growing
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case int64(len(b)) > limit:
			clear(b)
			return nil, errTooLarge
		case err == io.EOF:
			return b, nil
		case err != nil:
			clear(b)
			return nil, err
		}
		if len(b) == cap(b) {
			grown := append(make([]byte, 0, 2*cap(b)), b...)
			clear(b)
			b = grown
		}
	}
}
