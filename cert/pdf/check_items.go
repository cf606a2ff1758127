// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strings"

	"kofu/cert"
)

// item is one text that has to be there.
type item struct{ name, text string }

// list collects items.
type list []item

func (l *list) add(name string, texts ...string) {
	for _, t := range texts {
		*l = append(*l, item{name, t})
	}
}

func (l *list) label(t label) { l.add("label", t.ja, t.en) }

// expected lists what a page shows, in reading order.
func expected(c *cert.Certificate) list {
	var l list
	overseas := c.Kind == cert.Overseas
	l.label(labelTitle)
	l.label(labelKind(c.Kind))
	l.label(labelName)
	name, noSymbols := c.Holder.Name, c.Written != ""
	if noSymbols {
		name = c.Written
	}
	l.add("name", name.Reveal())
	if overseas && c.Passport != nil {
		l.label(labelRoman)
		l.add("passport name", strings.TrimSuffix(c.Passport.Primary.Reveal()+" "+c.Passport.Secondary.Reveal(), " "))
		if c.Passport.Others != "" {
			l.add("other names", "("+c.Passport.Others.Reveal()+")")
		}
	}
	l.label(labelBirth)
	l.add("birth date", expectedDate(c.Holder.BirthDate)...)
	if overseas && c.Passport != nil {
		l.label(labelNationality)
		l.add("nationality", c.Passport.Nationality)
		l.label(labelPassport)
		l.add("passport number", c.Passport.Number.Reveal())
	}
	l.doses(c)
	if c.Earlier {
		l.label(labelEarlier)
	} else {
		l.label(labelEnd)
	}
	l.label(labelStatement)
	l.label(labelIssuer)
	l.add("issuer", c.Issuer.Ja, c.Issuer.En)
	l.label(labelID)
	l.add("certificate ID", string(c.ID))
	l.label(labelIssuedOn)
	l.add("date of issue", expectedDate(cert.DateOf(c.IssuedAt))...)
	l.symbols(overseas, noSymbols)
	return l
}

// symbols lists the captions and the footnote of a page with symbols, or what
// a page says in their place.
func (l *list) symbols(overseas, none bool) {
	if none {
		l.label(labelNoSymbol)
		l.label(labelReason)
		l.label(labelContact)
		return
	}
	l.label(labelSHC)
	if overseas {
		l.label(labelVDSNC)
	}
	l.label(labelFootnote)
}

func (l *list) doses(c *cert.Certificate) {
	for _, t := range []label{labelNumber, labelDate, labelType, labelMaker, labelProduct, labelLot} {
		l.label(t)
	}
	if c.Kind == cert.Overseas {
		l.label(labelCountry)
	}
	for i, d := range c.Doses {
		dose := fmt.Sprintf("dose %d ", i+1)
		l.add(dose+"number", fmt.Sprint(d.Number))
		l.add(dose+"date", expectedDate(d.Date)...)
		l.both(dose+"type", d.Vaccine.TypeJa, d.Vaccine.TypeEn)
		l.both(dose+"maker", d.Vaccine.MakerJa, d.Vaccine.MakerEn)
		l.both(dose+"product", d.Vaccine.ProductJa, d.Vaccine.ProductEn)
		l.add(dose+"lot", d.Lot)
		switch {
		case c.Kind != cert.Overseas:
		case d.Country == "JPN":
			l.add(dose+"country", "日本", "Japan")
		default:
			l.add(dose+"country", d.Country)
		}
	}
}

// both adds a text in two languages, once where they agree.
func (l *list) both(name, ja, en string) {
	l.add(name, ja)
	if en != ja {
		l.add(name, en)
	}
}

// expectedDate writes a date in both forms from its eight digits, in which 00
// is an unknown part.
func expectedDate(d cert.Date) []string {
	digits := d.Compact()
	year, month, day := digits[:4], digits[4:6], digits[6:]
	ja := strings.TrimLeft(year, "0") + "年"
	switch {
	case month == "00":
		ja += " (月日不詳)"
	case day == "00":
		ja += strings.TrimPrefix(month, "0") + "月 (日不詳)"
	default:
		ja += strings.TrimPrefix(month, "0") + "月" + strings.TrimPrefix(day, "0") + "日"
	}
	return []string{ja, year + "-" + strings.Replace(month, "00", "XX", 1) + "-" + strings.Replace(day, "00", "XX", 1)}
}
