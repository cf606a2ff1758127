// SPDX-License-Identifier: Apache-2.0

package counter_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// A person of municipality A cannot be found, opened, issued to, withdrawn or
// counted from B, by whatever is sent.
//
// Rows: D4, D5
func TestAnotherMunicipalityIsOutOfReach(t *testing.T) {
	w := newWorld(t)
	a := w.staffOf(townA, staff.Clerk)
	b := w.staffOf(townB, staff.Clerk)
	approverB := w.staffOf(townB, staff.Approver)
	for _, c := range []*client{a, b, approverB} {
		c.signIn(c.login)
	}
	person := a.search("ticket", ticketA).hidden("/counter/person", "person")
	page := a.personPage(ticketA)
	preview := a.preview(ticketA)
	issued := a.send(preview, "/counter/certificate").want(http.StatusOK)
	id := string(w.lastID())
	past := w.staff.SealHandle(staff.Session{ID: "of somebody else"}, "issue", id)

	file := page.hidden("/counter/preview", "file")
	form := []string{"kind", "domestic", "document", "passport", "applicant", "self", "purpose", "new", "reason", ""}
	sealed := []string{"application", preview.hidden("/counter/certificate", "application"), "statement", preview.hidden("/counter/certificate", "statement")}
	for _, tt := range []struct {
		name, path string
		fields     []string
		want       int
	}{
		{"ticket", "/counter/search", []string{"ticket", ticketA}, http.StatusUnprocessableEntity},
		{"ticket of the OCR line", "/counter/search", []string{"ticket", "21" + string(townA) + ticketA}, http.StatusUnprocessableEntity},
		{"My Number", "/counter/search", []string{"mynumber", numberA}, http.StatusUnprocessableEntity},
		{"name", "/counter/search", []string{"name", nameA, "birth", "1985-03-14"}, http.StatusUnprocessableEntity},
		{"handle of a person", "/counter/person", []string{"person", person}, http.StatusNotFound},
		{"handle of a file", "/counter/person", []string{"file", file}, http.StatusNotFound},
		{"preview", "/counter/preview", append([]string{"file", file}, form...), http.StatusNotFound},
		{"issue", "/counter/certificate", sealed, http.StatusNotFound},
		{"paper", "/counter/paper", sealed, http.StatusNotFound},
		{"handle of a past issue", "/counter/void", []string{"issue", past}, http.StatusNotFound},
		{"certificate ID", "/counter/void", []string{"id", id}, http.StatusNotFound},
		{"certificate ID in small letters", "/counter/void", []string{"id", " " + strings.ToLower(id)}, http.StatusNotFound},
		{"withdrawal", "/counter/void/confirm", []string{"void", w.staff.SealHandle(staff.Session{ID: "x"}, "void", id), "reason", "fraud"}, http.StatusNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			send := b.post
			if tt.path == "/counter/search" {
				send = func(_ string, fields ...string) answer { return b.search(fields...) }
			}
			got := send(tt.path, tt.fields...).want(tt.want)
			if got.has("山田") || got.has(id) || got.has("EX3617") {
				t.Error("something of the person is shown")
			}
		})
	}
	if got := approverB.post("/counter/recall", "operator", a.login, "day", "2026-11-24", "hour", "10").want(http.StatusOK); !got.has("対象の証明書はありません") {
		t.Error("another municipality's certificates are counted")
	}
	if !slices.ContainsFunc(w.store.alerts, func(x staff.Alert) bool {
		return x.Kind == staff.AlertOtherCity && x.Municipality == townB && x.Operator == b.login
	}) {
		t.Error("no alert for the certificate ID of another municipality")
	}
	if len(w.store.revoked) != 0 || len(w.store.issues) != 1 {
		t.Errorf("%d withdrawn, %d issued", len(w.store.revoked), len(w.store.issues))
	}
	a.send(issued, "/counter/discard")
}

