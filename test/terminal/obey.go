// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"kofu/test/card"
)

// obey shows the screen of a and does what it says at once. What takes time
// (reading, printing, moving coins) is done by [Terminal.Work].
func (t *Terminal) obey(_ context.Context, a *Answer) error {
	t.answer = a
	t.judge.session, t.judge.number = a.Session, a.Number+1
	t.journal.Session, t.journal.Number = a.Session, a.Number
	if a.Drop {
		t.wipe()
	}
	t.judge.held = t.judge.after(a)
	if a.Release != nil {
		if v := t.open(a); v != nil {
			return v
		}
	}
	t.show(&a.Screen)
	if a.Over {
		t.journal = Journal{}
	}
	return nil
}

// open opens the certificate, where it is not open yet, and notes the sheets
// that are to be printed.
func (t *Terminal) open(a *Answer) *Violation {
	t.todo = slices.Clone(a.Release.Sheets)
	if len(a.Release.Key) == 0 {
		return nil
	}
	sheet, err := unseal(t.judge.held.Certificate, a.Release.Key)
	switch {
	case err != nil:
		return &Violation{RuleRelease, a.Screen.ID, a.Number, "the key does not open what is held"}
	case !bytes.HasPrefix(sheet, []byte("%PDF-")):
		return &Violation{RuleRelease, a.Screen.ID, a.Number, "what is held is no PDF"}
	}
	clear(t.sheet)
	t.sheet, t.judge.released = sheet, true
	return nil
}

// show obeys the cues of a screen.
func (t *Terminal) show(s *Screen) {
	t.shown = s
	t.Panel = Panel{s.Cues.Lamp, s.Cues.Shutter}
	t.Speaker.say(s.Speech, s.Cues.Sound)
	t.Coins.open = s.Cues.Coins == "open"
	if s.Cues.Printer == "retract" {
		t.Printer.retract()
	}
}

// Work does the part of the hardware, one event at most, and reports whether
// there was one: the card is read, sheets are printed, coins are moved. A card
// or paper that has gone already is told.
func (t *Terminal) Work(ctx context.Context) (bool, error) {
	if t.answer == nil || t.offline || t.answer.Over {
		return false, nil
	}
	switch t.shown.Input {
	case inputRead:
		return true, t.readCard(ctx)
	case inputSheets:
		return true, t.printSheets(ctx)
	case inputSettle:
		return true, t.settle(ctx)
	case inputCardOut:
		if !t.Slot.Occupied() && !t.Slot.Crowded() {
			return true, t.Send(ctx, Event{Type: EventCardRemoved})
		}
	case inputPaperOut:
		if t.Printer.Tray() == 0 {
			return true, t.Send(ctx, Event{Type: EventPaperTaken})
		}
	}
	return false, nil
}

func (t *Terminal) readCard(ctx context.Context) error {
	files, err := t.Slot.read(t.answer.Challenge.Bytes)
	if errors.Is(err, ErrNoCard) {
		return t.Send(ctx, Event{Type: EventCardRemoved})
	}
	if err != nil {
		return t.Send(ctx, Event{Type: EventCardFault, Fault: cardFault(err)})
	}
	return t.Send(ctx, Event{Type: EventCardRead, Card: files})
}

// cardFault names what went wrong with a card as the protocol does.
func cardFault(err error) string {
	switch {
	case errors.Is(err, errSwapped):
		return "changed"
	case errors.Is(err, card.ErrNotMyNumberCard):
		return "not_supported"
	}
	return "unreadable"
}

// printSheets prints what was released and is not out, up to the first fault.
func (t *Terminal) printSheets(ctx context.Context) error {
	if t.sheet == nil {
		return t.Send(ctx, Event{Type: EventPrinterFault, Fault: "broken", Printed: t.printed()})
	}
	for _, n := range t.todo {
		if slices.Contains(t.journal.Printed, n) {
			continue
		}
		if !t.Printer.print(n, t.sheet) {
			return t.Send(ctx, Event{Type: EventPrinterFault, Fault: t.Printer.Fault(), Printed: t.printed()})
		}
		t.confirm(n)
		if t.SheetBySheet {
			break
		}
	}
	return t.Send(ctx, Event{Type: EventPrinted, Printed: t.printed()})
}

