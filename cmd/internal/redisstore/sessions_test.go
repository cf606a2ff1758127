// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"bytes"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/kiosk"
)

var (
	_ kiosk.Sessions = (*Sessions)(nil)
	_ staff.Sessions = (*Sessions)(nil)
	_ staff.Tally    = (*Gate)(nil)
)

// sessionClauses hold for the sessions of kiosks, and for those of the counter
// that stand beside them.
func sessionClauses() (all []clause) {
	for _, c := range []clause{
		{"session comes back as it was saved, with its version", sessionKept},
		{"session is saved by one of many", sessionSavedOnce},
		{"session is saved in the place of its own version only", sessionConflict},
		{"session lasts as long as the last save says", sessionExpires},
		{"session is forgotten when deleted", sessionDeleted},
		{"session of another form is neither there nor absent", sessionMangled},
	} {
		all = append(all, c, clause{"counter " + c.name, func(t *testing.T, w world) {
			w.desk = true
			c.run(t, w)
		}})
	}
	return append(all, clause{"sessions of counter and kiosk are not each other's", sessionsApart})
}

func sessionsApart(t *testing.T, w world) {
	save(t, w, "a", "at the kiosk", 0)
	wantSession(t, w, "a", "at the kiosk", 1)
	w.desk = true
	wantNoSession(t, w, "a")
	save(t, w, "a", "at the counter", 0)
	sessions, _, _ := w.sessions(w.store)
	if err := sessions.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	w.desk = false
	wantSession(t, w, "a", "at the kiosk", 1)
}

func save(t *testing.T, w world, id, data string, version int) {
	t.Helper()
	sessions, _, _ := w.sessions(w.store)
	if err := sessions.Save(t.Context(), id, []byte(data), version, time.Minute); err != nil {
		t.Fatal(err)
	}
}

func wantSession(t *testing.T, w world, id, data string, version int) {
	t.Helper()
	sessions, _, _ := w.sessions(w.store)
	got, v, err := sessions.Load(t.Context(), id)
	if err != nil || v != version || string(got) != data {
		t.Errorf("%s: got %q, %d, %v; want %q, %d", id, got, v, err, data, version)
	}
}

func wantNoSession(t *testing.T, w world, id string) {
	t.Helper()
	sessions, none, _ := w.sessions(w.store)
	if data, v, err := sessions.Load(t.Context(), id); !errors.Is(err, none) || data != nil || v != 0 {
		t.Errorf("%s: got %q, %d, %v; want none", id, data, v, err)
	}
}

func sessionKept(t *testing.T, w world) {
	wantNoSession(t, w, "a")
	for version, data := range []string{`{"now":{}}`, "", " 7 \x00\xff\n%d", `{"now":{"id":"日本"}}`} {
		save(t, w, "a", data, version)
		wantSession(t, w, "a", data, version+1)
	}
	save(t, w, "b", "other", 0)
	wantSession(t, w, "a", `{"now":{"id":"日本"}}`, 4)
	for version := range 12 { // more digits, and none taken for another
		save(t, w, "c", strconv.Itoa(version), version)
	}
	wantSession(t, w, "c", "11", 12)
}

