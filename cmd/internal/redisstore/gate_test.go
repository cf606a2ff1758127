// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kofu/kiosk"
)

var _ kiosk.Gate = (*Gate)(nil)

func gateClauses() []clause {
	return []clause{
		{"gate lets in up to its bound, then in order", gateOrder},
		{"gate: who is inside stays until the end, and may stay longer", gateEnds},
		{"gate: who waits and does not ask loses the place", gatePatience},
		{"gate: who leaves makes room, inside or waiting", gateLeave},
		{"gate: a bound that changes puts nobody out", gateBound},
		{"gate is never over its bound among many", gateAmongMany},
		{"gate: half a queue lost is a new queue", gateHalfLost},
		{"gate answers as on paper", gateModel},
		{"windows are counted each for itself", countWindows},
		{"windows are counted by many", countByMany},
	}
}

// enter asks with a bound and ten minutes.
func enter(t *testing.T, w world, id string, most int) int {
	t.Helper()
	place, err := w.store.Gate().Enter(t.Context(), id, most, time.Now().Add(10*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return place
}

// wantPlaces lets each ask in turn and compares.
func wantPlaces(t *testing.T, w world, most int, want ...string) {
	t.Helper()
	var got []string
	for _, s := range want {
		var id string
		var place int
		if _, err := fmt.Sscanf(s, "%1s%d", &id, &place); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(id, enter(t, w, id, most)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func leave(t *testing.T, w world, id string) {
	t.Helper()
	if err := w.store.Gate().Leave(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

func gateOrder(t *testing.T, w world) {
	wantPlaces(t, w, 2, "a0", "b0", "c1", "d2", "e3")
	wantPlaces(t, w, 2, "b0", "e3", "d2", "c1", "a0") // asking again changes nothing
	leave(t, w, "a")
	wantPlaces(t, w, 2, "e3", "d2", "f4", "a5") // the room is for c, who has not asked yet; a came anew
	wantPlaces(t, w, 2, "c0", "d1", "e2", "f3", "a4")
	leave(t, w, "b")
	leave(t, w, "c")
	wantPlaces(t, w, 2, "f3", "e0", "d0", "f1", "a2") // room for d and e: e need not wait for d to ask
	if err := w.store.client.Del(t.Context(), gateInside).Err(); err != nil {
		t.Fatal(err)
	}
	wantPlaces(t, w, 0, "z3", "f1") // no bound lets nobody in
}

func gateEnds(t *testing.T, w world) {
	gate, now := w.store.Gate(), time.Now()
	for id, until := range map[string]time.Time{"a": now.Add(30 * time.Second), "b": now.Add(time.Minute)} {
		if place, err := gate.Enter(t.Context(), id, 2, until); err != nil || place != 0 {
			t.Fatal(place, err)
		}
	}
	wantPlaces(t, w, 2, "c1")
	w.pass(29 * time.Second)
	wantPlaces(t, w, 2, "c1")
	w.pass(2 * time.Second)
	wantPlaces(t, w, 2, "d2", "c0", "d1") // a is out
	if place, err := gate.Enter(t.Context(), "b", 2, time.Now().Add(time.Hour)); err != nil || place != 0 {
		t.Fatal(place, err) // b stays longer
	}
	w.pass(50 * time.Second)
	wantPlaces(t, w, 2, "d1", "b0", "c0")
	for _, id := range []string{"e", "b"} {
		if place, err := gate.Enter(t.Context(), id, 9, time.Now().Add(-time.Second)); err == nil {
			t.Errorf("%s entered with no time left: %d", id, place)
		}
	}
	w.pass(time.Hour)
	wantPlaces(t, w, 1, "x0")
}

func gatePatience(t *testing.T, w world) {
	wantPlaces(t, w, 1, "a0", "b1", "c2", "d3")
	w.pass(40 * time.Second)
	wantPlaces(t, w, 1, "b1", "d3")
	w.pass(19 * time.Second)
	wantPlaces(t, w, 1, "d3") // c has asked 59 s ago
	w.pass(2 * time.Second)
	wantPlaces(t, w, 1, "d2", "b1", "c3") // and 61 s ago
	w.pass(61 * time.Second)
	leave(t, w, "a")
	wantPlaces(t, w, 1, "e0", "b1", "d2") // nobody asked: e is first, and the order is of those who ask
}

func gateLeave(t *testing.T, w world) {
	leave(t, w, "nobody")
	wantPlaces(t, w, 1, "a0", "b1", "c2")
	leave(t, w, "b")
	wantPlaces(t, w, 1, "c1", "b2")
	leave(t, w, "a")
	leave(t, w, "a")
	wantPlaces(t, w, 1, "b2", "c0", "b1")
	for _, id := range []string{"b", "c"} {
		leave(t, w, id)
	}
	if n, err := w.store.client.Exists(t.Context(), gateKeys()...).Result(); err != nil || n != 0 {
		t.Errorf("%d keys are left of an empty gate, %v", n, err)
	}
}

func gateBound(t *testing.T, w world) {
	wantPlaces(t, w, 3, "a0", "b0", "c0", "d1")
	wantPlaces(t, w, 1, "a0", "b0", "c0", "d1", "e2")
	leave(t, w, "a")
	leave(t, w, "b")
	wantPlaces(t, w, 1, "d1")
	leave(t, w, "c")
	wantPlaces(t, w, 1, "e2", "d0", "e1")
	wantPlaces(t, w, 2, "e0")
}

// gateAmongMany: 100 sessions ask at once at three servers, each twice.
func gateAmongMany(t *testing.T, w world) {
	stores := []*Store{w.store, open(t, w.store.config), open(t, w.store.config)}
	until := time.Now().Add(10 * time.Minute)
	places := make([][2]int, 100)
	var group sync.WaitGroup
	for n := range places {
		for twice := range 2 {
			group.Go(func() {
				place, err := stores[(n+twice)%3].Gate().Enter(t.Context(), strconv.Itoa(n), 10, until)
				if err != nil {
					t.Error(err)
				}
				places[n][twice] = place
			})
		}
	}
	group.Wait()
	inside, waiting := 0, map[int]bool{}
	for n, p := range places {
		switch {
		case p[0] != p[1]:
			t.Errorf("%d is told %d and %d", n, p[0], p[1])
		case p[0] == 0:
			inside++
		default:
			waiting[p[0]] = true
		}
	}
	if inside != 10 || len(waiting) != 90 || !waiting[1] || !waiting[90] {
		t.Errorf("%d are inside and %d places given; want 10 and 1 to 90", inside, len(waiting))
	}
}

// gateHalfLost: Redis may evict either set. Nobody stands in the way for ever.
func gateHalfLost(t *testing.T, w world) {
	for _, lost := range []string{gateAsked, gateWaiting} {
		wantPlaces(t, w, 1, "a0", "b1", "c2")
		if err := w.store.client.Del(t.Context(), lost).Err(); err != nil {
			t.Fatal(err)
		}
		wantPlaces(t, w, 1, "c1", "b2")
		leave(t, w, "a")
		wantPlaces(t, w, 1, "b2", "c0", "b1")
		leave(t, w, "b")
		leave(t, w, "c")
	}
}

// paper is the gate as its contract describes it, with time in whole seconds.
type paper struct {
	now            int
	inside         map[string]int // end
	queue          []string
	asked          map[string]int
	longest, peaks int
}

func (p *paper) enter(id string, most, until int) int {
	for other, end := range p.inside {
		if end <= p.now {
			delete(p.inside, other)
		}
	}
	p.queue = slices.DeleteFunc(p.queue, func(other string) bool { return p.asked[other]+60 <= p.now })
	if _, ok := p.inside[id]; !ok {
		if !slices.Contains(p.queue, id) {
			p.queue = append(p.queue, id)
		}
		p.asked[id] = p.now
		p.longest = max(p.longest, len(p.queue))
		place := slices.Index(p.queue, id) + 1
		if len(p.inside)+place > most {
			return place
		}
		p.queue = slices.Delete(p.queue, place-1, place)
	}
	p.inside[id] = until
	if len(p.inside) == most {
		p.peaks++
	}
	return 0
}

func (p *paper) leave(id string) {
	delete(p.inside, id)
	p.queue = slices.DeleteFunc(p.queue, func(other string) bool { return other == id })
}

// gateModel: whatever happens in whatever order, at two servers.
func gateModel(t *testing.T, w world) {
	const most = 4
	stores := []*Store{w.store, open(t, w.store.config)}
	p := &paper{inside: map[string]int{}, asked: map[string]int{}}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the walk is to be the same each time
	for step := range 600 {
		id, gate := string(rune('a'+random.IntN(16))), stores[step%2].Gate()
		switch what := random.IntN(20); {
		case what < 15:
			ends := p.now + 30 + 10*random.IntN(20)
			// Everything happens at full ten seconds, and ends between two of
			// them: that this test itself takes time does not matter.
			until := time.Now().Add(time.Duration(ends-p.now-5) * time.Second)
			got, err := gate.Enter(t.Context(), id, most, until)
			if want := p.enter(id, most, ends); err != nil || got != want {
				t.Fatalf("step %d: %s is told %d, %v; want %d", step, id, got, err, want)
			}
		case what < 18:
			p.leave(id)
			if err := gate.Leave(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		default:
			d := 10 * (1 + random.IntN(3))
			p.now += d
			w.pass(time.Duration(d) * time.Second)
		}
		if len(p.inside) > most {
			t.Fatalf("step %d: %d inside", step, len(p.inside))
		}
	}
	if p.longest < 8 || p.peaks < 20 {
		t.Errorf("the walk proves little: the queue was at most %d long, the gate full %d times", p.longest, p.peaks)
	}
}

func countWindows(t *testing.T, w world) {
	gate := w.store.Gate()
	count := func(name string, window time.Duration, want int) {
		t.Helper()
		if got, err := gate.Count(t.Context(), name, window); err != nil || got != want {
			t.Errorf("%s in %v: %d, %v; want %d", name, window, got, err, want)
		}
	}
	// A length that does not end while this runs.
	const day = 24 * time.Hour
	count("a", 30*day, 1)
	count("a", 30*day, 2)
	count("a", 31*day, 1)
	count("b", 30*day, 1)
	count("2592000000:a", 30*day, 1)
	count("", 30*day, 1)
	for _, window := range []time.Duration{30 * day, 31 * day} {
		now, err := w.store.client.Time(t.Context()).Result()
		if err != nil {
			t.Fatal(err)
		}
		left, err := w.store.client.PTTL(t.Context(), countKey("a", window)).Result()
		ends := now.Truncate(time.Millisecond).Add(left).UnixMilli() % window.Milliseconds()
		if err != nil || left <= 0 || left > window || min(ends, window.Milliseconds()-ends) > 2000 {
			t.Errorf("%v: ends in %v, %d ms off the clock, %v", window, left, ends, err)
		}
	}
	w.pass(62 * day)
	count("a", 30*day, 1)
	for _, window := range []time.Duration{0, -time.Second, time.Microsecond} {
		if _, err := gate.Count(t.Context(), "a", window); err == nil {
			t.Errorf("a window of %v", window)
		}
	}
}

func countByMany(t *testing.T, w world) {
	stores := []*Store{w.store, open(t, w.store.config)}
	seen := make([]bool, 101)
	var group sync.WaitGroup
	var lock sync.Mutex
	for n := range 100 {
		group.Go(func() {
			sum, err := stores[n%2].Gate().Count(t.Context(), "a", 365*24*time.Hour)
			lock.Lock()
			defer lock.Unlock()
			if err != nil || sum < 1 || sum > 100 || seen[sum] {
				t.Errorf("%d, %v", sum, err)
				return
			}
			seen[sum] = true
		})
	}
	group.Wait()
}

// ageGate moves what the gate goes by, the clock of Redis, which a test cannot.
func ageGate(t *testing.T, s *Store, d time.Duration) {
	t.Helper()
	for _, key := range []string{gateInside, gateAsked} {
		members, err := s.client.ZRangeWithScores(t.Context(), key, 0, -1).Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			m.Score -= float64(d.Milliseconds())
			if err := s.client.ZAddArgs(t.Context(), key, redis.ZAddArgs{XX: true, Members: []redis.Z{m}}).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
