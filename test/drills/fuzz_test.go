// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// run is a number of attempts at a door, and what they came to.
type run struct {
	w       *world
	replica int
	door    string
	count   int
	until   time.Time
	make    func(r chance, i int) attempt
	judge   func(a attempt, got *answer) error

	seed  uint64
	mu    sync.Mutex
	came  map[string]int
	fails int
}

// seedOf is the seed of a run: always the same, but another each time when
// there is time.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	if text := os.Getenv("KOFU_SEED"); text != "" {
		return must(strconv.ParseUint(text, 10, 64))(t)
	}
	if long() {
		return uint64(time.Now().UnixNano())
	}
	return 1
}

// many is how many attempts there are.
func many(n int) int {
	if long() {
		return 40 * n
	}
	return n
}

// all makes the attempts, four at a time, and says what they came to.
func (u *run) all(t *testing.T) {
	t.Helper()
	u.seed, u.came, u.until = seedOf(t), map[string]int{}, time.Now().Add(25*time.Second)
	if long() {
		u.until = u.until.Add(30 * time.Minute)
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			var l *line
			for time.Now().Before(u.until) {
				i := int(next.Add(1)) - 1
				if i >= u.count {
					break
				}
				l = u.one(t, l, i)
			}
			if l != nil {
				_ = l.Close()
			}
		})
	}
	group.Wait()
	total := 0
	var lines []string
	for _, what := range slices.Sorted(maps.Keys(u.came)) {
		total += u.came[what]
		lines = append(lines, fmt.Sprintf("%5d %s", u.came[what], what))
	}
	t.Logf("seed %d: %d of %d attempts at the %s of replica %d\n%s", u.seed, total, u.count, u.door, u.replica, strings.Join(lines, "\n"))
	if total < u.count/4 {
		t.Errorf("only %d of %d attempts in the time there is", total, u.count)
	}
}

// one makes an attempt on a line, and returns the line of the next.
func (u *run) one(t *testing.T, l *line, i int) *line {
	a := u.make(newChance(u.seed, i), i)
	got, l, err := u.send(l, a)
	what := "no answer"
	switch {
	case err != nil:
	case got.below():
		what = fmt.Sprintf("%d below", got.Status)
	default:
		what = strings.TrimSpace(fmt.Sprintf("%d %s", got.Status, got.code()))
		err = u.judge(a, got)
	}
	if err == nil && got.below() {
		err = u.judge(a, got)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.came[what]++
	if err != nil {
		if u.fails++; u.fails <= 20 {
			t.Errorf("attempt %d (%s): %v\n%.600q", i, strings.Join(a.done, ", "), err, a.wire())
		}
	}
	return l
}

// send writes an attempt, on a new line if there is none or it has ended.
func (u *run) send(l *line, a attempt) (*answer, *line, error) {
	for again := range 2 {
		fresh := l == nil
		if fresh {
			var err error
			if l, err = u.w.dial(u.w.Address(u.replica, u.door), u.w.certificates(u.door)...); err != nil {
				return nil, nil, err
			}
		}
		sent := l.write(a.wire()) // it may be answered before it was read to its end
		got, err := l.read(a.method)
		if err == nil {
			if got.Closed || sent != nil {
				_ = l.Close()
				l = nil
			}
			return got, l, nil
		}
		_ = l.Close()
		l = nil
		if fresh || again > 0 {
			if len(a.body) > 128<<10 { // the rest of it was not waited for, and the answer lost with it
				return &answer{Status: 413, Closed: true}, nil, nil
			}
			return nil, nil, errors.Join(err, sent)
		}
	}
	return nil, nil, errors.New("unreachable")
}
