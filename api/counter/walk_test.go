// SPDX-License-Identifier: Apache-2.0

package counter_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
)

// Rows: A7, F10, F11, E8
func TestFromSearchToPaper(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	since := len(w.store.acts)

	preview := c.preview(ticketA, "kind", "overseas", "mrz", firstMRZ+"\n"+lastMRZ, "others", "Smith")
	if !preview.has("YAMADA HANAKO") || !preview.has("SMITH") || !preview.has(nameA) {
		t.Error("the preview lacks the name, the passport's or the other one")
	}
	issued := c.send(preview, "/counter/certificate").want(http.StatusOK)
	paper := c.send(issued, "/counter/paper").want(http.StatusOK)
	if got := paper.Header().Get("Content-Type"); got != "application/pdf" || !strings.HasPrefix(paper.page, "%PDF") {
		t.Errorf("the paper is %s", got)
	}
	if got := paper.Header().Get("Content-Disposition"); got != `inline; filename="certificate.pdf"` {
		t.Errorf("the paper is disposed as %s", got)
	}
	c.send(issued, "/counter/discard").want(http.StatusSeeOther)
	c.send(issued, "/counter/paper").want(http.StatusNotFound) // it is gone

	want := []string{"person.search", "person.open", "certificate.review", "certificate.issue", "certificate.print", "access.refused"}
	if got := w.rows(since, c.login); !slices.Equal(got, want) {
		t.Errorf("logged %v, want %v", got, want)
	}
	for _, a := range w.store.acts {
		if a.Operation == staff.OpIssue && (a.Details["document"] != "passport" || a.Details["purpose"] != "new" || a.Details["rid"] == "" ||
			a.Details["kind"] != "overseas" || len(a.Subject) != 32 || a.Terminal != "pc-472051" || a.Municipality != townA) {
			t.Errorf("the row of the issue says %v of %s", a.Details, a.Subject)
		}
	}
}

func TestPreviewNeedsWhatTheLawAsksFor(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	file := c.personPage(ticketA).hidden("/counter/preview", "file")
	good := map[string]string{"kind": "domestic", "document": "passport", "applicant": "self", "purpose": "new", "reason": ""}
	for _, tt := range []struct{ name, field, value, fault string }{
		{"A7 no document", "document", "", "document"},
		{"A7 known by staff", "document", "known_by_staff", "document"},
		{"A7 proxy without authority", "applicant", "proxy", "authority"},
		{"nobody", "applicant", "somebody", "applicant"},
		{"reissue without reason", "purpose", "reissue", "reason"},
		{"reason without reissue", "reason", "lost", "reason"},
		{"no kind", "kind", "both", "kind"},
		{"overseas without passport", "kind", "overseas", "mrz"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fields := []string{"file", file}
			for name, value := range good {
				if name == tt.field {
					value = tt.value
				}
				fields = append(fields, name, value)
			}
			page := c.post("/counter/preview", fields...).want(http.StatusUnprocessableEntity)
			if !page.has(`<a href="#`+tt.fault+`">`) || !page.has(`id="`+tt.fault+`-fault"`) {
				t.Errorf("no fault at %s", tt.fault)
			}
		})
	}
}

func TestMRZFaultsNameTheDigit(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	file := c.personPage(ticketA).hidden("/counter/preview", "file")
	change := func(at int) string {
		b := []byte(lastMRZ)
		b[at] = '8'
		return firstMRZ + "\n" + string(b)
	}
	for _, tt := range []struct{ name, mrz, says string }{
		{"number", change(9), "旅券番号の検査数字"}, {"birth", change(19), "生年月日の検査数字"}, {"expiry", change(27), "満了日の検査数字"},
		{"composite", change(43), "全体の検査数字"}, {"one line", firstMRZ, "44文字"},
		{"letters", strings.Replace(firstMRZ, "H", "%", 1) + "\n" + lastMRZ, "使えない文字"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := c.post("/counter/preview", "file", file, "kind", "overseas", "document", "passport", "applicant", "self", "purpose", "new", "reason", "", "mrz", tt.mrz)
			if page.want(http.StatusUnprocessableEntity); !page.has(tt.says) {
				t.Errorf("does not say %q", tt.says)
			}
		})
	}
	page := c.post("/counter/preview", "file", file, "kind", "overseas", "document", "passport", "applicant", "self", "purpose", "new", "reason", "",
		"mrz", strings.ToLower(firstMRZ+lastMRZ)) // pasted as one line
	page.want(http.StatusOK)
}

