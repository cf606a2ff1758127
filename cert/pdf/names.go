// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"strings"
	"unicode"

	"kofu/cert"
)

// OthersPrintable reports whether o may be printed as the other names of a
// passport (旧姓・別姓・別名; Others of [cert.Passport]): Latin letters of
// either case, precomposed ones such as É included, with single spaces,
// hyphens (-), apostrophes ('), commas and slashes (/) between them, at least
// one letter, and no space at either end. The parentheses are the page's own.
// [Renderer.Render] and [Renderer.Fits] return [ErrDocument] for anything
// else; whether the fonts have the letters is for [Renderer.Printable] to say.
func OthersPrintable(o cert.Private) bool {
	s, letters := o.Reveal(), 0
	for _, r := range s {
		switch {
		case latin(r):
			letters++
		case !strings.ContainsRune(" -',/", r):
			return false
		}
	}
	return letters > 0 && strings.TrimSpace(s) == s && !strings.Contains(s, "  ")
}

// latin reports whether r is a letter of the Latin blocks that names are
// written in: not a wide form, an ordinal, a ligature or a phonetic sign.
func latin(r rune) bool {
	return unicode.Is(unicode.Latin, r) && unicode.IsLetter(r) && r != 'ª' && r != 'º' &&
		(r < 0x0250 || r >= 0x1E00 && r < 0x1F00)
}

// othersShown is what the page shows of other names: those of a passport, and
// that only where the passport is shown (E4).
func othersShown(c *cert.Certificate) cert.Private {
	if c.Kind != cert.Overseas || c.Passport == nil {
		return ""
	}
	return c.Passport.Others
}

// nameShown is the name that the page shows: the written one, if the
// applicant insists on one.
func nameShown(c *cert.Certificate) cert.Private {
	if c.Written != "" {
		return c.Written
	}
	return c.Holder.Name
}
