// SPDX-License-Identifier: Apache-2.0

package canary

import (
	"bytes"
	"encoding/binary"
)

// pattern is what is compared.
type pattern struct {
	mark  *Mark
	how   string
	bytes []byte
}

// matcher finds many patterns in one pass: the first six bytes of each are
// hashed into a bit set, and what the set lets pass is looked up.
type matcher struct {
	bits    []uint64
	heads   map[uint64][]pattern
	longest int
}

const (
	hashBits = 20
	headMask = 1<<48 - 1 // six bytes
)

func newMatcher(patterns []pattern) *matcher {
	m := &matcher{bits: make([]uint64, 1<<(hashBits-6)), heads: make(map[uint64][]pattern)}
	for _, p := range patterns {
		var first [8]byte
		copy(first[:6], p.bytes)
		head := binary.LittleEndian.Uint64(first[:])
		m.heads[head] = append(m.heads[head], p)
		h := hashed(head)
		m.bits[h>>6] |= 1 << (h & 63)
		m.longest = max(m.longest, len(p.bytes))
	}
	return m
}

func hashed(head uint64) uint64 { return head * 0x9E3779B97F4A7C15 >> (64 - hashBits) }

// find tells every pattern in b, by where it begins.
func (m *matcher) find(b []byte, tell func(at int, p pattern)) {
	whole := len(b) - 8
	for i := 0; i <= whole; i++ {
		head := binary.LittleEndian.Uint64(b[i:]) & headMask
		if h := hashed(head); m.bits[h>>6]&(1<<(h&63)) != 0 {
			m.compare(b, i, head, tell)
		}
	}
	for i := max(0, whole+1); i+shortest <= len(b); i++ {
		var first [8]byte
		copy(first[:6], b[i:])
		m.compare(b, i, binary.LittleEndian.Uint64(first[:]), tell)
	}
}

func (m *matcher) compare(b []byte, at int, head uint64, tell func(int, pattern)) {
	for _, p := range m.heads[head] {
		if bytes.HasPrefix(b[at:], p.bytes) {
			tell(at, p)
		}
	}
}
