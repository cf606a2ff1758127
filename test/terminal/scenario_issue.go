// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// issuing are the scenarios that end with paper in somebody's hand.
func issuing() []Scenario {
	return []Scenario{
		simple("domestic", NeedDomestic, "thanks", 1, nil),
		simple("three copies are one certificate", NeedDomestic, "thanks", 3, func(s *stage) { s.p.Copies = 3 }),
		simple("sheets told one by one", NeedDomestic, "thanks", 3, func(s *stage) { s.p.Copies, s.SheetBySheet = 3, true }),
		simple("overseas with history", NeedHistory, "thanks", 1, func(s *stage) { s.p.Kind = "overseas" }),
		simple("coins one after the other", NeedDomestic, "thanks", 1, func(s *stage) { s.p.CoinsYen = []int{10, 50} }),
		simple("too many coins", NeedDomestic, "thanks", 1, func(s *stage) { s.p.CoinsYen = []int{10000} }),
		simple("wrong PIN once", NeedDomestic, "thanks", 1, func(s *stage) { s.p.WrongPINs = 1 }),
		{Name: "none then another municipality", Needs: []Need{NeedElsewhere}, Run: runElsewhere},
		{Name: "every language", Needs: []Need{NeedDomestic}, Run: runLanguages},
		{Name: "adjust on every screen", Needs: []Need{NeedHistory}, Run: runAdjust},
		simple("back to the screen before", NeedDomestic, "thanks", 1, func(s *stage) { s.p.Deeds = backwards() }),
		simple("jam and reprint", NeedDomestic, "thanks", 2, func(s *stage) {
			s.p.Copies, s.Printer.Troubles = 2, map[int]Trouble{2: {Kind: "jam", HalfOut: true}}
			s.p.Each = onlyUnconfirmed
		}),
		simple("jam of the first sheet", NeedDomestic, "thanks", 1, func(s *stage) { s.Printer.Troubles = map[int]Trouble{1: {Kind: "jam"}} }),
		simple("out of paper", NeedDomestic, "thanks", 3, func(s *stage) {
			s.p.Copies, s.Printer.Troubles = 3, map[int]Trouble{3: {Kind: "out_of_paper"}}
			s.p.Each = onlyUnconfirmed
		}),
		simple("second card while the content is checked", NeedDomestic, "thanks", 1, func(s *stage) { s.p.Deeds = strayCard("content_check", true) }),
		simple("second card while coins are wanted", NeedDomestic, "thanks", 1, func(s *stage) { s.p.Deeds = strayCard("pay", false) }),
		simple("second card while the paper is to be taken", NeedDomestic, "thanks", 1, func(s *stage) { s.p.Deeds = strayCard("take_paper", true) }),
		simple("card pulled while it is read", NeedDomestic, "thanks", 1, func(s *stage) { s.p.Again, s.Slot.PullDuringRead = 1, true }),
	}
}

