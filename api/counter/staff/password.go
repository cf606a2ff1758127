// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The length of a password, in characters.
const (
	passwordLeast = 12
	passwordMost  = 128
)

// foldWidth returns password as it is hashed and judged: full-width ASCII,
// which a Japanese keyboard leaves switched on, becomes ASCII, and an
// ideographic space a space. That is the part of NFKC that happens by
// accident; nothing else is normalised. The argument is not changed; nil is
// text that no password can be.
func foldWidth(password []byte) []byte {
	if len(password) > 4*passwordMost || !utf8.Valid(password) {
		return nil
	}
	folded := make([]byte, 0, len(password)) // never grows: nothing to wipe stays behind
	for i := 0; i < len(password); {
		r, n := utf8.DecodeRune(password[i:])
		i += n
		folded = utf8.AppendRune(folded, halfWidth(r))
	}
	return folded
}

func halfWidth(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '\u3000':
		return ' '
	}
	return r
}

//go:embed common/passwords.txt
var commonPasswords string

// widelyKnown is what people in a Japanese office think of next. They count as
// common words; a password that merely contains one is not refused for it.
const widelyKnown = `shiyakusho yakusho kuyakusho madoguchi shimin juumin jumin juki jichitai sesshu sesshou wakuchin vaccine vaccination covid covid19
corona koufu kofu certificate shoumei shomei mynumber maina jimu kyoumu soumu japan nippon nihon reiwa heisei showa password passwd
hokkaido aomori iwate miyagi akita yamagata fukushima ibaraki tochigi gunma saitama chiba tokyo kanagawa niigata toyama ishikawa fukui
yamanashi nagano gifu shizuoka aichi mie shiga kyoto osaka hyogo nara wakayama tottori shimane okayama hiroshima yamaguchi tokushima
kagawa ehime kochi fukuoka saga nagasaki kumamoto oita miyazaki kagoshima okinawa sapporo sendai yokohama kawasaki sagamihara hamamatsu
nagoya sakai kobe kitakyushu 市役所 区役所 役場 窓口 市民 住民 接種 交付 証明 証明書 パスワード わくちん ワクチン`

// keyRows is what lies side by side on a keyboard, or in the alphabet.
const keyRows = "1234567890 qwertyuiop asdfghjkl zxcvbnm abcdefghijklmnopqrstuvwxyz 1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/"

type wordList map[string]struct{}

func commonWords() wordList {
	w := wordList{}
	for line := range strings.Lines(commonPasswords) {
		w[strings.TrimSuffix(line, "\n")] = struct{}{}
	}
	for word := range strings.FieldsSeq(widelyKnown) {
		w[word] = struct{}{}
	}
	return w
}

func (w wordList) has(b []byte) bool {
	_, ok := w[string(b)] // the compiler makes no copy
	return ok
}

// weak reports whether a password, folded, is one that others would try. about
// is what is known of the account. It keeps no copy.
func (w wordList) weak(password []byte, about ...string) bool {
	n := utf8.RuneCount(password)
	if n < passwordLeast || n > passwordMost || bytes.ContainsFunc(password, unicode.IsControl) {
		return true
	}
	low := bytes.ToLower(password)
	plain := unleet(low)
	defer clear(low)
	defer clear(plain)
	for _, form := range [][]byte{low, plain} {
		if repeats(form) || runs(form) || w.made(form) || w.made(trimmed(form)) {
			return true
		}
		for _, word := range about {
			if bytes.Contains(form, []byte(word)) {
				return true
			}
		}
	}
	core := unleet(trimmed(low))
	defer clear(core)
	return w.made(core)
}

// made reports whether b is one or two common words, with or without figures
// and signs after them, or hardly anything at all: what has no three letters
// is a date or a telephone number.
func (w wordList) made(b []byte) bool {
	if len(b) < 3 || w.has(b) {
		return true
	}
	for i := 3; i <= len(b)-3; i++ {
		if w.has(b[:i]) && (w.has(b[i:]) || w.has(trimmed(b[i:]))) {
			return true
		}
	}
	return false
}

// trimmed returns b without the figures and signs at its ends.
func trimmed(b []byte) []byte {
	return bytes.TrimFunc(b, func(r rune) bool { return r < utf8.RuneSelf && (r < 'a' || r > 'z') })
}

func unleet(low []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if i := strings.IndexRune("@4013!5$7", r); i >= 0 {
			return rune("aaoieisst"[i])
		}
		return r
	}, low)
}

// repeats reports whether b is a shorter text again and again, or has fewer
// than five different characters.
func repeats(b []byte) bool {
	r := bytes.Runes(b)
	defer clear(r)
	for p := 1; p <= len(r)/2; p++ {
		if slices.Equal(r[p:], r[:len(r)-p]) {
			return true
		}
	}
	slices.Sort(r)
	return len(slices.Compact(r)) < 5
}

// runs reports whether most of b is made of runs of four characters and more
// that lie side by side: on a keyboard, in the alphabet, among the figures.
func runs(b []byte) bool {
	back := slices.Clone(b)
	slices.Reverse(back)
	defer clear(back)
	return inRuns(b)*4 >= len(b)*3 || inRuns(back)*4 >= len(b)*3
}

func inRuns(b []byte) (covered int) {
	rows := []byte(keyRows)
	for i := 0; i < len(b); {
		n := 0
		for i+n < len(b) && bytes.Contains(rows, b[i:i+n+1]) {
			n++
		}
		if n >= 4 {
			covered += n
		}
		i += max(n, 1)
	}
	return covered
}

// aboutAccount is what a password of a must not contain, in lower case.
func aboutAccount(a Account) []string {
	words := []string{"kofu"}
	add := func(least int, list ...string) {
		for _, w := range list {
			w = strings.ToLower(strings.Map(halfWidth, w))
			if utf8.RuneCountInString(w) >= least {
				words = append(words, w)
			}
		}
	}
	add(3, a.Login, a.StaffNumber, string(a.Municipality))
	for part := range strings.FieldsSeq(strings.Map(halfWidth, a.Name)) {
		least := 3
		if r, _ := utf8.DecodeRuneInString(part); r >= utf8.RuneSelf {
			least = 2 // 山田
		}
		add(least, part)
	}
	return words
}
