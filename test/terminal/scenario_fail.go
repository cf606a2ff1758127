// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
)

// failing are the scenarios in which a unit fails for good after the fee, or
// while it is paid.
func failing() []Scenario {
	broken := func(s *stage, sheet, copies int) {
		s.p.Copies, s.Printer.Troubles = copies, map[int]Trouble{sheet: {Kind: "broken"}}
	}
	return []Scenario{
		simple("final print failure with refund", NeedDomestic, "print_failed", 0, func(s *stage) { broken(s, 1, 2) }),
		simple("final print failure after one sheet", NeedDomestic, "print_failed", 1, func(s *stage) { broken(s, 2, 2) }),
		simple("jam that nobody clears", NeedDomestic, "print_failed", 1, func(s *stage) {
			s.p.Copies, s.Printer.Troubles = 2, map[int]Trouble{2: {Kind: "jam"}}
			s.p.Deeds = map[string]Deed{"print_paused": func(ctx context.Context, t *Terminal) error { return t.Wait(ctx) }}
		}),
		simple("jam, and then the printer breaks", NeedDomestic, "print_failed", 0, func(s *stage) {
			s.Printer.Troubles = map[int]Trouble{1: {Kind: "jam"}}
			s.p.Deeds = map[string]Deed{"print_paused": func(ctx context.Context, t *Terminal) error {
				t.Printer.Break("broken")
				return t.FixPrinter(ctx)
			}}
		}),
		simple("coin fault", NeedDomestic, "out_of_order", 0, func(s *stage) {
			s.p.Deeds = map[string]Deed{"pay": func(ctx context.Context, t *Terminal) error {
				if err := t.InsertCoins(ctx, 50); err != nil {
					return err
				}
				t.Coins.Broken = true
				return t.InsertCoins(ctx, 50)
			}}
		}),
		stuck("coins that are not kept", "capture", nil),
		stuck("coins that are not returned", "return_coins", func(s *stage) {
			s.p.Deeds["pay"] = func(ctx context.Context, t *Terminal) error {
				if err := t.InsertCoins(ctx, 50); err != nil {
					return err
				}
				return t.Choose(ctx, "cancel")
			}
		}),
	}
}

// stuck is a coin unit that moves less than it should: staff is called, and
// the screen does not say that all is well.
func stuck(name, screen string, change func(s *stage)) Scenario {
	return Scenario{Name: name, Needs: []Need{NeedDomestic}, Run: func(ctx context.Context, e Env) error {
		s, err := e.stage(NeedDomestic)
		if err != nil {
			return err
		}
		s.p.Deeds = map[string]Deed{screen: func(_ context.Context, t *Terminal) error {
			t.Coins.StuckYen = 10
			return nil
		}}
		if change != nil {
			change(s)
		}
		got, err := s.walk(ctx)
		if err != nil {
			return err
		}
		if s.Account().Escrow != 10 {
			return errors.New("terminal: the coins did not stick")
		}
		if got.Last != "call_staff" {
			return fmt.Errorf("terminal: coins are stuck, and the end is %s", got.Last)
		}
		return nil
	}}
}

// leaving are the scenarios in which the person gives up or walks away.
func leaving() []Scenario {
	return []Scenario{
		atEach("cancel on each screen", NeedDomestic, func(ctx context.Context, s *stage, screen string) error {
			s.p.GiveUpAt = screen
			got, err := s.p.Walk(ctx, s.Terminal)
			if errors.Is(err, ErrNoChoice) { // nothing to cancel here
				s.p.GiveUpAt = ""
				_, err = s.p.Continue(ctx, s.Terminal)
				return err
			}
			if err != nil {
				return err
			}
			if err := s.ended(got); err != nil {
				return err
			}
			if screen == "thanks" {
				return nil
			}
			return want(got, "cancelled", 0)
		}),
		simple("cancel with coins in escrow", NeedDomestic, "cancelled", 0, func(s *stage) {
			s.p.Deeds = map[string]Deed{"pay": func(ctx context.Context, t *Terminal) error {
				if err := t.InsertCoins(ctx, 100); err != nil {
					return err
				}
				return t.Choose(ctx, "cancel")
			}}
		}),
		atEach("walk away at each step", NeedDomestic, walkAway),
		{Name: "walk away with coins in escrow", Needs: []Need{NeedDomestic}, Run: func(ctx context.Context, e Env) error {
			s, err := e.stage(NeedDomestic)
			if err != nil {
				return err
			}
			s.p.Deeds = map[string]Deed{"pay": func(ctx context.Context, t *Terminal) error { return t.InsertCoins(ctx, 50) }}
			s.p.LeaveAt = "pay"
			got, err := s.walk(ctx)
			if err != nil {
				return err
			}
			if got.Coins.Returned != 50 {
				return errors.New("terminal: the coins were not given back")
			}
			return want(got, "session_ended", 0)
		}},
	}
}

// walkAway leaves card, coins and paper where they are. Every session ends by
// its time-outs alone.
func walkAway(ctx context.Context, s *stage, screen string) error {
	s.p.LeaveAt = screen
	got, err := s.walk(ctx)
	if err != nil {
		return err
	}
	cardIn := map[string]bool{"enter_pin": true, "reading_card": true, "remove_card": true}[screen]
	last := "session_ended"
	switch screen {
	case "printing", "capture", "take_paper":
		last = "forgotten_paper"
		if s.Printer.Retracted != 1 {
			return fmt.Errorf("terminal: the paper was forgotten, and %d sheets were drawn back", s.Printer.Retracted)
		}
	case "thanks":
		return want(got, "thanks", 1)
	default:
		if cardIn {
			last = "forgotten_card"
		}
	}
	if err := want(got, last, 0); err != nil {
		return err
	}
	if got.CardOut == cardIn {
		return errors.New("terminal: the card is where nobody left it")
	}
	return nil
}
