// SPDX-License-Identifier: Apache-2.0

package counter_test

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"
	"time"

	"kofu/api/counter"
	"kofu/api/counter/staff"
	"kofu/cert"
)

func sum(s string) [32]byte { return sha256.Sum256([]byte(s)) }

// Rows: C1
func TestHeadersOfEveryAnswer(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	for _, a := range []answer{
		w.browser(townA).get("/counter/sign-in"), c.get("/counter/"), c.personPage(ticketA), c.get("/counter/log"), c.get("/nothing"),
		c.get("/counter/static/console.js"), (&client{w: w, terminal: "nobody"}).get("/counter/"),
		c.do(c.request(http.MethodPut, "/counter/", nil, "")),
	} {
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		} {
			if got := a.Header().Get(name); got != want {
				t.Errorf("status %d: %s is %q", a.Code, name, got)
			}
		}
		if !strings.Contains(a.Header().Get("Permissions-Policy"), "publickey-credentials-get=(self)") || a.Header().Get("Strict-Transport-Security") == "" {
			t.Error("no Permissions-Policy or no HSTS")
		}
		if strings.Contains(a.page, "<script>") || strings.Contains(a.page, " style=") || strings.Contains(a.page, " onclick") {
			t.Error("a page with script or style in it")
		}
	}
	issued := c.send(c.preview(ticketA), "/counter/certificate")
	paper := c.send(issued, "/counter/paper").want(http.StatusOK)
	if h := paper.Header(); h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("the paper's headers: %v", h)
	}
}

func TestCookieIsForThisHostAlone(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	before := c.cookie
	r := c.request(http.MethodPost, "/counter/sign-in", []byte(values("login", c.login, "password", passA, "member", "", "lang", "ja").Encode()), "application/x-www-form-urlencoded")
	got := c.do(r).want(http.StatusSeeOther)
	set := got.Header().Get("Set-Cookie")
	for _, part := range []string{"__Host-kofu-counter=", "Path=/", "HttpOnly", "Secure", "SameSite=Strict"} {
		if !strings.Contains(set, part) {
			t.Errorf("cookie %q lacks %s", set, part)
		}
	}
	if strings.Contains(set, "Max-Age") || strings.Contains(set, "Expires") || strings.Contains(set, "Domain") {
		t.Errorf("cookie %q outlives the browser or leaves the host", set)
	}
	half := c.cookie
	if half == before || half == "" {
		t.Error("the token of a new stage is not a new one")
	}
	c.get("/counter/search").want(http.StatusSeeOther) // the second factor is awaited
	c.post("/counter/search", "ticket", ticketA).want(http.StatusSeeOther)
	c.post("/counter/second", "code", c.code(c.login)).want(http.StatusSeeOther)
	if c.cookie == half {
		t.Error("the token of a new stage is not a new one")
	}
	(&client{w: w, terminal: c.terminal, cookie: half}).get("/counter/").want(http.StatusSeeOther)
}

func TestOtherSitesAreRefused(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	for _, tt := range []struct {
		name, method, site, origin string
		want                       int
	}{
		{"post same-origin", http.MethodPost, "same-origin", "https://counter.test", http.StatusSeeOther},
		{"post with the origin alone", http.MethodPost, "", "https://counter.test", http.StatusSeeOther},
		{"post without a word", http.MethodPost, "", "", http.StatusForbidden},
		{"post cross-site", http.MethodPost, "cross-site", "https://evil.test", http.StatusForbidden},
		{"post same-site", http.MethodPost, "same-site", "https://evil.counter.test", http.StatusForbidden},
		{"post typed", http.MethodPost, "none", "", http.StatusForbidden},
		{"post of another origin", http.MethodPost, "", "https://evil.test", http.StatusForbidden},
		{"post of no origin", http.MethodPost, "", "null", http.StatusForbidden},
		{"get typed", http.MethodGet, "none", "", http.StatusOK},
		{"get same-origin", http.MethodGet, "same-origin", "", http.StatusOK},
		{"get without a word", http.MethodGet, "", "", http.StatusOK},
		{"get cross-site", http.MethodGet, "cross-site", "", http.StatusForbidden},
		{"get same-site", http.MethodGet, "same-site", "", http.StatusForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := c.request(tt.method, "/counter/search", []byte("ticket="+ticketA), "application/x-www-form-urlencoded")
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Del("Origin")
			if tt.site != "" {
				r.Header.Set("Sec-Fetch-Site", tt.site)
			}
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			if got := c.do(r); got.Code != tt.want {
				t.Errorf("status %d, want %d", got.Code, tt.want)
			}
		})
	}
}

