// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"cmp"
	"errors"
	"slices"
)

// MaxDoses is how many doses a certificate shows: the latest five. A record
// with more gets the note that says so (in force since 2023-06-19).
const MaxDoses = 5

// What the rules may say against an application, besides the answers of the
// record service.
var (
	ErrDeceased         = errors.New("cert: person has died") // 死亡: the counter decides
	ErrOtherPerson      = errors.New("cert: record is of another person")
	ErrPassportRequired = errors.New("cert: overseas certificate without passport")
	ErrPassportRefused  = errors.New("cert: domestic certificate with passport")
	ErrPassportExpired  = errors.New("cert: passport has expired")
	ErrPassportMismatch = errors.New("cert: passport is of another person")
	ErrNoOverseasIssue  = errors.New("cert: no overseas certificate to take the passport from")
)

// Certifiable returns the doses of r that its municipality certifies, in
// order, at most [MaxDoses], and whether earlier ones were left out. A
// municipality certifies only its own doses, and only those given (E2). The
// error is [ErrNoRecord] when none is left. Whether they can be so is for
// package cert/lint to say.
func Certifiable(r *Record) (doses []Dose, earlier bool, err error) {
	own := slices.DeleteFunc(slices.Clone(r.Doses), func(d Dose) bool { return !d.Administered || d.Municipality != r.Municipality })
	if len(own) == 0 {
		return nil, false, ErrNoRecord
	}
	slices.SortStableFunc(own, func(a, b Dose) int { return cmp.Compare(a.Number, b.Number) })
	if n := len(own) - MaxDoses; n > 0 {
		return own[n:], true, nil
	}
	return own, false, nil
}

// SamePerson compares what the card says with the record found by the card's
// number. Names are never compared: card and register may write them
// differently. A difference is [ErrOtherPerson].
func SamePerson(card, record Holder) error {
	if !card.BirthDate.Agrees(record.BirthDate) || !sameSex(card.Sex, record.Sex) {
		return ErrOtherPerson
	}
	return nil
}

// sameSex holds codes other than 1 and 2 to say nothing.
func sameSex(a, b Sex) bool {
	known := func(s Sex) bool { return s == 1 || s == 2 }
	return a == b || !known(a) || !known(b)
}

// knownSince is the first day whose overseas certificates let a kiosk take
// the passport from the record (2022-07-21).
func knownSince() Date { return Date{Year: 2022, Month: 7, Day: 21} }

// KnownPassport returns the passport of the latest overseas certificate that
// the record has, for a door that reads none. Without one, or with one from
// before 2022-07-21, it is [ErrNoOverseasIssue]. Whether that passport is still
// the holder's and valid is for [CheckPassport], and for the person, to say.
func KnownPassport(r *Record) (*Passport, error) {
	if r.LastOverseas == nil || !r.LastOverseas.IssuedOn.Full() || r.LastOverseas.IssuedOn.Compare(knownSince()) < 0 {
		return nil, ErrNoOverseasIssue
	}
	p := r.LastOverseas.Passport
	return &p, nil
}

// CheckPassport applies the passport rules to an application of kind k by
// holder on the day today: none for domestic (E4), one that is the holder's
// and has not expired for overseas.
func CheckPassport(k Kind, p *Passport, holder Holder, today Date) error {
	switch {
	case k == Domestic && p != nil:
		return ErrPassportRefused
	case k == Domestic:
		return nil
	case p == nil:
		return ErrPassportRequired
	case !p.BirthDate.Agrees(holder.BirthDate):
		return ErrPassportMismatch
	case p.Sex == 'M' && holder.Sex == 2, p.Sex == 'F' && holder.Sex == 1:
		return ErrPassportMismatch
	case p.Expiry.Compare(today) < 0:
		return ErrPassportExpired
	}
	return nil
}
