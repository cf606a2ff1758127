// SPDX-License-Identifier: Apache-2.0

package vaccine

import (
	"slices"
	"strings"

	"kofu/cert"
)

// Terms are what is known of the use of a product in Japan, to hold records
// against. Days and ages are those of the 特例臨時接種 as the ministry's
// notices had them; where a day was not found it is the approval's, and the
// last days are assumed.
type Terms struct {
	Product string    // the printed name
	Maker   string    // in English
	From    cert.Date // first day of use in Japan
	Until   cert.Date // last day; zero: not known

	MinMonths int // of age at the dose, youngest
	MaxYears  int // oldest; 0: no limit

	// MinDays lie between a dose of the first series and the one before it, at
	// least. Series is how many doses that is: what follows is a booster.
	MinDays int
	Series  int

	Booster bool // approved for boosters alone, at first
}

// Programme is the first day on which anybody in Japan was vaccinated outside
// of a trial (2021-02-17), and the last whose doses the record service holds
// (2024-03-31).
func Programme() (first, last cert.Date) {
	return cert.Date{Year: 2021, Month: 2, Day: 17}, cert.Date{Year: 2024, Month: 3, Day: 31}
}

// Known returns the terms of the product of d, with the errors of [Resolve].
func Known(d cert.Dose) (Terms, error) {
	p, err := find(d)
	if err != nil {
		return Terms{}, err
	}
	return p.terms(), nil
}

func (p *product) terms() Terms {
	t := Terms{Product: p.ja, Maker: p.maker.en, MinMonths: 12 * 12, MinDays: 18, Series: 2}
	switch p.maker.en {
	case moderna.en, novavax.en:
		t.MinDays = 20
	case astra.en:
		t.MinDays, t.MinMonths = 27, 18*12
	case janssen.en:
		t.MinDays, t.MinMonths, t.Series = 60, 18*12, 1 // assumed
	}
	switch {
	case strings.Contains(p.ja, "5〜11歳用"):
		t.MinMonths, t.MaxYears = 5*12, 11
	case strings.Contains(p.ja, "6ヵ月〜4歳用"):
		t.MinMonths, t.MaxYears, t.Series = 6, 4, 3
	}
	t.From, t.Until = p.from, p.until
	t.Booster = strings.Contains(p.ja, "BA.") && !strings.Contains(p.ja, "歳用")
	return t
}

// Lot tells whether a lot number has the form of another maker's lots than that
// of the dose's product. Makers publish no such forms: these are read off lots
// seen in public, and assumed. Moderna's are six or seven digits, Pfizer's two
// letters, the first E or F, and four digits. A lot in neither form is nobody's.
func (t Terms) Lot(lot string) bool {
	digits := len(lot) >= 6 && len(lot) <= 7 && strings.Trim(lot, "0123456789") == ""
	pfizers := len(lot) == 6 && (lot[0] == 'E' || lot[0] == 'F') && lot[1] >= 'A' && lot[1] <= 'Z' && strings.Trim(lot[2:], "0123456789") == ""
	switch {
	case strings.HasPrefix(t.Product, "スパイクバックス"):
		return pfizers
	case strings.HasPrefix(t.Product, "コミナティ"):
		return digits
	}
	return digits || pfizers
}

// find returns the row of the table that d's product and manufacturer name.
func find(d cert.Dose) (*product, error) {
	i, ok := byName[d.Product] // as the table spells it: nothing to fold
	if !ok {
		want := fold(d.Product)
		if i, ok = byName[want]; want == "" || !ok {
			return nil, ErrUnknownProduct
		}
	}
	p := &products[i]
	if !p.maker.madeBy(d.Manufacturer) {
		return nil, ErrMaker
	}
	return p, nil
}

// foldedMarks are the marks of every maker, folded once.
var foldedMarks = func() [][]string {
	all := make([][]string, len(makers))
	for i, m := range makers {
		for _, mark := range m.marks {
			all[i] = append(all[i], fold(mark))
		}
	}
	return all
}()

// madeBy reports whether the manufacturer as recorded may be m. A record
// without one, or with one that names nobody the table knows, may.
func (m maker) madeBy(recorded string) bool {
	if recorded == "" || slices.Contains(m.marks, recorded) {
		return true
	}
	recorded = fold(recorded)
	known := false
	for i, marks := range foldedMarks {
		for _, mark := range marks {
			if strings.Contains(recorded, mark) {
				if makers[i].en == m.en {
					return true
				}
				known = true
			}
		}
	}
	return !known
}
