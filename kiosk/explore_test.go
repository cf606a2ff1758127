// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"kofu/cert"
	"kofu/cert/issuance"
)

// everyState returns a session in each state, as one comes to it, and, where
// it makes a difference, with the card in and out.
func (b *bench) everyState() map[string]*Session {
	all := map[string]*Session{}
	for _, state := range States() {
		for _, cardIn := range []bool{false, true} {
			s := b.crafted(state, cardIn)
			all[fmt.Sprintf("%s card=%v", state, cardIn)] = s
		}
	}
	for _, o := range Outcomes() {
		for _, resume := range []State{"", ReadingCard, PlaceCard, Copies} {
			s := b.crafted(Failed, true)
			s.Outcome, s.Resume = o, resume
			all[fmt.Sprintf("failed %s again=%s", o, resume)] = s
		}
	}
	return all
}

func (b *bench) crafted(state State, cardIn bool) *Session {
	w := issuance.Who{Channel: cert.Kiosk, Device: "t-1/" + sessionID}
	s := &Session{ID: sessionID, Terminal: "t-1", Store: "s-1", Operator: "op", Protocol: "1.0", Number: 7, State: state, At: b.clock,
		Deadline: b.clock.Add(sessionTime), Started: b.clock, Draw: random(), Settings: Settings{"ja", normal, normal, normal}, Inside: true,
		Kind: cert.Overseas, Municipality: "900010", CardIn: cardIn}
	later := slices.Index(States(), state)
	if state == ReadingCard {
		s.Challenge, s.Until = random(), b.clock.Add(sessionTime)
	}
	if later > slices.Index(States(), NoRecord) {
		_, s.ApplicationKID = b.office.seal(w)
	}
	if later > slices.Index(States(), Copies) {
		_, s.CertificateKID = b.office.seal(w)
		_, s.ReceiptKID = b.office.seal(w)
		s.Issuance, s.Transaction, s.PreparedAt, s.Copies, s.FeeYen = "i", "t", b.clock, 2, 120
	}
	switch state {
	case Printing, PrintPaused, Refund, Capture, TakePaper, PaperReminder:
		s.EscrowYen, s.ReleasedAt, s.Issuance, s.Printed = 300, b.clock, "", []int{1}
	case ReturnCoins:
		s.EscrowYen, s.ReturnYen, s.Outcome = 100, 100, Cancelled
	case Failed, FailedReminder, Over:
		s.Outcome = Cancelled
		if !cardIn && state == Failed {
			s.Resume = PlaceCard
		}
		s.CardIn = cardIn || state == FailedReminder
	case SecondCard:
		s.Resume, s.CardIn = ContentCheck, true
	case PINWrong:
		s.Tries = new(2)
	}
	return s
}

const (
	sessionID   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	sessionTime = 60e9
)

// put makes s the session that is kept, and returns it as its terminal has it.
func (b *bench) put(s *Session) *visit {
	b.t.Helper()
	data := must[[]byte](b.t)(json.Marshal(record{Now: s}))
	b.memory.sessions[s.ID] = kept{data, 1, b.clock.Add(1 << 40)}
	v := &visit{bench: b, terminal: "t-1"}
	v.last.Session, v.last.Number = s.ID, s.Number
	w := issuance.Who{Channel: cert.Kiosk, Device: "t-1/" + s.ID}
	v.held.Application, _ = b.office.seal(w)
	v.held.Receipt, _ = b.office.seal(w)
	return v
}

// plausible are events of a type with such members as it has.
func plausible(e EventType) []wire {
	switch e {
	case Choose:
		var list []wire
		for _, id := range []string{agree, cancel, back, more, another, finish, again, yes, no, correct, wrong, printNow, "ja", "vi", "domestic", "overseas", "900010", "900044", "90", "1", "5", "6", "0", "x"} {
			list = append(list, wire{Type: e, Choice: id})
		}
		return list
	case Adjust:
		return []wire{{Type: e, Settings: &Settings{Language: "ko", Size: large, Contrast: high, Patience: long}}}
	case CardFault:
		return []wire{{Type: e, Fault: faultUnreadable}, {Type: e, Fault: faultExpired}, {Type: e, Fault: faultNotSupported}, {Type: e, Fault: faultChanged}}
	case PINRefused:
		return []wire{{Type: e, TriesLeft: new(2)}, {Type: e, TriesLeft: new(0)}}
	case CardRead:
		x := []byte("x")
		return []wire{{Type: e, Card: map[string]any{"ef0001": x, "ef0002": x, "ef0003": x, "ef0004": x, "ef0007": x, "signature": x}}}
	case CoinsIn, CoinFault:
		return []wire{{Type: e, EscrowYen: new(0)}, {Type: e, EscrowYen: new(100)}, {Type: e, EscrowYen: new(500)}}
	case Printed:
		return []wire{{Type: e, Printed: &[]int{}}, {Type: e, Printed: &[]int{1}}, {Type: e, Printed: &[]int{1, 2}}, {Type: e, Printed: &[]int{1, 2, 3}}}
	case PrinterFault:
		return []wire{{Type: e, Fault: faultJam, Printed: &[]int{}}, {Type: e, Fault: faultOutOfPaper, Printed: &[]int{1}}, {Type: e, Fault: faultBroken, Printed: &[]int{1, 2}}}
	case FeeSettled:
		return []wire{{Type: e, CapturedYen: new(240), ReturnedYen: new(60)}, {Type: e, CapturedYen: new(0), ReturnedYen: new(100)}, {Type: e, CapturedYen: new(7), ReturnedYen: new(7)}}
	case Restarted:
		return []wire{{Type: e, EscrowYen: new(0), Printed: &[]int{}}, {Type: e, EscrowYen: new(300), Printed: &[]int{1, 2}},
			{Type: e, EscrowYen: new(0), Printed: &[]int{1}, CapturedYen: new(120), ReturnedYen: new(180), CardIn: new(true)}}
	}
	return []wire{{Type: e}}
}