// Rows: R3.1
func TestHeldUntilASecondPersonApproves(t *testing.T) {
	w := newWorld(t)
	both := w.staffOf(townA, staff.Clerk, staff.Approver)
	second := w.staffOf(townA, staff.Approver)
	w.atNight()
	both.signIn(both.login)
	second.signIn(second.login)

	waiting := both.send(both.preview(ticketA), "/counter/certificate").want(http.StatusOK)
	if !waiting.has("data-waiting") {
		t.Fatal("issued at night without a second person")
	}
	handle := attribute(waiting.page, "data-approval")
	if got := both.post("/counter/waiting", "approval", handle).want(http.StatusOK); !got.has(`"pending"`) {
		t.Errorf("the script is told %s", got.page)
	}
	list := second.get("/counter/approvals").want(http.StatusOK)
	if list.has(nameA) {
		t.Error("the list of approvals shows the person")
	}
	id := list.hidden("/counter/approvals/open", "approval")

	both.post("/counter/approvals/open", "approval", id).want(http.StatusForbidden)
	both.post("/counter/approvals/decide", "approval", id, "decision", "approve").want(http.StatusForbidden)
	second.post("/counter/waiting", "approval", handle).want(http.StatusForbidden)

	if open := second.post("/counter/approvals/open", "approval", id).want(http.StatusOK); !open.has(nameA) {
		t.Error("the approver does not see who it is about")
	}
	second.post("/counter/approvals/decide", "approval", id, "decision", "approve").want(http.StatusSeeOther)
	second.post("/counter/approvals/decide", "approval", id, "decision", "approve").want(http.StatusConflict)
	if got := both.post("/counter/waiting", "approval", handle).want(http.StatusOK); !got.has(`"approved"`) {
		t.Errorf("the script is told %s", got.page)
	}
	issued := both.send(waiting, "/counter/certificate").want(http.StatusOK)
	both.send(issued, "/counter/paper").want(http.StatusOK)
	if n := len(w.store.issues); n != 1 || w.store.issues[0].Approval != id {
		t.Errorf("%d issues noted", n)
	}
}

// A spelling of the applicant's own is compared by a second person, at any hour
// and count; what is made is judged, too, and not the preview alone.
//
// Rows: R3.1
func TestOtherCharactersNeedASecondPerson(t *testing.T) {
	w := newWorld(t)
	c, second := w.staffOf(townA, staff.Clerk), w.staffOf(townA, staff.Approver)
	waiting := c.send(c.preview(ticketA, "written", "山田　芲子"), "/counter/certificate").want(http.StatusOK)
	if !waiting.has("data-waiting") || !waiting.has("文字の確認が必要です") || waiting.has(`class="good"`) || waiting.has(`class="main" autofocus`) {
		t.Fatal("issued by one alone, or the page that waits looks like a yes")
	}
	paper := c.post("/counter/paper", "application", waiting.hidden("/counter/certificate", "application"), "statement", waiting.hidden("/counter/certificate", "statement"))
	if paper.want(http.StatusConflict); paper.has("%PDF") || len(w.store.issues) != 0 {
		t.Fatal("the paper was made of what waits")
	}
	list := second.get("/counter/approvals").want(http.StatusOK)
	if !list.has("旧字・俗字") || !list.has(`class="main" autofocus aria-label="内容を見る`) || list.has(`href="/counter/approvals" autofocus`) {
		t.Error("the list does not say why, or the focus is not on what waits")
	}
	id := list.hidden("/counter/approvals/open", "approval")
	second.post("/counter/approvals/decide", "approval", id, "decision", "approve").want(http.StatusSeeOther)
	if done := second.get("/counter/approvals").want(http.StatusOK); !done.has(`href="/counter/approvals" autofocus`) {
		t.Error("with nothing that waits the focus is nowhere")
	}
	c.send(waiting, "/counter/certificate").want(http.StatusOK)
	if n := len(w.store.issues); n != 1 || w.store.issues[0].Approval != id || w.store.approvals[id].Why != "written" {
		t.Errorf("%d issues noted, for %q", n, w.store.approvals[id].Why)
	}

	w.press.written = true
	if held := c.send(c.preview(ticketA), "/counter/certificate").want(http.StatusOK); !held.has("文字の確認が必要です") || len(w.store.issues) != 1 {
		t.Error("what was made is not judged")
	}
}

