// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"errors"
	"fmt"
	"strings"

	"kofu/cert"
)

// ErrMRZ is what every error of this package wraps. No error holds anything
// of what was read.
var ErrMRZ = errors.New("passport: not a passport's machine-readable zone")

// The single reasons.
var (
	ErrLength     = fmt.Errorf("%w: a line is not 44 characters long", ErrMRZ)
	ErrCharacter  = fmt.Errorf("%w: a character is not A-Z, 0-9 or <", ErrMRZ)
	ErrDocument   = fmt.Errorf("%w: the document is not a passport", ErrMRZ)
	ErrCheckDigit = fmt.Errorf("%w: a check digit is wrong", ErrMRZ)
	ErrState      = fmt.Errorf("%w: a State is not one to three letters", ErrMRZ)
	ErrName       = fmt.Errorf("%w: the name is not letters and fillers", ErrMRZ)
	ErrNumber     = fmt.Errorf("%w: no passport number", ErrMRZ)
	ErrDate       = fmt.Errorf("%w: a date does not exist", ErrMRZ)
	ErrSex        = fmt.Errorf("%w: sex is not M, F or <", ErrMRZ)
)

const (
	lineLength = 44
	nameLength = 39
)

// ParseMRZ reads the two lines as printed, without line ends. All five check
// digits are verified, the composite one too. today gives the two-digit years
// their centuries: the birth date is the latest that is not in the future (see
// [AlignCentury]), the expiry within fifty years of today. Parts of the birth date
// that are not known ("<<", also "00") are 0; without a known year the whole
// date is. The errors wrap [ErrMRZ].
func ParseMRZ(line1, line2 string, today cert.Date) (*cert.Passport, error) {
	if len(line1) != lineLength || len(line2) != lineLength {
		return nil, ErrLength
	}
	if !inAlphabet(line1) || !inAlphabet(line2) {
		return nil, ErrCharacter
	}
	if line1[0] != 'P' || !letters(line1[1:2], true) {
		return nil, ErrDocument
	}
	if !checkDigits(line2) {
		return nil, ErrCheckDigit
	}
	issuer, ok1 := state(line1[2:5])
	nationality, ok2 := state(line2[10:13])
	if !ok1 || !ok2 {
		return nil, ErrState
	}
	primary, secondary, ok := names(line1[5:])
	if !ok {
		return nil, ErrName
	}
	number := text(line2[0:9])
	if number == "" || line2[0] == '<' {
		return nil, ErrNumber
	}
	birth, ok1 := birthDate(line2[13:19], today)
	expiry, ok2 := expiryDate(line2[21:27], today)
	if !ok1 || !ok2 {
		return nil, ErrDate
	}
	sex, ok := sexOf(line2[20])
	if !ok {
		return nil, ErrSex
	}
	return &cert.Passport{
		Number: cert.Private(number), Primary: cert.Private(primary), Secondary: cert.Private(secondary),
		Nationality: nationality, Issuer: issuer, BirthDate: birth, Sex: sex, Expiry: expiry,
	}, nil
}

func inAlphabet(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '<' {
			return false
		}
	}
	return true
}

// letters reports whether s is letters only, or fillers too.
func letters(s string, fillers bool) bool {
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (!fillers || c != '<') {
			return false
		}
	}
	return true
}

// text turns fillers into spaces and drops those at the end.
func text(s string) string {
	return strings.ReplaceAll(strings.TrimRight(s, "<"), "<", " ")
}

// state reads a code of one to three letters, such as D<< for Germany.
func state(s string) (string, bool) {
	code := strings.TrimRight(s, "<")
	return code, code != "" && letters(code, false)
}

// names splits at the double filler (Doc 9303-4, 4.2.3). A name that is too
// long for the line is cut off by the State: it then ends without fillers, and
// is taken as it is. Without a double filler there is no secondary identifier.
func names(s string) (primary, secondary string, ok bool) {
	if !letters(s, true) {
		return "", "", false
	}
	first, second, _ := strings.Cut(strings.TrimRight(s, "<"), "<<")
	if first == "" || first[0] == '<' || strings.HasPrefix(second, "<") || strings.Contains(second, "<<") {
		return "", "", false
	}
	return text(first), text(second), true
}

func sexOf(c byte) (byte, bool) {
	switch c {
	case 'M', 'F':
		return c, true
	case '<', 'X': // X is what the visual zone prints; some print it here, too
		return 'X', true
	}
	return 0, false
}

// checkDigits verifies the five check digits of the second line.
func checkDigits(line string) bool {
	personal := line[28:42]
	return checkDigit(line[0:9]) == line[9] &&
		checkDigit(line[13:19]) == line[19] &&
		checkDigit(line[21:27]) == line[27] &&
		(checkDigit(personal) == line[42] || line[42] == '<' && strings.Trim(personal, "<") == "") &&
		checkDigit(line[0:10], line[13:20], line[21:43]) == line[43]
}

// checkDigit weighs characters by 7, 3, 1 and returns the sum modulo 10 as a
// digit; A is 10, < is 0 (Doc 9303-3, 4.9).
func checkDigit(parts ...string) byte {
	sum, i := 0, 0
	for _, part := range parts {
		for _, c := range []byte(part) {
			value := 0
			switch {
			case c >= '0' && c <= '9':
				value = int(c - '0')
			case c >= 'A' && c <= 'Z':
				value = int(c-'A') + 10
			}
			sum += value * [3]int{7, 3, 1}[i%3]
			i++
		}
	}
	return '0' + byte(sum%10)
}
