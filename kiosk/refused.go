// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"context"
	"errors"
	"strings"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
)

// refused shows the screen for err. Blocked reads as no record: the same
// state, by the same way. again is where to try once more, for what may pass.
func (t *turn) refused(err error, again State) {
	if errors.Is(err, cert.ErrNoRecord) || errors.Is(err, cert.ErrBlocked) {
		t.s.Challenge = nil
		t.to(NoRecord)
		return
	}
	if closed, ok := errors.AsType[*municipality.ClosedError](err); ok {
		t.shut(closed.Closure)
	}
	t.s.Doubt = doubt(err)
	switch o := outcomeOf(err); o {
	case Unavailable, CardChanged, CardInvalid:
		if errors.Is(err, issuance.ErrDoorStopped) || errors.Is(err, keys.ErrNoKey) {
			again = ""
		}
		t.again(o, again)
	default:
		t.fail(o, "")
	}
}

// doubt is the number of the first dose that looks wrong, which the screen
// names; 0 for none.
func doubt(err error) int {
	if f, ok := errors.AsType[*cert.Finding](err); ok {
		return max(f.Dose, 0)
	}
	return 0
}

// outcomeOf is the one table from errors to screens.
func outcomeOf(err error) Outcome {
	if code, ok := cardauth.CodeOf(err); ok {
		return cardOutcome(code)
	}
	if f, ok := errors.AsType[*cert.Finding](err); ok {
		return findingOutcome(f)
	}
	for _, r := range []struct {
		target error
		o      Outcome
	}{
		{cert.ErrNeedsCheck, NeedsCheck}, // findings too
		{cert.ErrOtherPerson, NeedsCheck},
		{cert.ErrDeceased, CounterOnly},
		{cert.ErrNoOverseasIssue, NoOverseasHistory},
		{cert.ErrPassportExpired, PassportExpired},
		{cert.ErrPassportMismatch, CounterOnly},
		{cert.ErrRecordChanged, StartAgain},
		{issuance.ErrStartAgain, StartAgain},
		{issuance.ErrSeal, StartAgain},
		{municipality.ErrNotJoined, NotJoined},
		{municipality.ErrSuspended, Suspended},
		{municipality.ErrMaintenance, Maintained},
		{municipality.ErrClosed, OutOfHours},
		{pdf.ErrNoRoom, NameNotPrintable},
		{shc.ErrTooLong, CounterOnly},
		{vdsnc.ErrTooLong, CounterOnly},
		{vdsnc.ErrCharacter, CounterOnly},
		{cert.ErrUnavailable, Unavailable},
		{municipality.ErrClosures, Unavailable},
		{issuance.ErrSealStore, Unavailable},
		{issuance.ErrDoorStopped, Unavailable},
		{keys.ErrNoKey, Unavailable},
		{cardauth.ErrChallengeStore, Unavailable},
		{context.DeadlineExceeded, Unavailable},
		{context.Canceled, Unavailable},
	} {
		if errors.Is(err, r.target) {
			return r.o
		}
	}
	if _, ok := errors.AsType[*pdf.GlyphError](err); ok {
		return NameNotPrintable
	}
	return Internal
}

// findingOutcome: what lies with the name or the passport is not for those who
// keep the record.
func findingOutcome(f *cert.Finding) Outcome {
	switch {
	case f.OfName():
		return NameNotPrintable
	case f.OfPassport():
		return CounterOnly
	}
	return NeedsCheck
}

// cardOutcome tells the person what to do next about a card, and not which
// check has caught it.
func cardOutcome(code cardauth.Code) Outcome {
	switch code {
	case cardauth.CodeCAUnknown, cardauth.CodeEnvironment, cardauth.CodeCANotValid, cardauth.CodeSuiteEnded:
		return CardNotAccepted
	}
	if strings.HasPrefix(string(code), "NONCE_") { // too late: nothing is wrong with the card
		return CardChanged
	}
	return CardInvalid
}

// shut notes what a screen says of a closure.
func (t *turn) shut(c municipality.Closure) {
	t.closure.reason = c.En
	if japanese(t.s.Settings.Language) {
		t.closure.reason = c.Ja
	}
	if !c.Until.IsZero() {
		t.closure.until = c.Until.In(cert.JST()).Format("2006-01-02 15:04")
	}
}

// japanese reports whether Japanese words are shown in a language.
func japanese(language string) bool { return strings.HasPrefix(language, "ja") }
