// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"maps"
	"slices"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// mostCounted is how many issues a report counts one by one: by kind, document
// and operator.
const mostCounted = 20000

// reportView is what a self-check (自己点検) begins with (F13): counts, and
// nobody's name.
type reportView struct {
	From, Until string
	Groups      []reportGroup
	Cut         bool // there are more issues than were counted by kind
}

type reportGroup struct {
	Key  string // of its title
	Rows []reportRow
}

type reportRow struct {
	Table, Name string // key of the text
	Count       int
}

// days reads the days of a report; without any, the month until today.
func (v *visit) days() (from, until cert.Date, ok bool) {
	today := cert.DateOf(v.Now())
	from, until = cert.Date{Year: today.Year, Month: today.Month, Day: 1}, today
	for name, d := range map[string]*cert.Date{"from": &from, "until": &until} {
		if text := v.c.Query(name); text != "" {
			var err error
			if *d, err = cert.ParseDate(text); err != nil {
				return from, until, false
			}
		}
	}
	return from, until, from.Full() && until.Full() && from.Compare(until) <= 0
}

func (v *visit) report(from, until cert.Date) (reportView, error) {
	view := reportView{From: from.String(), Until: until.String()}
	byKind, byDocument, byOperator := map[string]int{}, map[string]int{}, map[string]int{}
	filter := staff.Filter{Municipality: v.own(), From: midnight(from, 0), Until: midnight(until, 1), Operation: staff.OpIssue}
	all, err := v.Counts.Counts(v.ctx(), filter.Municipality, filter.From, filter.Until)
	if err != nil {
		return view, storeError(err)
	}
	byOperation := map[string]int{}
	for op, n := range all {
		byOperation[string(op)] = n
	}
	view.Cut, err = v.everyAct(filter, mostCounted, func(a staff.Act) {
		byKind[a.Details["kind"]]++
		byDocument[a.Details["document"]]++
		byOperator[a.Operator]++
	})
	if err != nil {
		return view, err
	}
	books, err := v.counted()
	if err != nil {
		return view, err
	}
	view.Groups = append([]reportGroup{
		group("report.operations", "op", byOperation), group("report.kinds", "kind", byKind),
		group("report.documents", "document", byDocument), group("report.operators", "", byOperator),
	}, books...)
	return view, nil
}

// counted is how things stand now.
func (v *visit) counted() ([]reportGroup, error) {
	accounts, err := v.Accounts.Accounts(v.ctx(), v.own())
	if err != nil {
		return nil, storeError(err)
	}
	states, functions, whys := map[string]int{}, map[string]int{}, map[string]int{}
	for _, a := range accounts {
		states[string(a.State)]++
		for _, f := range a.Functions {
			functions[string(f)]++
		}
	}
	concerns, err := v.Staff.Concerns(v.ctx(), v.own())
	if err != nil {
		return nil, storeError(err)
	}
	for _, c := range concerns {
		whys[c.Why]++
	}
	open, err := v.Alerts.Alerts(v.ctx(), v.own(), true)
	if err != nil {
		return nil, storeError(err)
	}
	alerts := map[string]int{}
	for _, a := range open {
		alerts[string(a.Kind)]++
	}
	return []reportGroup{group("report.accounts", "state", states), group("report.functions", "function", functions),
		group("report.concerns", "concern", whys), group("report.alerts", "alert", alerts)}, nil
}

func group(key, table string, counts map[string]int) reportGroup {
	g := reportGroup{Key: key}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		g.Rows = append(g.Rows, reportRow{table, name, counts[name]})
	}
	return g
}

func midnight(d cert.Date, after int) time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day+after, 0, 0, 0, 0, cert.JST())
}

func (v *visit) reportPage() error {
	from, until, ok := v.days()
	if !ok {
		return v.showFaults("report", "report.title", reportView{}, []fault{v.faultOf("from", "day")})
	}
	view, err := v.report(from, until)
	if err != nil {
		return err
	}
	if err := v.log(staff.OpReport, "", "from", view.From, "until", view.Until); err != nil {
		return err
	}
	return v.show("report", "report.title", view)
}

func (v *visit) reportCSV() error {
	from, until, ok := v.days()
	if !ok {
		return errForm
	}
	view, err := v.report(from, until)
	if err != nil {
		return err
	}
	if err := v.log(staff.OpReport, "", "from", view.From, "until", view.Until, "of", "file", "truncated", yes(view.Cut)); err != nil {
		return err
	}
	t := v.texts[v.lang]
	rows := [][]string{{view.From, view.Until, ""}}
	for _, g := range view.Groups {
		for _, r := range g.Rows {
			rows = append(rows, []string{t[g.Key], t.name(r.Table, r.Name), itoa(r.Count)})
		}
	}
	if view.Cut {
		rows = append(rows, truncated(len(rows[0])))
	}
	return v.writeCSV("report.csv", rows)
}
