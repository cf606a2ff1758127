// SPDX-License-Identifier: Apache-2.0

package counter_test

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kofu/api/counter"
	"kofu/api/counter/staff"
)

// everybody is one of each function, and of those that go together.
func everybody() [][]staff.Function {
	return [][]staff.Function{{staff.Clerk}, {staff.Approver}, {staff.Clerk, staff.Approver}, {staff.Clerk, staff.Protected},
		{staff.Administrator}, {staff.Auditor}}
}

// fill puts something in the place of what a route's path leaves open.
func fill(path, account, terminal string) string {
	return strings.NewReplacer(":account", account, ":terminal", terminal, ":name", "console.css").Replace(path)
}

// ask asks for a route with a body of the right form and nothing in it.
func (c *client) ask(r counter.Route, account, terminal string) answer {
	media, body := "application/x-www-form-urlencoded", ""
	if strings.HasSuffix(r.Path, "/import") {
		media, body = "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nlogin\r\n--x--\r\n"
	}
	if r.Path == "/counter/passkey/finish" {
		media, body = "application/json", "{}"
	}
	return c.do(c.request(r.Method, fill(r.Path, account, terminal), []byte(body), media))
}

// Every route, asked for by every function, with what is of the own and of
// another municipality: allowed exactly where the table says.
//
// Rows: F1, F3, F6, D4
func TestEveryRouteByEveryFunction(t *testing.T) {
	w := newWorld(t)
	w.staffOf(townB, staff.Administrator)
	other := w.staffOf(townB, staff.Clerk)
	account := map[string]string{"own": "", "other": ""}
	for _, functions := range everybody() {
		w.staffOf(townA, functions...)
	}
	w.staffOf(townA, staff.Approver, staff.Protected) // whose account the administrator works on
	for _, a := range w.store.accounts {
		switch {
		case a.Municipality == townB && a.Login == other.login:
			account["other"] = a.ID
		case a.Municipality == townA && a.Login == "u-ap-pr":
			account["own"] = a.ID
		}
	}
	terminal := map[string]string{"own": "pc-" + string(townA), "other": "pc-" + string(townB)}
	for _, functions := range everybody() {
		c := w.staffOf(townA, functions...)
		c.signIn(c.login)
		for _, r := range counter.Routes() {
			if r.Stage != staff.StageFull || r.Path == "/counter/password" {
				continue
			}
			for _, whose := range []string{"own", "other"} {
				if whose == "other" && (!strings.Contains(r.Path, ":") || strings.HasSuffix(r.Path, "/:answer")) {
					continue
				}
				t.Run(strings.Join([]string{c.login, r.Method, r.Path, whose}, " "), func(t *testing.T) {
					w.check(t, c, r, functions, whose, c.ask(r, account[whose], terminal[whose]))
				})
			}
		}
	}
}

func (w *world) check(t *testing.T, c *client, r counter.Route, functions []staff.Function, whose string, got answer) {
	t.Helper()
	last := w.store.acts[len(w.store.acts)-1]
	logged := last.Operation == staff.OpDenied && last.Operator == c.login && last.Details["route"] == r.Method+" "+r.Path
	if last.Operation == staff.OpAlertRaise { // which comes behind it
		last = w.store.acts[len(w.store.acts)-2]
		logged = last.Operation == staff.OpDenied && last.Operator == c.login
	}
	allowed := len(r.Allow) == 0 || slices.ContainsFunc(r.Allow, func(f staff.Function) bool { return slices.Contains(functions, f) })
	switch {
	case !allowed && (got.Code != http.StatusForbidden || !logged):
		t.Errorf("status %d, logged %v: want 403, logged", got.Code, logged)
	case allowed && whose == "other" && (got.Code != http.StatusNotFound || !logged):
		t.Errorf("status %d, logged %v: want 404, logged", got.Code, logged)
	case allowed && whose == "own" && got.Code == http.StatusForbidden && got.has(" denied</p>"):
		t.Errorf("refused, but the table allows it")
	}
}

