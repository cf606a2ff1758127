// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// How many rows of the operation log a page shows, and a file holds at most.
const (
	logRows   = 100
	exported  = 20000
	batchRows = 1000
)

// logView is a page of the operation log (F10, F11).
type logView struct {
	Rows       []actView
	Operations []string
	Filter     map[string]string
	Older      string // address of the next page; empty: none
	Export     string // address of the file
}

type actView struct {
	staff.Act
	Pairs []pair
}

// operations are what can be asked for by name, those of the command line too.
func operations() []string {
	return []string{
		string(staff.OpSignIn), string(staff.OpSignInFailed), string(staff.OpSignOut), string(staff.OpDenied),
		string(staff.OpSearch), string(staff.OpOpen), string(staff.OpReview), string(staff.OpHeld), string(staff.OpIssue), string(staff.OpPrint),
		string(staff.OpVoid), string(staff.OpRecall), string(staff.OpApprove), string(staff.OpRefuse),
		string(staff.OpAccountAdd), string(staff.OpAccountChange), string(staff.OpAccountEnrol), string(staff.OpAccountPassword),
		"terminal.add", string(staff.OpTerminalUsers), string(staff.OpTerminalState), string(staff.OpBlocks), "blocks.fail", string(staff.OpLogView), string(staff.OpLogExport), string(staff.OpReviewDone),
		string(staff.OpAlertRaise), string(staff.OpAlertClose), string(staff.OpInquiry), string(staff.OpReport),
	}
}

// filter reads the address. Days are days in Japan, the last one included.
func (v *visit) filter() (staff.Filter, []fault) {
	var faults []fault
	f := staff.Filter{Municipality: v.own(), Operator: v.c.Query("operator"), Terminal: v.c.Query("terminal"),
		Operation: staff.Operation(v.c.Query("operation")), Subject: v.c.Query("subject")}
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
		return time.Date(d.Year, time.Month(d.Month), d.Day+after, 0, 0, 0, 0, cert.JST())
	}
	f.From, f.Until = day("from", 0), day("until", 1)
	if text := v.c.Query("before"); text != "" {
		n, ok := positive(text)
		if !ok {
			faults = append(faults, v.faultOf("from", "day"))
		}
		f.Before = n
	}
	return f, faults
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
func (v *visit) asked(rows int) []string {
	list := []string{"rows", itoa(rows)}
	for _, name := range []string{"operator", "terminal", "operation", "subject", "from", "until", "before"} {
		list = append(list, name, v.c.Query(name))
	}
	return list
}

func (v *visit) logPage() error {
	f, faults := v.filter()
	view := logView{Operations: operations(), Filter: map[string]string{}, Export: "/counter/log.csv"}
	for _, name := range []string{"operator", "terminal", "operation", "subject", "from", "until"} {
		view.Filter[name] = v.c.Query(name)
	}
	if len(faults) > 0 {
		return v.showFaults("log", "log.title", view, faults)
	}
	acts, err := v.Acts.Acts(v.ctx(), f, logRows+1)
	if err != nil {
		return storeError(err)
	}
	more := len(acts) > logRows
	acts = acts[:min(len(acts), logRows)]
	if err := v.log(staff.OpLogView, "", v.asked(len(acts))...); err != nil {
		return err
	}
	for _, a := range acts {
		view.Rows = append(view.Rows, actView{a, pairs(a.Details)})
	}
	q := url.Values{}
	for name, value := range view.Filter {
		if value != "" {
			q.Set(name, value)
		}
	}
	view.Export = "/counter/log.csv?" + q.Encode()
	if more {
		q.Set("before", itoa(acts[len(acts)-1].Seq))
		view.Older = "/counter/log?" + q.Encode()
	}
	return v.show("log", "log.title", view)
}

// everyAct calls f with rows, newest first, until there are no more or most of
// them were told. more: there are.
func (v *visit) everyAct(filter staff.Filter, most int, f func(staff.Act)) (more bool, err error) {
	for n := 0; n < most; {
		acts, err := v.Acts.Acts(v.ctx(), filter, min(batchRows, most-n))
		if err != nil {
			return false, storeError(err)
		}
		for _, a := range acts {
			f(a)
		}
		n += len(acts)
		if len(acts) == 0 || len(acts) < batchRows && n < most {
			return false, nil
		}
		filter.Before = acts[len(acts)-1].Seq
	}
	return true, nil
}

func (v *visit) logCSV() error {
	f, faults := v.filter()
	if len(faults) > 0 {
		return errForm
	}
	rows := [][]string{{"seq", "at", "municipality", "operator", "account", "terminal", "operation", "subject", "details"}}
	if _, err := v.everyAct(f, exported, func(a staff.Act) {
		var details []string
		for _, p := range pairs(a.Details) {
			details = append(details, p.Name+"="+p.Value)
		}
		rows = append(rows, []string{itoa(a.Seq), stamp(a.At), string(a.Municipality), a.Operator, a.Account, a.Terminal, string(a.Operation), a.Subject,
			strings.Join(details, "; ")})
	}); err != nil {
		return err
	}
	if err := v.log(staff.OpLogExport, "", append(v.asked(len(rows)-1), "of", "log")...); err != nil {
		return err
	}
	slices.Reverse(rows[1:])
	return v.writeCSV("log.csv", rows)
}