// Rows: D1
//
// Every event in every state has its answer: a screen, or one of two refusals
// that leave the session as it was. What the documentation of the package says
// each state takes is what it takes.
func TestEveryEventInEveryStateIsAnswered(t *testing.T) {
	b := newBench(t)
	takes := map[State]map[EventType]bool{}
	for name, s := range b.everyState() {
		for _, e := range EventTypes() {
			for _, ev := range plausible(e) {
				v := b.put(s)
				w := b.post("t-1", "/kiosk/v1/sessions/"+s.ID+"/events", v.body(ev))
				switch {
				case w.Code == http.StatusOK:
					if takes[s.State] == nil {
						takes[s.State] = map[EventType]bool{}
					}
					takes[s.State][e] = true
					v.take(w)
					checkScreen(t, name+" "+string(e), &v.last)
				case w.Code == http.StatusConflict && strings.Contains(w.Body.String(), `"event_unexpected"`),
					s.State == Over && w.Code == http.StatusNotFound:
					if v.session().Number != s.Number {
						t.Errorf("%s %s: refused, and its number is used up", name, e)
					}
				default:
					t.Errorf("%s %s %s: %d %s", name, e, ev.Choice, w.Code, w.Body)
				}
			}
		}
	}
	documented := documentedMoves(t)
	for _, s := range States() {
		want := documented[s]
		if s != Over {
			want = append(want, Adjust, Restarted, TimedOut, CardRemoved)
		}
		if s != Over && s != SecondCard && s != FailedReminder { // those two have a card in
			want = append(want, CardPlaced)
		}
		if s == Over {
			want = []EventType{Adjust}
		}
		slices.Sort(want)
		got := slices.Sorted(maps.Keys(takes[s]))
		if !slices.Equal(got, slices.Compact(want)) {
			t.Errorf("%s takes %v, doc.go says %v", s, got, want)
		}
	}
}

// documentedMoves reads the table of doc.go.
func documentedMoves(t *testing.T) map[State][]EventType {
	t.Helper()
	source := string(must[[]byte](t)(os.ReadFile("doc.go")))
	moves := map[State][]EventType{}
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-z_]+)((?: +[a-z_]+)*)(?: +\(.*\))?$`).FindAllStringSubmatch(source, -1) {
		if !slices.Contains(States(), State(m[1])) {
			continue
		}
		moves[State(m[1])] = nil
		for e := range strings.FieldsSeq(m[2]) {
			moves[State(m[1])] = append(moves[State(m[1])], EventType(e))
		}
	}
	if len(moves) != len(States()) {
		t.Errorf("doc.go has %d states of %d", len(moves), len(States()))
	}
	return moves
}

// checkScreen holds a screen against the protocol.
func checkScreen(t *testing.T, where string, a *Answer) {
	t.Helper()
	for _, s := range []Screen{a.Screen, a.Offline} {
		bad := func(what string) { t.Errorf("%s: screen %s: %s", where, s.ID, what) }
		if !slices.Contains(ScreenIDs(), s.ID) {
			bad("is not in the list")
		}
		if s.Title == "" || len(s.Body) == 0 || s.Speech == "" || strings.ContainsAny(s.Title+strings.Join(s.Body, "")+s.Speech, "{}") {
			bad("says nothing, or has a placeholder")
		}
		if len(s.Settings) != 4 || s.Display.Size == "" || s.Display.Contrast == "" || s.Display.Patience == "" {
			bad("lacks settings")
		}
		if s.Timeout.Seconds <= 0 || s.Timeout.Then != "idle" && !slices.Contains(ScreenIDs(), s.Timeout.Then) {
			bad("nothing follows: " + s.Timeout.Then)
		}
		for _, c := range s.Choices {
			if c.Label == "" || c.ID == "" {
				bad("has a choice without words: " + c.ID)
			}
		}
		if s.Input == InputNone && len(s.Choices) == 0 && !a.Over && s.ID != offline && s.ID != offlinePrinting {
			bad("waits for nothing")
		}
	}
}

// Every choice that a screen offers is taken, and no other.
func TestChoicesOfferedAreThoseTaken(t *testing.T) {
	b := newBench(t)
	for name, s := range b.everyState() {
		if s.State == Over {
			continue
		}
		v := b.put(s)
		if v.send(wire{Type: Adjust, Settings: &Settings{Language: "ja"}}); v.problem != "" {
			t.Errorf("%s: %s", name, v.problem)
			continue
		}
		var offered []string
		for _, c := range v.last.Screen.Choices {
			offered = append(offered, c.ID)
		}
		for _, e := range plausible(Choose) {
			v := b.put(s)
			v.send(e)
			if e.Choice == "900044" || e.Choice == more || e.Choice == "900010" {
				continue // not offered, and answered by a screen of its own (D2); or on no page of two
			}
			if got, want := v.problem == "", slices.Contains(offered, e.Choice); got != want {
				t.Errorf("%s: choice %s: taken %v, offered %v", name, e.Choice, got, want)
			}
		}
	}
}
