// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"net/url"
	"slices"
	"strings"

	"kofu/api/counter/staff"
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
	Filter     map[string]string // what was asked for, as far as it was of its form
	Older      string            // address of the next page; empty: none
	Export     string            // address of the file
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
		string(staff.OpAlertRaise), string(staff.OpAlertClose), string(staff.OpInquiry), string(staff.OpReport), string(staff.OpView),
	}
}

func (v *visit) logPage() error {
	f, taken, faults, err := v.filter()
	if err != nil {
		return err
	}
	view := logView{Operations: operations(), Filter: taken, Export: "/counter/log.csv"}
	if len(faults) > 0 {
		return v.showFaults("log", "log.title", view, faults)
	}
	acts, err := v.Acts.Acts(v.ctx(), f, logRows+1)
	if err != nil {
		return storeError(err)
	}
	more := len(acts) > logRows
	acts = acts[:min(len(acts), logRows)]
	if err := v.log(staff.OpLogView, "", asked(len(acts), f, taken)...); err != nil {
		return err
	}
	for _, a := range acts {
		view.Rows = append(view.Rows, actView{a, pairs(a.Details)})
	}
	q := url.Values{}
	for name, value := range taken {
		q.Set(name, value)
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

// logCSV writes the rows as a file, the oldest first. One that does not hold
// all of them says so in its last line and in the row about it.
func (v *visit) logCSV() error {
	f, taken, faults, err := v.filter()
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return errForm
	}
	rows := [][]string{{"seq", "at", "municipality", "operator", "account", "terminal", "operation", "subject", "details"}}
	more, err := v.everyAct(f, exported, func(a staff.Act) {
		var details []string
		for _, p := range pairs(a.Details) {
			details = append(details, p.Name+"="+p.Value)
		}
		rows = append(rows, []string{itoa(a.Seq), stamp(a.At), string(a.Municipality), a.Operator, a.Account, a.Terminal, string(a.Operation), a.Subject,
			strings.Join(details, "; ")})
	})
	if err != nil {
		return err
	}
	if err := v.log(staff.OpLogExport, "", append(asked(len(rows)-1, f, taken), "of", "log", "truncated", yes(more))...); err != nil {
		return err
	}
	slices.Reverse(rows[1:])
	if more {
		rows = append(rows, truncated(len(rows[0])))
	}
	return v.writeCSV("log.csv", rows)
}
