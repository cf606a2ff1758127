// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"strconv"

	"kofu/cardauth/passport"
	"kofu/cert"
)

func (h *Handler) acceptance() passport.Acceptance {
	a := h.Passports
	if a.Now == nil {
		a.Now = h.Now
	}
	return a
}

// zone reads the printed lines, if they came without a chip; a chip waits until
// the card has been verified, which costs less.
func (h *Handler) zone(in *applicationRequest) (passport.Reading, error) {
	if in.Chip != nil {
		return passport.Reading{}, nil
	}
	return read(h.acceptance(), in.MRZ, nil)
}

// passport reads the chip, if there is one, and holds what was read against the
// card's holder.
func (h *Handler) passport(in *applicationRequest, r *passport.Reading, holder cert.Holder) (err error) {
	if in.Chip != nil {
		if *r, err = read(h.acceptance(), in.MRZ, in.chip()); err != nil {
			return err
		}
	}
	if r.Passport == nil {
		return nil
	}
	if cert.Kind(in.Kind) == cert.Overseas { // else none should have been sent, whosever it is
		if err := passport.Agrees(r.Passport, holder); err != nil {
			return named(err)
		}
	}
	// The zone has two digits of the year; the card has four.
	passport.AlignCentury(r.Passport, holder.BirthDate)
	return nil
}

func read(a passport.Acceptance, lines []string, chip *passport.Chip) (passport.Reading, error) {
	r, err := a.Read(lines, chip)
	if err != nil {
		return passport.Reading{}, named(err)
	}
	if r == nil {
		return passport.Reading{}, nil
	}
	return *r, nil
}

// named tells the one who read the passport which field is wrong, and where the
// likely misreading is.
func named(err error) error {
	if c, ok := errors.AsType[passport.Contradiction](err); ok {
		return told{err, map[string][]string{"field": {string(c.Field)}}}
	}
	if _, chip := passport.CodeOf(err); chip {
		return err
	}
	m, ok := errors.AsType[*passport.MRZError](err)
	if !ok {
		return err
	}
	details := map[string][]string{"field": {string(m.Field)}}
	if m.Position > 0 {
		details["position"] = []string{strconv.Itoa(m.Position)}
	}
	if m.Confusion != "" {
		details["confusion"] = []string{string(m.Confusion)}
	}
	return told{err, details}
}
