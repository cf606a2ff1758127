// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"kofu/cert"
	"kofu/cert/qr"
)

// The page, in millimetres from its upper left corner.
const (
	pageWidth   = 210.0
	pageHeight  = 297.0
	left        = 17.0
	right       = pageWidth - left
	top         = 15.0
	bottom      = pageHeight - 13
	columnSpace = 2.5
)

// sheet is a page laid out: what stands where. Everything is in millimetres
// from the upper left corner of the page.
type sheet struct {
	texts    []placedLine
	rules    []rule
	symbols  []placedSymbol
	document Document
}

type placedLine struct {
	x, y float64 // left end of the baseline
	line
	part
}

type rule struct{ y, thick float64 } // from margin to margin

type placedSymbol struct {
	x, y, side float64 // with the quiet zone
	clear      float64 // of white around that
	*qr.Matrix
}

// density is how much air there is. The layout takes the first that fits.
type density struct {
	pad        float64 // above and below a row
	gap        float64 // between blocks
	shc, vdsnc float64 // sides of the symbols, quiet zone included
}

func densities() []density {
	return []density{{2.6, 8, 50, 64}, {2, 6, 48, 62}, {1.6, 4, 46, 60}, {1.2, 2.5, 46, 56}, {0.8, 2, 44, 52}, {0.6, 1.2, 44, 49}}
}

// Styles of type.
var (
	styleTitle   = style{largest: 17, single: 12, lines: 1, lang: "ja"}
	styleTitleEn = style{largest: 12, single: 10, lines: 1, lang: "en"}
	styleKind    = style{largest: 10, single: 8, lines: 1, lang: "ja"}
	styleKindEn  = style{largest: 10, single: 8, lines: 1, lang: "en"}
	styleLabel   = style{largest: 8.5, single: smallest, lines: 2, gray: 60, lang: "ja"}
	styleLabelEn = style{largest: 7, single: smallest, lines: 2, gray: 90, lang: "en"}
	styleName    = style{largest: 14, single: 9.5, lines: 3, lang: "ja"}
	styleLatin   = style{largest: 12, single: 9, lines: 3, lang: "en"}
	styleOthers  = style{largest: 10.5, single: 8.5, lines: 3, lang: "en"}
	styleValue   = style{largest: 11, single: 8, lines: 3, lang: "ja"}
	styleValueEn = style{largest: 11, single: 8, lines: 3, lang: "en"}
	styleCell    = style{largest: 8.5, single: smallest, lines: 3, lang: "ja"}
	styleCellEn  = style{largest: 7, single: smallest, lines: 3, gray: 60, lang: "en"}
	styleNote    = style{largest: 8, single: smallest, lines: 2, gray: 40, lang: "ja"}
	styleFoot    = style{largest: 7, single: smallest, lines: 2, gray: 60, lang: "ja"}
	styleHeadEn  = style{largest: 9, single: smallest, lines: 2, gray: 20, lang: "en"}
	styleWhy     = style{largest: 9, single: smallest, lines: 2, gray: 20, lang: "ja"}
	styleWhyEn   = style{largest: 8, single: smallest, lines: 2, gray: 40, lang: "en"}
	styleNoteEn  = style{largest: 7, single: smallest, lines: 2, gray: 60, lang: "en"}
)

// surelyFits is a length of name, in characters, that has room with any five
// doses.
const surelyFits = 60

// Fits reports whether c has room on a page, before there is anything to put
// into its symbols, whose places do not depend on what they hold. It returns
// [ErrNoRoom], a [*GlyphError], or [ErrDocument] for other names that are not
// [OthersPrintable]. Only names vary without bound: one of up to surelyFits
// characters is not laid out for this, unless there are other names besides.
func (r *Renderer) Fits(c *cert.Certificate) error {
	others := othersShown(c)
	switch {
	case others != "" && !OthersPrintable(others):
		return fmt.Errorf("pdf: item other names: %w", ErrDocument)
	case others == "" && utf8.RuneCountInString(nameShown(c).Reveal()) <= surelyFits &&
		(c.Passport == nil || utf8.RuneCountInString(c.Passport.Latin().Reveal()) <= surelyFits):
		return nil
	}
	var shc, vdsnc *qr.Matrix
	if c.Written == "" {
		blank, err := qr.NewMatrix(21)
		if err != nil {
			return err
		}
		if shc = blank; c.Kind == cert.Overseas {
			vdsnc = blank
		}
	}
	w := r.writing()
	defer r.release(w)
	if w.template = r.templates[variantOfPage(c)]; w.template == nil {
		return fmt.Errorf("pdf: item kind: %w", ErrDocument)
	}
	return w.place(Document{Certificate: c, CopyEvident: true}, shc, vdsnc) // which needs more room
}

