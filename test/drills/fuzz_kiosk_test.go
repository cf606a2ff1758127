// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"kofu/test/terminal"
)

// kiosk is a terminal of ours, and what it says.
func (w *world) kiosk(t testing.TB, replica int) (*terminal.Terminal, *tap) {
	t.Helper()
	p := &tap{next: w.transport(w.terminal), heard: map[string]any{}}
	return must(terminal.New(terminal.Config{URLs: []string{w.url(replica, "kiosk", "")}, HTTP: &http.Client{Transport: p}}))(t), p
}

// visitor is a member of the crowd at a kiosk.
func (w *world) visitor(t testing.TB, member int) terminal.Person {
	t.Helper()
	m := w.members[member]
	return terminal.Person{Card: terminal.Chip(must(w.issue(m))(t)), PIN: m.PIN, Kind: "domestic", Towns: []string{string(m.Municipality)}, Copies: 1}
}

var errParked = errors.New("left standing")

// parked is a session that somebody left standing on a screen.
type parked struct {
	path   string
	number int
	said   map[string]any // the last event
	hold   terminal.Hold
}

// park leaves sessions standing on screens all along the way.
func (w *world) park(t *testing.T, replica int) (list []*parked) {
	t.Helper()
	for i, at := range []string{"consent", "kind", "place_card", "enter_pin", "reading_card", "remove_card", "content_check", "copies", "pay", "printing", "capture", "take_paper"} {
		k, heard := w.kiosk(t, replica)
		p := w.visitor(t, 60+i)
		p.Deeds = map[string]terminal.Deed{at: func(_ context.Context, _ *terminal.Terminal) error { return errParked }}
		_, err := p.Walk(t.Context(), k)
		if k.Answer() == nil {
			t.Fatalf("no session at %s: %v", at, err)
		}
		one := &parked{path: k.Path(), number: k.Answer().Number}
		if h := k.Answer().Hold; h != nil {
			one.hold = *h
		}
		if v, ok := heard.heard[one.path].(map[string]any); ok {
			one.said = v
		}
		if k.Screen().ID != at {
			t.Logf("a session stands on %s, and not on %s: %v", k.Screen().ID, at, err)
		}
		list = append(list, one)
	}
	return list
}

// Whatever a registered terminal may send, in the middle of sessions that have
// come to every stage: an answer of the protocol, or a problem it lists.
func TestKioskFuzzed(t *testing.T) {
	w := theWorld(t)
	doc := must(os.ReadFile(filepath.Join("..", "..", "deploy", "kiosk-protocol.md")))(t)
	codes := codesOf(string(doc))
	sessions := w.park(t, open)
	var mu sync.Mutex
	u := &run{w: w, replica: open, door: "kiosk", count: many(1500)}
	u.make = func(r chance, _ int) attempt {
		mu.Lock()
		defer mu.Unlock()
		return r.kioskCall(sessions)
	}
	u.judge = func(a attempt, got *answer) error {
		if err := got.common(); err != nil || got.below() {
			return err
		}
		if got.Header.Get("Cache-Control") != "no-store" {
			return fmt.Errorf("status %d may be kept", got.Status)
		}
		if got.Status >= 400 {
			if a.method == http.MethodHead {
				return nil
			}
			_, err := got.problem(codes)
			return err
		}
		var said terminal.Answer
		if err := json.Unmarshal(got.Body, &said, json.RejectUnknownMembers(true)); err != nil {
			return fmt.Errorf("status %d with what is no answer: %w", got.Status, err)
		}
		if got.Status == http.StatusOK { // where it stands now
			mu.Lock()
			defer mu.Unlock()
			for _, s := range sessions {
				if strings.Contains(s.path, said.Session) {
					s.number = said.Number
				}
			}
		}
		if said.Screen.ID == "" || said.Offline.ID == "" || said.Session == "" {
			return fmt.Errorf("an answer without a screen: %.300s", got.Body)
		}
		return nil
	}
	u.all(t)
}

// kioskCall is an opening or an event, spoilt or not.
func (r chance) kioskCall(sessions []*parked) attempt {
	a := attempt{method: http.MethodPost, target: "/kiosk/v1/sessions"}
	a.set("Content-Type", "application/json")
	var tree any = plain(terminal.Opening{Protocol: []string{"1.0"}, Software: terminal.Software{Name: "drill", Version: "1", Config: "0011223344556677"},
		Language: "ja", Hardware: terminal.Hardware{Reader: "ok", Printer: "ok", Coins: "ok", Speaker: "ok"}})
	if r.IntN(8) != 0 {
		s := pick(r, sessions)
		a.target = s.path
		event := map[string]any{}
		if s.said != nil && r.IntN(2) == 0 {
			event = clone(s.said).(map[string]any)
		} else {
			event["type"] = pick(r, []any{"choose", "adjust", "timed_out", "card_placed", "card_removed", "card_fault", "pin_verified", "pin_refused", "card_read", "coins_in", "coin_fault",
				"printed", "printer_fault", "printer_ready", "fee_settled", "paper_taken", "restarted"})
			members := map[string][]any{
				"choice": {"agree", "ja", "domestic", "900010", "correct", "1", "9", "cancel", "another", "-1", "１"}, "settings": {map[string]any{"size": "large"}, map[string]any{"language": "xx"}, map[string]any{}},
				"fault": {"jam", "unreadable", "broken", ""}, "tries_left": {0, 2, -1, 99}, "escrow_yen": {0, 120, -120, 1 << 40}, "printed": {[]any{1}, []any{}, []any{1, 1, 0, -3}}, "captured_yen": {0, 120, -1},
				"returned_yen": {0, 10}, "card_in": {true, false}, "application": {s.hold.Application, "x", "....."}, "receipt": {s.hold.Receipt, s.hold.Certificate, "a.b.c.d.e"},
				"card": {map[string]any{"ef0001": "AA==", "ef0002": "AA==", "ef0003": "AA==", "ef0004": "AA==", "ef0007": "AA==", "signature": "AA=="}},
			}
			for _, name := range slices.Sorted(maps.Keys(members)) {
				if r.IntN(10) == 0 {
					event[name] = pick(r, members[name])
				}
			}
		}
		event["number"] = s.number + pick(r, []int{1, 1, 1, 1, 1, 0, 2, -1, 1 << 31})
		tree = event
	}
	a.body = encode(tree)
	for range max(0, r.IntN(4)-1) {
		r.mutate(&a, tree)
	}
	return a
}
