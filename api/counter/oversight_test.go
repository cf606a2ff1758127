// SPDX-License-Identifier: Apache-2.0

package counter_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kofu/api/counter/staff"
	"kofu/cert"
)

func (w *world) last() staff.Act { return w.store.acts[len(w.store.acts)-1] }

// What is typed into a filter is taken only if it is of a form that no
// applicant has; otherwise there is no row, and nothing is shown again.
//
// Rows: A4, F10
func TestFilterKeepsNothingOfApplicants(t *testing.T) {
	w := newWorld(t)
	auditor := w.staffOf(townA, staff.Auditor)
	for _, q := range [][2]string{{"subject", nameA + " 1985-03-14"}, {"subject", numberA}, {"subject", "1234-5678-9018"}, {"operator", numberA},
		{"operator", "nobody"}, {"operator", nameA}, {"terminal", numberA}, {"terminal", "pc-" + string(townB)}, {"operation", nameA}, {"subject", "a\u200bb"}} {
		rows := len(w.store.acts)
		page := auditor.get("/counter/log?" + q[0] + "=" + url.QueryEscape(q[1])).want(http.StatusUnprocessableEntity)
		if len(w.store.acts) != rows || page.has(q[1]) || !page.has(`id="`+q[0]+`-fault"`) {
			t.Errorf("%s: a row, no fault, or what was typed is shown again", q[0])
		}
		auditor.get("/counter/log.csv?" + q[0] + "=" + url.QueryEscape(q[1])).want(http.StatusBadRequest)
	}
	for _, q := range [][2]string{{"subject", strings.Repeat("0123456789abcdef", 2)}, {"operator", "U-AU"}, {"terminal", "pc-" + string(townA)}, {"operation", "log"}} {
		auditor.get("/counter/log?" + q[0] + "=" + q[1]).want(http.StatusOK)
		if got := w.last(); got.Operation != staff.OpLogView || got.Details[q[0]] != strings.ToLower(q[1]) {
			t.Errorf("%s: the row is %s %v", q[0], got.Operation, got.Details)
		}
	}
}

// Rows: F10
func TestCutFileSaysSo(t *testing.T) {
	w := newWorld(t)
	auditor := w.staffOf(townA, staff.Auditor)
	auditor.get("/counter/log.csv").want(http.StatusOK)
	if got := w.last(); got.Operation != staff.OpLogExport || got.Details["truncated"] != "" {
		t.Errorf("a whole file: row %s %v", got.Operation, got.Details)
	}
	for range 20010 {
		w.store.acts = append(w.store.acts, staff.Act{Seq: len(w.store.acts) + 1, At: w.now(), Operator: "x", Municipality: townA, Operation: staff.OpOpen})
	}
	file := auditor.get("/counter/log.csv").want(http.StatusOK)
	if !strings.HasSuffix(file.page, "truncated=yes,,,,,,,,\r\n") || w.last().Details["truncated"] != "yes" {
		t.Errorf("a file that was cut does not say so; row %v", w.last().Details)
	}
	for path, of := range map[string]string{"/counter/accounts.csv": "accounts", "/counter/report.csv": "file"} {
		auditor.get(path).want(http.StatusOK)
		if got := w.last(); got.Details["of"] != of || got.Operator != auditor.login {
			t.Errorf("%s: row %s %v", path, got.Operation, got.Details)
		}
	}
}

// Rows: F10
func TestLookingLeavesARow(t *testing.T) {
	w := newWorld(t)
	admin, auditor, approver := w.staffOf(townA, staff.Administrator), w.staffOf(townA, staff.Auditor), w.staffOf(townA, staff.Approver)
	for _, tt := range []struct {
		c     *client
		paths string
	}{
		{admin, "/counter/accounts /counter/accounts/add /counter/terminals /counter/terminals/id/pc-472051 /counter/reviews /counter/inquiries"},
		{auditor, "/counter/accounts /counter/terminals /counter/reviews /counter/alerts?all=1 /counter/inquiries /counter/report /counter/log"},
		{approver, "/counter/approvals /counter/recall /counter/inquiries"},
	} {
		for path := range strings.FieldsSeq(tt.paths) {
			rows := len(w.store.acts)
			tt.c.get(path).want(http.StatusOK)
			if len(w.store.acts) != rows+1 || w.last().Operator != tt.c.login {
				t.Errorf("%s by %s: %d rows", path, tt.c.login, len(w.store.acts)-rows)
			}
			w.store.writeFails = errDown
			tt.c.get(path).want(http.StatusServiceUnavailable)
			w.store.writeFails = nil
		}
	}
	now := w.now().In(cert.JST())
	fields := []string{"operator", approver.login, "day", now.Format("2006-01-02"), "hour", fmt.Sprint(now.Hour())}
	approver.post("/counter/recall", fields...).want(http.StatusOK)
	if got := w.last(); got.Operation != staff.OpView || got.Details["operator"] != approver.login || got.Details["found"] != "0" {
		t.Errorf("a dry run: row %s %v", got.Operation, got.Details)
	}
	fields[1] = "nobody"
	approver.post("/counter/recall", fields...).want(http.StatusUnprocessableEntity)
}

