// SPDX-License-Identifier: Apache-2.0

package public_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kofu/api/problem"
	"kofu/api/public"
	"kofu/cert/keys"
	"kofu/cert/shc"
	"kofu/cert/verify"
	"kofu/test/keyring"
)

const iss = "https://kofu.example/issuer"

type answer func(context.Context) (public.Revoked, error)

func (a answer) Revoked(ctx context.Context) (public.Revoked, error) { return a(ctx) }

type nothing struct{}

func (nothing) Count(string, string, string, time.Duration) {}

var rings = sync.OnceValues(func() (*keys.Ring, error) { return keyring.New(iss) })

func ringOf(t testing.TB) *keys.Ring {
	t.Helper()
	ring, err := rings()
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// served mounts the files of a store.
func served(t testing.TB, store public.Revocations) (*public.Handler, http.Handler) {
	t.Helper()
	h, err := public.New(public.Config{Keys: ringOf(t), Issuer: iss, Revocations: store, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	table := &problem.Table{Rules: []problem.Rule{problem.Is(public.ErrRevocations, "R", problem.Problem{Status: 503})}, Unknown: problem.Problem{Status: 500}}
	e, r := (&problem.Engine{Table: table, Timeout: 5 * time.Second, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Metrics: nothing{}}).New()
	h.Mount(r)
	return h, e
}

func get(t testing.TB, h http.Handler, path, tag string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Header.Set("If-None-Match", tag)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const uvcis = "/trust/revoked-uvci.json"

func revokedAt(version int) public.Revoked {
	out := public.Revoked{Version: version}
	for i := range version {
		out.UVCIs = append(out.UVCIs, verify.HashUVCI(strings.Repeat("A", i+1)))
	}
	return out
}

func TestNewRefusesWhatLacksAPart(t *testing.T) {
	whole := public.Config{Keys: ringOf(t), Issuer: iss, Revocations: public.NothingRevoked{}, Now: time.Now}
	for name, c := range map[string]public.Config{
		"keys":        {Issuer: whole.Issuer, Revocations: whole.Revocations, Now: whole.Now},
		"issuer":      {Keys: whole.Keys, Revocations: whole.Revocations, Now: whole.Now},
		"revocations": {Keys: whole.Keys, Issuer: whole.Issuer, Now: whole.Now},
		"now":         {Keys: whole.Keys, Issuer: whole.Issuer, Revocations: whole.Revocations},
	} {
		if _, err := public.New(c); err == nil {
			t.Errorf("without %s", name)
		}
	}
	if _, err := public.New(whole); err != nil {
		t.Error(err)
	}
}

// The store is asked once in ten seconds, whoever asks for whatever.
func TestStoreIsAskedEveryTenSecondsAtMost(t *testing.T) {
	ringOf(t)
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		h, e := served(t, answer(func(context.Context) (public.Revoked, error) { asked++; return revokedAt(1), nil }))
		if !h.Known().IsZero() {
			t.Error("known before it was asked")
		}
		for i := range 100 {
			for _, path := range []string{"/trust/bundle.json", uvcis, "/issuer/.well-known/jwks.json", "/trust/csca.pem"} {
				if w := get(t, e, path, ""); w.Code != 200 {
					t.Fatal(path, w.Code)
				}
			}
			if want := i/10 + 1; asked != want {
				t.Fatalf("after %d s asked %d times", i, asked)
			}
			time.Sleep(time.Second)
		}
		if got := time.Since(h.Known()); got != 10*time.Second {
			t.Error(got)
		}
	})
}

// A failing store leaves what is served as it is, and is asked again in time.
func TestLastSnapshotIsServedWhileTheStoreFails(t *testing.T) {
	for name, bad := range map[string]answer{
		"error":         func(context.Context) (public.Revoked, error) { return public.Revoked{}, errors.New("down") },
		"silent":        func(ctx context.Context) (public.Revoked, error) { <-ctx.Done(); return public.Revoked{}, ctx.Err() },
		"panics":        func(context.Context) (public.Revoked, error) { panic("store") },
		"behind":        func(context.Context) (public.Revoked, error) { return revokedAt(1), nil },
		"forgot it all": func(context.Context) (public.Revoked, error) { return public.Revoked{}, nil },
		"negative":      func(context.Context) (public.Revoked, error) { return public.Revoked{Version: -1}, nil },
		"last of all":   func(context.Context) (public.Revoked, error) { return public.Revoked{Version: math.MaxInt}, nil },
		"hash malformed": func(context.Context) (public.Revoked, error) {
			return public.Revoked{Version: 3, UVCIs: []string{"x"}}, nil
		},
		"rid with a time": ridOf(t, "abc.1636977600"),
		"rid too long":    ridOf(t, strings.Repeat("a", 25)),
		"rid empty":       ridOf(t, ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, asked := answer(func(context.Context) (public.Revoked, error) { return revokedAt(2), nil }), 0
				h, e := served(t, answer(func(ctx context.Context) (public.Revoked, error) { asked++; return store(ctx) }))
				first := get(t, e, uvcis, "")
				known := h.Known()
				store = bad
				for range 3 {
					time.Sleep(10 * time.Second)
					w := get(t, e, uvcis, "")
					if name == "panics" && w.Code == 500 { // whoever it happened to
						w = get(t, e, uvcis, "")
					}
					if w.Code != 200 || w.Body.String() != first.Body.String() || !strings.Contains(w.Body.String(), verify.HashUVCI("AA")) {
						t.Errorf("%d %s", w.Code, w.Body)
					}
				}
				if asked != 4 || !h.Known().Equal(known) {
					t.Errorf("asked %d times; known %v", asked, h.Known().Sub(known))
				}
				store = func(context.Context) (public.Revoked, error) { return revokedAt(3), nil }
				time.Sleep(10 * time.Second)
				if w := get(t, e, uvcis, ""); !strings.Contains(w.Body.String(), verify.HashUVCI("AAA")) || !h.Known().Equal(time.Now()) {
					t.Error("the store has recovered, and is not heard")
				}
			})
		})
	}
}

