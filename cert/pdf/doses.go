// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"strconv"

	"kofu/cert"
)

// column is one column of the table of doses.
type column struct {
	label
	share float64
	value func(cert.CertifiedDose) label // one text where both languages are the same
}

// columns are the items of a dose. Country is an item of the overseas
// certificate only (Digital Agency FAQ 059).
func columns(k cert.Kind) []column {
	same := func(s string) label { return label{s, s} }
	out := []column{
		{labelNumber, 13, func(d cert.CertifiedDose) label { return same(strconv.Itoa(d.Number)) }},
		{labelDate, 27, func(d cert.CertifiedDose) label { return label{dateJa(d.Date), dateISO(d.Date)} }},
		{labelType, 41, func(d cert.CertifiedDose) label { return label{d.Vaccine.TypeJa, d.Vaccine.TypeEn} }},
		{labelMaker, 29, func(d cert.CertifiedDose) label { return label{d.Vaccine.MakerJa, d.Vaccine.MakerEn} }},
		{labelProduct, 36, func(d cert.CertifiedDose) label { return label{d.Vaccine.ProductJa, d.Vaccine.ProductEn} }},
		{labelLot, 21, func(d cert.CertifiedDose) label { return same(d.Lot) }},
	}
	if k == cert.Overseas {
		out = append(out, column{labelCountry, 13, func(d cert.CertifiedDose) label { return country(d.Country) }})
	}
	return out
}

func (c *composer) doses(y float64, crt *cert.Certificate) float64 {
	cols := columns(crt.Kind)
	total := 0.0
	for _, col := range cols {
		total += col.share
	}
	across := func(first, others role, of func(column, float64, float64) cell) []cell {
		out := c.columns[:0]
		x := left
		for i, col := range cols {
			w := col.share / total * (right - left + columnSpace)
			s := of(col, x, w-columnSpace)
			if s.begins, s.role = true, others; i == 0 {
				s.role = first
			}
			out = append(out, s)
			x += w
		}
		c.columns = out
		return out
	}
	y = c.row(y, across(columnHead, columnHead, func(col column, x, w float64) cell { return c.labelCell(x, w, col.label) })...)
	for i, dose := range crt.Doses {
		c.rule(y, map[bool]float64{true: thin, false: hair}[i == 0])
		y = c.row(y, across(rowHead, datum, func(col column, x, w float64) cell {
			v := col.value(dose)
			if v.ja == v.en {
				return c.cell("dose", x, w, text{styleCell, v.ja})
			}
			return c.cell("dose", x, w, text{styleCell, v.ja}, text{styleCellEn, v.en})
		})...)
	}
	c.rule(y, thin)
	return y
}
