// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"errors"
	"slices"
	"time"

	"kofu/cert"
	"kofu/cert/municipality"
)

// Ids of choices.
const (
	agree    = "agree"
	cancel   = "cancel"
	back     = "back"
	more     = "more"
	another  = "another"
	finish   = "finish"
	again    = "again"
	yes      = "yes"
	no       = "no"
	correct  = "correct"
	wrong    = "wrong"
	printNow = "print"
)

// How many buttons a screen has at most, and copies a certificate.
const (
	pageSize  = 20
	maxCopies = 5
)

// begin decides the first screen: none of it needs the person, and all of it
// is told before consent (R4.3).
func (t *turn) begin(h Hardware) error {
	defer t.setDeadline()
	if !h.works() {
		t.fail(OutOfOrder, "")
		return nil
	}
	if t.Ready != nil && !t.Ready() {
		t.fail(Unavailable, "")
		return nil
	}
	err := t.Municipalities.Open(t.ctx, cert.Kiosk, t.at)
	if err == nil {
		var towns []municipality.Municipality
		if towns, err = t.towns(); err == nil && len(towns) == 0 {
			err = municipality.ErrClosed
		}
	}
	switch closed, ok := errors.AsType[*municipality.ClosedError](err); {
	case ok:
		t.shut(closed.Closure)
		t.fail(Maintained, "")
		return nil
	case errors.Is(err, municipality.ErrClosed):
		t.fail(OutOfHours, "")
		return nil
	case err != nil:
		return storeError(err)
	}
	if t.Admit != nil { // last: who is sent away for another reason takes no place
		if again, ok := t.Admit(); !ok {
			t.s.Place = int((again + time.Minute - 1) / time.Minute)
			t.fail(ComeAgain, "")
			return nil
		}
	}
	return t.enter()
}

// enter asks for a place, and for the waiting time where there is none.
func (t *turn) enter() error {
	place, err := t.Gate.Enter(t.ctx, t.s.ID, t.MaxSessions, t.s.end())
	if err != nil {
		return storeError(err)
	}
	t.s.Place, t.s.Inside = place, place == 0
	if t.s.Inside {
		t.to(Language)
		return nil
	}
	t.to(Busy)
	t.setDeadline()
	return nil
}

func (t *turn) chooseBusy() error { return t.chooseCancel() }

// chooseCancel is for screens whose only button it is.
func (t *turn) chooseCancel() error {
	if t.e.Choice != cancel {
		return errUnexpected
	}
	t.fail(Cancelled, "")
	return nil
}

func (t *turn) chooseLanguage() error {
	if t.e.Choice == cancel {
		return t.chooseCancel()
	}
	if !slices.Contains(languages(), t.e.Choice) {
		return errUnexpected
	}
	t.s.Settings.Language = t.e.Choice
	t.to(Consent)
	return nil
}

func (t *turn) chooseConsent() error {
	switch t.e.Choice {
	case agree:
		t.to(Kind)
	case back:
		t.to(Language)
	default:
		return t.chooseCancel()
	}
	return nil
}

func (t *turn) chooseKind() error {
	switch k := cert.Kind(t.e.Choice); {
	case k.Valid():
		t.s.Kind = k
		return t.toTowns()
	case t.e.Choice == back:
		t.to(Consent)
		return nil
	}
	return t.chooseCancel()
}

// towns are the municipalities that take part now (D2).
func (t *turn) towns() ([]municipality.Municipality, error) {
	return t.Municipalities.List(t.ctx, cert.Kiosk, t.at)
}

// toTowns shows municipalities, or, where they are many, prefectures first.
func (t *turn) toTowns() error {
	towns, err := t.towns()
	if err != nil {
		return storeError(err)
	}
	t.s.Prefecture, t.s.Page = "", 0
	if len(towns) > pageSize {
		t.to(Prefecture)
		return nil
	}
	t.to(Municipality)
	return nil
}

func (t *turn) choosePrefecture() error {
	switch t.e.Choice {
	case cancel:
		return t.chooseCancel()
	case back:
		t.to(Kind)
		return nil
	}
	towns, err := t.towns()
	if err != nil {
		return storeError(err)
	}
	if !slices.Contains(prefectures(towns), t.e.Choice) {
		return errUnexpected
	}
	t.s.Prefecture, t.s.Page = t.e.Choice, 0
	t.to(Municipality)
	return nil
}

// prefectures are the first two digits of the codes, each once, rising.
func prefectures(towns []municipality.Municipality) []string {
	var list []string
	for _, m := range towns {
		list = append(list, string(m.Code[:2]))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (t *turn) chooseMunicipality() error {
	switch t.e.Choice {
	case cancel:
		return t.chooseCancel()
	case back:
		if t.s.Prefecture != "" {
			return t.toTowns()
		}
		t.to(Kind)
		return nil
	case more:
		t.s.Page++
		t.setDeadline()
		return nil
	}
	code, err := cert.ParseMunicipalityCode(t.e.Choice)
	if err != nil {
		return errUnexpected
	}
	// What the screen has shown does not matter here (D2).
	t.s.Municipality = code
	if _, err := t.Municipalities.Admit(t.ctx, code, cert.Kiosk, t.at); err != nil {
		if errors.Is(err, municipality.ErrUnknown) {
			return errUnexpected
		}
		t.refused(err, "")
		return nil
	}
	if t.s.CardIn { // it was read already, for another municipality
		return t.startReading()
	}
	t.to(PlaceCard)
	return nil
}

func (t *turn) choosePlaceCard() error {
	if t.e.Choice == back {
		return t.toTowns()
	}
	return t.chooseCancel()
}

func (t *turn) chooseNoRecord() error {
	switch t.e.Choice {
	case another:
		return t.toTowns()
	case finish:
		t.fail(Cancelled, "")
		return nil
	}
	return errUnexpected
}

// chooseFailed offers another try, another municipality, or the end.
func (t *turn) chooseFailed() error {
	switch t.e.Choice {
	case again:
		return t.tryAgain()
	case another:
		if t.s.Outcome != NotJoined && t.s.Outcome != Suspended {
			return errUnexpected
		}
		t.s.Outcome = "" // it goes on
		return t.toTowns()
	case finish:
		if !t.choosable() {
			return errUnexpected
		}
		t.finish(t.s.Outcome)
		return nil
	}
	return errUnexpected
}

// choosable reports whether a failed session can still be gone on with.
func (t *turn) choosable() bool {
	return t.s.State == Failed && (t.s.Resume != "" || t.s.Outcome == NotJoined || t.s.Outcome == Suspended)
}

func (t *turn) tryAgain() error {
	from := t.s.Resume
	if from == "" || t.s.State != Failed {
		return errUnexpected
	}
	t.s.Outcome, t.s.Resume = "", ""
	if from == ReadingCard && t.s.CardIn {
		return t.startReading()
	}
	if from == ReadingCard {
		from = PlaceCard
	}
	t.to(from)
	return nil
}

func (t *turn) adjust() error {
	s := t.e.Settings
	for _, p := range []struct {
		to   *string
		from string
	}{{&t.s.Settings.Language, s.Language}, {&t.s.Settings.Size, s.Size}, {&t.s.Settings.Contrast, s.Contrast}, {&t.s.Settings.Patience, s.Patience}} {
		if p.from != "" {
			*p.to = p.from
		}
	}
	return nil
}

// walkedAway ends a session in which nobody has answered.
func (t *turn) walkedAway() error {
	t.fail(SessionEnded, "")
	return nil
}
