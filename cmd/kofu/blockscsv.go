// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"unicode/utf8"

	"kofu/cert"
	"kofu/vrsclient"
)

// handleForm is how the record service names a record ([cert.File]).
var handleForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// maxBlocksFile is the most that is read of a list of blocks, in bytes.
const maxBlocksFile = 16 << 20

// A rowFault is what is wrong with a row, counted from 1 without the heading.
// It says nothing of what stands there.
type rowFault struct {
	row  int
	what string
}

func readBlocks(path string) ([]byte, error) {
	file, err := os.Open(path) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, errors.New(cause(err))
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxBlocksFile+1))
	switch {
	case err != nil:
		return nil, errors.New(cause(err))
	case len(data) > maxBlocksFile:
		return nil, fmt.Errorf("%s: larger than %d MiB", path, maxBlocksFile>>20)
	}
	return data, nil
}

// parseBlocks reads a list whole: all that is wrong with its rows, or the
// rows. An error is of the file, and quotes nothing of it.
func parseBlocks(data []byte) (list []cert.BlockRow, wrong []rowFault, err error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if !utf8.Valid(data) {
		return nil, nil, errors.New("not UTF-8")
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	head, err := r.Read()
	if err != nil || len(head) != 5 || head[0] != "ticket" || head[1] != "handle" || head[2] != "from" || head[3] != "until" || head[4] != "class" {
		return nil, nil, errors.New("the heading is not ticket,handle,from,until,class")
	}
	for row := 1; ; row++ {
		fields, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return list, wrong, nil
		case err != nil:
			return nil, append(wrong, rowFault{row, "is not CSV; what follows was not read"}), nil
		case row > vrsclient.MaxBlocks:
			return nil, nil, fmt.Errorf("more than %d rows", vrsclient.MaxBlocks)
		}
		b, faults := parseBlock(fields)
		for _, what := range faults {
			wrong = append(wrong, rowFault{row, what})
		}
		list = append(list, b)
	}
}

func parseBlock(fields []string) (b cert.BlockRow, faults []string) {
	if len(fields) != 5 {
		return b, []string{"does not have 5 columns"}
	}
	if (fields[0] == "") == (fields[1] == "") {
		faults = append(faults, "ticket or handle is wanted, one of the two")
	}
	if fields[0] != "" {
		var err error
		if b.Ticket, err = cert.ParseTicketNumber(fields[0]); err != nil {
			faults = append(faults, "ticket is not ten digits")
		}
	}
	b.Handle = fields[1]
	if fields[1] != "" && !handleForm.MatchString(fields[1]) {
		faults = append(faults, "handle is not of the record service's form")
	}
	from, err := cert.ParseDate(fields[2])
	if err != nil || !from.Full() {
		faults = append(faults, "from is not a day such as 2026-04-01")
	}
	b.Block = cert.Block{Class: cert.BlockClass(fields[4]), From: from}
	if fields[3] != "" {
		until, err := cert.ParseDate(fields[3])
		if err != nil || !until.Full() {
			faults = append(faults, "until is not a day such as 2026-04-01")
		} else if b.Block.Until = until; from.Full() && until.Compare(from) < 0 {
			faults = append(faults, "until is before from")
		}
	}
	if !b.Block.Class.Valid() {
		faults = append(faults, `class is not "protective" or "stopped"`)
	}
	return b, faults
}
