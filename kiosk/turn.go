// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"time"

	"kofu/cert"
	"kofu/cert/issuance"
)

// turn is one event being served: the session as it will be, and what goes
// with the answer. It may be run again from the same state by the same event,
// and then comes to the same end.
type turn struct {
	*centre
	ctx context.Context
	s   *Session
	e   *Event
	at  time.Time // of the event, when it came first

	superseded *Session // what an earlier run of this event has come to

	hold    *Hold
	key     []byte // released
	starts  bool   // printing begins, or goes on after a fault
	content *issuance.Preview
	closure closure
}

// closure is what a screen says of a door that is shut.
type closure struct{ reason, until string }

// move is what an event does to a session. Its error is for the terminal
// ([errUnexpected], [errHold], [errStore]); what concerns the person becomes a
// screen.
type move func(t *turn) error

func (k *centre) turn(ctx context.Context, s *Session, e *Event, at time.Time) *turn {
	return &turn{centre: k, ctx: ctx, s: s, e: e, at: at}
}

// clone copies a session, so that the one it came from stays.
func (s *Session) clone() *Session {
	c := *s
	c.Printed = slices.Clone(s.Printed)
	if s.Tries != nil {
		c.Tries = new(*s.Tries)
	}
	return &c
}

// who is for whom everything of this session is sealed.
func (t *turn) who() issuance.Who {
	return issuance.Who{Channel: cert.Kiosk, Device: t.s.Terminal + "/" + t.s.ID}
}

// random derives what this turn needs at random from what was drawn before it,
// so that a repeated event gets the same.
func (t *turn) random(use string) []byte {
	sum := sha256.Sum256(slices.Concat([]byte(use), []byte{0}, t.s.Draw))
	return sum[:]
}

// transaction names an entry of the books.
func (t *turn) transaction() string {
	return base32.StdEncoding.EncodeToString(t.random("transaction"))[:26]
}

// The longest that a session lasts before its fee is in, and after.
const (
	longestBefore = 20 * time.Minute
	longestAfter  = issuance.ReleasedTTL
)

// end is when a session is over whatever is done.
func (s *Session) end() time.Time {
	if s.released() {
		return s.ReleasedAt.Add(longestAfter)
	}
	return s.Started.Add(longestBefore)
}

// settling reports whether only coins, paper and card are still to be dealt
// with, which is never cut short.
func (s *Session) settling() bool {
	switch s.State {
	case Capture, Refund, ReturnCoins, TakePaper, PaperReminder, Failed, FailedReminder, Over:
		return true
	case SecondCard:
		return s.Resume == TakePaper || s.Resume == PaperReminder
	}
	return false
}

// run lets the event act on the session.
func (t *turn) run() error {
	act, ok := t.moves[t.s.State][t.e.Type]
	if !ok {
		return errUnexpected
	}
	if err := t.account(); err != nil {
		return err
	}
	state := t.s.State
	if err := act(t); err != nil {
		return err
	}
	if t.s.State != state || t.e.Type == Adjust {
		t.setDeadline()
	}
	return t.show()
}

// expired is what happens to a session whose time is up when its next event
// comes: what its time-out would have done, and then, where it still makes
// sense, the event.
func (t *turn) expired() error {
	event := t.e
	if err := t.account(); err != nil {
		return err
	}
	if t.at.After(t.s.end()) && !t.s.settling() {
		t.close()
	} else if act, ok := t.moves[t.s.State][TimedOut]; ok {
		t.e = &Event{Type: TimedOut, Number: event.Number, Application: event.Application}
		if err := act(t); err != nil {
			return err
		}
		t.e = event
	}
	t.setDeadline()
	if act, ok := t.moves[t.s.State][event.Type]; ok && event.Type != TimedOut && event.Type != Choose {
		before := t.s.clone()
		switch err := act(t); err {
		case nil:
			t.setDeadline()
		case errUnexpected:
			t.s = before
		default:
			return err
		}
	}
	return t.show()
}

// account takes the terminal's word for what lies in escrow while coins are
// taken, and for the sheets that are out while it prints, whatever the event
// is about: an earlier one may never have arrived.
func (t *turn) account() error {
	switch t.s.State {
	case Pay:
		if t.e.EscrowYen != nil {
			t.s.EscrowYen = *t.e.EscrowYen
		}
	case Printing, PrintPaused, Refund:
		return t.confirm()
	}
	return nil
}

// close ends a session that has lasted too long.
func (t *turn) close() {
	switch {
	case t.s.released():
		t.giveUpPrinting()
	default:
		t.fail(SessionEnded, "")
	}
}

// to goes on to another state.
func (t *turn) to(s State) {
	if t.s.State != s {
		t.s.Reminded = 0
	}
	t.s.State = s
}

// setDeadline gives the person, or the machine, the time of the new screen.
func (t *turn) setDeadline() {
	t.s.Deadline = t.at.Add(time.Duration(t.s.seconds())*time.Second + grace)
}

// grace is what a time-out may be late by on its way.
const grace = 15 * time.Second

// fail ends a session, or offers to go on from the state again. Where coins lie
// in escrow they go back first.
func (t *turn) fail(o Outcome, again State) {
	t.s.Outcome, t.s.Resume = o, again
	t.s.Challenge, t.s.Until = nil, time.Time{}
	if again == "" {
		t.drop()
	}
	switch {
	case t.s.EscrowYen > 0 && !t.s.Settled:
		t.s.CaptureYen, t.s.ReturnYen = 0, t.s.EscrowYen
		t.to(ReturnCoins)
	case t.s.CardIn || again != "" || o == NotJoined || o == Suspended:
		t.to(Failed)
	default:
		t.to(Over)
	}
}

// again offers to try once more, a few times.
func (t *turn) again(o Outcome, from State) {
	if t.s.Failures++; t.s.Failures > 3 {
		from = ""
	}
	t.fail(o, from)
}

// finish ends a session whose coins are settled.
func (t *turn) finish(o Outcome) {
	t.s.Outcome, t.s.Resume = o, ""
	t.drop()
	if t.s.CardIn {
		t.to(Failed)
		return
	}
	t.to(Over)
}

// drop gives up what is held: the terminal wipes it, and without its key it is
// noise. A certificate that was not released is void.
func (t *turn) drop() {
	t.s.ApplicationKID, t.s.CertificateKID, t.s.ReceiptKID = "", "", ""
	if t.s.Issuance != "" {
		t.s.Voided = true
	}
}

// show fetches what the screen shows of the person, from what the terminal
// holds: nothing of it is remembered here.
func (t *turn) show() error {
	if t.s.State != PassportConfirm && t.s.State != ContentCheck {
		return nil
	}
	if t.e.Application == "" {
		return errHold
	}
	p, err := t.Desk.Preview(t.ctx, t.e.Application, t.who())
	if err != nil {
		t.refused(err, "")
		t.setDeadline()
		return nil
	}
	t.content = p
	return nil
}