// printed is what is told: a list, be it empty.
func (t *Terminal) printed() []int { return append([]int{}, t.journal.Printed...) }

func (t *Terminal) confirm(n int) {
	t.journal.Printed = append(t.journal.Printed, n)
	slices.Sort(t.journal.Printed)
}

func (t *Terminal) settle(ctx context.Context) error {
	captured, returned, err := t.move(t.shown.Fee.CaptureYen, t.shown.Fee.ReturnYen)
	if err != nil {
		return err
	}
	return t.Send(ctx, Event{Type: EventFeeSettled, CapturedYen: &captured, ReturnedYen: &returned})
}

// move moves coins, and notes what has moved where a power cut cannot reach it.
func (t *Terminal) move(capture, back int) (captured, returned int, err error) {
	captured, returned, err = t.Coins.settle(capture, back)
	if err == nil {
		t.journal.Settled = true
		t.journal.Captured += captured
		t.journal.Returned += returned
	}
	return captured, returned, err
}

// alone does what the offline screen of the last answer says: before the
// release coins and card are given back, after it the sheets are printed to
// the end. Whatever is not needed for that is wiped. When the centre is there
// again, [Terminal.Restart] tells it.
func (t *Terminal) alone(_ context.Context) {
	t.offline = true
	if t.answer == nil {
		return
	}
	o := &t.answer.Offline
	t.show(o)
	if o.Cues.Printer == "print" && t.sheet != nil {
		for _, n := range t.todo {
			if slices.Contains(t.journal.Printed, n) {
				continue
			}
			if !t.Printer.print(n, t.sheet) {
				break
			}
			t.confirm(n)
		}
	}
	// Nothing can be done here about sums that are not in escrow.
	escrow := t.Coins.Account().Escrow
	switch {
	case escrow == 0: // it was settled, and could not be told
	case o.Cues.Coins == "return":
		_, _, _ = t.move(0, escrow)
	case o.Cues.Coins == "capture" || o.Cues.Coins == "settle":
		_, _, _ = t.move(o.Fee.CaptureYen, o.Fee.ReturnYen)
	}
	t.wipe()
}

// PowerCut takes the power away: what is in memory is lost, what is in the
// units and in the journal is not.
func (t *Terminal) PowerCut() {
	t.forget()
	t.Panel = Panel{"off", "closed"}
	t.Coins.open = false
}

// Restart is what a terminal does when the power is back, or the centre after
// it acted alone: it tells what its journal says. Whether the last event
// arrived nobody here knows, so that one of two numbers is right. A session
// that the centre has forgotten ends here: the coins go back, unless there are
// sheets out, and then the error tells that staff must look.
func (t *Terminal) Restart(ctx context.Context) error {
	j := t.Journal()
	if j.Session == "" {
		return ErrNoScreen
	}
	screen := ""
	if t.shown != nil {
		screen = t.shown.ID
	}
	language, display := t.judge.language, t.judge.display
	t.forget()
	t.judge.session, t.judge.screen, t.judge.language, t.judge.display, t.judge.resumed = j.Session, screen, language, display, true
	var err error
	for _, n := range []int{j.Number + 1, j.Number} {
		t.judge.number = n
		card := t.Slot.Occupied()
		e := Event{Number: n, Type: EventRestarted, EscrowYen: &j.EscrowYen, Printed: append([]int{}, j.Printed...), CardIn: &card}
		if j.Settled {
			e.CapturedYen, e.ReturnedYen = &j.Captured, &j.Returned
		}
		err = t.send(ctx, e)
		if CodeOf(err) != "out_of_step" {
			break
		}
	}
	if CodeOf(err) == "session_unknown" {
		if len(j.Printed) == 0 {
			_, _, _ = t.move(0, j.EscrowYen)
		}
		t.journal = Journal{}
	}
	return err
}
