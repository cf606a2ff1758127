// SPDX-License-Identifier: Apache-2.0

package counter_test

import (
	"encoding/csv"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// Rows: R3.1
func TestVoidIsPublishedThenTold(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	c.send(c.preview(ticketA), "/counter/certificate").want(http.StatusOK)
	id := w.lastID()
	w.press.residents[townA][0].file.Issues = []cert.PastIssue{{ID: id, Kind: cert.Domestic, IssuedOn: id.Day(), State: cert.IssueConfirmed}}

	page := c.personPage(ticketA)
	ask := c.post("/counter/void", "issue", page.hidden("/counter/void", "issue"), "file", page.hidden("/counter/void", "file")).want(http.StatusOK)
	if !ask.has(string(id)) {
		t.Error("the page to confirm does not say which one")
	}
	handle := ask.hidden("/counter/void/confirm", "void")
	c.post("/counter/void/confirm", "void", handle, "reason", "because").want(http.StatusUnprocessableEntity)
	if len(w.store.revoked) != 0 {
		t.Fatal("withdrawn without a reason")
	}
	done := c.post("/counter/void/confirm", "void", handle, "reason", "reissued", "file", page.hidden("/counter/void", "file")).want(http.StatusOK)
	r, ok := w.store.revoked[w.staff.Handle(id)]
	if !ok || r.RIDs["kid-1"] == nil || r.UVCI == "" || r.Act.Operation != staff.OpVoid || r.Act.Details["reason"] != "reissued" || r.Act.Details["rid"] != "" {
		t.Errorf("published: %v", r)
	}
	if !w.press.invalid[id] || !w.store.told[w.staff.Handle(id)] {
		t.Error("the record service was not told")
	}
	c.post("/counter/person", "file", done.hidden("/counter/person", "file")).want(http.StatusOK) // on to the reissue

	// by the ID on the paper, while the record service is away
	w.press.silent = cert.ErrUnavailable
	typed := strings.ToLower(string(townID(t, townA, 77)))
	ask = c.post("/counter/void", "id", typed[:9]+" "+typed[9:]).want(http.StatusOK)
	done = c.post("/counter/void/confirm", "void", ask.hidden("/counter/void/confirm", "void"), "reason", "lost").want(http.StatusOK)
	other := w.staff.Handle(townID(t, townA, 77))
	if _, ok := w.store.revoked[other]; !ok || w.store.told[other] || !done.has("後で自動的に通知") {
		t.Error("what the record service could not be told is not kept to be told later")
	}
}

// An ID that was typed may be of no certificate at all: the page says so before
// and after, and nobody is accused of anything.
func TestVoidOfAnIDThatWasNeverIssued(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	w.press.silent = cert.ErrNoIssue
	id := townID(t, townA, 78)
	ask := c.post("/counter/void", "id", string(id)).want(http.StatusOK)
	if !ask.has("VRSに発行記録のない証明書ID") {
		t.Error("the page to confirm does not say that the ID may be unknown")
	}
	done := c.post("/counter/void/confirm", "void", ask.hidden("/counter/void/confirm", "void"), "reason", "lost").want(http.StatusOK)
	if !done.has("発行記録がありません") || done.has(`class="good"`) || !done.has(string(id)) {
		t.Error("the page does not say that nobody issued this ID, or praises it")
	}
	if _, ok := w.store.revoked[w.staff.Handle(id)]; !ok || w.store.told[w.staff.Handle(id)] || len(w.store.alerts) != 0 {
		t.Errorf("not published, noted as told while it may be reserved, or an alert: %v", w.store.alerts)
	}
	w.press.silent = nil
	if past := c.post("/counter/void", "issue", c.pastOf(ticketA), "file", c.personPage(ticketA).hidden("/counter/void", "file")).want(http.StatusOK); past.has("VRSに発行記録のない証明書ID") {
		t.Error("one from a person's record is taken for one that was typed")
	}
}

// pastOf gives a resident a certificate, and returns the handle of it.
func (c *client) pastOf(ticket string) string {
	c.w.t.Helper()
	id := townID(c.w.t, townA, 79)
	c.w.press.residents[townA][0].file.Issues = []cert.PastIssue{{ID: id, Kind: cert.Domestic, IssuedOn: id.Day(), State: cert.IssueConfirmed}}
	return c.personPage(ticket).hidden("/counter/void", "issue")
}

func townID(t *testing.T, m cert.MunicipalityCode, serial int) cert.ID {
	t.Helper()
	id, err := cert.NewID(m, cert.Date{Year: 2026, Month: 11, Day: 1}, serial)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Rows: R3.3
func TestRecallOfOneOperatorsHour(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	other := w.staffOf(townA, staff.Clerk, staff.Approver)
	approver := w.staffOf(townA, staff.Approver)
	c.signIn(c.login)
	for range 3 {
		c.send(c.preview(ticketA), "/counter/certificate").want(http.StatusOK)
	}
	other.signIn(other.login)
	other.send(other.preview(ticketA), "/counter/certificate").want(http.StatusOK)
	approver.signIn(approver.login)

	approver.post("/counter/recall", "operator", "", "day", "yesterday", "hour", "24").want(http.StatusUnprocessableEntity)
	dry := approver.post("/counter/recall", "operator", c.login, "day", "2026-11-24", "hour", "10").want(http.StatusOK)
	if len(w.store.revoked) != 0 || !dry.has("3件を取り消す") || dry.has(nameA) {
		t.Fatal("a dry run that withdraws, miscounts or shows a person")
	}
	handle := dry.hidden("/counter/recall/confirm", "recall")
	c.signIn(c.login)
	c.send(c.preview(ticketA), "/counter/certificate").want(http.StatusOK) // one more since
	again := approver.post("/counter/recall/confirm", "recall", handle, "reason", "fraud").want(http.StatusUnprocessableEntity)
	if len(w.store.revoked) != 0 || !again.has("4件を取り消す") {
		t.Fatal("withdrawn what nobody has seen")
	}
	done := approver.post("/counter/recall/confirm", "recall", again.hidden("/counter/recall/confirm", "recall"), "reason", "fraud").want(http.StatusOK)
	if len(w.store.revoked) != 4 || len(w.press.invalid) != 4 || len(w.store.told) != 4 || !done.has("4件を取り消し") {
		t.Errorf("%d withdrawn, %d told", len(w.store.revoked), len(w.press.invalid))
	}
	for _, i := range w.store.issues {
		if _, gone := w.store.revoked[i.Handle]; gone != (i.Act.Operator == c.login) {
			t.Errorf("a certificate of %s: withdrawn is %v", i.Act.Operator, gone)
		}
	}
}

// Rows: F5, F6
func TestBulkFileIsTakenWholeOrNotAtAll(t *testing.T) {
	w := newWorld(t)
	admin := w.staffOf(townA, staff.Administrator)
	heading := "login,name,staff_number,functions,valid_until,terminals\n"
	before := len(w.store.accounts)
	page := admin.upload("file", heading+"good,職員 甲,201,clerk,2027-03-31,pc-472051\nBAD!,,202,clerk auditor,2027-03-31,pc-472051\n").want(http.StatusUnprocessableEntity)
	judged := admin.upload("file", heading+"good,職員 甲,201,clerk,2020-01-01,pc-472051\nfine,職員 乙,202,clerk,2027-03-31,pc-131016\n").want(http.StatusUnprocessableEntity)
	for column, on := range map[string]answer{"login": page, "name": page, "functions": page, "valid_until": judged, "terminals": judged} {
		if !on.has("<td>" + column + "</td>") {
			t.Errorf("nothing is said of %s", column)
		}
	}
	if len(w.store.accounts) != before || page.has("BAD!") {
		t.Error("a row took effect, or is shown again")
	}
	slips := admin.upload("file", "\ufeff"+heading+"good,職員 甲,201,clerk,2027-03-31,pc-472051\nfine,職員 乙,202,approver,2027-03-31,pc-472051\n").want(http.StatusOK)
	if strings.Count(slips.page, `class="slip"`) != 2 || len(w.store.accounts) != before+2 {
		t.Error("two rows did not make two accounts and two slips")
	}
	admin.upload("other", heading).want(http.StatusBadRequest)
	admin.upload("file", heading+strings.Repeat("x", 300<<10)).want(http.StatusRequestEntityTooLarge)
	admin.upload("file", "\xff\xfe").want(http.StatusUnprocessableEntity)
	admin.upload("file", heading+"root,管理,203,administrator,2027-03-31,pc-472051\n").want(http.StatusUnprocessableEntity)
}

// What was wrong with an account is mended where it stands: none of it is an
// applicant's. A number that may be one is not shown again.
func TestAccountFormIsShownAgainAsItWas(t *testing.T) {
	w := newWorld(t)
	admin := w.staffOf(townA, staff.Administrator)
	page := admin.post("/counter/accounts/add", "login", "BAD!", "name", "職員 <甲>", "staff_number", "2-01", "function", "clerk", "function", "protected",
		"valid_until", "2027-03-31", "terminal", "pc-472051", "shared_purpose", "臨時窓口", "shared_until", "2026-12-31",
		"roster", "301:職員 丙:2026-11-01:2026-12-31\n"+numberA).want(http.StatusUnprocessableEntity)
	for _, want := range []string{`value="BAD!"`, `value="職員 &lt;甲&gt;"`, `value="2-01"`, `value="2027-03-31"`, `value="臨時窓口"`, `value="2026-12-31"`,
		`value="clerk" checked`, `value="protected" checked`, `value="pc-472051" checked`, "<details open>"} {
		if !page.has(want) {
			t.Errorf("not shown again: %s", want)
		}
	}
	if page.has(`value="approver" checked`) || page.has(numberA) {
		t.Error("something is chosen that was not, or a number shown again")
	}
}

// Rows: F3, F7, F8, F9
func TestAccountsAreChangedByTheAdministrator(t *testing.T) {
	w := newWorld(t)
	admin := w.staffOf(townA, staff.Administrator)
	clerk := w.staffOf(townA, staff.Clerk)
	id := func(login string) string {
		a, _, err := w.store.AccountByLogin(t.Context(), townA, login)
		if err != nil {
			t.Fatal(err)
		}
		return a.ID
	}
	form := []string{"state", "", "valid_until", "2027-03-31", "function", "clerk", "function", "protected"}
	admin.post("/counter/accounts/id/"+id(clerk.login)+"/change", form...).want(http.StatusSeeOther)
	if a := w.store.accounts[id(clerk.login)]; !a.Has(staff.Protected) {
		t.Error("the function was not given")
	}
	clerk.get("/counter/").want(http.StatusSeeOther) // signed in anew with what one may now
	admin.post("/counter/accounts/id/"+id(admin.login)+"/change", form...).want(http.StatusForbidden)
	admin.post("/counter/accounts/id/" + id(admin.login) + "/invite").want(http.StatusForbidden)
	admin.post("/counter/accounts/id/"+id(clerk.login)+"/change", "state", "gone", "valid_until", "x").want(http.StatusUnprocessableEntity)
	admin.post("/counter/accounts/id/"+id(clerk.login)+"/change", "state", "", "valid_until", "2027-03-31", "function", "clerk", "function", "auditor").want(http.StatusUnprocessableEntity)
	slip := admin.post("/counter/accounts/id/" + id(clerk.login) + "/invite").want(http.StatusOK)
	if !slip.has(clerk.login) || w.store.accounts[id(clerk.login)].State != staff.Invited {
		t.Error("no slip, or the account is not invited anew")
	}
	if list := admin.get("/counter/accounts").want(http.StatusOK); !list.has(clerk.login) || !list.has("支援措置対応") {
		t.Error("the list lacks the account or its right")
	}

	shared := []string{"login", "desk", "name", "窓口共用", "staff_number", "", "function", "clerk", "valid_until", "2027-03-31", "terminal", "pc-472051",
		"shared_purpose", "臨時窓口", "shared_until", "2026-12-31", "roster", "301:職員 丙:2026-11-01:2026-12-31\n302:職員 丁:2026-11-01:2026-12-31"}
	admin.post("/counter/accounts/add", shared...).want(http.StatusOK)
	if a := w.store.accounts[id("desk")]; a.Shared == nil || len(a.Shared.Roster) != 2 {
		t.Error("the roster of a shared ID was not kept")
	}
	admin.post("/counter/terminals/id/pc-472051", "active", "yes", "user", id(admin.login), "user", "nobody").want(http.StatusNotFound)
	fields := []string{"active", "yes", "was", "yes", "user", id(admin.login)}
	for _, user := range w.store.terminals["pc-472051"].Users {
		fields = append(fields, "shown", user)
	}
	admin.post("/counter/terminals/id/pc-472051", fields...).want(http.StatusSeeOther)
	if got := w.store.terminals["pc-472051"].Users; !slices.Equal(got, []string{id(admin.login)}) {
		t.Errorf("%d users on the terminal", len(got))
	}
	clerk.get("/counter/").want(http.StatusSeeOther)
}

// Rows: F10, F11
func TestLogIsSeenFilteredAndExported(t *testing.T) {
	w := newWorld(t)
	c, auditor := w.staffOf(townA, staff.Clerk), w.staffOf(townA, staff.Auditor)
	c.signIn(c.login)
	c.personPage(ticketA)
	auditor.signIn(auditor.login)
	page := auditor.get("/counter/log?operation=person.open&operator=" + c.login).want(http.StatusOK)
	if strings.Count(page.page, string(w.staff.RecordHandle(townA, "record-a-000000001"))) != 1 || page.has("サインイン失敗</td>") {
		t.Error("the filter shows other rows, or not the one")
	}
	if last := w.store.acts[len(w.store.acts)-1]; last.Operation != staff.OpLogView || last.Details["operation"] != "person.open" {
		t.Errorf("looking at the log is logged as %s %v", last.Operation, last.Details)
	}
	if raw := regexp.MustCompile(`class="pair">[a-z_]+: `).FindString(auditor.get("/counter/log").want(http.StatusOK).page); raw != "" {
		t.Errorf("a detail without a text: %s", raw)
	}
	auditor.get("/counter/log?from=yesterday").want(http.StatusUnprocessableEntity)
	w.store.write(staff.Act{Operator: "=cmd|' /C calc'!A0", Municipality: townA, Operation: staff.OpSignInFailed, Details: map[string]string{"why": "login"}})
	w.store.write(staff.Act{Operator: "other", Municipality: townB, Operation: staff.OpSignIn})
	file := auditor.get("/counter/log.csv").want(http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.page, "\ufeff"))).ReadAll()
	if err != nil || len(rows) < 10 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		if row[2] != string(townA) {
			t.Error("a row of another municipality")
		}
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("a cell is a formula: %s", cell)
			}
		}
	}
	for range 105 {
		w.store.write(staff.Act{Operator: "many", Municipality: townA, Operation: staff.OpSignIn})
	}
	older := auditor.get("/counter/log?operator=many").want(http.StatusOK)
	_, rest, ok := strings.Cut(older.page, `href="/counter/log?before=`)
	if !ok {
		t.Fatal("no way to older rows")
	}
	query, _, _ := strings.Cut(rest, `"`)
	if next := auditor.get("/counter/log?before=" + strings.ReplaceAll(query, "&amp;", "&")).want(http.StatusOK); strings.Count(next.page, "many</td>") != 5 {
		t.Error("the next page does not have the other five")
	}
}

