// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// GlyphError says that a text has a character that cannot be printed: one
// that no font has, a control or formatting character, a private one, or a
// byte that is not UTF-8 ([utf8.RuneError]). The character may be part of a
// name: it is in the field, for the person's own eyes, and not in the text.
type GlyphError struct{ Rune rune }

// Error is the same for every character.
func (*GlyphError) Error() string { return "pdf: a character cannot be printed" }

// glyph is one glyph of a text: from which font, how wide in em, and the
// characters it stands for.
type glyph struct {
	font  int
	id    uint16
	width float64
	text  string
}

// plain reports whether g is what its font shows for its one character, and
// that within the Basic Multilingual Plane.
func (g glyph) plain(fonts []*font) bool {
	r, n := utf8.DecodeRuneInString(g.text)
	if n != len(g.text) || r > 0xFFFF {
		return false
	}
	id, ok := fonts[g.font].glyph(r)
	return ok && id == g.id
}

// shape finds the glyphs of text, the fonts in their order. A variation
// sequence that no font knows is shown by its base character, and substituted
// says so; the sequence stays in the glyph's text.
func shape(fonts []*font, text string) (glyphs []glyph, substituted bool, err error) {
	return appendShaped(nil, fonts, text)
}

// appendShaped is shape that appends.
func appendShaped(glyphs []glyph, fonts []*font, text string) (out []glyph, substituted bool, err error) {
	for rest := text; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if id := fonts[0].alone(r); id != 0 {
			if next, _ := utf8.DecodeRuneInString(rest[n:]); n == len(rest) || fonts[0].alone(next) != 0 {
				glyphs = append(glyphs, glyph{id: id, width: fonts[0].widths[id], text: rest[:n]})
				rest = rest[n:]
				continue
			}
		}
		if !printable(r, n) {
			return nil, false, &GlyphError{r}
		}
		next, m := utf8.DecodeRuneInString(rest[n:])
		g, ok := glyph{}, false
		switch {
		case isSelector(next):
			n += m
			if g, ok = variantOf(fonts, variant{r, next}); !ok {
				g, ok = plainGlyph(fonts, r)
				substituted = true
			}
		case m > 0 && unicode.Is(unicode.Mn, next):
			if g, ok = composed(fonts, rest[:n+m]); ok {
				n += m
				break
			}
			fallthrough
		default:
			g, ok = plainGlyph(fonts, r)
		}
		if !ok {
			return nil, false, &GlyphError{r}
		}
		g.text = rest[:n]
		glyphs = append(glyphs, g)
		rest = rest[n:]
	}
	return glyphs, substituted, nil
}

// printable refuses what must not reach a page: broken UTF-8, control and
// formatting characters, private ones (外字 mean nothing elsewhere), line
// breaks, and a variation selector that follows nothing.
func printable(r rune, size int) bool {
	switch {
	case r == utf8.RuneError, isSelector(r):
		return false // U+FFFD itself stands for something lost
	case unicode.Is(unicode.Zs, r):
		return true // U+3000 and U+00A0 stand in names
	}
	return size > 0 && unicode.IsPrint(r)
}

func isSelector(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

func newGlyph(fonts []*font, i int, id uint16) glyph {
	return glyph{font: i, id: id, width: fonts[i].widths[id]}
}

func plainGlyph(fonts []*font, r rune) (glyph, bool) {
	for i, f := range fonts {
		if id, ok := f.glyph(r); ok {
			return newGlyph(fonts, i, id), true
		}
	}
	return glyph{}, false
}

func variantOf(fonts []*font, v variant) (glyph, bool) {
	for i, f := range fonts {
		if id, ok := f.variantGlyph(v); ok {
			return newGlyph(fonts, i, id), true
		}
	}
	return glyph{}, false
}

// composed is the glyph of a letter with a combining mark where Unicode has
// the two as one character: か and U+3099 look like が.
func composed(fonts []*font, pair string) (glyph, bool) {
	one := norm.NFC.String(pair)
	r, n := utf8.DecodeRuneInString(one)
	if n != len(one) {
		return glyph{}, false
	}
	return plainGlyph(fonts, r)
}

// width is the length of a text in em.
func width(glyphs []glyph) float64 {
	w := 0.0
	for _, g := range glyphs {
		w += g.width
	}
	return w
}