// place lays out a page in the first density that has room for it.
func (c *composer) place(d Document, shc, vdsnc *qr.Matrix) error {
	c.document = d
	for _, space := range densities() {
		c.begin(space)
		above := c.upper(d.Certificate)
		below := c.lower(d.Certificate, shc, vdsnc)
		if c.err != nil {
			return c.err
		}
		if above <= below {
			return nil
		}
	}
	return fmt.Errorf("pdf: item page: %w", ErrNoRoom)
}

// Weights of rules, in millimetres.
const (
	heavy = 0.5
	thin  = 0.3
	hair  = 0.12
)

func (c *composer) rule(y, thick float64) { c.rules = append(c.rules, rule{y, thick}) }

// upper lays out title, holder and doses from the top, and returns where
// they end.
func (c *composer) upper(crt *cert.Certificate) float64 {
	kind, room := labelKind(crt.Kind), right-left
	y := top
	c.as(heading)
	for _, t := range []text{{styleTitle, labelTitle.ja}, {styleTitleEn, labelTitle.en}} {
		y = c.centred(pageWidth/2, y, c.fixed(left, room, t).lines)
	}
	y += c.gap / 2
	// Kind: both languages on one line, a wide space between them.
	ja, en := c.fixed(left, room, text{styleKind, kind.ja}), c.fixed(left, room, text{styleKindEn, kind.en})
	if c.err != nil {
		return y
	}
	start := (pageWidth - ja.lines[0].width() - en.lines[0].width() - 4) / 2
	c.as(paragraph)
	c.stack(start, y, ja.lines)
	y = c.stack(start+ja.lines[0].width()+4, y, en.lines) + c.gap/2
	c.rule(y, heavy)
	y = c.holder(y, crt)
	c.rule(y+c.gap, thin)
	y = c.doses(y+c.gap, crt)
	note := labelEnd
	if crt.Earlier {
		note = labelEarlier
	}
	c.as(paragraph)
	y = c.stack(left, y+c.pad, c.fixed(left, room, text{styleNote, note.ja}, text{styleNoteEn, note.en}).lines)
	return y + c.gap/2
}

// Columns of the holder and issuer blocks.
const (
	labelWidth  = 36.0
	valueColumn = left + labelWidth + columnSpace
	halfColumn  = 113.0
	halfValue   = 148.0
)

func (c *composer) holder(y float64, crt *cert.Certificate) float64 {
	wide, half := right-valueColumn, halfColumn-valueColumn-columnSpace
	y = c.row(y, c.labelCell(left, labelWidth, labelName),
		c.cell("name", valueColumn, wide, text{styleName, nameShown(crt).Reveal()}))
	c.rule(y, hair)
	if crt.Kind == cert.Overseas {
		names := []text{{styleLatin, crt.Passport.Latin().Reveal()}}
		if others := othersShown(crt); others != "" {
			names = append(names, text{styleOthers, "(" + others.Reveal() + ")"})
		}
		y = c.row(y, c.labelCell(left, labelWidth, labelRoman), c.cell("passport name", valueColumn, wide, names...))
		c.rule(y, hair)
	}
	y = c.row(y, c.labelCell(left, labelWidth, labelBirth),
		c.cell("birth date", valueColumn, half, text{styleValue, dateJa(crt.Holder.BirthDate)}),
		c.cell("birth date", halfColumn, right-halfColumn, text{styleValueEn, dateISO(crt.Holder.BirthDate)}))
	c.rule(y, hair)
	if crt.Kind == cert.Overseas {
		y = c.row(y, c.labelCell(left, labelWidth, labelNationality),
			c.cell("nationality", valueColumn, half, text{styleValueEn, crt.Passport.Nationality}),
			c.labelCell(halfColumn, halfValue-halfColumn-columnSpace, labelPassport),
			c.cell("passport number", halfValue, right-halfValue, text{styleValueEn, crt.Passport.Number.Reveal()}))
		c.rule(y, hair)
	}
	return y
}