// Rows: F9, F10, F13, C10
func TestReviewsAlertsReportsAndInquiriesAreRecords(t *testing.T) {
	w := newWorld(t)
	c, auditor, admin := w.staffOf(townA, staff.Clerk), w.staffOf(townA, staff.Auditor), w.staffOf(townA, staff.Administrator)
	auditor.post("/counter/reviews", "of", "log", "from", "2026-11-01", "until", "2026-11-24", "finding", "異常なし").want(http.StatusSeeOther)
	if r := w.store.reviews; len(r) != 1 || r[0].Head == "" || r[0].Operator != auditor.login || w.rows(0, auditor.login)[len(w.rows(0, auditor.login))-1] != "review.done" {
		t.Errorf("the record of a review: %v", r)
	}
	auditor.get("/counter/reviews").want(http.StatusOK)
	admin.post("/counter/reviews", "of", "accounts", "from", "2026-11-01", "until", "2026-11-24", "finding", "確認済み").want(http.StatusSeeOther)
	admin.post("/counter/reviews", "of", "log", "from", "2026-11-01", "until", "2026-11-24", "finding", "確認済み").want(http.StatusForbidden)
	w.store.down = errDown
	auditor.post("/counter/reviews", "of", "log", "from", "2026-11-01", "until", "2026-11-24", "finding", "異常なし").want(http.StatusServiceUnavailable)
	w.store.down, w.store.damaged = nil, true
	auditor.post("/counter/reviews", "of", "log", "from", "2026-11-01", "until", "2026-11-24", "finding", "異常なし").want(http.StatusInternalServerError)
	if len(w.store.reviews) != 2 || w.store.alerts[len(w.store.alerts)-1].Kind != staff.AlertLogDamaged {
		t.Error("a damaged log was reviewed, or raises no alert")
	}

	page := auditor.get("/counter/alerts").want(http.StatusOK)
	if !page.has("操作ログの不整合") {
		t.Error("the alert is not listed")
	}
	own := w.store.alerts[len(w.store.alerts)-1]
	auditor.post("/counter/alerts/close", "alert", own.ID, "finding", "確認した").want(http.StatusForbidden) // it is about the auditor
	w.store.alerts = append(w.store.alerts, staff.Alert{ID: "of-a-clerk", Municipality: townA, Kind: staff.AlertFamily, Account: "x", Count: 6},
		staff.Alert{ID: "of-b", Municipality: townB, Kind: staff.AlertFamily, Account: "x", Count: 6})
	auditor.post("/counter/alerts/close", "alert", "of-a-clerk", "finding", "").want(http.StatusUnprocessableEntity)
	auditor.post("/counter/alerts/close", "alert", "of-b", "finding", "確認した").want(http.StatusNotFound)
	auditor.post("/counter/alerts/close", "alert", "of-a-clerk", "finding", "家族の申請だった").want(http.StatusSeeOther)
	if all := auditor.get("/counter/alerts?all=1").want(http.StatusOK); !all.has("家族の申請だった") {
		t.Error("what was found is not shown")
	}

	c.signIn(c.login)
	c.send(c.preview(ticketA), "/counter/certificate").want(http.StatusOK)
	c.post("/counter/inquiries", "topic", "record", "by", "phone", "answer", "接種記録の訂正を案内した").want(http.StatusSeeOther)
	c.post("/counter/inquiries", "topic", "gossip", "by", "pigeon", "answer", "x").want(http.StatusUnprocessableEntity)
	if list := auditor.get("/counter/inquiries").want(http.StatusOK); !list.has("接種記録の訂正を案内した") || list.has(`action="/counter/inquiries"`) {
		t.Error("the register lacks the inquiry, or the auditor may write into it")
	}
	report := auditor.get("/counter/report?from=2026-11-01&until=2026-11-30").want(http.StatusOK)
	if !report.has("国内用") || !report.has("利用者ID(現在)") {
		t.Error("the report lacks a count")
	}
	auditor.get("/counter/report?from=2026-12-01&until=2026-11-30").want(http.StatusUnprocessableEntity)
	if file := auditor.get("/counter/report.csv?from=2026-11-01&until=2026-11-30").want(http.StatusOK); !file.has("国内用") || file.has("山田") {
		t.Error("the file of the report lacks a count, or has a name")
	}
}
