// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"slices"
	"time"
)

// Choose touches a button of the screen. On print_free the receipt goes along,
// as with coins.
func (t *Terminal) Choose(ctx context.Context, id string) error {
	if !slices.ContainsFunc(t.Screen().Choices, func(c Choice) bool { return c.ID == id }) {
		return ErrNoChoice
	}
	e := Event{Type: EventChoose, Choice: id}
	if id == "print" {
		e.Receipt = t.judge.held.Receipt
	}
	return t.Send(ctx, e)
}

// Adjust changes how screens are shown.
func (t *Terminal) Adjust(ctx context.Context, s Settings) error {
	return t.Send(ctx, Event{Type: EventAdjust, Settings: &s})
}

// Wait lets the screen's time run out.
func (t *Terminal) Wait(ctx context.Context) error {
	s := t.Screen()
	if s.Timeout.Seconds <= 0 {
		return ErrNoScreen
	}
	if err := t.Clock.Sleep(ctx, time.Duration(s.Timeout.Seconds)*time.Second); err != nil {
		return err
	}
	return t.Send(ctx, Event{Type: EventTimedOut})
}

// PlaceCard lays a card on the reader; when one lies there already, beside it.
func (t *Terminal) PlaceCard(ctx context.Context, c Card) error {
	if err := t.Slot.Insert(c); err != nil {
		t.Slot.InsertSecond(c)
	}
	return t.Send(ctx, Event{Type: EventCardPlaced})
}

// RemoveCard takes a card away: the second one where there are two.
func (t *Terminal) RemoveCard(ctx context.Context) error {
	if t.Slot.Crowded() {
		t.Slot.RemoveSecond()
	} else if t.Slot.Remove() == nil {
		return ErrNoCard
	}
	return t.Send(ctx, Event{Type: EventCardRemoved})
}

// EnterPIN types a PIN. Only what the card says of it is told.
func (t *Terminal) EnterPIN(ctx context.Context, pin string) error {
	refused, left, err := t.Pad.Enter(&t.Slot, pin)
	switch {
	case err != nil:
		return t.Send(ctx, Event{Type: EventCardFault, Fault: cardFault(err)})
	case refused:
		return t.Send(ctx, Event{Type: EventPINRefused, TriesLeft: &left})
	}
	return t.Send(ctx, Event{Type: EventPINVerified})
}

// InsertCoins drops coins in and tells what lies in escrow. A broken unit
// tells its fault.
func (t *Terminal) InsertCoins(ctx context.Context, yen int) error {
	taken := t.Coins.Insert(yen)
	escrow := t.Coins.Account().Escrow
	if !taken && t.Coins.Broken {
		return t.Send(ctx, Event{Type: EventCoinFault, EscrowYen: &escrow})
	}
	return t.Send(ctx, Event{Type: EventCoinsIn, EscrowYen: &escrow, Receipt: t.judge.held.Receipt})
}

// TakePaper takes all whole sheets from the tray.
func (t *Terminal) TakePaper(ctx context.Context) ([]Sheet, error) {
	taken := t.Printer.Take()
	return taken, t.Send(ctx, Event{Type: EventPaperTaken})
}

// FixPrinter clears a jam and fills up paper. A printer that is broken for good
// stays so, and says so again.
func (t *Terminal) FixPrinter(ctx context.Context) error {
	if t.Printer.Fault() == "broken" {
		return t.Send(ctx, Event{Type: EventPrinterFault, Fault: "broken", Printed: t.printed()})
	}
	t.Printer.Fix()
	return t.Send(ctx, Event{Type: EventPrinterReady})
}