// Nobody is shown for a GET, whatever its address; what shows somebody is not
// to be had again.
//
// Rows: C2
func TestNoPersonByGet(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk, staff.Approver)
	auditor, admin := w.staffOf(townA, staff.Auditor), w.staffOf(townA, staff.Administrator)
	c.send(c.preview(ticketA), "/counter/certificate").want(http.StatusOK)
	w.atNight()
	for _, b := range []*client{c, auditor, admin} {
		b.signIn(b.login)
	}
	c.send(c.preview(ticketA), "/counter/certificate").want(http.StatusOK) // waits
	for _, r := range counter.Routes() {
		if r.Method != http.MethodGet {
			continue
		}
		for _, b := range []*client{c, auditor, admin} {
			if got := b.ask(r, "x", "x"); got.has("山田") || got.has("1985-03-14") || got.has(ticketA) || got.has("EX3617") {
				t.Errorf("GET %s shows the person", r.Path)
			}
		}
	}
}

func TestSignedOutShowsNothing(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	page := c.personPage(ticketA)
	old := c.cookie
	out := c.post("/counter/sign-out").want(http.StatusSeeOther)
	if got := out.Header().Get("Clear-Site-Data"); got != `"cache", "storage"` {
		t.Errorf("Clear-Site-Data: %s", got)
	}
	if !strings.Contains(out.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Error("the cookie is not taken back")
	}
	back := &client{w: w, terminal: c.terminal, cookie: old}
	back.get("/counter/").want(http.StatusSeeOther)
	back.post("/counter/person", "file", page.hidden("/counter/preview", "file")).want(http.StatusUnauthorized)
	back.post("/counter/alive").want(http.StatusUnauthorized)
}

// A browser that was closed and restored later finds no session, although its
// cookie is back; an open page keeps it.
func TestRestoredBrowserFindsNothing(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	for range 8 {
		w.pass(time.Minute)
		c.post("/counter/alive").want(http.StatusNoContent)
	}
	c.get("/counter/").want(http.StatusOK)
	for range 16 { // a page that lives is no act of the person
		w.pass(time.Minute)
		c.post("/counter/alive")
	}
	c.post("/counter/alive").want(http.StatusUnauthorized)
	c.signIn(c.login)
	w.pass(4 * time.Minute)
	c.get("/counter/").want(http.StatusSeeOther)
}

// Rows: F7
func TestRevokedAtTheNextRequest(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	admin := w.staffOf(townA, staff.Administrator)
	a, _, err := w.store.AccountByLogin(t.Context(), townA, c.login)
	if err != nil {
		t.Fatal(err)
	}
	admin.post("/counter/accounts/id/" + a.ID + "/revoke").want(http.StatusUnprocessableEntity)
	c.get("/counter/search").want(http.StatusOK)
	admin.post("/counter/accounts/id/"+a.ID+"/revoke", "sure", "yes").want(http.StatusSeeOther)
	c.get("/counter/search").want(http.StatusSeeOther)
	c.post("/counter/search", "ticket", ticketA).want(http.StatusSeeOther)
}

func TestPanicIsAPageAndNamesNobody(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	w.press.refs = nil // writing to it panics
	w.press.residents = map[cert.MunicipalityCode][]*resident{townA: {{ticket: ticketA}}}
	got := c.search("ticket", ticketA).want(http.StatusInternalServerError)
	if !got.has("<!doctype html>") || strings.Contains(w.log.String(), ticketA) || !strings.Contains(w.log.String(), `"panic"`) {
		t.Error("a panic is not a page, or not in the log, or quotes the request")
	}
}

// What a store answers while it is down is no answer, and nothing is shown of
// what could not be logged.
//
// Rows: R4.1
func TestNothingIsShownThatIsNotLogged(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	page := c.preview(ticketA)
	found := c.search("ticket", ticketA).hidden("/counter/person", "person")
	w.store.writeFails = errDown
	for path, fields := range map[string][]string{
		"/counter/search":      {"ticket", ticketA},
		"/counter/person":      {"person", found},
		"/counter/certificate": {"application", page.hidden("/counter/certificate", "application"), "statement", page.hidden("/counter/certificate", "statement")},
		"/counter/paper":       {"application", page.hidden("/counter/certificate", "application"), "statement", page.hidden("/counter/certificate", "statement")},
	} {
		if got := c.post(path, fields...); got.Code != http.StatusServiceUnavailable || got.has("山田") || got.has("%PDF") {
			t.Errorf("%s: status %d", path, got.Code)
		}
	}
}