// lower lays out statement, issuer, symbols and footnote so that they end at
// the bottom, and returns where they begin. It works upwards, and puts each
// part before those below it, so that the file reads in order.
func (c *composer) lower(crt *cert.Certificate, shc, vdsnc *qr.Matrix) float64 {
	room, first, y := right-left, len(c.texts), bottom
	above := func(place func()) {
		kept := len(c.texts)
		place()
		part := slices.Clone(c.texts[kept:])
		c.texts = slices.Insert(c.texts[:kept], first, part...)
	}
	below, fill := labelFootnote, func(y float64) float64 { return c.pictures(y, shc, vdsnc) }
	if crt.Written != "" {
		below, fill = labelContact, c.noPictures
	}
	above(func() {
		foot := c.fixed(left, room, text{styleFoot, below.ja}, text{styleNoteEn, below.en})
		y -= foot.height()
		c.as(paragraph)
		c.stack(left, y, foot.lines)
		y -= 1.2
	})
	c.rule(y, hair)
	above(func() { y = fill(y-c.gap/2) - c.gap/2 })
	c.rule(y, thin)
	above(func() { y = c.rowEndingAt(y, c.identity(crt)...) })
	c.rule(y, hair)
	above(func() {
		y = c.rowEndingAt(y, c.labelCell(left, labelWidth, labelIssuer),
			c.cell("issuer", valueColumn, right-valueColumn, text{styleValue, crt.Issuer.Ja}, text{styleNoteEn, crt.Issuer.En}))
	})
	c.rule(y, thin)
	above(func() {
		statement := c.fixed(left, room, text{styleNote, labelStatement.ja}, text{styleNoteEn, labelStatement.en})
		y -= statement.height() + c.pad
		c.as(paragraph)
		c.stack(left, y, statement.lines)
	})
	return y - c.pad
}

// identity is the row of certificate ID and date of issue.
func (c *composer) identity(crt *cert.Certificate) []cell {
	issuedOn := cert.DateOf(crt.IssuedAt)
	return []cell{
		c.labelCell(left, labelWidth, labelID),
		c.cell("certificate ID", valueColumn, halfColumn-valueColumn-columnSpace, text{styleValueEn, string(crt.ID)}),
		c.labelCell(halfColumn, halfValue-halfColumn-columnSpace, labelIssuedOn),
		c.cell("date of issue", halfValue, right-halfValue, text{styleValue, dateJa(issuedOn)}, text{styleNoteEn, dateISO(issuedOn)}),
	}
}

// rowEndingAt lays out a row that ends at y, and returns where it begins.
func (c *composer) rowEndingAt(y float64, cells ...cell) float64 {
	height := 2 * c.pad
	for _, s := range cells {
		height = max(height, s.height()+2*c.pad)
	}
	c.row(y-height, cells...)
	return y - height
}

// pictures puts the symbols above y, each in the middle of its share of the
// page, captions below, and returns where they begin.
func (c *composer) pictures(y float64, shc, vdsnc *qr.Matrix) float64 {
	type picture struct {
		*qr.Matrix
		side float64
		label
	}
	all := []picture{{shc, c.shc, labelSHC}}
	if vdsnc != nil {
		all = append(all, picture{vdsnc, c.vdsnc, labelVDSNC})
	}
	share := (right - left) / float64(len(all))
	var captions []cell
	tallest, below, clear := 0.0, 0.0, 0.0
	if c.document.CopyEvident {
		clear = clearance
	}
	for i, p := range all {
		s := c.fixed(left+float64(i)*share, share-columnSpace, text{styleLabel, p.ja}, text{styleLabelEn, p.en})
		captions = append(captions, s)
		below, tallest = max(below, s.height()), max(tallest, p.side+2*clear)
	}
	for i, p := range all {
		middle := left + (float64(i)+0.5)*share
		c.symbols = append(c.symbols, placedSymbol{middle - p.side/2, y - below - clear - p.side, p.side, clear, p.Matrix})
		c.as(caption)
		c.centred(middle, y-below, captions[i].lines)
	}
	return y - below - tallest
}

// noPictures says above y why there are no symbols, in the middle of the place
// that the one of a domestic page and its caption would take, and returns
// where that begins: the other items of the page stand where they always do.
func (c *composer) noPictures(y float64) float64 {
	const aside, between = 8.0, 2.5
	room := right - left - 2*aside
	head := c.fixed(left+aside, room, text{styleValue, labelNoSymbol.ja}, text{styleHeadEn, labelNoSymbol.en})
	why := c.fixed(left+aside, room, text{styleWhy, labelReason.ja}, text{styleWhyEn, labelReason.en})
	caption := c.labelCell(left, right-left, labelSHC)
	begin := y - caption.height() - c.shc
	c.as(paragraph)
	middle := c.centred(pageWidth/2, begin+(y-begin-head.height()-between-why.height())/2, head.lines)
	c.as(paragraph)
	c.centred(pageWidth/2, middle+between, why.lines)
	return begin
}
