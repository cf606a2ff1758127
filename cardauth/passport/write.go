// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"fmt"
	"strings"

	"kofu/cert"
)

// MRZ writes the two lines of p, for tests and demonstrations: names as they
// are, in capitals, with fillers for spaces and hyphens and without
// apostrophes, commas and points (Doc 9303-3, 4.6). Nothing is transliterated; what the alphabet does not have is
// [ErrCharacter]. The number has at most 9 characters. A name too long for the
// line is cut so that something of both identifiers is left.
func MRZ(p *cert.Passport) (line1, line2 string, err error) {
	primary, secondary := filled(p.Primary.Reveal()), filled(p.Secondary.Reveal())
	if primary == "" {
		return "", "", wrong(FieldName, ErrName)
	}
	name := primary
	if secondary != "" {
		room := nameLength - 2 - 1 // at least one character of the secondary identifier
		name = primary[:min(len(primary), room)] + "<<" + secondary
	}
	sex := p.Sex
	if sex == 'X' {
		sex = '<'
	}
	number := filled(p.Number.Reveal())
	if len(number) > 9 {
		return "", "", wrong(FieldNumber, ErrNumber)
	}
	line1 = pad("P", 2) + pad(p.Issuer, 3) + pad(name[:min(len(name), nameLength)], nameLength)
	l := withCheck(pad(number, 9)) + pad(p.Nationality, 3) + withCheck(twoDigits(p.BirthDate)) +
		string(rune(sex)) + withCheck(twoDigits(p.Expiry)) + withCheck(pad("", 14))
	if len(l) != lineLength-1 || len(line1) != lineLength {
		return "", "", wrong(FieldLine1, ErrLength)
	}
	line2 = l + string(rune(checkDigit(l[0:10], l[13:20], l[21:43])))
	if !inAlphabet(line1) || !inAlphabet(line2) {
		return "", "", wrong(FieldLine1, ErrCharacter)
	}
	return line1, line2, nil
}

func filled(s string) string {
	return strings.NewReplacer(" ", "<", "-", "<", "'", "", "’", "", ",", "", ".", "").Replace(strings.ToUpper(s))
}

func pad(s string, n int) string { return s + strings.Repeat("<", max(0, n-len(s))) }

func withCheck(s string) string { return s + string(rune(checkDigit(s))) }

// twoDigits writes YYMMDD with fillers for what is not known.
func twoDigits(d cert.Date) string {
	known := func(n int) string {
		if n == 0 {
			return "<<"
		}
		return fmt.Sprintf("%02d", n%100)
	}
	return known(d.Year) + known(d.Month) + known(d.Day)
}
