// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"errors"
	"time"

	"kofu/cert"
)

// Source says how a passport was read.
type Source string

// The sources.
const (
	SourceZone Source = "zone" // the printed lines: right check digits, and nothing proved
	SourceChip Source = "chip" // data group 1, signed by the State
)

// Reading is a passport with how it was read.
type Reading struct {
	cert.Redacted
	Passport *cert.Passport
	Source   Source
	Warnings []Warning
}

// ErrTravelDocument is what [Acceptance.Read] says of a travel document that is
// no passport: who has but that goes to the counter, where somebody looks at it.
var ErrTravelDocument = errors.New("passport: travel document that is no passport")

// Acceptance says what is accepted as a passport that was read, and reads it.
type Acceptance struct {
	Chips        *ChipVerifier    // nil: a chip is refused with [CodeNotConfigured]
	ChipRequired bool             // the printed lines alone are refused with [CodeRequired]
	Now          func() time.Time // required
}

// Read reads the two printed lines, the chip, or both, which then must say the
// same. It returns nil, and no error, if nothing was sent. The errors are those
// of [ParseMRZ] and of [ChipVerifier.Verify], and [ErrTravelDocument].
func (a Acceptance) Read(lines []string, chip *Chip) (*Reading, error) {
	if len(lines) != 0 && len(lines) != 2 {
		return nil, wrong(FieldLine2, ErrLength)
	}
	var p *cert.Passport
	var err error
	source := SourceChip
	switch {
	case chip != nil && a.Chips == nil:
		return nil, refuse("chip", CodeNotConfigured)
	case chip != nil:
		c := *chip
		if len(lines) > 0 {
			c.MRZ = lines
		}
		p, err = a.Chips.Verify(c)
	case len(lines) == 0:
		return nil, nil
	case a.ChipRequired:
		return nil, refuse("zone", CodeRequired)
	default:
		source = SourceZone
		p, err = ParseMRZ(lines[0], lines[1], cert.DateOf(a.Now()))
	}
	if err != nil {
		return nil, err
	}
	if err := checkNational(p); err != nil {
		return nil, err
	}
	return &Reading{Passport: p, Source: source, Warnings: Warnings(p)}, nil
}

// checkNational refuses a document for somebody who is not a national of the
// State that issued it, as far as the zone tells without doubt: Japan gives
// passports to its nationals, and re-entry permits (再入国許可書) and travel
// documents for refugees (難民旅行証明書) to others; and who is stateless or a
// refugee (Doc 9303-3, 5, part D) has no passport. No check digit covers the
// nationality: in a Japanese document one that no State has is a misreading.
//
// The letter after the P is no help: Doc 9303-4, 4.4 now gives R, S and T a
// meaning, but States have used them otherwise, such as the Republic of Korea on
// passports for residents abroad (PR) and for one journey (PS).
func checkNational(p *cert.Passport) error {
	switch {
	case p.Nationality == "XXA", p.Nationality == "XXB", p.Nationality == "XXC":
		return ErrTravelDocument
	case p.Issuer != cert.Country || p.Nationality == cert.Country:
		return nil
	case !isState(p.Nationality):
		return wrong(FieldNationality, ErrState)
	}
	return ErrTravelDocument
}
