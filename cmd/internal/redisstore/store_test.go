// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/kiosk"
)

var (
	_ cardauth.ChallengeStore = (*Challenges)(nil)
	_ issuance.SealKeys       = (*SealKeys)(nil)
)

// TestConformance runs the same contract against the Redis that the demo and
// the tests embed, and against a real one.
func TestConformance(t *testing.T) {
	for name, begin := range map[string]func(*testing.T) world{"miniredis": miniWorld, "redis-server": realWorld} {
		t.Run(name, func(t *testing.T) {
			for _, c := range contract() {
				t.Run(c.name, func(t *testing.T) { c.run(t, begin(t)) })
			}
		})
	}
}

type clause struct {
	name string
	run  func(*testing.T, world)
}

func contract() []clause {
	return slices.Concat(sessionClauses(), gateClauses(), []clause{
		{"challenge is taken once", takenOnce},
		{"challenge is taken once by many", takenOnceByMany},
		{"challenge expires, taken or not", challengeExpires},
		{"challenge id is not given twice", idOnce},
		{"seal key comes back until deleted", sealKeyKept},
		{"seal key expires and is not extended", sealKeyExpires},
		{"seal key is put again, with a new end", sealKeyAnew},
		{"a Redis that is gone is neither unknown nor used", down},
		{"a call that is cancelled is neither unknown nor used", cancelled},
		{"every key expires and is listed", keyspace},
	})
}

func challenge(id string) cardauth.Challenge {
	c := cardauth.Challenge{ID: cardauth.ChallengeID(id), Channel: cert.App, Purpose: cert.PurposeCertificate,
		Expires: time.Now().Add(cardauth.ChallengeTTL).Truncate(time.Millisecond)}
	copy(c.Bytes[:], "0123456789 bytes\x00\xff\n0123456789abc")
	return c
}

