// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"slices"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cert/issuance"
)

// approvalView is what waits for a second person, without the person it is
// about.
type approvalView struct {
	ID, Operator, Terminal, Kind, Why string
	At, Until                         time.Time
	Details                           []pair
	Own                               bool // the viewer asked for it
	Barred                            bool // about a person under a measure, and the viewer is not entitled
}

// pair is a detail of a row, in the order of its name.
type pair struct{ Name, Value string }

func pairs(details map[string]string) (list []pair) {
	for name, value := range details {
		list = append(list, pair{name, value})
	}
	slices.SortFunc(list, func(a, b pair) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return list
}

func (v *visit) viewApproval(a staff.Approval) approvalView {
	return approvalView{ID: a.ID, Operator: a.Operator, Terminal: a.Terminal, Kind: string(a.Kind), Why: a.Why, At: a.At, Until: a.Until,
		Details: pairs(a.Details), Own: a.Account == v.session.Account.ID, Barred: a.Why == "protected" && !v.entitled()}
}

// approvalsView is the list of what waits.
type approvalsView struct {
	List  []approvalView
	First string // id of the first that the viewer may look at; empty: none
}

func (v *visit) approvalsPage() error {
	waiting, err := v.Approvals.Pending(v.ctx(), v.own())
	if err != nil {
		return storeError(err)
	}
	var view approvalsView
	for _, a := range waiting {
		if v.stateOf(a) != staff.Pending {
			continue
		}
		one := v.viewApproval(a)
		if view.First == "" && !one.Own && !one.Barred {
			view.First = one.ID
		}
		view.List = append(view.List, one)
	}
	return v.show("approvals", "approvals.title", view)
}

// waitingOne returns what waits, and may be looked at and decided by who asks.
func (v *visit) waitingOne() (staff.Approval, error) {
	a, err := v.Approvals.Approval(v.ctx(), v.own(), v.form.text("approval"), "")
	switch {
	case err != nil:
		return a, storeError(err)
	case a.Municipality != v.own() || a.ID == "":
		return a, staff.ErrNoApproval
	case a.Account == v.session.Account.ID:
		return a, staff.ErrOwn
	case v.stateOf(a) != staff.Pending:
		return a, staff.ErrState
	case a.Why == "protected" && !v.entitled():
		return a, cert.ErrBlocked
	}
	return a, nil
}

// look opens the application as its asker sees it.
func (v *visit) look(a staff.Approval) (*issuance.Preview, error) {
	p, err := v.Desk.Preview(v.ctx(), a.Token, issuance.Who{Channel: cert.Counter, Device: v.Staff.Device(a.Session)})
	switch {
	case err != nil:
		return nil, err
	case p.Municipality.Code != v.own():
		return nil, staff.ErrNoApproval
	case p.Protected && !v.entitled():
		return nil, cert.ErrBlocked
	}
	return p, nil
}

// approval shows an approver what will be certified.
func (v *visit) approval() error {
	a, err := v.waitingOne()
	if err != nil {
		return err
	}
	p, err := v.look(a)
	if err != nil {
		return err
	}
	if err := v.log(staff.OpReview, a.ID, "kind", string(a.Kind), "why", a.Why, "approval", a.ID); err != nil {
		return err
	}
	view, shown := viewPreview(p, v.lang), v.viewApproval(a)
	view.Approval = &shown
	return v.show("approval", "approval.title", view)
}

// decide approves or refuses, and never one's own (R3.1).
func (v *visit) decide() error {
	op, to := staff.OpApprove, staff.Approved
	switch v.form.text("decision") {
	case "approve":
	case "refuse":
		op, to = staff.OpRefuse, staff.Refused
	default:
		return errForm
	}
	a, err := v.waitingOne()
	if err != nil {
		return err
	}
	if _, err := v.look(a); err != nil { // it has ended, or is about a person the approver must not see
		return err
	}
	if err := v.Decisions.Decide(v.ctx(), v.session.Act(op, a.ID, "kind", string(a.Kind), "why", a.Why), a.ID, to); err != nil {
		return storeError(err)
	}
	return v.goTo("/counter/approvals?notice=decided")
}
