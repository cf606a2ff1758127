// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"context"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
)

// reminders is how often card and paper are asked for before staff is.
const reminders = 3

func (t *turn) cardPlaced() error {
	t.s.CardIn, t.s.Tries = true, nil
	t.to(EnterPIN)
	return nil
}

// pinRefused is the card's own answer to a PIN that only the card has seen.
func (t *turn) pinRefused() error {
	t.s.Tries = new(*t.e.TriesLeft)
	if *t.e.TriesLeft == 0 {
		t.fail(PINBlocked, "")
		return nil
	}
	t.to(PINWrong)
	t.setDeadline()
	return nil
}

// startReading gives the card something new to sign.
func (t *turn) startReading() error {
	t.s.Tries = nil
	t.s.Challenge, t.s.Until = t.random("challenge"), t.at.Add(cardauth.ChallengeTTL)
	t.to(ReadingCard)
	return nil
}

// cardPulled is a card taken away before it was read: its PIN is to be entered
// anew.
func (t *turn) cardPulled() error {
	t.s.CardIn = false
	t.again(CardChanged, PlaceCard)
	return nil
}

// cardOut is a card taken away where it was not needed just now.
func (t *turn) cardOut() error {
	t.s.CardIn = false
	return nil
}

// strayCardOut is a card taken away that was noted and not asked for.
func (t *turn) strayCardOut() error {
	if !t.s.CardIn {
		return errUnexpected
	}
	return t.cardOut()
}

func (t *turn) cardFault() error {
	switch t.e.Fault {
	case faultExpired:
		t.fail(CardExpired, "")
	case faultNotSupported:
		t.fail(CardNotSupported, "")
	case faultChanged:
		t.again(CardChanged, PlaceCard)
	default:
		t.again(CardUnreadable, PlaceCard)
	}
	return nil
}

// notRead is a terminal that did not get the card read in time.
func (t *turn) notRead() error {
	t.again(CardUnreadable, PlaceCard)
	return nil
}

// cardRead proves the card and looks the person up. The My Number is in memory
// here, and nowhere after.
func (t *turn) cardRead() error {
	verifier := *t.Cards
	verifier.Challenges, verifier.Now = t.held(), func() time.Time { return t.at }
	person, err := verifier.Verify(t.ctx, t.e.Card.evidence(), cert.Kiosk, cert.PurposeCertificate)
	if err != nil {
		t.refused(err, ReadingCard)
		return nil
	}
	defer person.Wipe()
	_, sealed, err := t.Desk.Review(t.ctx, issuance.Application{
		Who: t.who(), Kind: t.s.Kind, Municipality: t.s.Municipality, Applicant: person.Applicant,
	})
	if err != nil {
		t.refused(err, ReadingCard)
		return nil
	}
	t.s.ApplicationKID, t.s.Challenge, t.s.Until = sealed.KID, nil, time.Time{}
	t.hold = &Hold{Application: sealed.Token}
	t.to(RemoveCard)
	return nil
}

// heldID names the one challenge of a session.
const heldID cardauth.ChallengeID = "session"

// held is the challenge that the session holds. It is taken once because the
// session leaves the state that has it.
func (t *turn) held() heldChallenge {
	c := cardauth.Challenge{ID: heldID, Channel: cert.Kiosk, Purpose: cert.PurposeCertificate, Expires: t.s.Until}
	copy(c.Bytes[:], t.s.Challenge)
	return heldChallenge{c}
}

// heldChallenge implements [cardauth.ChallengeStore] over one challenge.
type heldChallenge struct{ c cardauth.Challenge }

// Put implements cardauth.ChallengeStore; nothing is put.
func (h heldChallenge) Put(context.Context, cardauth.Challenge) error {
	return cardauth.ErrChallengeStore
}

// Take implements cardauth.ChallengeStore.
func (h heldChallenge) Take(_ context.Context, id cardauth.ChallengeID) (cardauth.Challenge, error) {
	if id != h.c.ID {
		return cardauth.Challenge{}, cardauth.ErrChallengeUnknown
	}
	return h.c, nil
}

// cardTaken goes on once the card is out: it is not needed any more.
func (t *turn) cardTaken() error {
	t.s.CardIn = false
	if t.s.Kind == cert.Overseas {
		t.to(PassportConfirm)
		return nil
	}
	t.to(ContentCheck)
	return nil
}

func (t *turn) remindCard() error {
	return t.remind(CardReminder, func() { t.fail(ForgottenCard, "") })
}

// remind asks again, louder, and in the end gives up.
func (t *turn) remind(reminder State, giveUp func()) error {
	n := t.s.Reminded + 1
	if n > reminders {
		giveUp()
		return nil
	}
	t.to(reminder)
	t.s.Reminded = n
	t.setDeadline()
	return nil
}

func (t *turn) remindFailed() error {
	if !t.s.CardIn {
		t.finish(t.s.Outcome)
		return nil
	}
	if t.s.Outcome == ForgottenCard { // staff has been called for it
		t.s.CardIn = false
		t.to(Over)
		return nil
	}
	t.s.Resume = ""
	return t.remind(FailedReminder, func() { t.finish(ForgottenCard) })
}

func (t *turn) failedCardTaken() error {
	if !t.s.CardIn {
		return errUnexpected
	}
	t.s.CardIn, t.s.Resume = false, ""
	t.to(Over)
	return nil
}

// secondCard is a card that nobody asked for. Where the machine is at work it
// is only noted, and asked out at the end.
func (t *turn) secondCard() error {
	if t.s.CardIn { // the slot has one already
		return errUnexpected
	}
	t.s.CardIn = true
	switch t.s.State {
	case Pay, PrintFree, Printing, PrintPaused, Capture, Refund, ReturnCoins, Failed, FailedReminder, Busy:
		return nil
	}
	resume := t.s.State
	t.to(SecondCard)
	t.s.Resume = resume
	return nil
}

func (t *turn) secondCardTaken() error {
	t.s.CardIn = false
	resume := t.s.Resume
	t.s.Resume = ""
	t.to(resume)
	return nil
}

// remindSecond ends, after some time, even a session in which paper lies in
// the tray: staff is called.
func (t *turn) remindSecond() error {
	if t.s.Reminded++; t.s.Reminded < reminders {
		t.setDeadline()
		return nil
	}
	t.fail(ForgottenCard, "")
	return nil
}