func ridOf(t *testing.T, rid string) answer {
	list := map[string][]string{}
	for _, p := range ringOf(t).Publics() {
		list[p.KID] = []string{rid}
	}
	return func(context.Context) (public.Revoked, error) { return public.Revoked{Version: 3, RIDs: list}, nil }
}

// Before there is a snapshot a store is asked every second at most, and never
// by two at a time; those who wait share the outcome.
func TestStoreThatNeverAnsweredIsNotPressed(t *testing.T) {
	ringOf(t)
	synctest.Test(t, func(t *testing.T) {
		var asked, inside atomic.Int32
		down := true
		_, e := served(t, answer(func(ctx context.Context) (public.Revoked, error) {
			asked.Add(1)
			if inside.Add(1) > 1 {
				t.Error("asked twice at a time")
			}
			defer inside.Add(-1)
			time.Sleep(500 * time.Millisecond)
			if down {
				return public.Revoked{}, errors.New("down")
			}
			return revokedAt(1), ctx.Err()
		}))
		crowd := func(want int) {
			t.Helper()
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					if w := get(t, e, uvcis, ""); w.Code != want {
						t.Errorf("%d, want %d", w.Code, want)
					}
				})
			}
			wg.Wait()
		}
		crowd(503)
		crowd(503) // half a second later
		if asked.Load() != 1 {
			t.Errorf("asked %d times", asked.Load())
		}
		time.Sleep(time.Second)
		down = false
		crowd(200)
		if asked.Load() != 2 {
			t.Errorf("asked %d times", asked.Load())
		}
	})
}

// Whoever goes away does not spoil it for those who wait with him.
func TestFirstToAskMayLeave(t *testing.T) {
	ringOf(t)
	synctest.Test(t, func(t *testing.T) {
		_, e := served(t, answer(func(ctx context.Context) (public.Revoked, error) {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			return revokedAt(1), ctx.Err()
		}))
		ctx, leave := context.WithCancel(t.Context())
		go e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, uvcis, nil))
		synctest.Wait()
		leave()
		if w := get(t, e, uvcis, ""); w.Code != 200 {
			t.Error(w.Code)
		}
	})
}

func TestTagChangesWithTheVersion(t *testing.T) {
	ringOf(t)
	synctest.Test(t, func(t *testing.T) {
		version := 0
		_, e := served(t, answer(func(context.Context) (public.Revoked, error) { return revokedAt(version), nil }))
		kid := ""
		for _, p := range ringOf(t).Publics() {
			if p.Format == keys.SHC {
				kid = p.KID
			}
		}
		for _, path := range []string{uvcis, "/trust/bundle.json", "/issuer/.well-known/jwks.json", "/issuer/.well-known/crl/" + kid + ".json"} {
			tag := get(t, e, path, "").Header().Get("ETag")
			if w := get(t, e, path, tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
				t.Error(path, w.Code)
			}
			version++
			time.Sleep(10 * time.Second)
			if w := get(t, e, path, tag); w.Code != http.StatusOK {
				t.Error(path, w.Code)
			}
		}
	})
}

// Repetition and keys that are not published do no harm.
func TestListsAreWrittenInOrderOnce(t *testing.T) {
	kid := ""
	for _, p := range ringOf(t).Publics() {
		if p.Format == keys.SHC {
			kid = p.KID
		}
	}
	stranger := strings.Repeat("x", 43)
	_, e := served(t, answer(func(context.Context) (public.Revoked, error) {
		hash := verify.HashUVCI("A")
		return public.Revoked{Version: 1, RIDs: map[string][]string{kid: {"b", "a", "b"}, stranger: {"c"}}, UVCIs: []string{hash, hash}}, nil
	}))
	if got, want := get(t, e, "/issuer/.well-known/crl/"+kid+".json", "").Body.String(), `{"kid":"`+kid+`","method":"rid","ctr":2,"rids":["a","b"]}`; got != want {
		t.Error(got)
	}
	if w := get(t, e, "/issuer/.well-known/crl/"+stranger+".json", ""); w.Code == 200 {
		t.Error("a list for a key that is not published")
	}
	bundle := get(t, e, "/trust/bundle.json", "").Body.Bytes()
	if strings.Count(string(bundle), verify.HashUVCI("A")) != 1 || strings.Contains(string(bundle), stranger) {
		t.Error("the bundle tells something twice, or of a stranger's key")
	}
	if err := new(verify.Trust).AddBundle(bundle); err != nil {
		t.Error(err)
	}
	if list, err := shc.ParseCRL(get(t, e, "/issuer/.well-known/crl/"+kid+".json", "").Body.Bytes()); err != nil || list.Counter != 2 {
		t.Error(list.Counter, err)
	}
}
