// SPDX-License-Identifier: Apache-2.0

package passport

import (
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

// Acceptance says what is accepted as a passport that was read, and reads it.
type Acceptance struct {
	Chips        *ChipVerifier    // nil: a chip is refused with [CodeNotConfigured]
	ChipRequired bool             // the printed lines alone are refused with [CodeRequired]
	Now          func() time.Time // required
}

// Read reads the two printed lines, the chip, or both, which then must say the
// same. It returns nil, and no error, if nothing was sent. The errors are those
// of [ParseMRZ] and of [ChipVerifier.Verify].
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
	return &Reading{Passport: p, Source: source, Warnings: Warnings(p)}, nil
}
