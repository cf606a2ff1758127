// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"slices"
	"strconv"
	"time"
)

func (t *turn) choosePassport() error {
	switch t.e.Choice {
	case yes:
		t.to(ContentCheck)
	case no:
		t.fail(PassportChanged, "")
	default:
		return t.chooseCancel()
	}
	return nil
}

func (t *turn) chooseContent() error {
	switch t.e.Choice {
	case correct:
		t.to(Copies)
	case wrong:
		t.fail(ContentWrong, "")
	default:
		return t.chooseCancel()
	}
	return nil
}

// chooseCopies reserves, issues, verifies and seals: whatever can be refused is
// refused before anybody pays (N2).
func (t *turn) chooseCopies() error {
	switch t.e.Choice {
	case back:
		t.to(ContentCheck)
		return nil
	case cancel:
		return t.chooseCancel()
	}
	n, err := strconv.Atoi(t.e.Choice)
	if err != nil || n < 1 || n > maxCopies {
		return errUnexpected
	}
	if t.e.Application == "" {
		return errHold
	}
	p, err := t.Press.Prepare(t.ctx, t.e.Application, t.who())
	if err != nil {
		t.refused(err, Copies)
		return nil
	}
	t.s.CertificateKID, t.s.ReceiptKID, t.s.Issuance = p.CertificateKID, p.ReceiptKID, p.Issuance
	t.s.Copies, t.s.FeeYen = n, p.FeeYen
	t.s.Transaction, t.s.PreparedAt = t.transaction(), t.at
	t.hold = &Hold{Certificate: p.Certificate, Receipt: p.Receipt}
	if t.s.totalYen() == 0 {
		t.to(PrintFree)
		return nil
	}
	t.to(Pay)
	return nil
}

// coinsIn waits for the whole fee, and then releases.
func (t *turn) coinsIn() error {
	if t.s.EscrowYen < t.s.totalYen() {
		t.setDeadline()
		return nil
	}
	return t.release()
}

// moreCoins are coins that fell in while the others go back: they go too.
func (t *turn) moreCoins() error {
	t.s.EscrowYen = max(t.s.EscrowYen, *t.e.EscrowYen)
	t.s.ReturnYen = t.s.EscrowYen
	return nil
}

func (t *turn) choosePrint() error {
	if t.e.Choice != printNow {
		return t.chooseCancel()
	}
	return t.release()
}

// release lets the paper go: confirmed at the record service, and the key with
// the answer. When that does not come to an end in time the person gets the
// coins back, whatever the record service may have noted.
func (t *turn) release() error {
	if t.e.Receipt == "" {
		return errHold
	}
	key, err := t.Press.Release(t.ctx, t.e.Receipt, t.who())
	defer clear(key[:])
	if err != nil {
		t.refused(err, "")
		return nil
	}
	t.key, t.starts = slices.Clone(key[:]), true
	t.s.ReleasedAt, t.s.Issuance = t.at, ""
	t.to(Printing)
	return nil
}

func (t *turn) coinFault() error {
	t.fail(OutOfOrder, "")
	return nil
}

func (t *turn) outOfOrder() error {
	t.fail(OutOfOrder, "")
	return nil
}

// confirm notes the sheets that are out. One that was confirmed stays so, and
// one that was not asked for cannot be.
func (t *turn) confirm() error {
	for _, n := range t.e.Printed {
		if n > t.s.Copies {
			return errUnexpected
		}
	}
	t.s.Printed = slices.Compact(slices.Sorted(slices.Values(slices.Concat(t.s.Printed, t.e.Printed))))
	return nil
}

// printed goes on once every sheet is out: only then are coins kept.
func (t *turn) printed() error {
	if len(t.s.unprinted()) > 0 {
		t.setDeadline()
		return nil
	}
	t.printedAll()
	return nil
}

func (t *turn) printedAll() {
	t.drop() // every sheet is out
	t.s.CaptureYen, t.s.ReturnYen = t.s.totalYen(), t.s.EscrowYen-t.s.totalYen()
	if t.s.EscrowYen == 0 {
		t.s.Settled = true
		t.to(TakePaper)
		return
	}
	t.to(Capture)
}

