// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"slices"
	"strconv"
	"strings"
)

// mostDetail is how long a value of [Act.Details] is made, in bytes: the log
// takes 400 characters.
const mostDetail = 380

// differences tells the log who was put on a list and who was taken off it, as
// names and values: added, removed, and added_2 and so on where one value does
// not hold them all. No entry has a space.
func differences(before, after []string) (pairs []string) {
	except := func(list, without []string) []string {
		return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(list))), func(s string) bool { return slices.Contains(without, s) })
	}
	pairs = append(pairs, parts("added", except(after, before))...)
	return append(pairs, parts("removed", except(before, after))...)
}

// parts writes list under name, over as many values as it needs.
func parts(name string, list []string) (pairs []string) {
	var value string
	flush := func() {
		if value == "" {
			return
		}
		n := name
		if i := len(pairs)/2 + 1; i > 1 {
			n += "_" + strconv.Itoa(i)
		}
		pairs, value = append(pairs, n, value), ""
	}
	for _, s := range list {
		if len(value)+1+len(s) > mostDetail {
			flush()
		}
		value = strings.TrimSpace(value + " " + s)
	}
	flush()
	return pairs
}

// terms are the members of a roster with their days, without their names.
func terms(roster []Member) (list []string) {
	for _, m := range roster {
		list = append(list, m.StaffNumber+":"+m.From.String()+":"+m.Until.String())
	}
	return list
}

// logins are those of the accounts with these ids; who is none any more is
// told by the id.
func logins(accounts []Account, ids []string) (list []string) {
	for _, id := range ids {
		name := id
		if i := slices.IndexFunc(accounts, func(a Account) bool { return a.ID == id }); i >= 0 {
			name = accounts[i].Login
		}
		list = append(list, name)
	}
	return list
}

func functionNames(fs []Function) string {
	names := make([]string, len(fs))
	for i, f := range fs {
		names[i] = string(f)
	}
	return strings.Join(names, " ")
}