// What a page of one session carries opens in no other, of the same clerk
// neither.
func TestHandlesStayInTheirSession(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	d := w.staffOf(townA, staff.Clerk, staff.Approver)
	preview := c.preview(ticketA)
	person := c.search("ticket", ticketA).hidden("/counter/person", "person")
	application, said := preview.hidden("/counter/certificate", "application"), preview.hidden("/counter/certificate", "statement")
	again := &client{w: w, terminal: c.terminal}
	again.signIn(c.login)
	for _, other := range []*client{d, again} {
		since := len(w.store.acts)
		other.post("/counter/person", "person", person).want(http.StatusNotFound)
		other.post("/counter/certificate", "application", application, "statement", said).want(http.StatusNotFound)
		own := other.preview(ticketA) // the statement of one with the application of the other
		other.post("/counter/certificate", "application", application, "statement", own.hidden("/counter/certificate", "statement")).want(http.StatusNotFound)
		other.post("/counter/certificate", "application", own.hidden("/counter/certificate", "application"), "statement", said).want(http.StatusNotFound)
		if n := strings.Count(strings.Join(w.rows(since, other.login), " "), "access.refused"); n != 4 {
			t.Errorf("%d of 4 refusals logged", n)
		}
	}
	c.signIn(c.login)
	old := c.preview(ticketA)
	application = old.hidden("/counter/certificate", "application")
	person = c.search("ticket", ticketA).hidden("/counter/person", "person")
	second := c.preview(ticketA) // nor the statement of one with the other of the same session
	c.post("/counter/certificate", "application", application, "statement", second.hidden("/counter/certificate", "statement")).want(http.StatusNotFound)
	// neither does one purpose open another, nor what was altered, nor what is old
	c.post("/counter/person", "file", person).want(http.StatusNotFound)
	c.post("/counter/void", "issue", person).want(http.StatusNotFound)
	c.post("/counter/person", "person", person[:len(person)-2]+"AA").want(http.StatusNotFound)
	c.post("/counter/person", "person", "").want(http.StatusNotFound)
	if len(w.store.issues) != 0 {
		t.Error("something was issued")
	}
	for range 8 {
		w.pass(2 * time.Minute)
		c.get("/counter/")
	}
	c.post("/counter/person", "person", person).want(http.StatusNotFound)
}

// A My Number is in no answer, no log and no row, whatever field it is typed
// into, and whether it is right or not.
//
// Rows: A4, C7, E1
func TestMyNumberLeavesNoTrace(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk, staff.Approver)
	auditor, admin := w.staffOf(townA, staff.Auditor), w.staffOf(townA, staff.Administrator)
	found := c.search("mynumber", numberA).want(http.StatusOK)
	c.search("mynumber", "１２３４ ５６７８ー９０１８").want(http.StatusOK)
	page := c.post("/counter/person", "person", found.hidden("/counter/person", "person")).want(http.StatusOK)
	file := page.hidden("/counter/preview", "file")

	c.search("mynumber", "123456789019").want(http.StatusUnprocessableEntity)
	c.search("ticket", numberA).want(http.StatusUnprocessableEntity)
	c.search("name", numberA, "birth", "1985-03-14").want(http.StatusUnprocessableEntity)
	c.search("name", nameA, "birth", numberA).want(http.StatusUnprocessableEntity)
	c.search("mynumber", numberA, "ticket", ticketA).want(http.StatusUnprocessableEntity)
	c.search("number", numberA).want(http.StatusBadRequest)
	for _, field := range []string{"document", "reason", "mrz", "others", "written", "kind", "purpose"} {
		fields := []string{"file", file}
		for name, value := range map[string]string{"kind": "overseas", "document": "passport", "applicant": "self", "purpose": "new", "reason": "", "mrz": firstMRZ} {
			if name != field {
				fields = append(fields, name, value)
			}
		}
		c.post("/counter/preview", append(fields, field, numberA)...).want(http.StatusUnprocessableEntity)
	}
	c.post("/counter/void", "id", numberA).want(http.StatusUnprocessableEntity)
	c.post("/counter/inquiries", "topic", "record", "by", "visit", "answer", "番号は 1234-5678-9018 でした").want(http.StatusUnprocessableEntity)
	auditor.post("/counter/reviews", "of", "log", "from", "2026-11-01", "until", "2026-11-24", "finding", numberA).want(http.StatusUnprocessableEntity)
	auditor.post("/counter/alerts/close", "alert", "x", "finding", numberA).want(http.StatusUnprocessableEntity)
	admin.post("/counter/accounts/add", "login", numberA, "name", numberA, "staff_number", numberA, "valid_until", numberA).want(http.StatusUnprocessableEntity)
	c.get("/counter/search?mynumber=" + numberA).want(http.StatusBadRequest)
	c.get("/counter/" + numberA).want(http.StatusNotFound)

	rows, err := json.Marshal(w.store.acts)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal([]any{w.store.sessions, w.store.issues, w.store.approvals, w.store.inquiries, w.store.reviews, w.store.alerts, w.store.tally})
	if err != nil {
		t.Fatal(err)
	}
	for place, text := range map[string]string{"answers": w.seen.String(), "server's log": w.log.String(), "operation log": string(rows), "stores": string(kept)} {
		for _, form := range []string{numberA, "1234 5678 9018", "1234-5678-9018", "１２３４", "123456789019", url.QueryEscape("１２３４")} {
			if strings.Contains(text, form) {
				t.Errorf("%s: the number is there", place)
			}
		}
	}
	for place, text := range map[string]string{"server's log": w.log.String(), "operation log": string(rows)} {
		for _, personal := range []string{"山田", "ヤマダ", "1985-03-14", "19850314", ticketA, "TK0000000", "EX3617", "record-a"} {
			if strings.Contains(text, personal) {
				t.Errorf("%s: %s is there", place, personal)
			}
		}
	}
	if w.press.searched != 2 {
		t.Errorf("%d searches reached the record service, want 2", w.press.searched)
	}
}

