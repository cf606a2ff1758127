// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"kofu/api/counter/staff"
)

func deskList(o *order) func(context.Context, office) error {
	return func(ctx context.Context, f office) error {
		if err := o.none(); err != nil {
			return err
		}
		list, err := f.sql.Desks(ctx)
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(f.stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(out, "ID\tMUNICIPALITY\tSTATE\tUSERS\tKEY\tPLACE")
		for _, t := range list {
			_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%d\t%x\t%s\n", t.ID, t.Municipality, deskState(t.Active), len(t.Users), t.Key[:8], t.Place)
		}
		return out.Flush()
	}
}

func deskState(active bool) string {
	if active {
		return "active"
	}
	return "suspended"
}

func deskAdd(o *order) func(context.Context, office) error {
	code := o.flags.String("municipality", "", "`CODE` of the municipality whose office it stands in")
	place := o.flags.String("place", "", "`TEXT`: where it stands")
	certificate := o.flags.String("certificate", "", "`FILE`.pem: the client certificate it comes with")
	return func(ctx context.Context, f office) error {
		id, err := o.only("the ID of the terminal")
		if err != nil {
			return err
		}
		if *certificate == "" {
			return fmt.Errorf("%w: -certificate is wanted", errUsage)
		}
		m, err := f.town(*code)
		if err != nil {
			return err
		}
		key, err := clientKey(*certificate, "listen.counter.client_ca", f.counter, time.Now())
		if err != nil {
			return fmt.Errorf("%s: %w", *certificate, err)
		}
		if err := f.sql.AddDesk(ctx, f.by, staff.Terminal{ID: id, Municipality: m, Place: *place, Key: key, Active: true}); err != nil {
			return err
		}
		f.done("%s is admitted as a terminal of %s", id, m)
		return nil
	}
}

func deskSet(active bool) staffCommand {
	return func(o *order) func(context.Context, office) error {
		return func(ctx context.Context, f office) error {
			id, err := o.only("the ID of the terminal")
			if err != nil {
				return err
			}
			if err := f.sql.SetDesk(ctx, f.by, id, active); err != nil {
				return err
			}
			f.done("%s is %s", id, deskState(active))
			return nil
		}
	}
}
