// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"crypto/rand"
	"errors"
	"slices"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// alertsView is what the auditor has to look at (N9).
type alertsView struct {
	List []staff.Alert
	All  bool
	Me   string // nobody closes an alert about themselves
}

func (v *visit) alertsPage() error { return v.showAlerts(nil) }

func (v *visit) showAlerts(faults []fault) error {
	view := alertsView{All: v.c.Query("all") == "1", Me: v.session.Account.ID}
	var err error
	if view.List, err = v.Alerts.Alerts(v.ctx(), v.own(), !view.All); err != nil {
		return storeError(err)
	}
	if len(faults) > 0 {
		return v.showFaults("alerts", "alerts.title", view, faults)
	}
	return v.show("alerts", "alerts.title", view)
}

// alertClose notes what was found.
func (v *visit) alertClose() error {
	id := v.form.text("alert")
	finding, ok := note(v.form.text("finding"), 200)
	if !ok {
		return v.showAlerts([]fault{v.faultOf("finding", "note")})
	}
	open, err := v.Alerts.Alerts(v.ctx(), v.own(), true)
	if err != nil {
		return storeError(err)
	}
	i := slices.IndexFunc(open, func(a staff.Alert) bool { return a.ID == id })
	switch {
	case i < 0:
		return staff.ErrNoAlert
	case open[i].Account == v.session.Account.ID:
		return staff.ErrOwn
	}
	if err := v.Alerts.CloseAlert(v.ctx(), v.session.Act(staff.OpAlertClose, id, "kind", string(open[i].Kind)), id, finding); err != nil {
		return storeError(err)
	}
	return v.goTo("/counter/alerts?notice=closed")
}

// reviewsView is the record that somebody has looked, and what to look at
// (F9, F10).
type reviewsView struct {
	List     []staff.Review
	Concerns []staff.Concern
	Of       []string
	Today    string
}

// reviewable is what an account reviews: who has which right is also for the
// administrator to check, the rest for the auditor.
func (v *visit) reviewable() []string {
	if v.session.Account.Has(staff.Auditor) {
		return []string{"accounts", "log", "alerts"}
	}
	return []string{"accounts"}
}

func (v *visit) reviewsPage() error { return v.showReviews(nil) }

func (v *visit) showReviews(faults []fault) error {
	view := reviewsView{Of: v.reviewable(), Today: cert.DateOf(v.Now()).String()}
	var err error
	if view.List, err = v.Reviews.Reviews(v.ctx(), v.own()); err != nil {
		return storeError(err)
	}
	if view.Concerns, err = v.Staff.Concerns(v.ctx(), v.own()); err != nil {
		return storeError(err)
	}
	if len(faults) > 0 {
		return v.showFaults("reviews", "reviews.title", view, faults)
	}
	return v.show("reviews", "reviews.title", view)
}

// reviewAdd records a review, with the head of the log as it was then. A log
// that does not agree with itself is not reviewed: it is an alert.
func (v *visit) reviewAdd() error {
	of := v.form.text("of")
	switch {
	case of != "accounts" && of != "log" && of != "alerts":
		return errForm
	case !slices.Contains(v.reviewable(), of):
		return errDenied
	}
	from, err1 := cert.ParseDate(v.form.text("from"))
	until, err2 := cert.ParseDate(v.form.text("until"))
	finding, ok := note(v.form.text("finding"), 400)
	var faults []fault
	if err1 != nil || !from.Full() {
		faults = append(faults, v.faultOf("from", "day"))
	}
	if err2 != nil || !until.Full() || until.Compare(from) < 0 {
		faults = append(faults, v.faultOf("until", "day"))
	}
	if !ok {
		faults = append(faults, v.faultOf("finding", "note"))
	}
	if len(faults) > 0 {
		return v.showReviews(faults)
	}
	head, err := v.head()
	if err != nil {
		return err
	}
	r := staff.Review{ID: rand.Text(), Municipality: v.own(), At: v.Now(), By: v.session.Account.ID, Operator: v.session.Operator(),
		Of: of, From: from, Until: until, Finding: finding, Head: head}
	act := v.session.Act(staff.OpReviewDone, r.ID, "of", of, "from", from.String(), "until", until.String(), "head", head)
	if err := v.Reviews.AddReview(v.ctx(), act, r); err != nil {
		return storeError(err)
	}
	return v.goTo("/counter/reviews?notice=reviewed")
}

// head reads the whole log and returns its end.
func (v *visit) head() (string, error) {
	head, err := v.Acts.VerifyLog(v.ctx())
	if errors.Is(err, staff.ErrLog) {
		return "", errors.Join(errDamaged, v.Staff.Alarm(v.ctx(), v.session, staff.AlertLogDamaged, 1))
	}
	return head, storeError(err)
}

// topics are what inquiries are about; ways, how they came.
func topics() []string {
	return []string{"certificate", "record", "delay", "personal_data", "staff", "system", "other"}
}

func ways() []string { return []string{"visit", "phone", "mail", "other"} }

// inquiriesView is the register of inquiries and complaints (F13).
type inquiriesView struct {
	List         []staff.Inquiry
	Topics, Ways []string
	Add          bool
}

func (v *visit) inquiriesPage() error { return v.showInquiries(nil) }

func (v *visit) showInquiries(faults []fault) error {
	view := inquiriesView{Topics: topics(), Ways: ways(), Add: v.session.Account.Has(staff.Clerk) || v.session.Account.Has(staff.Approver)}
	var err error
	if view.List, err = v.Inquiries.Inquiries(v.ctx(), v.own()); err != nil {
		return storeError(err)
	}
	if len(faults) > 0 {
		return v.showFaults("inquiries", "inquiries.title", view, faults)
	}
	return v.show("inquiries", "inquiries.title", view)
}

func (v *visit) inquiry() error {
	i := staff.Inquiry{ID: rand.Text(), Municipality: v.own(), At: v.Now(), Operator: v.session.Operator(), Topic: v.form.text("topic"), By: v.form.text("by")}
	var ok bool
	var faults []fault
	if i.Answer, ok = note(v.form.text("answer"), 400); !ok {
		faults = append(faults, v.faultOf("answer", "note"))
	}
	if !slices.Contains(topics(), i.Topic) {
		faults = append(faults, v.faultOf("topic", "choose"))
	}
	if !slices.Contains(ways(), i.By) {
		faults = append(faults, v.faultOf("by", "choose"))
	}
	if len(faults) > 0 {
		return v.showInquiries(faults)
	}
	if err := v.Inquiries.AddInquiry(v.ctx(), v.session.Act(staff.OpInquiry, i.ID, "topic", i.Topic, "by", i.By), i); err != nil {
		return storeError(err)
	}
	return v.goTo("/counter/inquiries?notice=noted")
}