// On every page from the search to the paper the menu says where one is.
func TestMenuSaysWhereOneIs(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	w.atNight()
	c.signIn(c.login)
	found := c.search("ticket", ticketA)
	preview := c.preview(ticketA)
	for name, page := range map[string]answer{"found": found, "person": c.personPage(ticketA), "preview": preview, "waiting": c.send(preview, "/counter/certificate")} {
		if page.want(http.StatusOK); !page.has(`data-page="`+name+`"`) || !page.has(`<a href="/counter/search" aria-current="page">`) {
			t.Errorf("%s: the search is not marked", name)
		}
	}
}

// Rows: R3.1
func TestThirtyFirstOfAnHourIsHeld(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	for n := range 31 {
		page := c.send(c.preview(ticketA), "/counter/certificate").want(http.StatusOK)
		if held := page.has("data-waiting"); held != (n == 30) {
			t.Fatalf("certificate %d: held is %v", n+1, held)
		}
		w.pass(time.Second)
	}
	if !slices.ContainsFunc(w.store.alerts, func(a staff.Alert) bool { return a.Kind == staff.AlertHeld }) {
		t.Error("no alert for a limit that was reached")
	}
}

// Rows: E7
func TestProtectedAreForThoseEntitled(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	found := c.search("ticket", "0000000001").want(http.StatusOK)
	if found.has("支援措置") {
		t.Error("who is not entitled is told of the measure")
	}
	refused := c.post("/counter/person", "person", found.hidden("/counter/person", "person")).want(http.StatusUnprocessableEntity)
	if refused.has("支援") || refused.has("佐藤") {
		t.Error("the refusal tells of the measure or the person")
	}
	e := w.staffOf(townA, staff.Clerk, staff.Protected)
	if page := e.personPage("0000000001"); !page.has("支援措置の対象です") {
		t.Error("who is entitled is not told")
	}
	// every issue needs a second person, who is entitled as well
	waiting := e.send(e.preview("0000000001"), "/counter/certificate").want(http.StatusOK)
	if !waiting.has("data-waiting") {
		t.Fatal("issued without a second person")
	}
	second := w.staffOf(townA, staff.Approver)
	id := ""
	for id = range w.store.approvals {
	}
	second.post("/counter/approvals/open", "approval", id).want(http.StatusUnprocessableEntity)
	second.post("/counter/approvals/decide", "approval", id, "decision", "approve").want(http.StatusUnprocessableEntity)
	entitled := w.staffOf(townA, staff.Approver, staff.Protected)
	entitled.post("/counter/approvals/decide", "approval", id, "decision", "refuse").want(http.StatusSeeOther)
	if page := e.send(waiting, "/counter/certificate").want(http.StatusOK); !page.has("承認されませんでした") || !page.has(`class="bad"`) || page.has(`action="/counter/certificate"`) {
		t.Error("who asked is not told that it was refused")
	}
}

func (w *world) atNight() {
	at := w.now()
	w.pass(time.Date(at.Year(), at.Month(), at.Day(), 23, 0, 0, 0, at.Location()).Sub(at))
}

func attribute(page, name string) string {
	_, rest, _ := strings.Cut(page, name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
