// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"

	"kofu/test/vrs"
)

// list prints the residents. Japanese stands last, where its width does not
// matter.
func list(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tPIN\tMUNICIPALITY\tDOMESTIC\tOVERSEAS\tCASE")
	for _, r := range vrs.Residents() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s / %s\n", r.ID, r.PIN, r.Municipality,
			r.Expected.AppDomestic, r.Expected.AppOverseas, r.Case, cmp.Or(r.CaseJa, r.Case))
	}
	return t.Flush()
}

// choose returns the resident with this id; for "" the first to whom
// everything is issued.
func choose(all []vrs.Resident, id string) (vrs.Resident, error) {
	for _, r := range all {
		if r.ID == id || id == "" && r.Expected.AppDomestic == issued && r.Expected.AppOverseas == issued {
			return r, nil
		}
	}
	return vrs.Resident{}, fmt.Errorf("there is no resident %q; -list shows who there is", id)
}

// issued stands for a certificate among the outcomes expected.
const issued = "issued"
