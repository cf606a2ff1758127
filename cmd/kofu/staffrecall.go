// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/vrsclient"
)

// recall withdraws what one operator issued in one hour, in one step (R3.3).
func recall(o *order) func(context.Context, office) error {
	o.needs.staff, o.needs.records = true, true
	code := o.flags.String("municipality", "", "`CODE` of the municipality")
	operator := o.flags.String("operator", "", "`LOGIN` of the operator; of a shared one LOGIN/NUMBER, as in the log")
	hour := o.flags.String("hour", "", "`YYYY-MM-DDTHH`, in Japan: when the hour begins")
	reason := o.flags.String("reason", "", "`TEXT` for the log: why, without names and numbers")
	dry := o.flags.Bool("dry-run", false, "only tell what it would be")
	return func(ctx context.Context, f office) error {
		if err := o.none(); err != nil {
			return err
		}
		m, err := f.town(*code)
		if err != nil {
			return err
		}
		from, err := time.ParseInLocation("2006-01-02T15", *hour, cert.JST())
		if err != nil || *operator == "" {
			return fmt.Errorf("%w: -operator is wanted, and -hour, written 2026-04-01T14", errUsage)
		}
		list, err := f.sql.Recall(ctx, m, *operator, from)
		if err != nil {
			return err
		}
		if err := f.listIssues(list); err != nil || *dry || len(list) == 0 {
			return err
		}
		if err := f.sql.Revoke(ctx, f.recalled(m, *operator, *hour, *reason, list)); err != nil {
			return err
		}
		f.done("%d certificate(s) withdrawn", len(list))
		return f.tellRecord(ctx, m, list)
	}
}

func (f office) listIssues(list []staff.Issue) error {
	out := tabwriter.NewWriter(f.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(out, "ROW\tISSUED\tKIND\tTERMINAL\tHANDLE")
	for _, i := range list {
		_, _ = fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\n", i.Act.Seq, clockTime(i.Act.At), i.Kind, i.Act.Terminal, i.Handle)
	}
	_, _ = fmt.Fprintf(out, "%d certificate(s)\n", len(list))
	return out.Flush()
}

// recalled is what will be withdrawn, with a row of the log each.
func (f office) recalled(m cert.MunicipalityCode, operator, hour, reason string, list []staff.Issue) (all []staff.Revocation) {
	for _, i := range list {
		all = append(all, staff.Revocation{
			Act: staff.Act{Operator: f.by, Municipality: m, Operation: staff.OpRecall, Subject: string(i.Handle),
				Details: map[string]string{"operator": operator, "hour": hour, "reason": reason, "kind": string(i.Kind)}},
			Handle: i.Handle, Sealed: i.Sealed, RIDs: i.RIDs, UVCI: i.UVCI,
		})
	}
	return all
}

// tellRecord tells the record service at once what it can. What is withdrawn
// is withdrawn whatever it answers: the lists are published, and the server
// goes on telling it.
func (f office) tellRecord(ctx context.Context, m cert.MunicipalityCode, list []staff.Issue) error {
	people, err := f.people()
	if err != nil {
		return err
	}
	records, err := vrsclient.New(f.vrs)
	if err != nil {
		return err
	}
	t := &teller{revocations: only{f.sql, m}, open: people.OpenID, invalidate: records.Desk().Invalidate,
		now: time.Now, log: slog.New(slog.DiscardHandler)}
	_, told := t.round(ctx)
	left, err := f.untold(ctx, m, list)
	if err != nil {
		_, _ = fmt.Fprintln(f.stderr, "whether the record service has been told of all of them is not known; the server goes on telling it")
		return nil
	}
	if left > 0 {
		_, _ = fmt.Fprintf(f.stderr, "the record service has not been told of %d of them; the server goes on telling it\n", left)
		if told != nil {
			_, _ = fmt.Fprintln(f.stderr, "kofu:", told)
		}
		return nil
	}
	_, _ = fmt.Fprintln(f.stdout, "the record service has been told")
	return nil
}

// untold counts of which of them the record service has not been told.
func (f office) untold(ctx context.Context, m cert.MunicipalityCode, list []staff.Issue) (n int, err error) {
	waiting, err := only{f.sql, m}.Untold(ctx, math.MaxInt32)
	for _, u := range waiting {
		if slices.ContainsFunc(list, func(i staff.Issue) bool { return i.Handle == u.Handle }) {
			n++
		}
	}
	return n, err
}

// only is what is to be told of one municipality.
type only struct {
	staff.Revocations
	municipality cert.MunicipalityCode
}

// Untold implements [staff.Revocations].
func (o only) Untold(ctx context.Context, limit int) ([]staff.Untold, error) {
	list, err := o.Revocations.Untold(ctx, limit)
	var own []staff.Untold
	for _, u := range list {
		if u.Municipality == o.municipality {
			own = append(own, u)
		}
	}
	return own, err
}