func runElsewhere(ctx context.Context, e Env) error {
	s, err := e.stage(NeedElsewhere)
	if err != nil {
		return err
	}
	got, err := s.walk(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(got.Screens, "no_record") {
		return errors.New("terminal: the first municipality had a record after all")
	}
	// The card lay on the reader all the time.
	if n := count(got.Screens, "place_card"); n != 1 || count(got.Screens, "enter_pin") != 1 || count(got.Screens, "reading_card") != 2 {
		return fmt.Errorf("terminal: the card was wanted again, by way of %v", got.Screens)
	}
	if a, b := challengesOf(s.Terminal); slices.Equal(a, b) {
		return errors.New("terminal: the same challenge twice")
	}
	return want(got, "thanks", 1)
}

func count(list []string, id string) int {
	n := 0
	for _, s := range list {
		if s == id {
			n++
		}
	}
	return n
}

// challengesOf returns the first and the last challenge of a session.
func challengesOf(t *Terminal) (a, b []byte) {
	for _, x := range t.Transcript {
		if x.Answer != nil && x.Answer.Challenge != nil {
			if a == nil {
				a = x.Answer.Challenge.Bytes
				continue
			}
			b = x.Answer.Challenge.Bytes
		}
	}
	return a, b
}

func runLanguages(ctx context.Context, e Env) error {
	titles := map[string]string{}
	for _, lang := range languages() {
		s, err := e.stage(NeedDomestic)
		if err != nil {
			return err
		}
		s.p.Language = lang
		got, err := s.walk(ctx)
		if err != nil {
			return fmt.Errorf("in %s: %w", lang, err)
		}
		if err := want(got, "thanks", 1); err != nil {
			return fmt.Errorf("in %s: %w", lang, err)
		}
		consent := s.screen("consent")
		if other, twice := titles[consent.Title]; twice {
			return fmt.Errorf("terminal: consent has the same title in %s and %s", lang, other)
		}
		titles[consent.Title] = lang
	}
	return nil
}

// screen returns the screen of that id that was shown last.
func (t *Terminal) screen(id string) Screen {
	for _, x := range slices.Backward(t.Transcript) {
		if x.Answer != nil && x.Answer.Screen.ID == id {
			return x.Answer.Screen
		}
	}
	return Screen{}
}

// runAdjust changes every setting on every screen, and back.
func runAdjust(ctx context.Context, e Env) error {
	s, err := e.stage(NeedHistory)
	if err != nil {
		return err
	}
	busy := false
	s.p.Kind = "overseas"
	s.p.Each = func(ctx context.Context, t *Terminal) error {
		if busy {
			return nil
		}
		busy = true
		defer func() { busy = false }()
		before := t.Screen()
		for _, to := range []Settings{{Language: "en"}, {Size: "large", Contrast: "high"}, {Patience: "long"}} {
			if err := t.Adjust(ctx, to); err != nil {
				return err
			}
		}
		large := t.Screen()
		machine := slices.Contains([]string{inputRead, inputSheets, inputPrinter, inputSettle}, before.Input) || before.ID == "busy"
		if !machine && large.Timeout.Seconds <= before.Timeout.Seconds {
			return fmt.Errorf("terminal: %d seconds for the patient, %d for others", large.Timeout.Seconds, before.Timeout.Seconds)
		}
		if err := t.Adjust(ctx, Settings{Language: "ja", Size: "normal", Contrast: "normal", Patience: "normal"}); err != nil {
			return err
		}
		after := t.Screen()
		if after.Title != before.Title || after.Input != before.Input || len(after.Choices) != len(before.Choices) || after.Timeout != before.Timeout {
			return errors.New("terminal: settings there and back, and the screen is another")
		}
		return nil
	}
	got, err := s.walk(ctx)
	if err != nil {
		return err
	}
	return want(got, "thanks", 1)
}

// backwards touches "back" once on each screen that has it.
func backwards() map[string]Deed {
	deeds := map[string]Deed{}
	for _, id := range []string{"consent", "kind", "municipality", "place_card", "copies"} {
		deeds[id] = func(ctx context.Context, t *Terminal) error {
			if !offers(t.Screen(), "back") {
				return fmt.Errorf("terminal: no way back from %s", id)
			}
			return t.Choose(ctx, "back")
		}
	}
	return deeds
}

// onlyUnconfirmed looks at a release after a fault: nothing that is out is
// printed again.
func onlyUnconfirmed(_ context.Context, t *Terminal) error {
	r, printed := t.Answer().Release, t.Journal().Printed
	if r == nil {
		return nil
	}
	if len(r.Sheets)+len(printed) != t.Screen().Fee.Copies {
		return fmt.Errorf("terminal: %d sheets released, %d are out, of %d", len(r.Sheets), len(printed), t.Screen().Fee.Copies)
	}
	return nil
}

// strayCard lays a card on the reader that nobody asked for. Where asked, it
// is wanted away at once.
func strayCard(screen string, asked bool) map[string]Deed {
	return map[string]Deed{screen: func(ctx context.Context, t *Terminal) error {
		if err := t.PlaceCard(ctx, Stranger{}); err != nil {
			return err
		}
		if (t.Screen().ID == "second_card") != asked {
			return fmt.Errorf("terminal: a second card, and %s is shown", t.Screen().ID)
		}
		if !asked {
			return nil
		}
		if err := t.RemoveCard(ctx); err != nil {
			return err
		}
		if t.Screen().ID != screen {
			return fmt.Errorf("terminal: the second card is away, and %s is shown", t.Screen().ID)
		}
		return nil
	}}
}
