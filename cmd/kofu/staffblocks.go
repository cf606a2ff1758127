// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/vrsclient"
)

// The rows of the operation log for a list of blocks: that it is about to be
// put into force, and that this failed.
const (
	opBlocks       staff.Operation = "blocks.import"
	opBlocksFailed staff.Operation = "blocks.fail"
)

const blocksUsage = `
FILE is CSV in UTF-8 with the heading

  ticket,handle,from,until,class

and a row for each measure: ticket is a 接種券番号 of ten digits, or handle the
record service's name of the record, one of the two; from and until are days
such as 2026-04-01, both included, until empty where no end is known; class is
protective (支援措置: served at the counter alone, by those entitled) or stopped
(発行停止: served nowhere). At most 100,000 rows.

The list takes the place of the one before, all of it or, when anything in it
is wrong, nothing; what is wrong is told for each row. The record service keeps
it, for all doors; kofu keeps only how many rows there were.

`

// errBlocks is a list of which nothing has taken effect.
var errBlocks = errors.New("the list is not accepted; nothing of it has taken effect")

// blocksImport hands the list of blocks of a health or resident system to the
// record service (E7).
func blocksImport(o *order) func(context.Context, office) error {
	o.needs.records = true
	code := o.flags.String("municipality", "", "`CODE` of the municipality")
	dry := o.flags.Bool("dry-run", false, "judge the list, by the record service too, and change nothing")
	empty := o.flags.Bool("empty", false, "take a list without a row: it ends every block there is")
	o.flags.Usage = func() {
		_, _ = fmt.Fprint(o.flags.Output(), "usage: kofu staff blocks import FILE -config FILE -municipality CODE [flags]\n", blocksUsage)
		o.flags.VisitAll(func(f *flag.Flag) {
			what, usage := flag.UnquoteUsage(f)
			_, _ = fmt.Fprintf(o.flags.Output(), "  -%s %s\t%s\n", f.Name, what, usage)
		})
	}
	return func(ctx context.Context, f office) error {
		path, err := o.only("the FILE")
		if err != nil {
			return err
		}
		m, err := f.town(*code)
		if err != nil {
			return err
		}
		data, err := readBlocks(path)
		if err != nil {
			return err
		}
		rows, wrong, err := parseBlocks(data)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", path, err)
		case len(wrong) > 0:
			return f.refuseBlocks(wrong)
		case len(rows) == 0 && !*empty:
			return fmt.Errorf("%w: no row is in it, which would end every block there is: -empty, if that is wanted", errUsage)
		}
		return f.setBlocks(ctx, cert.BlockList{Municipality: m, Rows: rows}, *dry)
	}
}

// setBlocks has the record service judge the list, and, but in a dry run, logs
// it and puts it into force.
func (f office) setBlocks(ctx context.Context, list cert.BlockList, dry bool) error {
	records, err := vrsclient.New(f.vrs)
	if err != nil {
		return err
	}
	list.DryRun = true
	if err := f.judged(records.SetBlocks(ctx, list)); err != nil {
		return err
	}
	if dry {
		_, _ = fmt.Fprintf(f.stdout, "%d row(s), nothing wrong; nothing was changed\n", len(list.Rows))
		return nil
	}
	if err := f.sql.Write(ctx, f.blocksAct(opBlocks, list)); err != nil {
		return err
	}
	list.DryRun = false
	if err := f.judged(records.SetBlocks(ctx, list)); err != nil {
		return errors.Join(err, f.sql.Write(ctx, f.blocksAct(opBlocksFailed, list)))
	}
	f.done("%d row(s) are the blocks of %s", len(list.Rows), list.Municipality)
	return nil
}

// judged tells of each row that the record service refuses.
func (f office) judged(err error) error {
	if bad, ok := errors.AsType[*cert.BlockError](err); ok {
		return f.refuseBlocks(unknownRows(bad.Rows))
	}
	return err
}

func (f office) blocksAct(op staff.Operation, list cert.BlockList) staff.Act {
	protective := 0
	for _, r := range list.Rows {
		if r.Block.Class == cert.Protective {
			protective++
		}
	}
	return staff.Act{Operator: f.by, Municipality: list.Municipality, Operation: op, Subject: string(list.Municipality), Details: map[string]string{
		"rows": strconv.Itoa(len(list.Rows)), "protective": strconv.Itoa(protective), "stopped": strconv.Itoa(len(list.Rows) - protective)}}
}

func unknownRows(rows []int) (list []rowFault) {
	for _, r := range rows {
		list = append(list, rowFault{r, "the record service knows nobody of this ticket or handle"})
	}
	return list
}

func (f office) refuseBlocks(wrong []rowFault) error {
	for _, w := range wrong {
		_, _ = fmt.Fprintf(f.stderr, "row %d: %s\n", w.row, w.what)
	}
	return errBlocks
}
