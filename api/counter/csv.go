// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http"
	"strings"
)

// writeCSV answers with a file to be saved. It begins with a byte order mark,
// without which spreadsheets take UTF-8 for something else.
func (v *visit) writeCSV(name string, rows [][]string) error {
	b := bytes.NewBufferString("\ufeff")
	w := csv.NewWriter(b)
	w.UseCRLF = true
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = harmless(cell)
		}
		if err := w.Write(safe); err != nil {
			return errors.New("counter: write a CSV file")
		}
	}
	w.Flush()
	v.c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	v.c.Data(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
	return nil
}

// harmless keeps a spreadsheet from taking a cell for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}

// truncated is the last line of a file that does not hold all there is.
func truncated(columns int) []string {
	line := make([]string, columns)
	line[0] = "truncated=yes"
	return line
}

// yes is the value of a detail that is left out when it is not so.
func yes(so bool) string {
	if so {
		return "yes"
	}
	return ""
}
