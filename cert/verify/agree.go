// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"cmp"
	"slices"
	"strings"

	"kofu/cert"
)

// disagree returns why certificates on one page or picture cannot be one
// person's, "" if they can: symbols of two genuine certificates put side by
// side. Two of one format must name the same person. A SMART Health Card and a
// VDS-NC must have the birth date, the doses and, where it can be compared,
// the name in common.
func disagree(certs []Certificate) string {
	for i, a := range certs {
		for _, b := range certs[i+1:] {
			switch {
			case a.Malformed != "" || b.Malformed != "":
			case a.Format == b.Format:
				if !samePerson(a.Content, b.Content) {
					return ReasonPersons
				}
			case a.Format == SHC && !sameCertificate(a.Content, b.Content), b.Format == SHC && !sameCertificate(b.Content, a.Content):
				return ReasonDisagree
			}
		}
	}
	return ""
}

// samePerson compares two certificates of one format. What names nobody is
// nobody's.
func samePerson(a, b Content) bool {
	known := a.BirthDate != "" || a.Passport != "" && a.Passport == b.Passport
	return known && a.BirthDate == b.BirthDate && a.Name != "" && spaceless(a.Name) == spaceless(b.Name)
}

// spaceless is a name without its spaces: one format writes it in one, in two
// parts, or with an ideographic space.
func spaceless(name cert.Private) string {
	return strings.ToUpper(strings.Join(strings.Fields(name.Reveal()), ""))
}

func sameCertificate(card, doc Content) bool {
	return (doc.BirthDate == "" || card.BirthDate == doc.BirthDate) && sameDoses(card.Doses, doc.Doses) && sameName(card.names, doc.Name)
}

func sameDoses(a, b []Dose) bool {
	order := func(in []Dose) []Dose {
		return slices.SortedFunc(slices.Values(in), func(a, b Dose) int {
			return cmp.Or(strings.Compare(a.Date, b.Date), strings.Compare(a.Lot, b.Lot))
		})
	}
	return slices.EqualFunc(order(a), order(b), func(a, b Dose) bool { return a.Date == b.Date && a.Lot == b.Lot })
}

// sameName reports whether one of a card's names is the document's, or cannot
// be compared with it: a name in kanji, or with letters that passports
// transliterate.
func sameName(names []cert.Private, doc cert.Private) bool {
	short, ok := passportWords(doc)
	if !ok {
		return true
	}
	for _, n := range names {
		full, ok := passportWords(n)
		if !ok || sameWords(full, short) {
			return true
		}
	}
	return len(names) == 0
}

// passportWords returns the words of a name in ASCII as a machine-readable
// zone has them (ICAO Doc 9303-3, 4.6): capitals, hyphens and commas as
// spaces, apostrophes and points left out.
func passportWords(name cert.Private) (words []string, ok bool) {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r == '\'' || r == '.':
			return -1
		case r > '~':
			return 0
		}
		return ' '
	}, name.Reveal())
	words = strings.Fields(s)
	return words, len(words) > 0 && !strings.ContainsRune(s, 0)
}

const maxName = 39 // of a VDS-NC, in characters

// sameWords compares a card's name with a document's. A name of up to 39
// characters must be there whole, in whatever order. A longer one may be
// truncated in any of the ways of ICAO Doc 9303-4, 4.2.3: words left out or
// cut, not put in another order, the first never left out.
func sameWords(full, short []string) bool {
	if len(strings.Join(full, " ")) <= maxName {
		return slices.Equal(slices.Sorted(slices.Values(full)), slices.Sorted(slices.Values(short)))
	}
	if !strings.HasPrefix(full[0], short[0]) {
		return false
	}
	rest := full
	for _, w := range short {
		i := slices.IndexFunc(rest, func(f string) bool { return strings.HasPrefix(f, w) })
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}
