// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"crypto/rand"
	"sync"
	"time"
)

const subjectLife = 15 * time.Minute

// subjects are the subject references of one partition: random, good for 15
// minutes and for the issuance they were made for; and the references to
// persons found at the counter. They are kept in memory: a restart says "start
// again".
type subjects struct {
	now func() time.Time

	mu    sync.Mutex
	by    map[string]subject
	queue []string // in order of expiry
}

type subject struct {
	row     []byte
	bound   string // to an issuance, or to what a clerk was shown
	expires time.Time
}

func newSubjects(now func() time.Time) *subjects {
	return &subjects{now: now, by: make(map[string]subject)}
}

func (s *subjects) add(row []byte, bound string) string {
	ref := rand.Text()
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 && s.by[s.queue[0]].expires.Before(now) {
		delete(s.by, s.queue[0])
		s.queue = s.queue[1:]
	}
	s.by[ref] = subject{row, bound, now.Add(subjectLife)}
	s.queue = append(s.queue, ref)
	return ref
}

// row returns the person that ref stands for in issuance, or nil.
func (s *subjects) row(ref, issuance string) []byte {
	got, ok := s.get(ref)
	if !ok || got.bound != issuance {
		return nil
	}
	return got.row
}

// get returns what ref stands for, if it has not ended.
func (s *subjects) get(ref string) (subject, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got, ok := s.by[ref]
	return got, ok && s.now().Before(got.expires)
}
