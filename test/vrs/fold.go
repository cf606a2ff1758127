// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// folder brings the ways in which a name is written, or heard, to one, so that
// a clerk finds the person: width, kana, prolonged sounds, small kana, spaces
// and marks, letters' case, and itaiji. What it returns is compared and never
// shown.
type folder struct{ itaiji map[rune]rune }

func newFolder() *folder { return &folder{canonical()} }

// bracketed is a former surname beside a name (assumed style), when folded to
// one width.
var bracketed = regexp.MustCompile(`^([^\[(]*)[\[(]([^\])]*)[\])](.*)$`)

// names returns every name that name may be asked by, folded: itself, and
// where a former surname stands in brackets, the name without and with it.
func (f *folder) names(name string) []string {
	list := []string{f.fold(name)}
	if m := bracketed.FindStringSubmatch(norm.NFKC.String(name)); m != nil {
		list = append(list, f.fold(m[1]+m[3]), f.fold(m[2]+m[3]))
	}
	return list
}

// fold folds one name.
func (f *folder) fold(name string) string {
	var b strings.Builder
	var last rune // written
	var v byte    // vowel of last, if it is katakana
	for _, r := range norm.NFKC.String(sounds.Replace(katakana(norm.NFKC.String(name)))) {
		if r = f.letter(r, last); r == 0 || prolongs(v, r) {
			continue
		}
		b.WriteRune(r)
		last, v = r, vowel(r)
	}
	return b.String()
}

// letter returns the letter to compare for r, 0 for none. last is the one
// before it.
func (f *folder) letter(r, last rune) rune {
	switch {
	case r == '々': // 佐々木, 佐佐木
		return last
	case r == 'ー', r == 'ｰ', invisible(r):
		return 0
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.Is(unicode.Co, r): // a private-use character (外字) is somebody's letter
	default:
		return 0
	}
	if to, ok := f.itaiji[r]; ok {
		return to
	}
	return unicode.ToUpper(r)
}

// invisible reports variation selectors (those of IVS among them) and other
// marks that are drawn as nothing.
func invisible(r rune) bool { return unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) }

// katakana writes hiragana as katakana.
func katakana(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'ぁ' && r <= 'ゖ' || r == 'ゝ' || r == 'ゞ' {
			return r + 'ァ' - 'ぁ'
		}
		return r
	}, s)
}

// sounds are kana that sound the same, or are written for one another in
// registers without small kana.
var sounds = strings.NewReplacer(
	"ヴァ", "バ", "ヴィ", "ビ", "ヴェ", "ベ", "ヴォ", "ボ", "ヴ", "ブ", "ヂ", "ジ", "ヅ", "ズ", "ヲ", "オ", "ヰ", "イ", "ヱ", "エ",
	"ァ", "ア", "ィ", "イ", "ゥ", "ウ", "ェ", "エ", "ォ", "オ", "ッ", "ツ", "ャ", "ヤ", "ュ", "ユ", "ョ", "ヨ", "ヮ", "ワ", "ヵ", "カ", "ヶ", "ケ",
)

// vowel returns the vowel that katakana r ends in, 0 for none.
func vowel(r rune) byte {
	for _, row := range [...]string{
		"aアカサタナハマヤラワガザダバパ",
		"iイキシチニヒミリギジビピ",
		"uウクスツヌフムユルグズブプ",
		"eエケセテネヘメレゲゼデベペ",
		"oオコソトノホモヨロゴゾドボポ",
	} {
		if strings.ContainsRune(row[1:], r) {
			return row[0]
		}
	}
	return 0
}

// prolongs reports whether r draws vowel v out: オオタ, オウタ and オータ are one,
// and so are ケイ and ケー. That オノ is then one with オオノ does no harm: the
// birth date must agree, and the clerk is shown who was found.
func prolongs(v byte, r rune) bool {
	switch r {
	case 'ア':
		return v == 'a'
	case 'イ':
		return v == 'i' || v == 'e'
	case 'ウ':
		return v == 'u' || v == 'o'
	case 'エ':
		return v == 'e'
	case 'オ':
		return v == 'o'
	}
	return false
}