// Rows: F1, F3
func TestNobodyWithoutTerminalOrSession(t *testing.T) {
	w := newWorld(t)
	w.staffOf(townA, staff.Clerk)
	for _, r := range counter.Routes() {
		t.Run(r.Method+" "+r.Path, func(t *testing.T) {
			stranger := &client{w: w, terminal: "pc-nobody", cookie: w.staffOf(townA, staff.Clerk).cookie}
			refused := http.StatusForbidden
			if r.Once { // told at the page this leads to
				refused = http.StatusSeeOther
			}
			if got := stranger.ask(r, "x", "x"); got.Code != refused || got.has("<link") || got.has("宜野湾") {
				t.Errorf("a terminal that is not registered: status %d", got.Code)
			}
			plain := w.browser(townA).request(r.Method, fill(r.Path, "x", "x"), nil, "")
			plain.TLS = nil
			if got := w.browser(townA).do(plain); got.Code != refused {
				t.Errorf("without a client certificate: status %d", got.Code)
			}
			if r.Stage == "" {
				return
			}
			for _, cookie := range []string{"", rand.Text() + rand.Text(), "x", strings.Repeat("a", 4000)} {
				nobody := &client{w: w, terminal: "pc-" + string(townA), cookie: cookie}
				want := http.StatusUnauthorized
				if r.Method == http.MethodGet || r.Once {
					want = http.StatusSeeOther
				}
				if got := nobody.ask(r, "x", "x"); got.Code != want {
					t.Errorf("not signed in: status %d, want %d", got.Code, want)
				}
			}
		})
	}
}

// Rows: F3
func TestSessionStaysOnItsTerminal(t *testing.T) {
	w := newWorld(t)
	w.store.terminals["pc-2"] = staff.Terminal{ID: "pc-2", Municipality: townA, Active: true, Key: sum("pc-2")}
	c := w.staffOf(townA, staff.Clerk)
	for _, terminal := range []string{"pc-2", "pc-" + string(townB)} {
		thief := &client{w: w, terminal: terminal, cookie: c.cookie}
		thief.post("/counter/search", "ticket", ticketA).want(http.StatusSeeOther)
	}
}

// A4: the number has a field on one form, and on no other.
func TestOneFieldForAMyNumber_A4(t *testing.T) {
	for _, r := range counter.Routes() {
		if has := slices.Contains(r.Fields, "mynumber"); has != (r.Path == "/counter/search" && r.Method == http.MethodPost) {
			t.Errorf("%s %s: field for a My Number: %v", r.Method, r.Path, has)
		}
		for _, q := range r.Query {
			if slices.Contains([]string{"mynumber", "ticket", "name", "birth", "person", "file", "id"}, q) {
				t.Errorf("%s: an applicant in the address, as %s", r.Path, q)
			}
		}
	}
}

// Rows: B4
func TestUnknownFieldsAreRefused(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	for _, fields := range [][]string{
		{"ticket", ticketA, "municipality", string(townB)}, {"ticket", ticketA, "ticket", ticketB}, {"", "x"}, {"ticket", "a\x00b"}, {"ticket", "\xff"},
	} {
		c.post("/counter/search", fields...).want(http.StatusBadRequest)
	}
	c.get("/counter/search?ticket=" + ticketA).want(http.StatusBadRequest)
	c.get("/counter/search?notice=a&notice=b").want(http.StatusBadRequest)
	c.do(c.request(http.MethodPost, "/counter/person", []byte(`{"ticket":"1"}`), "application/json")).want(http.StatusBadRequest)
	c.post("/counter/search", "ticket", strings.Repeat("1", 17<<10)).want(http.StatusRequestEntityTooLarge)
	c.get("/counter/nothing").want(http.StatusNotFound)
	c.post("/counter/log").want(http.StatusMethodNotAllowed)
	c.do(c.request(http.MethodDelete, "/counter/search", nil, "")).want(http.StatusMethodNotAllowed)
}
