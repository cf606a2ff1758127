// SPDX-License-Identifier: Apache-2.0

//go:build kofufault

package issuance

import (
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/pdf"
)

// The environment of a program that is built to fail.
const (
	faultEnv = "KOFU_FAULT"       // swap: two requests get each other's bytes; reuse: a buffer is given away and used again
	slowEnv  = "KOFU_FAULT_DELAY" // the most that one form in a hundred takes longer, before and after
)

// faultEvery is how long nothing is wrong after something was: what is made
// again is right, as it is when a race is lost now and then.
const faultEvery = time.Second

// partnerTime is how long one request waits for another to be mixed up with.
const partnerTime = time.Second

func press(w writer) writer {
	slow, _ := time.ParseDuration(os.Getenv(slowEnv)) // none
	return &broken{writer: w, fault: os.Getenv(faultEnv), slow: slow, meet: make(chan exchange)}
}

// broken is a writer with a bug.
type broken struct {
	writer
	fault string
	slow  time.Duration
	meet  chan exchange

	mu     sync.Mutex
	last   time.Time
	buffer []byte // the pool, which has one
	uses   int
}

// exchange is what one request gives, and where it wants the other's.
type exchange struct {
	mine   []byte
	theirs chan []byte
}

func (b *broken) shc(c *cert.Certificate, k keys.Signer) (string, error) {
	b.wait()
	s, err := b.writer.shc(c, k)
	b.wait()
	return string(b.spoil([]byte(s), err)), err
}

func (b *broken) vdsnc(c *cert.Certificate, k keys.Signer) ([]byte, error) {
	b.wait()
	data, err := b.writer.vdsnc(c, k)
	b.wait()
	return b.spoil(data, err), err
}

func (b *broken) paper(d pdf.Document) ([]byte, error) {
	b.wait()
	data, err := b.writer.paper(d)
	b.wait()
	return b.spoil(data, err), err
}

func (b *broken) wait() {
	if b.slow > 0 && rand.IntN(100) == 0 {
		time.Sleep(time.Duration(rand.Int64N(int64(b.slow))))
	}
}

func (b *broken) spoil(data []byte, err error) []byte {
	if err != nil {
		return data
	}
	switch b.fault {
	case "swap":
		return b.swap(data)
	case "reuse":
		return b.reuse(data)
	}
	return data
}

// due reports whether something may go wrong again.
func (b *broken) due() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Since(b.last) > faultEvery
}

func (b *broken) happened() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = time.Now()
}

// swap gives two requests each other's bytes.
func (b *broken) swap(data []byte) []byte {
	if !b.due() {
		return data
	}
	back := make(chan []byte, 1)
	select {
	case b.meet <- exchange{data, back}:
		return <-back
	case other := <-b.meet:
		b.happened()
		other.theirs <- data
		return other.mine
	case <-time.After(partnerTime):
		return data
	}
}

// reuse puts its buffer back into the pool before it is done with it: whoever
// comes next writes into it.
func (b *broken) reuse(data []byte) []byte {
	if !b.due() {
		return data
	}
	b.mu.Lock()
	if cap(b.buffer) < len(data) {
		b.buffer = make([]byte, 0, max(len(data), 1<<20))
	}
	mine := append(b.buffer[:0], data...)
	b.uses++
	used := b.uses
	b.mu.Unlock()
	for end := time.Now().Add(partnerTime); time.Now().Before(end); time.Sleep(time.Millisecond) {
		b.mu.Lock()
		again := b.uses != used
		b.mu.Unlock()
		if again {
			b.happened()
			return mine[:len(data)]
		}
	}
	return data
}
