// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"slices"
	"strings"

	"kofu/cert"
)

// pair is two characters that are taken for each other. More than one letter
// is taken for 0, for 1 and for the filler.
type pair struct {
	a, b byte
	name Confusion
}

// confusions lists the pairs, the likeliest of a character first.
func confusions() []pair {
	return []pair{
		{'O', '0', ConfusionO}, {'I', '1', ConfusionI}, {'S', '5', ConfusionS}, {'B', '8', ConfusionB}, {'Z', '2', ConfusionZ},
		{'G', '6', ConfusionG}, {'Q', '0', ConfusionQ}, {'D', '0', ConfusionD}, {'L', '1', ConfusionL},
		{'K', '<', ConfusionK}, {'C', '<', ConfusionC},
	}
}

// other returns what c is taken for by p.
func (p pair) other(c byte) (byte, bool) {
	switch c {
	case p.a:
		return p.b, true
	case p.b:
		return p.a, true
	}
	return 0, false
}

// fits reports whether c may stand where class is.
func (class Class) fits(c byte) bool {
	digit := c >= '0' && c <= '9'
	switch class {
	case ClassLetter:
		return !digit
	case ClassDigit:
		return digit || c == '<'
	case ClassCheck:
		return digit
	}
	return true
}

// misplaced returns the error about the first character in s's stretch of line
// that its class does not allow; nil if there is none.
func (s span) misplaced(line string, reason error) error {
	for i := s.from; i < s.to; i++ {
		if s.class.fits(line[i]) {
			continue
		}
		for _, p := range confusions() {
			if o, ok := p.other(line[i]); ok && s.class.fits(o) {
				return s.at(i, p.name, reason)
			}
		}
		return s.at(i, "", reason)
	}
	return nil
}

// wrongDigit returns the error about the check digit of field: with the place
// and the confusion, if a character stands where its class cannot be, or if
// exactly one character, read as what it is taken for, would put every check
// digit right. Of several such, those that make a number of the Japanese form
// are likelier in a Japanese passport. If several are left that are one
// confusion, that is told without a place.
func wrongDigit(line string, field Field, issuer string) error {
	var spans []span
	for _, s := range layout2() {
		if s.field == field {
			spans = append(spans, s)
		}
	}
	for _, s := range spans {
		if err := s.misplaced(line, ErrCheckDigit); err != nil {
			return err
		}
	}
	found := corrections(line, spans)
	if formed := slices.DeleteFunc(slices.Clone(found), func(c correction) bool { return !japaneseNumber(c.line[0:9]) }); issuer == cert.Country && len(formed) > 0 {
		found = formed
	}
	switch {
	case len(found) == 0:
		return wrong(field, ErrCheckDigit)
	case len(found) == 1:
		return found[0].in.at(found[0].at, found[0].name, ErrCheckDigit)
	case slices.ContainsFunc(found, func(c correction) bool { return c.name != found[0].name }):
		return wrong(field, ErrCheckDigit)
	}
	return &MRZError{Field: field, Confusion: found[0].name, reason: ErrCheckDigit}
}

// correction is a line with one character read otherwise.
type correction struct {
	line string
	in   span
	at   int
	name Confusion
}

// corrections returns those of line that put every check digit right.
func corrections(line string, spans []span) (found []correction) {
	for _, s := range spans {
		for i := s.from; i < s.to; i++ {
			for _, p := range confusions() {
				o, ok := p.other(line[i])
				if !ok || !s.class.fits(o) {
					continue
				}
				other := line[:i] + string(rune(o)) + line[i+1:]
				if _, still := firstWrongDigit(other); !still {
					found = append(found, correction{other, s, i, p.name})
				}
			}
		}
	}
	return found
}

// firstWrongDigit names the field of the first wrong check digit.
func firstWrongDigit(line string) (Field, bool) {
	personal := line[28:42]
	switch {
	case checkDigit(line[0:9]) != line[9]:
		return FieldNumber, true
	case checkDigit(line[13:19]) != line[19]:
		return FieldBirthDate, true
	case checkDigit(line[21:27]) != line[27]:
		return FieldExpiry, true
	case checkDigit(personal) != line[42] && (line[42] != '<' || strings.Trim(personal, "<") != ""):
		return FieldPersonal, true
	case checkDigit(line[0:10], line[13:20], line[21:43]) != line[43]:
		return FieldComposite, true
	}
	return "", false
}

// wrongName returns the error about a name: a digit in it, or letters that
// were read in the fillers after it.
func wrongName(line string) error {
	s := spanAt(layout1(), 5)
	if err := s.misplaced(line, ErrName); err != nil {
		return err
	}
	first, rest, _ := strings.Cut(line[5:], "<<")
	second, after, found := strings.Cut(strings.TrimLeft(rest, "<"), "<<")
	if i := strings.IndexAny(after, "KC"); found && first != "" && second != "" && i >= 0 && strings.Trim(after, "<KC") == "" {
		c := ConfusionK
		if after[i] == 'C' {
			c = ConfusionC
		}
		return s.at(len(line)-len(after)+i, c, ErrName)
	}
	return wrong(FieldName, ErrName)
}
