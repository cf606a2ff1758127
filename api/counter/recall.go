// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// hourForm is how rows write the hour of a recall.
const hourForm = "2006-01-02T15:04Z07:00"

// recallView is what a recall of one operator's hour would withdraw, or has
// withdrawn (R3.3).
type recallView struct {
	Operators []string // for the form
	Today     string

	Operator        string
	Hour            time.Time
	Issues          []recalled
	Kinds           []pair
	Recall          string // handle
	Reasons         []string
	Done            bool
	Told, Remaining int // of those withdrawn
}

type recalled struct {
	At           time.Time
	Kind, Handle string
}

func (v *visit) recallForm() (recallView, error) {
	accounts, err := v.Accounts.Accounts(v.ctx(), v.own())
	if err != nil {
		return recallView{}, storeError(err)
	}
	view := recallView{Today: cert.DateOf(v.Now()).String(), Reasons: voidReasons()}
	for _, a := range accounts {
		if a.Shared == nil {
			view.Operators = append(view.Operators, a.Login)
			continue
		}
		for _, m := range a.Shared.Roster {
			view.Operators = append(view.Operators, a.Login+"/"+m.StaffNumber)
		}
	}
	return view, nil
}

func (v *visit) recallPage() error {
	view, err := v.recallForm()
	if err != nil {
		return err
	}
	return v.show("recall", "recall.title", view)
}

// recallAsk is the dry run.
func (v *visit) recallAsk() error {
	operator, known, failed := v.operator(v.form.text("operator"))
	if failed != nil {
		return failed
	}
	day, err := cert.ParseDate(v.form.text("day"))
	hour, wrong := strconv.Atoi(v.form.text("hour"))
	view, failed := v.recallForm()
	if failed != nil {
		return failed
	}
	var faults []fault
	if !known {
		faults = append(faults, v.faultOf("operator", "nobody"))
	}
	if err != nil || !day.Full() {
		faults = append(faults, v.faultOf("day", "day"))
	}
	if wrong != nil || hour < 0 || hour > 23 {
		faults = append(faults, v.faultOf("hour", "hour"))
	}
	if len(faults) > 0 {
		return v.showFaults("recall", "recall.title", view, faults)
	}
	return v.recallShow(operator, time.Date(day.Year, time.Month(day.Month), day.Day, hour, 0, 0, 0, cert.JST()), nil)
}

// recallShow lists what would be withdrawn, and seals the list: what is
// confirmed is what was seen.
func (v *visit) recallShow(operator string, hour time.Time, faults []fault) error {
	list, err := v.Issues.Recall(v.ctx(), v.own(), operator, hour)
	if err != nil {
		return storeError(err)
	}
	if err := v.looked("", "operator", operator, "hour", hour.Format(hourForm), "found", itoa(len(list))); err != nil {
		return err
	}
	view := viewRecall(operator, hour, list)
	text := operator + " " + strconv.FormatInt(hour.Unix(), 10) + " " + digestOf(list)
	view.Recall, view.Reasons = v.Staff.SealHandle(v.session, "recall", text), voidReasons()
	if len(faults) > 0 {
		return v.showFaults("recallask", "recallask.title", view, faults)
	}
	return v.show("recallask", "recallask.title", view)
}

func viewRecall(operator string, hour time.Time, list []staff.Issue) recallView {
	view := recallView{Operator: operator, Hour: hour}
	kinds := map[string]int{}
	for _, i := range list {
		view.Issues = append(view.Issues, recalled{i.Act.At, string(i.Kind), string(i.Handle)})
		kinds[string(i.Kind)]++
	}
	for _, p := range []cert.Kind{cert.Domestic, cert.Overseas} {
		view.Kinds = append(view.Kinds, pair{string(p), itoa(kinds[string(p)])})
	}
	return view
}

func digestOf(list []staff.Issue) string {
	var handles []string
	for _, i := range list {
		handles = append(handles, string(i.Handle))
	}
	slices.Sort(handles)
	sum := sha256.Sum256([]byte(strings.Join(handles, " ")))
	return hex.EncodeToString(sum[:])
}

// recall withdraws all that the dry run showed, in one step.
func (v *visit) recall() error {
	text, err := v.open("recall", v.form.raw("recall"))
	if err != nil {
		return err
	}
	parts := strings.Split(text, " ")
	if len(parts) != 3 {
		return staff.ErrHandle
	}
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return staff.ErrHandle
	}
	operator, hour := parts[0], time.Unix(seconds, 0).In(cert.JST())
	list, err := v.Issues.Recall(v.ctx(), v.own(), operator, hour)
	if err != nil {
		return storeError(err)
	}
	reason := v.form.text("reason")
	switch {
	case digestOf(list) != parts[2]:
		return v.recallShow(operator, hour, []fault{v.faultOf("reason", "recall_changed")})
	case !slices.Contains(voidReasons(), reason):
		return v.recallShow(operator, hour, []fault{v.faultOf("reason", "void_reason")})
	}
	view := viewRecall(operator, hour, list)
	if err := v.withdraw(list, operator, hour, reason); err != nil {
		return err
	}
	view.Done = true
	view.Told, view.Remaining = v.tellAll(list)
	return v.show("recallask", "recalled.title", view)
}

func (v *visit) withdraw(list []staff.Issue, operator string, hour time.Time, reason string) error {
	var all []staff.Revocation
	for _, i := range list {
		act := v.session.Act(staff.OpRecall, string(i.Handle), "operator", operator, "hour", hour.Format(hourForm), "reason", reason,
			"kind", string(i.Kind))
		all = append(all, staff.Revocation{Act: act, Handle: i.Handle, Sealed: i.Sealed, RIDs: i.RIDs, UVCI: i.UVCI})
	}
	if len(all) == 0 {
		return nil
	}
	return storeError(v.Revocations.Revoke(v.ctx(), all))
}

// tellAll tells the record service of as many as this request has time for;
// the rest is told later.
func (v *visit) tellAll(list []staff.Issue) (told, remaining int) {
	for _, i := range list {
		ok := false
		if id, err := v.Staff.OpenID(v.own(), i.Sealed); err == nil && v.ctx().Err() == nil {
			ok, _ = v.tell(id, i.Handle)
		}
		if ok {
			told++
		} else {
			remaining++
		}
	}
	return told, remaining
}
