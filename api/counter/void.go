// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"errors"
	"slices"
	"strings"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// voidView is a certificate about to be withdrawn, or withdrawn.
type voidView struct {
	cert.Redacted
	ID      string
	Void    string // handle
	File    string // handle of the person it was chosen from; empty: the ID was typed
	Reasons []string
	Told    bool // the record service has been told
	Unknown bool // and knows of no such certificate
}

func voidReasons() []string {
	return []string{"error", "reissued", "holder_request", "fraud", "lost", "other"}
}

func (v *visit) voidPage() error { return v.show("void", "void.title", nil) }

// voidAsk shows which certificate will be withdrawn: one from a person's past,
// or one whose ID was typed from a paper.
func (v *visit) voidAsk() error {
	var text string
	if handle := v.form.raw("issue"); len(handle) > 0 {
		var err error
		if text, err = v.open("issue", handle); err != nil {
			return err
		}
	} else {
		text = typedID(v.form.text("id"))
	}
	id, err := cert.ParseID(text)
	if err != nil {
		return v.showFaults("void", "void.title", nil, []fault{v.faultOf("id", "id")})
	}
	if id.Municipality() != v.own() { // somebody tried another city's (D4, D5)
		return errOtherCity
	}
	return v.show("voidask", "voidask.title", v.viewVoid(id))
}

func (v *visit) viewVoid(id cert.ID) voidView {
	return voidView{ID: string(id), Void: v.Staff.SealHandle(v.session, "void", string(id)), File: string(v.form.raw("file")), Reasons: voidReasons()}
}

// typedID forgives small and full-width letters, spaces and strokes.
func typedID(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch {
		case gap(r):
			return -1
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, s))
}

// void publishes the withdrawal, then tells the record service. If that fails
// it is told later. A service that never issued such an ID says so after it was
// published, which the page before has said: waiting for its answer would keep a
// stolen paper good for as long as it is away.
func (v *visit) void() error {
	text, err := v.open("void", v.form.raw("void"))
	if err != nil {
		return err
	}
	id, err := cert.ParseID(text)
	if err != nil || id.Municipality() != v.own() {
		return errOtherCity
	}
	view := v.viewVoid(id)
	reason := v.form.text("reason")
	if !slices.Contains(voidReasons(), reason) {
		return v.showFaults("voidask", "voidask.title", view, []fault{v.faultOf("reason", "void_reason")})
	}
	if err := v.Staff.Withdraw(v.ctx(), v.session); err != nil { // too many in an hour: a colleague's turn
		return storeError(err)
	}
	r := v.revocation(id, staff.OpVoid, "reason", reason)
	if err := v.Revocations.Revoke(v.ctx(), []staff.Revocation{r}); err != nil {
		return storeError(err)
	}
	v.watch(staff.OpVoid, "")
	told, unknown := v.tell(id, r.Handle)
	view.Told, view.Unknown = told, unknown
	return v.show("voided", "voided.title", view)
}

// revocation withdraws a certificate under every revocation identifier it may
// have. The row of the log names it by its handle alone: there is an
// identifier for each key there ever was.
func (v *visit) revocation(id cert.ID, op staff.Operation, details ...string) staff.Revocation {
	rids, uvci := v.Aftercare.Withdrawal(id)
	handle := v.Staff.Handle(id)
	return staff.Revocation{Act: v.session.Act(op, string(handle), details...),
		Handle: handle, Sealed: v.Staff.SealID(id), RIDs: rids, UVCI: uvci}
}

// tell tells the record service of a withdrawal that is published already.
func (v *visit) tell(id cert.ID, handle staff.Handle) (told, unknown bool) {
	err := v.Aftercare.Invalidate(v.ctx(), v.own(), id)
	if err != nil {
		// One that is only reserved is not known there yet, and may be confirmed
		// still: it stays to be told, until it could no longer be.
		return false, errors.Is(err, cert.ErrNoIssue)
	}
	return v.Revocations.Told(v.ctx(), handle) == nil, false
}
