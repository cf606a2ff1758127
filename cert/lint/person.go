// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kofu/cert"
)

// What no form has room for, whatever else it says: characters, and bytes in
// UTF-8. A name beyond one of them could not be carried by any symbol.
const (
	maxRunes = 100
	maxBytes = 300
)

// person holds the rules on whom the record is of.
func (l *look) person() {
	l.name(l.Name.Reveal())
	l.kana(l.Kana.Reveal())
	l.birth(l.Record.Holder.BirthDate)
	l.add(l.Record.Deceased, cert.FindingDeceased, 0)
	l.add(!municipality(l.Record.Municipality), cert.FindingRecordMunicipality, 0)
}

func (l *look) name(s string) {
	if l.add(strings.TrimFunc(s, unicode.IsSpace) == "", cert.FindingNameEmpty, 0) {
		return
	}
	l.add(len(s) > maxBytes, cert.FindingNameBytes, 0)
	l.add(utf8.RuneCountInString(s) > maxRunes, cert.FindingNameLong, 0)
	var seen characters
	seen.read(s)
	l.add(seen.control, cert.FindingNameControl, 0)
	l.add(seen.invisible, cert.FindingNameInvisible, 0)
	l.add(seen.private, cert.FindingNamePrivate, 0)
	l.add(seen.placeholder, cert.FindingNamePlaceholder, 0)
	l.add(seen.mark, cert.FindingNameMark, 0)
	l.add(seen.spaces, cert.FindingNameSpaces, 0)
	l.add(seen.half, cert.FindingNameHalfWidth, 0)
}

// characters are the kinds of characters a name should not have.
type characters struct{ control, invisible, private, placeholder, mark, spaces, half bool }

func (c *characters) read(s string) {
	space, base := true, false // as before the first character
	for _, r := range s {
		if r < utf8.RuneSelf && r > ' ' && r != 0x7F && r != '?' { // most Latin names are only this
			space, base = false, true
			continue
		}
		if r >= 0x4E00 && r <= 0x9FFF || r >= 0x30A1 && r <= 0x30FE || r >= 0x3041 && r <= 0x3096 { // and most others this
			space, base = false, true
			continue
		}
		is := unicode.Is(unicode.Zs, r)
		c.spaces = c.spaces || is && space
		switch {
		case is:
		case unicode.IsControl(r), r == 0xFFFE, r == 0xFFFF:
			c.control = true
		case unicode.Is(unicode.Cf, r), r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0: // bidi and zero width; Hangul fillers
			c.invisible = true
		case unicode.Is(unicode.Co, r):
			c.private = true
		case strings.ContainsRune("\uFFFD〓■□●○◆◇＊？?", r):
			c.placeholder = true
		case unicode.Is(unicode.M, r):
			c.mark = c.mark || !base
		case r >= 0xFF66 && r <= 0xFF9F:
			c.half = true
		}
		space, base = is, !is
	}
	c.spaces = c.spaces || space
}

// kana: katakana, hiragana, Latin for those whose name has no reading, spaces
// and the marks of foreign names.
func (l *look) kana(s string) {
	for _, r := range s {
		if r >= 0x30A1 && r <= 0x30FE {
			continue
		}
		if unicode.In(r, unicode.Katakana, unicode.Hiragana) || unicode.IsSpace(r) || strings.ContainsRune("ー－-・．.'’゛゜ﾞﾟｰ･,，", r) ||
			r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			continue
		}
		l.add(true, cert.FindingKanaForm, 0)
		return
	}
}

func (l *look) birth(d cert.Date) {
	switch {
	case l.add(d.IsZero(), cert.FindingBirthMissing, 0), l.add(d.Compare(l.Today) > 0, cert.FindingBirthFuture, 0):
		return
	case l.add(d.Month == 0, cert.FindingBirthMonthUnknown, 0):
	default:
		l.add(d.Day == 0, cert.FindingBirthDayUnknown, 0)
	}
	l.add(d.Year < l.Today.Year-120, cert.FindingBirthEarly, 0)
}

// passport holds the rules on what a machine-readable zone can say (ICAO Doc
// 9303-3, 9303-4). A name in kanji cannot be compared with it; one that is
// written in Latin letters has a word in common with it, or is another's.
func (l *look) passport() {
	p := l.Passport
	if p == nil {
		return
	}
	latin := func(s string) bool { return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ -',.") == "" }
	primary, secondary := p.Primary.Reveal(), p.Secondary.Reveal()
	l.add(strings.TrimSpace(primary) == "" || !latin(primary) || !latin(secondary), cert.FindingPassportName, 0)
	number := p.Number.Reveal()
	l.add(number == "" || len(number) > 9 || strings.Trim(number, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "", cert.FindingPassportNumber, 0)
	l.add(!stateForm(p.Nationality) || !stateForm(p.Issuer), cert.FindingPassportCountry, 0)
	l.add(differs(l.Name.Reveal(), primary+" "+secondary), cert.FindingPassportNameDiffers, 0)
}

// stateForm: one to three capital letters, for Germany's is D.
func stateForm(s string) bool {
	return len(s) >= 1 && len(s) <= 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// differs reports a name in ASCII letters that shares no word with the
// passport's; both cut at spaces, hyphens and points. A zone may cut a name
// short, so a beginning of two letters or more will do.
func differs(name, passport string) bool {
	for _, r := range name {
		if r >= utf8.RuneSelf && r != '　' {
			return false
		}
	}
	cut := func(r rune) bool { return !(r >= 'A' && r <= 'Z') && !(r >= 'a' && r <= 'z') }
	words := strings.FieldsFunc(name, cut)
	for _, a := range words {
		for _, b := range strings.FieldsFunc(passport, cut) {
			n := min(len(a), len(b))
			if strings.EqualFold(a[:n], b[:n]) && (n >= 2 || len(a) == len(b)) {
				return false
			}
		}
	}
	return len(words) > 0
}
