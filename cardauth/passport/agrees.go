// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"time"

	"kofu/cert"
)

// Contradiction says in which field a passport is another person's. It wraps
// [cert.ErrPassportMismatch] and holds nothing of the passport.
type Contradiction struct{ Field Field }

// Error implements the error interface.
func (c Contradiction) Error() string {
	return "passport: compare with card: " + string(c.Field) + ": " + cert.ErrPassportMismatch.Error()
}

// Unwrap returns [cert.ErrPassportMismatch].
func (c Contradiction) Unwrap() error { return cert.ErrPassportMismatch }

// Agrees refuses a passport that contradicts the card's holder, with a
// [Contradiction] that names the field. Two fields can contradict, as in
// [cert.CheckPassport]: the birth date, where a part of it that both know
// differs (the century is the card's, see [AlignCentury]) or only one of them
// knows the year, and the sex, where both state one.
//
// Names never do. A card has the name in kanji or as a foreign resident's
// documents write it, a passport in Latin letters, cut to 39 of them; one kanji
// name has many romanisations (Ohno, Ono, Oono), and its holder chose one. A
// rule that romanised would refuse some people their own passport and would
// still not tell two people of one name apart.
func Agrees(p *cert.Passport, holder cert.Holder) error {
	aligned := *p
	AlignCentury(&aligned, holder.BirthDate)
	switch {
	case !aligned.BirthDate.Agrees(holder.BirthDate):
		return Contradiction{FieldBirthDate}
	case p.Sex == 'M' && holder.Sex == 2, p.Sex == 'F' && holder.Sex == 1:
		return Contradiction{FieldSex}
	}
	return nil
}

// Expired reports whether p is no longer valid on today. The day of expiry is
// its last good one.
func Expired(p *cert.Passport, today cert.Date) bool { return p.Expiry.Compare(today) < 0 }

// ExpiredAt is [Expired] on the day it is in Japan at t, wherever the passport
// or its holder is.
func ExpiredAt(p *cert.Passport, t time.Time) bool { return Expired(p, cert.DateOf(t)) }

// Warning is something unusual about a passport that is no reason to refuse it.
type Warning string

// The warnings, as callers see them.
const (
	// WarningNumberForm: issued by Japan, and the number is not two letters and
	// seven digits. Travel documents that are no ordinary passport may differ.
	WarningNumberForm Warning = "number_form"
	// WarningNameCut: the name fills its 39 places, so the State may have cut
	// it (Doc 9303-4, 4.2.3). The certificate shows it as the passport does.
	WarningNameCut Warning = "name_may_be_cut"
	// WarningBirthDate: a part of the birth date is not known.
	WarningBirthDate Warning = "birth_date_in_part"
)

// Warnings lists what is unusual about p.
func Warnings(p *cert.Passport) []Warning {
	var w []Warning
	if p.Issuer == cert.Country && !japaneseNumber(p.Number.Reveal()) {
		w = append(w, WarningNumberForm)
	}
	places := len(p.Primary)
	if p.Secondary != "" {
		places += len("<<") + len(p.Secondary)
	}
	if places >= nameLength {
		w = append(w, WarningNameCut)
	}
	if !p.BirthDate.Full() {
		w = append(w, WarningBirthDate)
	}
	return w
}

func japaneseNumber(s string) bool {
	return len(s) == 9 && letters(s[:2], false) && digits(s[2:])
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
