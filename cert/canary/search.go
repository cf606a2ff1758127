// SPDX-License-Identifier: Apache-2.0

package canary

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Bounds of a search.
const (
	window  = 4 << 20  // read at once
	overlap = 1 << 20  // of it seen again with the next, so that what is packed is whole
	deepest = 4        // one inside another
	fullest = 8 << 20  // bytes taken out of one packed thing
	atOnce  = 64 << 20 // taken out of all that is packed in a window
)

// A Hit is a place where something of somebody stands.
type Hit struct {
	Mark     Mark
	Encoding string // such as "utf-8", or "gzip: base64: utf-8", outermost first
	Offset   int64  // of the outermost, from the start of the stream
}

// String leaves out what was found.
func (h Hit) String() string {
	return fmt.Sprintf("%s of %s, %s at %d", h.Mark.What, h.Mark.Who, h.Encoding, h.Offset)
}

// Searcher looks for marks. It is safe for concurrent use once made.
type Searcher struct {
	// Every is at how many offsets a DEFLATE stream without a header is tried:
	// 1 for each, 8 for each eighth, 0 for none.
	Every int

	matcher *matcher
	marks   []Mark
}

// New makes one for persons. The errors are those of [Person.Marks].
func New(persons []Person) (*Searcher, error) {
	var all []Mark
	for _, p := range persons {
		marks, err := p.Marks()
		if err != nil {
			return nil, err
		}
		all = append(all, marks...)
	}
	return ForMarks(all)
}

// ForMarks makes one for marks, each of six bytes at least ([ErrShort]).
func ForMarks(marks []Mark) (*Searcher, error) {
	s := &Searcher{Every: 1, marks: slices.Clone(marks)}
	var patterns []pattern
	for i := range s.marks {
		m := &s.marks[i]
		if len(m.Text) < shortest || monotone(m.Text) {
			return nil, fmt.Errorf("%w: %s of %s", ErrShort, m.What, m.Who)
		}
		for _, w := range encodings(m.Text) {
			patterns = append(patterns, pattern{m, w.how, w.bytes})
		}
	}
	s.matcher = newMatcher(patterns)
	return s, nil
}

// monotone reports fewer than three different bytes: rows of zeros and dashes
// are everywhere.
func monotone(s string) bool {
	var seen [256]bool
	n := 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			n++
		}
	}
	return n < 3
}

// Patterns is how many byte strings are looked for.
func (s *Searcher) Patterns() (n int) {
	for _, list := range s.matcher.heads {
		n += len(list)
	}
	return n
}

// Bytes searches b.
func (s *Searcher) Bytes(b []byte) []Hit {
	if len(b) <= window {
		return order(s.window(b, len(b), 0))
	}
	hits, _, _ := s.Search(bytes.NewReader(b)) // which cannot fail
	return hits
}

// Search reads r to its end, and returns what it found, in order, and how many
// bytes it has read. A packed thing longer than a megabyte is looked into as
// far as that, but for a stream that is gzip from its first byte on.
func (s *Searcher) Search(r io.Reader) (hits []Hit, read int64, err error) {
	return s.stream(r, 0)
}

func (s *Searcher) stream(r io.Reader, depth int) (hits []Hit, read int64, err error) {
	buf := make([]byte, 0, window)
	base := int64(0) // of buf[0]
	for {
		n, err := fill(r, &buf)
		read += int64(n)
		last := err != nil
		if err != nil && !errors.Is(err, io.EOF) {
			return order(hits), read, err
		}
		mine := len(buf)
		if !last {
			mine = len(buf) - overlap
		}
		if depth == 0 && base == 0 && bytes.HasPrefix(buf, []byte{0x1f, 0x8b, 8}) && !last {
			rest := &counted{Reader: io.MultiReader(bytes.NewReader(buf), r)}
			hits = append(hits, s.whole(rest)...)
			return order(hits), rest.n, nil
		}
		for _, h := range s.window(buf, mine, depth) {
			h.Offset += base
			hits = append(hits, h)
		}
		if last {
			return order(hits), read, nil
		}
		copy(buf, buf[mine:])
		buf = buf[:len(buf)-mine]
		base += int64(mine)
	}
}

// fill reads until b is full; the error says that there is no more.
func fill(r io.Reader, b *[]byte) (n int, err error) {
	for len(*b) < cap(*b) {
		m, err := r.Read((*b)[len(*b):cap(*b)])
		*b = (*b)[:len(*b)+m]
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// window returns the hits of b that begin before mine.
func (s *Searcher) window(b []byte, mine, depth int) []Hit {
	w := &look{s: s, left: atOnce}
	w.at(b, mine, depth, 0, "")
	return w.hits
}

func order(hits []Hit) []Hit {
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Mark.Who, b.Mark.Who), cmp.Compare(a.Mark.What, b.Mark.What))
	})
	return slices.Compact(hits)
}
