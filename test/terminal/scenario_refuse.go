// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// refusing are the scenarios in which the rules say no: before the fee, and
// with a screen that says why.
func refusing() []Scenario {
	overseas := func(s *stage) { s.p.Kind = "overseas" }
	return []Scenario{
		simple("overseas without history", NeedNoHistory, "no_overseas_history", 0, overseas),
		simple("passport changed", NeedHistory, "passport_changed", 0, func(s *stage) { s.p.Kind, s.p.Passport = "overseas", "no" }),
		simple("passport expired", NeedExpired, "passport_expired", 0, overseas),
		simple("content wrong", NeedDomestic, "content_wrong", 0, func(s *stage) { s.p.Content = "wrong" }),
		simple("no record", NeedNoRecord, "cancelled", 0, nil),
		simple("record needs a check", NeedCheck, "record_needs_check", 0, nil),
		simple("counter only", NeedCounter, "counter_only", 0, nil),
		simple("name not printable", NeedNoGlyph, "name_not_printable", 0, nil),
		simple("card of another kind", NeedDomestic, "card_not_supported", 0, func(s *stage) { s.p.Card = Stranger{} }),
		simple("card unreadable", NeedDomestic, "card_unreadable", 0, func(s *stage) { s.p.Deeds = breakReader() }),
		{Name: "card swapped while it is read", Needs: []Need{NeedDomestic}, Run: runSwapped},
		{Name: "wrong PIN three times", Needs: []Need{NeedDomestic}, Run: runWrongPIN},
		{Name: "municipality not joined", Needs: []Need{NeedNotJoined}, Run: runNotJoined},
		{Name: "blocked reads as none", Needs: []Need{NeedNoRecord, NeedBlocked}, Run: runBlocked},
		{Name: "terminal out of order", Needs: []Need{NeedDomestic}, Run: runOutOfOrder},
	}
}

// breakReader makes the reader fail once the person is at the card.
func breakReader() map[string]Deed {
	return map[string]Deed{"reading_card": func(_ context.Context, t *Terminal) error {
		t.Slot.Unreadable = true
		return nil
	}}
}

func runSwapped(ctx context.Context, e Env) error {
	s, err := e.stage(NeedDomestic)
	if err != nil {
		return err
	}
	s.Slot.SwapDuringRead = true
	got, err := s.walk(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(got.Screens, "card_changed") {
		return fmt.Errorf("terminal: a swapped card passes, by way of %v", got.Screens)
	}
	return nil
}

func runWrongPIN(ctx context.Context, e Env) error {
	s, err := e.stage(NeedDomestic)
	if err != nil {
		return err
	}
	var left []int
	s.p.WrongPINs = 3
	s.p.Each = func(_ context.Context, t *Terminal) error {
		if t.Screen().Tries != nil {
			left = append(left, *t.Screen().Tries)
		}
		return nil
	}
	got, err := s.walk(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(left, []int{2, 1}) {
		return fmt.Errorf("terminal: told %v tries left", left)
	}
	if !got.CardOut || got.Coins.Inserted != 0 {
		return errors.New("terminal: the card is not given back, or coins were taken")
	}
	return want(got, "pin_blocked", 0)
}

// runNotJoined chooses a municipality that no button is for, as a terminal
// with an old screen would: it is refused all the same (D2).
func runNotJoined(ctx context.Context, e Env) error {
	s, err := e.stage(NeedNotJoined)
	if err != nil {
		return err
	}
	if len(s.p.Towns) < 2 {
		return errNoTown
	}
	closed := s.p.Towns[1]
	s.p.Deeds = map[string]Deed{"municipality": func(ctx context.Context, t *Terminal) error {
		if offers(t.Screen(), closed) {
			return errors.New("terminal: a municipality that does not take part is offered")
		}
		err := t.Send(ctx, Event{Type: EventChoose, Choice: closed})
		if CodeOf(err) == "event_unexpected" {
			return nil
		}
		if err != nil {
			return err
		}
		if t.Screen().ID != "municipality_not_joined" {
			return fmt.Errorf("terminal: a municipality that does not take part leads to %s", t.Screen().ID)
		}
		return t.Choose(ctx, "another")
	}}
	got, err := s.walk(ctx)
	if err != nil {
		return err
	}
	return want(got, "thanks", 1)
}

// runBlocked compares the screens of somebody under protective measures with
// those of somebody who has no record: a bystander sees no difference.
func runBlocked(ctx context.Context, e Env) error {
	var seen [][]Exchange
	for _, n := range []Need{NeedNoRecord, NeedBlocked} {
		s, err := e.stage(n)
		if err != nil {
			return err
		}
		s.p.Towns = s.p.Towns[:1]
		if _, err := s.walk(ctx); err != nil {
			return err
		}
		seen = append(seen, s.Transcript)
	}
	if len(seen[0]) != len(seen[1]) {
		return fmt.Errorf("terminal: %d answers for none, %d for blocked", len(seen[0]), len(seen[1]))
	}
	for i := range seen[0] {
		a, b := *seen[0][i].Answer, *seen[1][i].Answer
		for _, x := range []*Answer{&a, &b} {
			x.Session, x.Challenge = "", nil
		}
		if !alike(&a, &b) || len(seen[0][i].Raw) != len(seen[1][i].Raw) {
			return fmt.Errorf("terminal: blocked and none differ on screen %s", a.Screen.ID)
		}
	}
	return nil
}

// runOutOfOrder opens with units that do not work: it is told before anybody
// begins.
func runOutOfOrder(ctx context.Context, e Env) error {
	for _, fault := range []func(h *Hardware){
		func(h *Hardware) { h.Printer = "out_of_paper" }, func(h *Hardware) { h.Reader = "fault" }, func(h *Hardware) { h.Coins = "fault" },
	} {
		s, err := e.stage(NeedDomestic)
		if err != nil {
			return err
		}
		o := s.Opening()
		fault(&o.Hardware)
		if err := s.OpenAs(ctx, o); err != nil {
			return err
		}
		if s.Terminal.Screen().ID != "out_of_order" {
			return fmt.Errorf("terminal: with broken units it begins with %s", s.Terminal.Screen().ID)
		}
	}
	return nil
}
