// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"strings"

	"kofu/cert"
)

const (
	lineLength = 44
	nameLength = 39
)

// ParseMRZ reads the two lines as printed, without line ends. All five check
// digits are verified, the composite one too. today, the day in Japan
// ([cert.DateOf]), gives the two-digit years their centuries: the birth date is
// the latest that is not in the future (see [AlignCentury]), the expiry within
// fifty years of today. Parts of the birth date that are not known ("<<", also
// "00") are 0; without a known year the whole date is. A passport that has
// expired is read like any other ([Expired]). Every error is an [*MRZError].
func ParseMRZ(line1, line2 string, today cert.Date) (*cert.Passport, error) {
	if err := checkLines(line1, line2); err != nil {
		return nil, err
	}
	if line1[0] != 'P' || !letters(line1[1:2], true) {
		return nil, wrong(FieldDocument, ErrDocument)
	}
	if field, is := firstWrongDigit(line2); is {
		return nil, wrongDigit(line2, field, line1[2:5])
	}
	issuer, ok := state(line1[2:5])
	if !ok {
		return nil, wrongState(line1, spanAt(layout1(), 2))
	}
	nationality, ok := state(line2[10:13])
	if !ok {
		return nil, wrongState(line2, spanAt(layout2(), 10))
	}
	primary, secondary, ok := names(line1[5:])
	if !ok {
		return nil, wrongName(line1)
	}
	number := text(line2[0:9])
	if number == "" || line2[0] == '<' {
		return nil, wrong(FieldNumber, ErrNumber)
	}
	birth, ok := birthDate(line2[13:19], today)
	if !ok {
		return nil, wrongDate(line2, spanAt(layout2(), 13))
	}
	expiry, ok := expiryDate(line2[21:27], today)
	if !ok {
		return nil, wrongDate(line2, spanAt(layout2(), 21))
	}
	sex, ok := sexOf(line2[20])
	if !ok {
		return nil, wrong(FieldSex, ErrSex)
	}
	return &cert.Passport{
		Number: cert.Private(number), Primary: cert.Private(primary), Secondary: cert.Private(secondary),
		Nationality: nationality, Issuer: issuer, BirthDate: birth, Sex: sex, Expiry: expiry,
	}, nil
}

// checkLines holds both lines to their length and their alphabet.
func checkLines(line1, line2 string) error {
	if len(line1) != lineLength {
		return wrong(FieldLine1, ErrLength)
	}
	if len(line2) != lineLength {
		return wrong(FieldLine2, ErrLength)
	}
	for _, l := range []struct {
		text   string
		layout []span
	}{{line1, layout1()}, {line2, layout2()}} {
		for i := range len(l.text) {
			if !inAlphabet(l.text[i : i+1]) {
				return spanAt(l.layout, i).at(i, "", ErrCharacter)
			}
		}
	}
	return nil
}

func wrongState(line string, s span) error {
	if err := s.misplaced(line, ErrState); err != nil {
		return err
	}
	return wrong(s.field, ErrState)
}

func wrongDate(line string, s span) error {
	if err := s.misplaced(line, ErrDate); err != nil {
		return err
	}
	return wrong(s.field, ErrDate)
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
