// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// WriteDaily writes the reconciliation of a day as CSV (RFC 4180): a head, one
// record a line, and their total. Nothing in it is about a person.
func (b *Books) WriteDaily(w io.Writer) error {
	return b.write(w, []string{"day", "municipality", "operator", "store", "terminal", "prepared", "released", "voided", "abandoned", "pending",
		"copies", "sheets_printed", "sheets_unprinted", "jams", "refunded", "fee_yen", "escrow_yen", "captured_yen", "returned_yen", "open", "open_yen",
		"difference_yen"})
}

// WriteMonthly writes the counts and the fee settlement of a month as CSV.
func (b *Books) WriteMonthly(w io.Writer) error {
	return b.write(w, []string{"month", "municipality", "operator", "store", "prepared", "released", "domestic", "overseas", "voided", "abandoned", "pending",
		"settled", "open", "refunded", "sheets_printed", "jams", "fee_yen", "captured_yen", "returned_yen", "open_yen", "difference_yen"})
}

func (b *Books) write(w io.Writer, head []string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180 section 2.1
	total := b.Total
	total.Party = Party{Municipality: "total"}
	records := [][]string{head}
	for _, l := range append(b.Lines[:len(b.Lines):len(b.Lines)], total) {
		record := make([]string, len(head))
		for i, column := range head {
			record[i] = l.field(b.Period, column)
		}
		records = append(records, record)
	}
	if err := out.WriteAll(records); err != nil {
		return fmt.Errorf("sqlstore: write CSV: %w", err)
	}
	return nil
}

// field is the value of l in a column, whose names are part of what the
// readers of these files rely on.
func (l Line) field(period, column string) string {
	text := map[string]string{
		"day": period, "month": period, "municipality": string(l.Municipality), "operator": l.Operator, "store": l.Store, "terminal": l.Terminal,
	}
	if v, ok := text[column]; ok {
		return v
	}
	return strconv.Itoa(map[string]int{
		"prepared": l.Prepared, "released": l.Released, "domestic": l.Domestic, "overseas": l.Overseas, "voided": l.Voided,
		"abandoned": l.Abandoned, "pending": l.Pending, "settled": l.Settled, "open": l.Open, "refunded": l.Refunded,
		"copies": l.Copies, "sheets_printed": l.Printed, "sheets_unprinted": l.Unprinted, "jams": l.Jams,
		"fee_yen": l.FeeYen, "escrow_yen": l.EscrowYen, "captured_yen": l.CapturedYen, "returned_yen": l.ReturnedYen,
		"open_yen": l.OpenYen, "difference_yen": l.DifferenceYen,
	}[column])
}
