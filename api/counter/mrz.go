// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"errors"
	"strings"

	"kofu/cardauth/passport"
	"kofu/cert"
)

// mrzLine is the length of a line of a passport's machine-readable zone (ICAO
// Doc 9303-4, TD3).
const mrzLine = 44

// cleanMRZ makes two lines of what was typed, scanned or pasted: lower case
// and full-width letters are taken for their capitals, spaces are dropped,
// brackets read in the place of fillers become fillers, and both lines may
// come as one. What is not an MRZ stays what it is, for ParseMRZ to refuse.
func cleanMRZ(text string) (line1, line2 string) {
	var lines []string
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line := mrzLetters(part); line != "" {
			lines = append(lines, line)
		}
	}
	switch {
	case len(lines) == 1 && len(lines[0]) == 2*mrzLine:
		return lines[0][:mrzLine], lines[0][mrzLine:]
	case len(lines) == 1:
		return lines[0], ""
	case len(lines) == 2:
		return lines[0], lines[1]
	}
	return strings.Join(lines, ""), "" // nothing, or too many lines: refused for their length
}

func mrzLetters(line string) string {
	var b strings.Builder
	for _, r := range line {
		switch {
		case r == ' ', r == '\t', r == '\u3000', r == '\ufeff':
		case r >= '！' && r <= '～': // full-width forms of ASCII
			b.WriteString(strings.ToUpper(string(r - '！' + '!')))
		case r == '‹', r == '〈', r == '＜':
			b.WriteByte('<')
		case r == '«', r == '《':
			b.WriteString("<<")
		case r < 0x80:
			b.WriteString(strings.ToUpper(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// readMRZ reads a passport. code is the text of what is wrong, empty if
// nothing is: for a check digit it says which.
func readMRZ(text string, birth, today cert.Date) (p *cert.Passport, code string) {
	line1, line2 := cleanMRZ(text)
	if line1 == "" {
		return nil, "mrz_missing"
	}
	p, err := passport.ParseMRZ(line1, line2, today)
	if err == nil {
		passport.AlignCentury(p, birth)
		return p, ""
	}
	return nil, zoneFault(err)
}

// zoneFault names the text about what package passport says of a zone. Of a
// check digit the text says which one; where in the field the likely misreading
// is stays untold: a clerk has the passport at hand and compares the field.
func zoneFault(err error) string {
	for _, r := range []struct {
		target error
		code   string
	}{
		{passport.ErrLength, "mrz_length"},
		{passport.ErrCharacter, "mrz_character"},
		{passport.ErrDocument, "mrz_document"},
		{passport.ErrState, "mrz_state"},
		{passport.ErrName, "mrz_name"},
		{passport.ErrDate, "mrz_date"},
		{passport.ErrSex, "mrz_sex"},
		{passport.ErrNumber, "mrz_number_missing"},
	} {
		if errors.Is(err, r.target) {
			return r.code
		}
	}
	if wrong, ok := errors.AsType[*passport.MRZError](err); ok {
		switch wrong.Field {
		case passport.FieldNumber:
			return "mrz_digit_number"
		case passport.FieldBirthDate:
			return "mrz_digit_birth"
		case passport.FieldExpiry:
			return "mrz_digit_expiry"
		case passport.FieldPersonal:
			return "mrz_digit_personal"
		}
	}
	return "mrz_digit_composite"
}

// readOthers reads names that a passport shows beside its machine-readable
// zone (旧姓・別姓・別名), in Latin letters.
func readOthers(text string) (cert.Private, bool) {
	text = strings.ToUpper(strings.Join(strings.Fields(text), " "))
	if len(text) > 60 {
		return "", false
	}
	for _, c := range []byte(text) {
		if (c < 'A' || c > 'Z') && !strings.ContainsRune(" -'.,/", rune(c)) {
			return "", false
		}
	}
	return cert.Private(text), true
}

// readWritten reads a name in other characters (旧字・俗字).
func readWritten(text string) (cert.Private, bool) {
	if len(text) > 200 {
		return "", false
	}
	for _, r := range text {
		if _, number := digit(r); number || r == '\n' || r == '\r' {
			return "", false
		}
	}
	return cert.Private(text), true
}