// sessionSavedOnce: of 100 at once, on three servers, one wins every version.
func sessionSavedOnce(t *testing.T, w world) {
	stores := []*Store{w.store, open(t, w.store.config), open(t, w.store.config)}
	for version := range 3 {
		var group sync.WaitGroup
		var won, lost, winner atomic.Int32
		for n := range 100 {
			group.Go(func() {
				sessions, _, conflict := w.sessions(stores[n%3])
				switch err := sessions.Save(t.Context(), "a", []byte(strconv.Itoa(n)), version, time.Minute); {
				case err == nil:
					won.Add(1)
					winner.Store(int32(n))
				case errors.Is(err, conflict):
					lost.Add(1)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 || lost.Load() != 99 {
			t.Fatalf("version %d: %d saved it, %d were told of a conflict; want 1 and 99", version, won.Load(), lost.Load())
		}
		wantSession(t, w, "a", strconv.Itoa(int(winner.Load())), version+1)
	}
}

func sessionConflict(t *testing.T, w world) {
	sessions, _, conflict := w.sessions(w.store)
	save(t, w, "a", "1", 0)
	save(t, w, "a", "2", 1)
	for _, c := range []struct {
		id      string
		version int
	}{{"a", 0}, {"a", 1}, {"a", 3}, {"a", 20}, {"none", 1}, {"none", 2}} {
		if err := sessions.Save(t.Context(), c.id, []byte("x"), c.version, time.Hour); !errors.Is(err, conflict) {
			t.Errorf("%s, version %d: %v, want a conflict", c.id, c.version, err)
		}
	}
	wantSession(t, w, "a", "2", 2)
	wantNoSession(t, w, "none")
	for name, err := range map[string]error{
		"for ever":           sessions.Save(t.Context(), "a", nil, 2, 0),
		"over already":       sessions.Save(t.Context(), "a", nil, 2, -time.Second),
		"no millisecond":     sessions.Save(t.Context(), "a", nil, 2, time.Microsecond),
		"version below zero": sessions.Save(t.Context(), "new", nil, -1, time.Second),
	} {
		if err == nil || errors.Is(err, conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.pass(61 * time.Second) // the losers did not make it last longer
	wantNoSession(t, w, "a")
}

func sessionExpires(t *testing.T, w world) {
	sessions, _, conflict := w.sessions(w.store)
	save(t, w, "a", "1", 0)
	w.pass(59 * time.Second)
	wantSession(t, w, "a", "1", 1) // reading it does not keep it
	w.pass(2 * time.Second)
	wantNoSession(t, w, "a")
	if err := sessions.Save(t.Context(), "a", []byte("2"), 1, time.Minute); !errors.Is(err, conflict) {
		t.Errorf("after its end: %v, want a conflict", err)
	}
	save(t, w, "a", "1", 0)
	w.pass(50 * time.Second)
	save(t, w, "a", "2", 1)
	w.pass(50 * time.Second)
	wantSession(t, w, "a", "2", 2)
	if err := sessions.Save(t.Context(), "a", []byte("3"), 2, time.Second); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Second)
	wantNoSession(t, w, "a")
}

func sessionDeleted(t *testing.T, w world) {
	sessions, _, conflict := w.sessions(w.store)
	save(t, w, "a", "1", 0)
	save(t, w, "b", "1", 0)
	for range 2 { // the second time there is none, which is no error
		if err := sessions.Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		wantNoSession(t, w, "a")
	}
	if err := sessions.Save(t.Context(), "a", []byte("2"), 1, time.Minute); !errors.Is(err, conflict) {
		t.Errorf("saved over its deletion: %v", err)
	}
	wantSession(t, w, "b", "1", 1)
	save(t, w, "a", "anew", 0)
}

func sessionMangled(t *testing.T, w world) {
	sessions, _, conflict := w.sessions(w.store)
	for _, value := range []string{"", "x", "1", " {}", "0 {}", "01 {}", "-1 {}", "+1 {}", "one {}"} {
		if err := w.store.client.Set(t.Context(), sessions.prefix+"a", value, time.Minute).Err(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := sessions.Load(t.Context(), "a"); !errors.Is(err, errValue) {
			t.Errorf("%q: %v", value, err)
		}
		if err := sessions.Save(t.Context(), "a", nil, 0, time.Minute); !errors.Is(err, conflict) {
			t.Errorf("%q is taken for none: %v", value, err)
		}
	}
}

func FuzzParseSession(f *testing.F) {
	f.Add([]byte(`7 {"now":{}}`))
	f.Add([]byte("007 {}"))
	f.Add([]byte("9223372036854775808 "))
	f.Fuzz(func(t *testing.T, value []byte) {
		if data, version, err := parseSession(value); err == nil && !bytes.Equal(formatSession(data, version), value) {
			t.Errorf("%q is read as %d and %q", value, version, data)
		}
	})
}
