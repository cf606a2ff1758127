// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"kofu/kiosk"
)

func itoa(n int) string { return strconv.Itoa(n) }

// terminal is one that speaks for itself.
func terminal(id string, key byte) kiosk.Terminal {
	return kiosk.Terminal{ID: id, Role: kiosk.RoleTerminal, Store: "shibuya-1", Operator: "mart", Key: [32]byte{key}, Active: true}
}

// TestTerminals is the life of a terminal: it is found by id and key, and what
// becomes of it holds for the next who asks.
//
// Rows: B6
func TestTerminals(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, ctx := open(t, c), t.Context()
		alone := terminal("alone", 1)
		centre := kiosk.Terminal{ID: "centre", Role: kiosk.RoleCentre, Store: "hq", Operator: "mart", Key: [32]byte{2}, Active: true}
		behind := kiosk.Terminal{ID: "behind", Role: kiosk.RoleTerminal, Store: "ueno-2", Operator: "mart", Relay: "centre"}
		for _, k := range []kiosk.Terminal{alone, centre, behind} {
			if err := s.AddTerminal(ctx, "hanako", k); err != nil {
				t.Fatal(err)
			}
			got, err := s.ByID(ctx, k.ID)
			if err != nil || got != k {
				t.Errorf("got %+v, %v; want %+v", got, err, k)
			}
		}
		if got, err := s.ByKey(ctx, [32]byte{1}); err != nil || got != alone {
			t.Errorf("by its key: %+v, %v", got, err)
		}
		for _, err := range []error{get(s.ByKey(ctx, [32]byte{9})), get(s.ByKey(ctx, [32]byte{})), get(s.ByID(ctx, "nobody")),
			s.Seen(ctx, "nobody", kiosk.Software{}, time.Now()), s.SetTerminal(ctx, "hanako", "nobody", Active)} {
			if !errors.Is(err, kiosk.ErrNoTerminal) {
				t.Errorf("nobody: %v", err)
			}
		}
		for _, step := range []struct {
			to     State
			want   error
			active bool
		}{{Suspended, nil, false}, {Active, nil, true}, {Revoked, nil, false}, {Active, ErrRevoked, false}, {Suspended, ErrRevoked, false}, {Revoked, ErrRevoked, false}} {
			if err := s.SetTerminal(ctx, "hanako", "alone", step.to); !errors.Is(err, step.want) {
				t.Errorf("%s: %v", step.to, err)
			}
			if got, err := s.ByKey(ctx, [32]byte{1}); err != nil || got.Active != step.active {
				t.Errorf("%s: %+v, %v", step.to, got, err)
			}
		}
		if err := s.SetTerminal(ctx, "hanako", "centre", "gone"); !errors.Is(err, ErrTerminal) {
			t.Errorf("a state that is none: %v", err)
		}
	})
}

func get(_ kiosk.Terminal, err error) error { return err }

func TestSeen(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		s, ctx := open(t, c), t.Context()
		if err := s.AddTerminal(ctx, "hanako", terminal("t", 1)); err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 4, 1, 9, 0, 0, 123456000, time.UTC)
		later := kiosk.Software{Name: "copier", Version: "2.0", Config: "00ff00ff"}
		for _, n := range []struct {
			at time.Time
			s  kiosk.Software
		}{{at, kiosk.Software{Name: "copier", Version: "1.0"}}, {at.Add(time.Second), later}, {at, kiosk.Software{Name: "copier", Version: "1.0"}}} {
			if err := s.Seen(ctx, "t", n.s, n.at); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Terminals(ctx)
		if err != nil || len(list) != 1 || list[0].Software != later || !list[0].SeenAt.Equal(at.Add(time.Second)) || list[0].AddedAt.IsZero() {
			t.Errorf("got %+v, %v", list, err)
		}
	})
}

func TestAddTerminalRefuses(t *testing.T) {
	with := func(change func(*kiosk.Terminal)) kiosk.Terminal {
		k := terminal("new", 7)
		change(&k)
		return k
	}
	each(t, func(t *testing.T, c Config) {
		s, ctx := open(t, c), t.Context()
		centre := kiosk.Terminal{ID: "centre", Role: kiosk.RoleCentre, Store: "hq", Operator: "mart", Key: [32]byte{2}}
		ended := kiosk.Terminal{ID: "ended", Role: kiosk.RoleCentre, Store: "hq", Operator: "mart", Key: [32]byte{3}}
		if err := errors.Join(s.AddTerminal(ctx, "a", terminal("there", 1)), s.AddTerminal(ctx, "a", centre), s.AddTerminal(ctx, "a", ended),
			s.SetTerminal(ctx, "a", "ended", Revoked)); err != nil {
			t.Fatal(err)
		}
		for name, k := range map[string]kiosk.Terminal{
			"no id":                 with(func(k *kiosk.Terminal) { k.ID = "" }),
			"space in the id":       with(func(k *kiosk.Terminal) { k.ID = "a b" }),
			"id of 65":              with(func(k *kiosk.Terminal) { k.ID = strings.Repeat("a", 65) }),
			"id with a line break":  with(func(k *kiosk.Terminal) { k.ID = "a\n" }),
			"id taken":              with(func(k *kiosk.Terminal) { k.ID = "there" }),
			"key taken":             with(func(k *kiosk.Terminal) { k.Key = [32]byte{1} }),
			"key of a revoked one":  with(func(k *kiosk.Terminal) { k.Key = [32]byte{3} }),
			"no key":                with(func(k *kiosk.Terminal) { k.Key = [32]byte{} }),
			"key and relay":         with(func(k *kiosk.Terminal) { k.Relay = "centre" }),
			"no store":              with(func(k *kiosk.Terminal) { k.Store = "" }),
			"formula for a store":   with(func(k *kiosk.Terminal) { k.Store = "=1+1" }),
			"no operator":           with(func(k *kiosk.Terminal) { k.Operator = "" }),
			"no role":               with(func(k *kiosk.Terminal) { k.Role = "" }),
			"relay behind a relay":  with(func(k *kiosk.Terminal) { k.Role, k.Relay, k.Key = kiosk.RoleCentre, "centre", [32]byte{} }),
			"relay that is none":    with(func(k *kiosk.Terminal) { k.Relay, k.Key = "there", [32]byte{} }),
			"relay not there":       with(func(k *kiosk.Terminal) { k.Relay, k.Key = "nobody", [32]byte{} }),
			"relay that is revoked": with(func(k *kiosk.Terminal) { k.Relay, k.Key = "ended", [32]byte{} }),
		} {
			if err := s.AddTerminal(ctx, "a", k); !errors.Is(err, ErrTerminal) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.AddTerminal(ctx, "", with(func(*kiosk.Terminal) {})); !errors.Is(err, ErrActor) {
			t.Errorf("nobody did it: %v", err)
		}
		if list, err := s.Terminals(ctx); err != nil || len(list) != 3 {
			t.Errorf("%d in the registry, %v", len(list), err)
		}
		if log, err := s.Operations(ctx); err != nil || len(log) != 4 {
			t.Errorf("%d in the log, %v", len(log), err)
		}
	})
}