// A ticket of another municipality is a slip of the applicant's: it is on
// record, without its number, and alarms nobody.
//
// Rows: D4, F10
func TestTicketOfAnotherMunicipality(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	typed := "21" + string(townB) + ticketB
	page := c.search("ticket", typed).want(http.StatusUnprocessableEntity)
	last := w.store.acts[len(w.store.acts)-1]
	if !page.has("他の市区町村の接種券です") || last.Operation != staff.OpDenied || last.Details["why"] != "other_city" {
		t.Errorf("no fault at the field, or the row is %s %v", last.Operation, last.Details)
	}
	if page.has(ticketB) || strings.Contains(fmt.Sprint(last), ticketB) || len(w.store.alerts) != 0 || w.press.searched != 0 {
		t.Error("the number is shown or on record, or an alert, or a search was made")
	}
	w.store.writeFails = errDown
	if got := c.search("ticket", typed).want(http.StatusServiceUnavailable); got.has("他の市区町村の接種券です") {
		t.Error("what could not be logged is answered")
	}
}

// What a search logs is the key and how many were found.
func TestSearchIsLoggedByKey(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	for _, tt := range []struct {
		by, found string
		fields    []string
	}{
		{"ticket", "1", []string{"ticket", "２１-" + string(townA) + " " + ticketA}},
		{"mynumber", "1", []string{"mynumber", numberA}},
		{"name", "1", []string{"name", nameA, "birth", "昭和60年3月14日"}},
		{"name", "0", []string{"name", nameA, "birth", "S60.3.15"}},
	} {
		c.search(tt.fields...)
		last := w.store.acts[len(w.store.acts)-1]
		if last.Operation != staff.OpSearch || last.Details["by"] != tt.by || last.Details["found"] != tt.found || last.Subject != "" {
			t.Errorf("%v: row %s %v", tt.fields, last.Operation, last.Details)
		}
	}
}

func (w *world) lastID() cert.ID {
	for _, a := range w.press.sealed {
		if a.issued != nil {
			return a.issued.ID
		}
	}
	w.t.Fatal("nothing was issued")
	return ""
}

// upload posts a bulk file.
func (c *client) upload(name, text string) answer {
	var b bytes.Buffer
	b.WriteString("--edge\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"staff.csv\"\r\nContent-Type: text/csv\r\n\r\n")
	b.WriteString(text)
	b.WriteString("\r\n--edge--\r\n")
	return c.do(c.request(http.MethodPost, "/counter/accounts/import", b.Bytes(), "multipart/form-data; boundary=edge"))
}
