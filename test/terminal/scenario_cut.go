// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// cutting are the scenarios in which power or network fail.
func cutting() []Scenario {
	return []Scenario{
		atEach("power cut at each step", NeedDomestic, powerCut),
		{Name: "power cut between two sheets", Needs: []Need{NeedDomestic}, Run: powerCutPrinting},
		atEach("answer lost at each step", NeedDomestic, answerLost),
		{Name: "every other answer lost", Needs: []Need{NeedDomestic}, Run: flaky},
		{Name: "the same number again on each screen", Needs: []Need{NeedHistory}, Run: sameAgain},
		atEach("network cut at each step", NeedDomestic, networkCut),
		atEach("network cut at each step, the event having arrived", NeedDomestic, networkCutLate),
	}
}

// resume switches the terminal on again, and goes on to the end.
func (s *stage) resume(ctx context.Context, before Result) error {
	err := s.Restart(ctx)
	if errors.Is(err, ErrNoScreen) { // it was over already
		return nil
	}
	if CodeOf(err) == "session_unknown" { // it is over at the centre, which the terminal did not learn
		if a := s.Account(); a.Escrow != 0 || a.Captured != len(before.Sheets)*s.perCopy() {
			return errors.New("terminal: the session has ended, and coins and paper do not agree")
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("terminal: restart: %w", err)
	}
	p := s.p
	p.Deeds, p.Each = nil, nil
	got, err := p.Continue(ctx, s.Terminal)
	if err != nil {
		return err
	}
	if !got.CardOut {
		return errors.New("terminal: nobody asked for the card that was still in the slot")
	}
	got.Sheets = append(got.Sheets, before.Sheets...)
	if err := s.ended(got); err != nil {
		return err
	}
	if len(got.Sheets) > 0 && s.Account().Captured == 0 && s.perCopy() > 0 {
		return errors.New("terminal: paper without a fee")
	}
	return nil
}

func powerCut(ctx context.Context, s *stage, screen string) error {
	s.p.Deeds = map[string]Deed{screen: func(_ context.Context, t *Terminal) error {
		t.PowerCut()
		return nil
	}}
	got, err := s.p.Walk(ctx, s.Terminal)
	if err != nil {
		return err
	}
	return s.resume(ctx, got)
}

// powerCutPrinting loses the power when one of two sheets is out: what was
// paid for the other goes back.
func powerCutPrinting(ctx context.Context, e Env) error {
	s, err := e.stage(NeedDomestic)
	if err != nil {
		return err
	}
	s.p.Copies, s.SheetBySheet = 2, true
	s.p.Each = func(_ context.Context, t *Terminal) error {
		if len(t.Journal().Printed) == 1 && t.Screen().ID == "printing" {
			t.PowerCut()
		}
		return nil
	}
	got, err := s.p.Walk(ctx, s.Terminal)
	if err != nil {
		return err
	}
	if err := s.resume(ctx, got); err != nil {
		return err
	}
	if a := s.Account(); a.Captured != s.perCopy() || a.Returned != s.perCopy() {
		return fmt.Errorf("terminal: of two copies one came out; %d yen kept, %d returned", a.Captured, a.Returned)
	}
	return nil
}

// answerLost loses the answer to the event of one screen; the very same body
// is sent again.
func answerLost(ctx context.Context, s *stage, screen string) error {
	s.p.Deeds = map[string]Deed{screen: func(_ context.Context, t *Terminal) error {
		if !t.Over() {
			s.cable.LoseAnswers(1)
		}
		return nil
	}}
	got, err := s.walk(ctx)
	if err != nil {
		return err
	}
	return want(got, "thanks", 1)
}

func flaky(ctx context.Context, e Env) error {
	s, err := e.stage(NeedDomestic)
	if err != nil {
		return err
	}
	s.cable.Flaky = true
	got, err := s.walk(ctx)
	if err != nil {
		return err
	}
	if s.cable.Sent() < 2*len(got.Screens)-1 {
		return errors.New("terminal: answers were not lost after all")
	}
	return want(got, "thanks", 1)
}

// sameAgain sends each event again although it was answered, and compares.
func sameAgain(ctx context.Context, e Env) error {
	s, err := e.stage(NeedHistory)
	if err != nil {
		return err
	}
	s.p.Kind = "overseas"
	s.p.Each = func(ctx context.Context, t *Terminal) error {
		if t.Answer().Number == 0 {
			return nil
		}
		same, err := t.Repeat(ctx)
		if err == nil && !same {
			err = &Violation{RuleRepeat, t.Screen().ID, t.Answer().Number, "the same number again, and another answer"}
		}
		return err
	}
	got, err := s.walk(ctx)
	if err != nil {
		return err
	}
	return want(got, "thanks", 1)
}

// networkCut pulls the plug before the event of one screen: the terminal does
// what it was told to do alone, and tells it when the line is back.
func networkCut(ctx context.Context, s *stage, screen string) error {
	return s.cut(ctx, screen, s.cable.Cut)
}

// networkCutLate lets the event arrive, and nothing come back.
func networkCutLate(ctx context.Context, s *stage, screen string) error {
	return s.cut(ctx, screen, func() { s.cable.LoseAnswers(1 << 20) })
}

func (s *stage) cut(ctx context.Context, screen string, cut func()) error {
	s.p.Deeds = map[string]Deed{screen: func(_ context.Context, t *Terminal) error {
		if !t.Over() {
			cut()
		}
		return nil
	}}
	got, err := s.p.Walk(ctx, s.Terminal)
	if err == nil && s.Over() {
		return s.ended(got)
	}
	if !errors.Is(err, ErrOffline) {
		return fmt.Errorf("terminal: nobody answers, and it goes on: %w", err)
	}
	if err := s.aloneRight(screen, got); err != nil {
		return err
	}
	s.cable.Plug()
	if !s.Offline() {
		return errors.New("terminal: alone, and not offline")
	}
	s.Slot.Remove() // the offline screen lets go of it
	got.Sheets = append(got.Sheets, s.Printer.Take()...)
	return s.resume(ctx, got)
}

// aloneRight looks at what a terminal has done alone.
func (s *stage) aloneRight(screen string, got Result) error {
	account := s.Account()
	after := slices.Contains([]string{"printing", "capture", "take_paper"}, screen)
	switch {
	case s.Holds():
		return errors.New("terminal: alone, and something personal is held")
	case !after && account.Escrow != 0:
		return errors.New("terminal: alone before the release, and the coins are kept")
	case !after && s.Printer.Fed > 0:
		return errors.New("terminal: paper without a fee")
	case after && s.Printer.Tray()+len(got.Sheets) == 0:
		return errors.New("terminal: alone after the release, and nothing was printed")
	}
	return nil
}
