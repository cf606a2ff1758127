// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cert/issuance"
)

// issuedView is the page of a certificate that was issued. The paper is the
// answer to another POST of the same application.
type issuedView struct {
	cert.Redacted
	ID, Kind, IssuedAt     string
	Application, Statement string
}

// againView carries an application on from a page that cannot say what became
// of it. Issuing is idempotent: asked again, it tells, and issues nothing twice.
type againView struct {
	cert.Redacted
	Path, Application, Statement string
}

// tokenHash names a sealed application in the books, which do not keep it.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// desk is an application on its way through issuing.
type desk struct {
	token    string
	handle   string // of the statement, as the page had it
	said     statement
	limit    staff.Limit
	why      string         // a second person is needed, as the log has it; empty: by the count alone, or not at all
	approval staff.Approval // of a second person, if there is one
	name     cert.Private
}

// judge says whether a second person is needed. A paper with a spelling of the
// applicant's own (旧字・俗字) always needs one: no table has all spellings, so
// somebody else compares them (R3.1).
func (v *visit) judge(d *desk, protected, written bool) {
	d.limit, d.why = v.Staff.Limit(v.session, protected)
	if written {
		d.limit.Held = true
		if !protected { // a measure decides who may approve, and stays the reason
			d.why = "written"
		}
	}
}

// readDesk opens what the preview carried on: the application, and what was
// said of it, which belong together.
func (v *visit) readDesk() (*desk, error) {
	d := &desk{token: string(v.form.raw("application")), handle: string(v.form.raw("statement"))}
	text, err := v.open("statement", []byte(d.handle))
	if err != nil {
		return nil, err
	}
	if json.Unmarshal([]byte(text), &d.said) != nil || d.said.Token != tokenHash(d.token) {
		return nil, staff.ErrHandle
	}
	v.again = &againView{Path: v.route.Path, Application: d.token, Statement: d.handle}
	p, err := v.Desk.Preview(v.ctx(), d.token, v.who())
	if err != nil {
		return nil, err
	}
	if p.Municipality.Code != v.own() || string(p.Kind) != d.said.Kind || p.Protected && !v.entitled() {
		return nil, staff.ErrHandle
	}
	if err := v.confirmed(d, p); err != nil {
		return nil, err
	}
	d.name = p.Holder.Name
	v.judge(d, p.Protected, p.Written != "")
	d.approval, err = v.Approvals.Approval(v.ctx(), v.own(), "", d.said.Token)
	if err != nil && !errors.Is(err, staff.ErrNoApproval) {
		return nil, storeError(err)
	}
	return d, nil
}

// confirmed holds the clerk to what looked wrong on the preview. What was
// confirmed once stays so for this application, whichever page carries it on.
func (v *visit) confirmed(d *desk, p *issuance.Preview) error {
	if len(p.Notes) == 0 || d.said.Checked {
		return nil
	}
	if v.form.text("checked") != "yes" || d.said.Warned != codesOf(p.Notes) {
		return errUnchecked
	}
	d.said.Checked = true
	text, err := json.Marshal(d.said)
	if err != nil {
		return errors.New("counter: encode a statement")
	}
	d.handle = v.Staff.SealHandle(v.session, "statement", string(text))
	v.again.Statement = d.handle
	return nil
}

// issue issues, or has the application wait for a second person.
func (v *visit) issue() error {
	d, err := v.readDesk()
	if err != nil {
		return err
	}
	issued, err := v.make(d, staff.OpIssue)
	if errors.Is(err, staff.ErrHeld) {
		return v.hold(d)
	}
	if err != nil {
		return err
	}
	defer clear(issued.PDF) // printed by the next request, which makes the same again
	v.watch(staff.OpIssue, family(d.name))
	return v.show("issued", "issued.title", issuedView{ID: string(issued.ID), Kind: string(issued.Kind),
		IssuedAt: issued.IssuedAt.In(cert.JST()).Format("2006-01-02 15:04"), Application: d.token, Statement: d.handle})
}

