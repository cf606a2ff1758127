// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"

	"kofu/cert"
)

// flight knows, for as long as a request runs, that a person is being served,
// under hashes whose key this process made and nobody else has. It tells a
// fault of one record from persons getting mixed up.
type flight struct {
	key [32]byte

	mu      sync.Mutex
	inside  map[[32]byte]int
	stopped map[cert.Channel]bool
}

func newFlight() *flight {
	f := &flight{inside: map[[32]byte]int{}, stopped: map[cert.Channel]bool{}}
	rand.Read(f.key[:])
	return f
}

// hash names a person: by name and birth date, or, for a text on paper that
// stands alone, by name only.
func (f *flight) hash(h cert.Holder) (sum [32]byte) {
	mac := hmac.New(sha256.New, f.key[:])
	mac.Write([]byte(h.Name.Reveal() + "\x00" + h.BirthDate.String()))
	mac.Sum(sum[:0])
	return sum
}

// hashes are all the ways in which a finished certificate can name h.
func (f *flight) hashes(holders []cert.Holder) [][32]byte {
	var sums [][32]byte
	for _, h := range holders {
		sums = append(sums, f.hash(h), f.hash(cert.Holder{Name: h.Name}))
	}
	return sums
}

// enter notes a person, under each of the names that are signed or printed,
// until the function it returns is called.
func (f *flight) enter(names ...cert.Holder) (leave func()) {
	sums := f.hashes(names)
	f.mu.Lock()
	for _, s := range sums {
		f.inside[s]++
	}
	f.mu.Unlock()
	return func() {
		f.mu.Lock()
		for _, s := range sums {
			if f.inside[s]--; f.inside[s] == 0 {
				delete(f.inside, s)
			}
		}
		f.mu.Unlock()
	}
}

// others reports whether err is a mismatch that names a person other than self
// who is being served right now.
func (f *flight) others(err error, self ...cert.Holder) bool {
	m, ok := errors.AsType[*mismatch](err)
	if !ok {
		return false
	}
	own := f.hashes(self)
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(m.said, func(h cert.Holder) bool {
		sum := f.hash(h)
		return !slices.Contains(own, sum) && f.inside[sum] > 0
	})
}

// stop closes a door of this process until it is resumed, or started anew.
func (f *flight) stop(ch cert.Channel) {
	f.mu.Lock()
	f.stopped[ch] = true
	f.mu.Unlock()
}

// resume opens a door again. It reports whether it was stopped.
func (f *flight) resume(ch cert.Channel) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.stopped[ch]
	delete(f.stopped, ch)
	return was
}

// open is ErrDoorStopped for a door that was stopped.
func (f *flight) open(ch cert.Channel) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped[ch] {
		return ErrDoorStopped
	}
	return nil
}

// Resume opens a door again that was stopped, once somebody has found out why:
// until then every certificate it would issue may be another's. It reports
// whether the door was stopped.
func (s *Service) Resume(ch cert.Channel) bool { return s.flight.resume(ch) }

// Stopped reports whether a door of this process was stopped after a mismatch.
func (s *Service) Stopped(ch cert.Channel) bool { return s.flight.open(ch) != nil }
