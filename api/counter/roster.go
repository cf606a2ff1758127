// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"encoding/csv"
	"strings"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// accountRow writes the form of one account as a bulk file of one row.
func (v *visit) accountRow() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"login", "name", "staff_number", "functions", "valid_until", "terminals", "shared_purpose", "shared_until", "roster"})
	_ = w.Write([]string{v.form.text("login"), v.form.text("name"), v.form.text("staff_number"), strings.Join(v.form.list("function"), " "),
		v.form.text("valid_until"), strings.Join(v.form.list("terminal"), " "), v.form.text("shared_purpose"), v.form.text("shared_until"),
		oneLine(v.form.text("roster"))})
	w.Flush() // into memory: nothing to fail
	return b.String()
}

// oneLine puts what stands on several lines behind semicolons.
func oneLine(roster string) string {
	var parts []string
	for line := range strings.FieldsFuncSeq(roster, func(r rune) bool { return r == '\n' || r == '\r' || r == ';' }) {
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, ";")
}

// rosterText writes who may use a shared ID, as the bulk file has it.
func rosterText(s *staff.Shared) string {
	if s == nil {
		return ""
	}
	var parts []string
	for _, m := range s.Roster {
		parts = append(parts, strings.Join([]string{m.StaffNumber, m.Name, m.From.String(), m.Until.String()}, ":"))
	}
	return strings.Join(parts, ";")
}

// readRoster is the reverse of rosterText.
func readRoster(text string) (list []staff.Member, ok bool) {
	for part := range strings.SplitSeq(oneLine(text), ";") {
		f := strings.Split(part, ":")
		if len(f) != 4 || f[0] == "" || f[1] == "" {
			return nil, false
		}
		from, err1 := cert.ParseDate(f[2])
		until, err2 := cert.ParseDate(f[3])
		if err1 != nil || err2 != nil || !from.Full() || !until.Full() {
			return nil, false
		}
		list = append(list, staff.Member{StaffNumber: f[0], Name: f[1], From: from, Until: until})
	}
	return list, len(list) > 0
}

// stamp writes an instant in Japan; nothing for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(cert.JST()).Format("2006-01-02T15:04:05Z07:00")
}
