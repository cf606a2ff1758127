// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// What is asked of the log becomes a row of it, for good, and stands in an
// address. So nothing is taken that is not of one of these forms, and of them
// no number that may be an applicant's.
var (
	operatorForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}(/[A-Za-z0-9-]{1,20})?$`)
	wordForm     = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	handleForm   = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// filterNames are the fields of the filter, in the order of the page.
func filterNames() []string {
	return []string{"operator", "terminal", "operation", "subject", "from", "until"}
}

// filter reads the address. Days are days in Japan, the last one included.
// taken has the fields that are of their form, as they are searched for.
func (v *visit) filter() (f staff.Filter, taken map[string]string, faults []fault, err error) {
	f.Municipality = v.own()
	taken = map[string]string{}
	for _, field := range []struct {
		name, fault string
		into        *string
		read        func(string) (string, bool, error)
	}{
		{"operator", "nobody", &f.Operator, v.operator}, {"terminal", "no_terminal", &f.Terminal, v.terminalNamed},
		{"operation", "choose", (*string)(&f.Operation), operationNamed}, {"subject", "subject", &f.Subject, v.subjectNamed},
	} {
		text := v.c.Query(field.name)
		if text == "" {
			continue
		}
		value, ok, err := field.read(text)
		if err != nil {
			return f, taken, nil, err
		}
		if !ok {
			faults = append(faults, v.faultOf(field.name, field.fault))
			continue
		}
		*field.into, taken[field.name] = value, value
	}
	faults = append(faults, v.filterDays(&f, taken)...)
	return f, taken, faults, nil
}

// filterDays reads what is about time.
func (v *visit) filterDays(f *staff.Filter, taken map[string]string) (faults []fault) {
	day := func(name string, after int) (t time.Time) {
		text := v.c.Query(name)
		if text == "" {
			return t
		}
		d, err := cert.ParseDate(text)
		if err != nil || !d.Full() {
			faults = append(faults, v.faultOf(name, "day"))
			return t
		}
		taken[name] = d.String()
		return midnight(d, after)
	}
	f.From, f.Until = day("from", 0), day("until", 1)
	if text := v.c.Query("before"); text != "" {
		n, ok := positive(text)
		if !ok {
			faults = append(faults, v.faultOf("from", "day"))
		}
		f.Before = n
	}
	return faults
}

// operator returns an operator as the log writes them: the login of an account
// here, with the staff number of who uses a shared ID, or a name of the command
// line that the log has. Staff numbers are as they were given, capitals too.
func (v *visit) operator(text string) (name string, known bool, err error) {
	if !operatorForm.MatchString(text) {
		return "", false, nil
	}
	login, number, member := strings.Cut(text, "/")
	accounts, err := v.Accounts.Accounts(v.ctx(), v.own())
	if err != nil {
		return "", false, storeError(err)
	}
	name = text
	for _, a := range accounts {
		if a.Login != strings.ToLower(login) {
			continue
		}
		name = a.Login
		if !member {
			return name, true, nil
		}
		name += "/" + number
		if a.Shared != nil && slices.ContainsFunc(a.Shared.Roster, func(m staff.Member) bool { return m.StaffNumber == number }) {
			return name, true, nil
		}
	}
	if longNumber(name) {
		return "", false, nil
	}
	acts, err := v.Acts.Acts(v.ctx(), staff.Filter{Municipality: v.own(), Operator: name}, 1)
	return name, len(acts) > 0, storeError(err)
}

// terminalNamed returns a terminal of this municipality.
func (v *visit) terminalNamed(text string) (string, bool, error) {
	if !wordForm.MatchString(text) {
		return "", false, nil
	}
	terminals, err := v.Terminals.CounterTerminals(v.ctx(), v.own())
	if err != nil {
		return "", false, storeError(err)
	}
	return text, slices.ContainsFunc(terminals, func(t staff.Terminal) bool { return t.ID == text }), nil
}

// operationNamed returns an operation, or what stands before its point.
func operationNamed(text string) (string, bool, error) {
	return text, slices.ContainsFunc(operations(), func(op string) bool {
		kind, _, _ := strings.Cut(op, ".")
		return text == op || text == kind
	}), nil
}

// subjectNamed returns what a row may be about: the handle of a record, the id
// of an account or an alert, a terminal.
func (v *visit) subjectNamed(text string) (string, bool, error) {
	switch {
	case handleForm.MatchString(text):
		return text, true, nil
	case !wordForm.MatchString(text):
		return "", false, nil
	case !longNumber(text):
		return text, true, nil
	}
	return v.terminalNamed(text)
}

func positive(text string) (n int, ok bool) {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' || n > 1<<40 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, n > 0
}

// asked is the filter as the row says that somebody looked.
func asked(rows int, f staff.Filter, taken map[string]string) []string {
	list := []string{"rows", itoa(rows)}
	for _, name := range filterNames() {
		list = append(list, name, taken[name])
	}
	if f.Before > 0 {
		list = append(list, "before", itoa(f.Before))
	}
	return list
}