func put(t *testing.T, w world, id string) cardauth.Challenge {
	t.Helper()
	c := challenge(id)
	if err := w.store.Challenges().Put(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c
}

func takenOnce(t *testing.T, w world) {
	want := put(t, w, "a")
	put(t, w, "b")
	got, err := w.store.Challenges().Take(t.Context(), "a")
	if err != nil || !got.Expires.Equal(want.Expires) {
		t.Fatalf("got %v, %v", got, err)
	}
	got.Expires = want.Expires
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	for id, want := range map[cardauth.ChallengeID]error{"a": cardauth.ErrChallengeUsed, "c": cardauth.ErrChallengeUnknown, "b": nil} {
		if _, err := w.store.Challenges().Take(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", id, err, want)
		}
	}
}

func takenOnceByMany(t *testing.T, w world) {
	put(t, w, "a")
	var group sync.WaitGroup
	var won, used atomic.Int32
	for range 32 {
		group.Go(func() {
			switch _, err := w.store.Challenges().Take(t.Context(), "a"); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, cardauth.ErrChallengeUsed):
				used.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 || used.Load() != 31 {
		t.Errorf("%d took it, %d were told it was used; want 1 and 31", won.Load(), used.Load())
	}
}

func challengeExpires(t *testing.T, w world) {
	put(t, w, "taken")
	put(t, w, "left")
	w.pass(cardauth.ChallengeTTL - 5*time.Second)
	if _, err := w.store.Challenges().Take(t.Context(), "taken"); err != nil {
		t.Fatal(err)
	}
	w.pass(4 * time.Second)
	if _, err := w.store.Challenges().Take(t.Context(), "taken"); !errors.Is(err, cardauth.ErrChallengeUsed) {
		t.Errorf("before its end: %v, want used", err)
	}
	w.pass(2 * time.Second)
	for _, id := range []cardauth.ChallengeID{"taken", "left"} {
		if _, err := w.store.Challenges().Take(t.Context(), id); !errors.Is(err, cardauth.ErrChallengeUnknown) {
			t.Errorf("%s after its end: %v, want unknown", id, err)
		}
	}
}

func idOnce(t *testing.T, w world) {
	put(t, w, "a")
	if err := w.store.Challenges().Put(t.Context(), challenge("a")); err == nil {
		t.Error("an ID in use was given again")
	}
	if _, err := w.store.Challenges().Take(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Challenges().Put(t.Context(), challenge("a")); err == nil {
		t.Error("a challenge was put back in place of its tombstone")
	}
}

func sealKeyKept(t *testing.T, w world) {
	keys, want := w.store.SealKeys(), [32]byte{1, 0, 255, 10, 13}
	if err := keys.Put(t.Context(), "kid", want, issuance.SealTTL); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := keys.Get(t.Context(), "kid"); err != nil || got != want {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	for range 2 { // the second time there is none, which is no error
		if err := keys.Delete(t.Context(), "kid"); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := keys.Get(t.Context(), "kid"); !errors.Is(err, issuance.ErrNoSealKey) || got != [32]byte{} {
		t.Errorf("after its shredding: %v, %v", got, err)
	}
}

func sealKeyExpires(t *testing.T, w world) {
	keys := w.store.SealKeys()
	if err := keys.Put(t.Context(), "kid", [32]byte{1}, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.pass(59 * time.Second)
	if _, err := keys.Get(t.Context(), "kid"); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Second)
	if _, err := keys.Get(t.Context(), "kid"); !errors.Is(err, issuance.ErrNoSealKey) {
		t.Errorf("after its end: %v", err)
	}
}

// sealKeyAnew: the release of a paper gives its key a new end.
func sealKeyAnew(t *testing.T, w world) {
	keys, key := w.store.SealKeys(), [32]byte{1}
	if err := keys.Put(t.Context(), "kid", key, issuance.CertificateTTL); err != nil {
		t.Fatal(err)
	}
	w.pass(issuance.CertificateTTL - time.Second)
	if err := keys.Put(t.Context(), "kid", key, issuance.ReleasedTTL); err != nil {
		t.Fatal(err)
	}
	w.pass(issuance.ReleasedTTL - time.Second)
	if got, err := keys.Get(t.Context(), "kid"); err != nil || got != key {
		t.Fatalf("before its new end: %v, %v", got, err)
	}
	w.pass(2 * time.Second)
	if _, err := keys.Get(t.Context(), "kid"); !errors.Is(err, issuance.ErrNoSealKey) {
		t.Errorf("after its new end: %v", err)
	}
	for _, ttl := range []time.Duration{0, -1, time.Microsecond} {
		if err := keys.Put(t.Context(), "kid", key, ttl); err == nil {
			t.Errorf("a key was kept for %v", ttl)
		}
	}
	if err := keys.Put(t.Context(), "kid", key, time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := keys.Put(t.Context(), "kid", key, time.Second); err != nil { // nearer, too
		t.Fatal(err)
	}
	w.pass(2 * time.Second)
	if _, err := keys.Get(t.Context(), "kid"); !errors.Is(err, issuance.ErrNoSealKey) {
		t.Errorf("with a nearer end: %v", err)
	}
}

func down(t *testing.T, w world) {
	put(t, w, "a")
	w.stop()
	wantDown(t, w, t.Context())
	if err := w.store.Check(t.Context()); err == nil {
		t.Error("Check likes a Redis that is gone")
	}
}

func cancelled(t *testing.T, w world) {
	put(t, w, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantDown(t, w, ctx)
	if _, err := w.store.Challenges().Take(t.Context(), "a"); err != nil {
		t.Errorf("the cancelled call took it: %v", err)
	}
}

func wantDown(t *testing.T, w world, ctx context.Context) {
	t.Helper()
	_, err := w.store.Challenges().Take(ctx, "a")
	if err == nil || errors.Is(err, cardauth.ErrChallengeUnknown) || errors.Is(err, cardauth.ErrChallengeUsed) {
		t.Errorf("Take: %v", err)
	}
	if err := w.store.Challenges().Put(ctx, challenge("b")); err == nil {
		t.Error("Put: no error")
	}
	if _, err := w.store.SealKeys().Get(ctx, "kid"); err == nil || errors.Is(err, issuance.ErrNoSealKey) {
		t.Errorf("Get: %v", err)
	}
	if err := w.store.SealKeys().Delete(ctx, "kid"); err == nil {
		t.Error("Delete: no error")
	}
	if _, _, err := w.store.Sessions().Load(ctx, "a"); err == nil || errors.Is(err, kiosk.ErrNoSession) {
		t.Errorf("Load: %v", err)
	}
	if err := w.store.Sessions().Save(ctx, "a", nil, 1, time.Minute); err == nil || errors.Is(err, kiosk.ErrConflict) {
		t.Errorf("Save: %v", err)
	}
	if err := w.store.Sessions().Delete(ctx, "a"); err == nil {
		t.Error("Delete of a session: no error")
	}
	if _, err := w.store.Gate().Enter(ctx, "a", 1, time.Now().Add(time.Minute)); err == nil {
		t.Error("Enter: no error")
	}
	if err := w.store.Gate().Leave(ctx, "a"); err == nil {
		t.Error("Leave: no error")
	}
	if _, err := w.store.Gate().Count(ctx, "a", time.Minute); err == nil {
		t.Error("Count: no error")
	}
}

func keyspace(t *testing.T, w world) {
	put(t, w, "a")
	put(t, w, "b")
	if _, err := w.store.Challenges().Take(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if err := w.store.SealKeys().Put(t.Context(), "kid", [32]byte{1}, issuance.SealTTL); err != nil {
		t.Fatal(err)
	}
	save(t, w, "a", "1", 0)
	if err := w.store.Desks().Save(t.Context(), "a", nil, 0, time.Minute); err != nil {
		t.Fatal(err)
	}
	enter(t, w, "a", 1)
	enter(t, w, "b", 1)
	if _, err := w.store.Gate().Count(t.Context(), "a", time.Minute); err != nil {
		t.Fatal(err)
	}
	keys, err := w.store.client.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) != 9 {
		t.Fatalf("%q, %v", keys, err)
	}
	listed := []string{challengePrefix, sealPrefix, sessionPrefix, deskPrefix, gateInside, gateWaiting, gateAsked, countPrefix}
	for _, k := range keys {
		if !slices.ContainsFunc(listed, func(prefix string) bool { return strings.HasPrefix(k, prefix) }) {
			t.Errorf("%s is not in keys.go", k)
		}
		if ttl, err := w.store.client.TTL(t.Context(), k).Result(); err != nil || ttl <= 0 || ttl > 10*time.Minute {
			t.Errorf("%s expires in %v, %v", k, ttl, err)
		}
	}
}