func (t *turn) printerFault() error {
	switch {
	case len(t.s.unprinted()) == 0:
		t.printedAll()
	case t.e.Fault == faultBroken:
		t.giveUpPrinting()
	default:
		if t.e.Fault == faultJam {
			t.s.Jams++
		}
		t.to(PrintPaused)
	}
	return nil
}

func (t *turn) printerReady() error {
	if len(t.s.unprinted()) == 0 {
		t.printedAll()
		return nil
	}
	t.starts = true
	t.to(Printing)
	return nil
}

func (t *turn) printingStuck() error {
	if t.s.State == Printing {
		t.to(PrintPaused)
		return nil
	}
	t.giveUpPrinting()
	return nil
}

// giveUpPrinting keeps the fee of the sheets that are out, and no other.
func (t *turn) giveUpPrinting() {
	if len(t.s.unprinted()) == 0 {
		t.printedAll()
		return
	}
	t.s.Outcome = PrintFailed
	t.drop()
	t.s.CaptureYen = min(t.s.FeeYen*len(t.s.Printed), t.s.EscrowYen)
	t.s.ReturnYen = t.s.EscrowYen - t.s.CaptureYen
	if t.s.EscrowYen == 0 {
		t.s.Settled = true
		t.afterPrinting()
		return
	}
	t.to(Refund)
}

// printedLate is a sheet that came out after it was given up: it is paid for.
func (t *turn) printedLate() error {
	t.giveUpPrinting()
	return nil
}

// settled is the terminal's word that the coins are where they should be.
func (t *turn) settled() error {
	kept, back := *t.e.CapturedYen, *t.e.ReturnedYen
	asked := kept == t.s.CaptureYen && back == t.s.ReturnYen
	t.s.CaptureYen, t.s.ReturnYen, t.s.Settled = kept, back, true
	if !asked {
		t.s.Outcome = CallStaff
	}
	if t.s.State == ReturnCoins {
		t.finish(t.s.Outcome)
		return nil
	}
	t.afterPrinting()
	return nil
}

// afterPrinting asks for the sheets to be taken, where there are any.
func (t *turn) afterPrinting() {
	if len(t.s.Printed) > 0 {
		t.to(TakePaper)
		return
	}
	t.finish(t.s.Outcome)
}

// unsettled is a coin unit that does not answer. The books keep it open.
func (t *turn) unsettled() error {
	t.s.Outcome = CallStaff
	if t.s.State == ReturnCoins {
		t.finish(CallStaff)
		return nil
	}
	t.afterPrinting()
	return nil
}

func (t *turn) paperTaken() error {
	o := t.s.Outcome
	if o == "" {
		o = Thanks
	}
	t.finish(o)
	return nil
}

func (t *turn) remindPaper() error {
	return t.remind(PaperReminder, func() { t.finish(ForgottenPaper) })
}

// restarted is a terminal that was without power: what it held is gone, and
// its journal says what became of coins and sheets.
func (t *turn) restarted() error {
	t.s.CardIn = t.e.CardIn != nil && *t.e.CardIn // as the slot feels it
	t.s.Challenge, t.s.Until = nil, time.Time{}
	switch t.s.State {
	case Failed, FailedReminder:
		t.finish(t.s.Outcome)
		return nil
	case TakePaper, PaperReminder:
		return nil
	case SecondCard:
		if t.s.Resume == TakePaper || t.s.Resume == PaperReminder {
			return t.secondCardTaken()
		}
	}
	if t.s.Settled {
		t.afterPrinting()
		return nil
	}
	if t.e.CapturedYen != nil && t.e.ReturnedYen != nil && t.s.settling() { // it had done so, and could not say it
		return t.settled()
	}
	t.s.EscrowYen = *t.e.EscrowYen
	if !t.s.released() {
		t.fail(Interrupted, "")
		return nil
	}
	t.giveUpPrinting()
	return nil
}
