// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"kofu/cert"
	"kofu/cert/municipality"
)

func municipalityList(o *order) func(context.Context, office) error {
	return func(ctx context.Context, f office) error {
		if err := o.none(); err != nil {
			return err
		}
		list, err := f.sql.Closures(ctx)
		if err != nil {
			return err
		}
		now := time.Now()
		d := municipality.NewDirectory(f.towns, f.sql)
		out := tabwriter.NewWriter(f.stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(out, "CODE\tAPP\tKIOSK\tCOUNTER\tNAME")
		for _, town := range f.towns.All() {
			_, _ = fmt.Fprint(out, town.Code)
			for _, ch := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
				_, err := d.Admit(ctx, town.Code, ch, now)
				_, _ = fmt.Fprint(out, "\t"+standing(err))
			}
			_, _ = fmt.Fprintf(out, "\t%s %s\n", town.NameJa, town.NameEn)
		}
		_, _ = fmt.Fprintln(out, "\nID\tCODE\tCHANNEL\tREASON\tFROM\tUNTIL\tTOLD")
		for _, c := range list {
			_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s %s\n", c.ID, cmp.Or(string(c.Municipality), "all"), cmp.Or(string(c.Channel), "all"),
				c.Reason, clockTime(c.From), clockTime(c.Until), c.Ja, c.En)
		}
		return out.Flush()
	}
}

// standing says in a word whether applications are taken.
func standing(err error) string {
	for _, w := range []struct {
		err  error
		word string
	}{{municipality.ErrNotJoined, "-"}, {municipality.ErrSuspended, "suspended"}, {municipality.ErrMaintenance, "maintenance"},
		{municipality.ErrClosed, "out-of-hours"}, {municipality.ErrClosures, "unknown"}} {
		if errors.Is(err, w.err) {
			return w.word
		}
	}
	if err != nil {
		return "refused"
	}
	return "open"
}

func municipalityClose(o *order) func(context.Context, office) error {
	channel := o.flags.String("channel", "", "app, kiosk or counter; else all")
	reason := o.flags.String("reason", string(municipality.Suspension), "suspension, or maintenance")
	from := o.flags.String("from", "", "`TIME`; in the future it is an announcement; else now")
	until := o.flags.String("until", "", "`TIME`, exclusive; else until it is opened")
	ja := o.flags.String("ja", "", "`TEXT` that applicants are shown, in Japanese; both or neither")
	en := o.flags.String("en", "", "`TEXT` that applicants are shown, in English")
	return func(ctx context.Context, f office) error {
		code, err := o.only("CODE, or all,")
		if err != nil {
			return err
		}
		c := municipality.Closure{Channel: cert.Channel(*channel), Reason: municipality.Reason(*reason), From: time.Now(), Ja: *ja, En: *en}
		if code != "all" {
			town, known := f.towns.Lookup(cert.MunicipalityCode(code))
			if !known {
				return fmt.Errorf("%q is not in the table of municipalities", code)
			}
			c.Municipality = town.Code
		}
		if *from != "" {
			if c.From, err = moment("from", *from); err != nil {
				return err
			}
		}
		if *until != "" {
			if c.Until, err = moment("until", *until); err != nil {
				return err
			}
		}
		id, err := f.sql.AddClosure(ctx, f.by, c)
		if err != nil {
			return err
		}
		f.done("%s is closed (%s) on %s from %s until %s: %s", code, c.Reason, cmp.Or(*channel, "all channels"), clockTime(c.From),
			cmp.Or(dashless(c.Until), "it is opened"), id)
		return nil
	}
}

func dashless(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return clockTime(t)
}

// moment wants the offset said: whose nine o'clock it is must not be guessed.
func moment(flag, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%w: -%s is written 2026-04-01T09:00:00+09:00", errUsage, flag)
	}
	return t, nil
}

func municipalityOpen(o *order) func(context.Context, office) error {
	return func(ctx context.Context, f office) error {
		id, err := o.only("the ID of a closure (municipality list)")
		if err != nil {
			return err
		}
		if err := f.sql.LiftClosure(ctx, f.by, id); err != nil {
			return err
		}
		f.done("%s is lifted", id)
		return nil
	}
}
