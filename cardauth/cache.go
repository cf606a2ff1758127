// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"container/list"
	"crypto/sha256"
	"sync"
)

// CertificateCache remembers EF0004 files whose signature was verified. A
// municipality has one signing key and a million cards, so most requests can
// skip that verification. It holds nothing personal: the key is the SHA-256 of
// the file and the version of the anchors, the value a municipality's key. A
// municipality takes two places where the surface application is read, too.
// The anchor's application and dates and the policy are looked at on every use
// all the same.
// It is safe for concurrent use, and a nil cache remembers nothing.
type CertificateCache struct {
	mu     sync.Mutex
	size   int
	byKey  map[cacheKey]*list.Element
	recent *list.List // of cacheEntry, latest use first
}

type cacheKey struct{ file, anchors [sha256.Size]byte }

type cacheEntry struct {
	key  cacheKey
	cert certificate
}

// NewCertificateCache returns a cache of at most size files; the one unused
// for longest makes room. A size below 1 remembers nothing.
func NewCertificateCache(size int) *CertificateCache {
	if size < 1 {
		return nil
	}
	return &CertificateCache{size: size, byKey: make(map[cacheKey]*list.Element), recent: list.New()}
}

// Len returns how many files are remembered.
func (c *CertificateCache) Len() int {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recent.Len()
}

func (c *CertificateCache) get(k cacheKey) (certificate, bool) {
	if c == nil {
		return certificate{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[k]
	if !ok {
		return certificate{}, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(cacheEntry).cert, true
}

func (c *CertificateCache) put(k cacheKey, crt certificate) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[k]; ok {
		return
	}
	c.byKey[k] = c.recent.PushFront(cacheEntry{k, crt})
	if c.recent.Len() > c.size {
		oldest := c.recent.Remove(c.recent.Back()).(cacheEntry)
		delete(c.byKey, oldest.key)
	}
}