// Somebody put on a terminal after the page was made stays on it.
//
// Rows: F3
func TestOldPageTakesNobodyOff(t *testing.T) {
	w := newWorld(t)
	admin := w.staffOf(townA, staff.Administrator)
	w.staffOf(townA, staff.Clerk)
	shown := slices.Clone(w.store.terminals["pc-472051"].Users)
	w.invite(townA, "late", []staff.Function{staff.Clerk})
	fields := []string{"active", "yes", "was", "yes"}
	for _, id := range shown {
		fields = append(fields, "shown", id, "user", id)
	}
	admin.post("/counter/terminals/id/pc-472051", fields...).want(http.StatusSeeOther)
	if got := w.store.terminals["pc-472051"]; len(got.Users) != len(shown)+1 || !got.Active {
		t.Errorf("%d of %d users are left", len(got.Users), len(shown)+1)
	}
}

// Rows: R3.1
func TestManyWithdrawalsAreAColleaguesTurn(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	for n := range 31 {
		ask := c.post("/counter/void", "id", string(townID(t, townA, 100+n))).want(http.StatusOK)
		want := http.StatusOK
		if n == 30 {
			want = http.StatusTooManyRequests
		}
		c.post("/counter/void/confirm", "void", ask.hidden("/counter/void/confirm", "void"), "reason", "error").want(want)
	}
	if len(w.store.revoked) != 30 {
		t.Errorf("%d withdrawn", len(w.store.revoked))
	}
	if !slices.ContainsFunc(w.store.alerts, func(a staff.Alert) bool { return a.Kind == staff.AlertWithdrawn && a.Operator == c.login }) {
		t.Error("no alert for many withdrawals")
	}
}

// Rows: R3.3, F8
func TestRecallOfASharedIDWithCapitals(t *testing.T) {
	w := newWorld(t)
	approver := w.staffOf(townA, staff.Approver)
	w.store.accounts["shared"] = staff.Account{ID: "shared", Municipality: townA, Login: "win", State: staff.Active,
		Shared: &staff.Shared{Roster: []staff.Member{{StaffNumber: "K100"}}}}
	w.store.issues = append(w.store.issues, staff.Issue{Handle: "h", Kind: cert.Domestic,
		Act: staff.Act{Municipality: townA, Operator: "win/K100", Account: "shared", At: w.now()}})
	now := w.now().In(cert.JST())
	for _, operator := range []string{"win/K100", "WIN/K100"} {
		dry := approver.post("/counter/recall", "operator", operator, "day", now.Format("2006-01-02"), "hour", fmt.Sprint(now.Hour())).want(http.StatusOK)
		if !dry.has(`name="recall"`) {
			t.Errorf("%s: nothing to recall", operator)
		}
	}
}

// Rows: N9
func TestConsoleTellsWhatIsWatched(t *testing.T) {
	w := newWorld(t)
	c, opener := w.staffOf(townA, staff.Clerk), w.staffOf(townA, staff.Clerk, staff.Approver)
	for range 8 {
		c.send(c.preview(ticketA), "/counter/certificate").want(http.StatusOK)
	}
	for range 60 {
		opener.personPage(ticketA)
	}
	for kind, login := range map[staff.AlertKind]string{staff.AlertFamily: c.login, staff.AlertFruitless: opener.login} {
		if !slices.ContainsFunc(w.store.alerts, func(a staff.Alert) bool { return a.Kind == kind && a.Operator == login }) {
			t.Errorf("no alert %s", kind)
		}
	}
}

// Rows: F10, R3.1
func TestApproversLookIsLogged(t *testing.T) {
	w := newWorld(t)
	c, second := w.staffOf(townA, staff.Clerk), w.staffOf(townA, staff.Approver)
	c.send(c.preview(ticketA, "written", "山田　芲子"), "/counter/certificate").want(http.StatusOK)
	id := second.get("/counter/approvals").want(http.StatusOK).hidden("/counter/approvals/open", "approval")
	second.post("/counter/approvals/open", "approval", id).want(http.StatusOK)
	if got := w.last(); got.Operation != staff.OpReview || got.Subject != id || got.Operator != second.login {
		t.Errorf("row %s of %s", got.Operation, got.Subject)
	}
	w.store.writeFails = errDown
	second.post("/counter/approvals/open", "approval", id).want(http.StatusServiceUnavailable)
}
