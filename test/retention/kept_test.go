// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/cert/canary"
	"kofu/test/phone"
)

// found is what the server may have left, by place.
type found struct {
	mu     sync.Mutex
	places map[string][]byte
}

func (f *found) add(place string, b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.places[place] = append(append(f.places[place], b...), '\n', 0)
}

// gather takes what lies there now.
func (w *world) gather(f *found) {
	w.t.Helper()
	out, keys := w.redis.dump()
	w.t.Logf("Redis holds %d keys", keys)
	f.add("redis dump", out)
	for name := range files(w.t, w.path("db")) {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // a log that was folded in meanwhile
		}
		place := "sql file"
		switch {
		case strings.HasSuffix(name, "-wal"), strings.HasSuffix(name, "-shm"):
			place = "sql wal"
		case strings.HasSuffix(name, "checkpoints"):
			place = "checkpoints"
		}
		f.add(place, b)
	}
	for _, path := range []string{"/metrics", "/readyz", "/healthz"} {
		f.add("metrics", w.get(path))
	}
}

// TestNothingIsKept sends planted persons through every door, on good and
// failing paths, and searches everything that the server has written to, said
// or left behind.
//
// Rows: C1, C2, C3, R5.3, N3
func TestNothingIsKept(t *testing.T) {
	all := everybody()
	w := newWorld(t, all)
	f := &found{places: map[string][]byte{}}
	w.phones(all)
	w.gather(f)
	w.terminals(all)
	w.gather(f)
	w.office(w.opensCounter(), all)
	w.gather(f)
	w.load(all, 2*time.Second, nil)
	t.Run("memory", func(t *testing.T) { w.remembers(t, all) })
	if environ := must(os.ReadFile(fmt.Sprintf("/proc/%d/environ", w.server.Process.Pid)))(t); !bytes.Contains(environ, []byte("GOTRACEBACK=none")) {
		t.Errorf("a panic would be traced: %q", environ)
	}
	w.load(all, 3*time.Second, w.crash)
	w.gatherLast(f)
	// A trace would print the words of structs, dates of birth among them: it did
	// (cert/issuance/look.go, the holder), before the program left in order
	// instead, and traces were turned off for when it panics.
	if bytes.Contains(w.log.Bytes(), []byte("goroutine ")) || !bytes.Contains(w.log.Bytes(), []byte(`"msg":"leaving"`)) {
		t.Errorf("how it ended:\n%.3000s", w.log.Bytes()[bytes.LastIndex(w.log.Bytes(), []byte("}\n")):])
	}
	w.report(f, all)
	w.wroteOnly("/db/kofu.db", "/db/kofu.db-wal", "/db/kofu.db-shm", "/db/checkpoints")
}

// gatherLast takes what is there when the server has gone.
func (w *world) gatherLast(f *found) {
	w.t.Helper()
	f.add("log and crash", w.log.Bytes())
	f.add("redis traffic", w.redis.wire.Bytes())
	f.add("redis monitor", w.redis.monitor.Bytes())
	after := files(w.t, w.dir)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if size, was := w.before[name]; was && size == after[name] {
			continue
		}
		w.t.Logf("written: %s, %d bytes", strings.TrimPrefix(name, w.dir), after[name])
		f.add("file system", must(os.ReadFile(name))(w.t))
	}
}

// report searches every place for everybody, and prints place × door.
func (w *world) report(f *found, all []*planted) {
	w.t.Helper()
	var persons []canary.Person
	for _, p := range all {
		persons = append(persons, p.Person)
	}
	s := must(canary.New(persons))(w.t)
	doors := []string{"app", "kiosk", "counter", "load"}
	table := fmt.Sprintf("%d persons, %d patterns\n%-16s %10s", len(persons), s.Patterns(), "place", "bytes")
	for _, d := range doors {
		table += fmt.Sprintf(" %8s", d)
	}
	for _, place := range slices.Sorted(maps.Keys(f.places)) {
		b := f.places[place]
		hits := map[string]int{}
		for _, h := range s.Bytes(b) {
			door, _, _ := strings.Cut(h.Mark.Who, " ")
			if hits[door]++; hits[door] > 20 {
				continue // told by their number
			}
			w.t.Errorf("%s: %s: %q", place, h, b[max(0, int(h.Offset)-40):min(len(b), int(h.Offset)+60)])
		}
		table += fmt.Sprintf("\n%-16s %10d", place, len(b))
		for _, d := range doors {
			table += fmt.Sprintf(" %8d", hits[d])
			if hits[d] > 0 {
				w.t.Errorf("%s: %d hits of the %s", place, hits[d], d)
			}
		}
		if len(b) < 3 {
			w.t.Errorf("%s: nothing to search", place)
		}
	}
	w.t.Log("\n" + table)
}

// wroteOnly wants no file open for writing but these, and those there.
func (w *world) wroteOnly(names ...string) {
	w.t.Helper()
	seen := w.watched.list()
	for _, name := range seen {
		if !slices.Contains(names, strings.TrimPrefix(name, w.dir)) {
			w.t.Errorf("the server wrote to %s", name)
		}
	}
	if !slices.Contains(seen, filepath.Join(w.dir, "db", "kofu.db")) {
		w.t.Errorf("the database was not seen: %v", seen)
	}
	for _, dir := range []string{"tmp", "home", "cwd"} {
		if left := files(w.t, w.path(dir)); len(left) > 0 {
			w.t.Errorf("left in %s: %v", dir, left)
		}
	}
}

// load has several phones apply at once for a while; then happens in the
// middle.
func (w *world) load(all []*planted, d time.Duration, then func()) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	var group sync.WaitGroup
	for _, p := range all {
		if !strings.HasPrefix(p.role, "load") {
			continue
		}
		c := w.phone(p, false)
		wish := w.wish(p, "overseas")
		group.Go(func() {
			n := 0
			for ctx.Err() == nil {
				if _, _, err := c.Journey(ctx, wish); err == nil {
					n++
				} else if phone.CodeOf(err) == "busy" {
					time.Sleep(50 * time.Millisecond)
				} else if then == nil && ctx.Err() == nil {
					w.t.Errorf("%s: %v", p.role, err)
					return
				}
			}
			if n == 0 {
				w.t.Errorf("%s: no certificate", p.role)
			}
			w.t.Logf("%s: %d certificates", p.role, n)
		})
	}
	if then != nil {
		time.Sleep(d / 2)
		then()
	}
	group.Wait()
}

// Nobody can ask the program for a profile of itself: it would be a place.
//
// Rows: C3
func TestNoProfilesAreServed(t *testing.T) {
	w := newWorld(t, everybody())
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/vars"} {
		for _, base := range []string{"http://" + w.ops, "https://" + w.app} {
			res := must(w.client(nil, false).Get(base + path))(t)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusNotFound {
				t.Errorf("%s%s: %d", base, path, res.StatusCode)
			}
		}
	}
	if bytes.Contains(must(os.ReadFile(ours(t, "kofu")))(t), []byte("net/http/pprof.")) {
		t.Error("net/http/pprof is in the program")
	}
}