// paper answers with the PDF of the same certificate. What was not issued, or
// was withdrawn since, is not printed.
func (v *visit) paper() error {
	d, err := v.readDesk()
	if err != nil {
		return err
	}
	issued, err := v.make(d, staff.OpPrint)
	if err != nil {
		return err
	}
	defer clear(issued.PDF)
	v.watch(staff.OpPrint, "")
	h := v.c.Writer.Header()
	h.Set("Content-Disposition", `inline; filename="certificate.pdf"`)
	h.Set("Content-Security-Policy", paperPolicy)
	v.c.Data(http.StatusOK, "application/pdf", issued.PDF)
	return nil
}

// make issues, or for OpPrint makes again what was issued. The row of the log is written when the certificate is finished
// and before it is confirmed; without it nothing leaves (R3.1, F10). What was
// made is judged once more, whatever the preview had said.
func (v *visit) make(d *desk, op staff.Operation) (*issuance.Issued, error) {
	return v.Desk.IssueDesk(v.ctx(), d.token, v.who(), func(ctx context.Context, i *issuance.Issued) error {
		if i.Protected && !v.entitled() {
			return cert.ErrBlocked
		}
		v.judge(d, i.Protected, i.Written)
		rids, uvci := v.Aftercare.Withdrawal(i.ID)
		handle := v.Staff.Handle(i.ID)
		approval := ""
		if d.approval.State == staff.Approved || d.approval.State == staff.Used {
			approval = d.approval.ID
		}
		act := v.session.Act(op, string(handle), append(d.said.pairs(), "rid", i.RID, "approval", approval)...)
		err := storeError(v.Issues.NoteIssue(ctx, staff.Issue{
			Act: act, Token: d.said.Token, Person: v.session.Person(), Kind: i.Kind, Handle: handle, Sealed: v.Staff.SealID(i.ID),
			RIDs: rids, UVCI: uvci, Approval: approval,
		}, d.limit))
		switch {
		case !errors.Is(err, staff.ErrState):
			return err
		case op == staff.OpPrint:
			return errNotIssued
		}
		return errWithdrawn
	})
}

// waitingView is the page of an application that waits.
type waitingView struct {
	cert.Redacted
	State, Why             string
	Until                  string
	Approval               string // handle, for the script
	Application, Statement string
}

// hold asks for a second person, once for an application.
func (v *visit) hold(d *desk) error {
	why := d.why
	if why == "" {
		why = "hour"
	}
	id := rand.Text()
	details := d.said.details()
	asked := staff.Approval{
		ID: id, Municipality: v.own(), At: v.Now(), Until: d.said.Until, Account: v.session.Account.ID, Operator: v.session.Operator(),
		Terminal: v.terminal.ID, Session: v.session.ID, Token: d.token, TokenHash: d.said.Token, Kind: cert.Kind(d.said.Kind),
		Details: details, Why: why, State: staff.Pending,
	}
	kept, err := v.Approvals.Ask(v.ctx(), v.session.Act(staff.OpHeld, id, append(d.said.pairs(), "why", why)...), asked)
	if err != nil {
		return storeError(err)
	}
	if kept.ID == id {
		v.watch(staff.OpHeld, "")
	}
	return v.show("waiting", "waiting.title", waitingView{State: string(v.stateOf(kept)), Why: kept.Why, Until: kept.Until.In(cert.JST()).Format("15:04"),
		Approval: v.Staff.SealHandle(v.session, "approval", kept.ID), Application: d.token, Statement: d.handle})
}

// stateOf is the state of an approval now.
func (v *visit) stateOf(a staff.Approval) staff.ApprovalState {
	if a.State == staff.Pending && !v.Now().Before(a.Until) {
		return staff.Expired
	}
	return a.State
}

// waiting tells the page of who asked whether somebody has decided.
func (v *visit) waiting() error {
	id, err := v.open("approval", v.form.raw("approval"))
	if err != nil {
		return err
	}
	a, err := v.Approvals.Approval(v.ctx(), v.own(), id, "")
	if err != nil {
		return storeError(err)
	}
	if a.Account != v.session.Account.ID || a.Session != v.session.ID {
		return errUnknown
	}
	v.c.JSON(http.StatusOK, map[string]string{"state": string(v.stateOf(a))})
	return nil
}

// discard destroys an application, when it is done or given up.
func (v *visit) discard() error {
	err := v.Aftercare.Discard(v.ctx(), string(v.form.raw("application")), v.who())
	if err != nil && !errors.Is(err, issuance.ErrSeal) { // that is gone already
		return err
	}
	return v.goTo("/counter/search?notice=done")
}
