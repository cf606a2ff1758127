// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"kofu/cert"
)

// Draft is an account to be added: a row of the bulk file.
type Draft struct {
	Login, Name, StaffNumber string
	Functions                []Function
	ValidUntil               cert.Date
	Terminals                []string
	Shared                   *Shared
}

const (
	mostRows  = 500
	mostBytes = 1 << 20
)

// ReadDrafts reads a bulk file: CSV in UTF-8 with the heading
// login,name,staff_number,functions,valid_until,terminals[,shared_purpose,shared_until,roster].
// Lists are separated by spaces; a roster member is number:name:from:until,
// separated by semicolons. At most 500 rows. All that is wrong is told at
// once, and then there are no drafts; the error is of the reader itself.
func ReadDrafts(r io.Reader) ([]Draft, []RowError, error) {
	data, err := io.ReadAll(io.LimitReader(r, mostBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("staff: read a bulk file: %w", err)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // spreadsheets put it there
	switch {
	case len(data) > mostBytes:
		return nil, []RowError{{Code: codeRows}}, nil
	case !utf8.Valid(data):
		return nil, []RowError{{Code: codeEncoding}}, nil
	}
	file := csv.NewReader(bytes.NewReader(data))
	file.FieldsPerRecord = -1
	heading, err := file.Read()
	personal, shared := bulkHeadings()
	if err != nil || !slices.Equal(heading, personal) && !slices.Equal(heading, shared) {
		return nil, []RowError{{Code: codeHeading}}, nil
	}
	return readRows(file, len(heading))
}

func bulkHeadings() (personal, shared []string) {
	personal = []string{colLogin, colName, colNumber, colFunctions, colUntil, colTerminals}
	return personal, append(slices.Clone(personal), colPurpose, colSharedTo, colRoster)
}

func readRows(file *csv.Reader, columns int) (drafts []Draft, wrong []RowError, _ error) {
	seen := map[string]bool{}
	for row := 1; ; row++ {
		cells, err := file.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if row > mostRows {
			return nil, append(wrong, RowError{Code: codeRows}), nil
		}
		f := &faults{row: row}
		if err != nil || len(cells) != columns {
			f.add("", codeCells)
		} else {
			d := readDraft(cells, f)
			if seen[d.Login] {
				f.add(colLogin, codeTwice)
			}
			seen[d.Login] = true
			drafts = append(drafts, d)
		}
		wrong = append(wrong, f.list...)
	}
	if len(drafts) == 0 && len(wrong) == 0 {
		wrong = []RowError{{Code: codeRows}}
	}
	if len(wrong) > 0 {
		drafts = nil
	}
	return drafts, wrong, nil
}

func readDraft(cells []string, f *faults) Draft {
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	d := Draft{Login: cells[0], Name: cells[1], StaffNumber: cells[2], Terminals: strings.Fields(cells[5])}
	for name := range strings.FieldsSeq(cells[3]) {
		d.Functions = append(d.Functions, Function(name))
	}
	d.ValidUntil, _ = cert.ParseDate(cells[4]) // a date that is none is not full either
	if len(cells) > 6 && cells[6]+cells[7]+cells[8] != "" {
		d.Shared = &Shared{Purpose: cells[6]}
		d.Shared.Until, _ = cert.ParseDate(cells[7])
		d.Shared.Roster = readRoster(cells[8])
	}
	d.form(f)
	return d
}

// readRoster leaves a member it cannot read empty: the form is judged later.
func readRoster(s string) (roster []Member) {
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		var m Member
		if p := strings.Split(part, ":"); len(p) == 4 {
			m.StaffNumber, m.Name = strings.TrimSpace(p[0]), strings.TrimSpace(p[1])
			m.From, _ = cert.ParseDate(strings.TrimSpace(p[2]))
			m.Until, _ = cert.ParseDate(strings.TrimSpace(p[3]))
		}
		roster = append(roster, m)
	}
	return roster
}
