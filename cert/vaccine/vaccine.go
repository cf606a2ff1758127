// SPDX-License-Identifier: Apache-2.0

// Package vaccine names and codes the COVID-19 vaccines of Japan's programme
// as a certificate of a given date of issue does.
//
// The printed product names are those of the Digital Agency's FAQ no. 112 and
// 101. The CVX codes of SMART Health Cards changed over time with the code
// system (FAQ no. 113 and 114): the same dose carries another code in a
// certificate of another date, so everything here is dated by the day of
// issue, in Japan. Of the codes only 207 was seen in a real Japanese card;
// what is inferred is marked "assumed" in the table.
package vaccine

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"kofu/cert"
)

// ErrUnknownProduct is returned for a dose whose product the table does not
// have. A manufacturer alone never stands for a product: most of them made
// several.
var ErrUnknownProduct = errors.New("vaccine: unknown product")

// ErrMaker is returned for a dose whose manufacturer is known not to make its
// product. It is an [ErrUnknownProduct] too.
var ErrMaker = fmt.Errorf("%w: made by another manufacturer", ErrUnknownProduct)

// Resolve names the vaccine of d as a certificate issued on issuedOn does. The
// spelling of the product may differ from the table's in width, case, spaces,
// wave dashes, the ヵ of 6ヵ月 and the 筋注 of a sales name. It fails with
// [ErrUnknownProduct] or [ErrMaker].
func Resolve(d cert.Dose, issuedOn cert.Date) (cert.Vaccine, error) {
	p, err := find(d)
	if err != nil {
		return cert.Vaccine{}, err
	}
	return p.on(issuedOn), nil
}

// ByCVX tells what a CVX code in a card issued on issuedOn stands for: in
// Japan's cards, 229 was any bivalent Spikevax until 2023-02-06 and BA.4-5
// from then on. Codes that Japan did not issue are told in English only, with
// ProductJa the same. It reports false for a code it does not know.
func ByCVX(code string, issuedOn cert.Date) (cert.Vaccine, bool) {
	if code == "229" && issuedOn.Compare(spikevaxCodesSplit) < 0 {
		v := spikevaxBA45.on(issuedOn)
		v.ProductJa, v.ProductEn = "スパイクバックス(2価)", "Spikevax (bivalent)"
		return v, true
	}
	for _, p := range products {
		if v := p.on(issuedOn); v.CVX == code && p.plain(v) {
			return v, true
		}
	}
	for _, p := range products { // a code that another issuer used earlier than Japan
		for _, c := range p.codes {
			if c.cvx == code && c.from.Compare(issuedOn) > 0 && c.lasting {
				return p.on(c.from), true
			}
		}
	}
	for _, f := range foreign {
		if f.CVX == code {
			return f, true
		}
	}
	return cert.Vaccine{}, false
}

// Names returns every product name that [Resolve] accepts, in the table's
// spelling; other spellings of the same names are accepted too.
func Names() []string {
	var names []string
	for _, p := range products {
		names = append(names, p.names...)
	}
	return names
}

// byName finds a row of the table by its names, as they are and folded.
var byName = index(products)

func index(table []product) map[string]int {
	m := make(map[string]int)
	for i, p := range table {
		for _, n := range p.names {
			m[fold(n)], m[n] = i, i
		}
	}
	return m
}

// on returns what a certificate issued on day says of p.
func (p product) on(day cert.Date) cert.Vaccine {
	v := cert.Vaccine{
		TypeJa: p.kind.ja, TypeEn: p.kind.en,
		MakerJa: p.maker.ja, MakerEn: p.maker.en,
		ProductJa: p.ja, ProductEn: p.en,
		ICD11: p.kind.icd11, Brand: p.brand,
	}
	for _, c := range p.codes {
		if c.from.Compare(day) <= 0 {
			v.CVX = c.cvx
		}
	}
	if p.renamed.Compare(day) > 0 {
		v.ProductJa, v.ProductEn = p.oldJa, p.oldEn
	}
	return v
}

// plain reports whether p is what its code says, rather than a product that
// shares the code of another for want of its own.
func (p product) plain(v cert.Vaccine) bool {
	for _, c := range p.codes {
		if c.cvx == v.CVX {
			return c.lasting
		}
	}
	return false
}

var folding = strings.NewReplacer(
	" ", "", "　", "", "·", "", "・", "",
	"〜", "~", "∼", "~", "˜", "~",
	"‐", "-", "‑", "-", "–", "-", "−", "-", "ー5", "-5", "/5", "-5",
	"ケ月", "ヵ月", "ヶ月", "ヵ月", "カ月", "ヵ月", "か月", "ヵ月", "箇月", "ヵ月",
	"歳用", "歳", "筋注", "",
)

// fold brings the spellings of one name together: compatibility forms
// (full-width letters and parentheses, half-width katakana), case, spaces,
// dashes, and the 筋注 (for injection) of sales names.
func fold(s string) string {
	return folding.Replace(strings.ToLower(norm.NFKC.String(s)))
}
