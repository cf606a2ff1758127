// SPDX-License-Identifier: Apache-2.0

package counter_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
)

// Rows: F8, F11
func TestSharedIDNamesWhoUsesIt(t *testing.T) {
	w := newWorld(t)
	slip := w.staffOf(townA, staff.Administrator).post("/counter/accounts/add", "login", "desk", "name", "窓口共用", "staff_number", "", "function", "clerk",
		"valid_until", "2027-03-31", "terminal", "pc-472051", "shared_purpose", "臨時窓口", "shared_until", "2026-12-31",
		"roster", "301:職員 丙:2026-11-01:2026-12-31\n302:職員 丁:2026-12-01:2026-12-31").want(http.StatusOK)
	c := w.browser(townA)
	c.enrol("desk", regexp.MustCompile(`[0-9A-Z]{5}(-[0-9A-Z]{5}){3}`).FindString(slip.page))
	for _, member := range []string{"", "999", "302"} { // nobody, a stranger, somebody whose days have not come
		c.post("/counter/sign-in", "login", "desk", "password", passA, "member", member, "lang", "ja").want(http.StatusUnprocessableEntity)
	}
	c.post("/counter/sign-in", "login", "desk", "password", passA, "member", "301", "lang", "ja").want(http.StatusSeeOther)
	c.post("/counter/second", "code", c.code("desk")).want(http.StatusSeeOther)
	c.login = "desk/301"
	if home := c.get("/counter/").want(http.StatusOK); !home.has("<dd>desk/301</dd>") {
		t.Error("the page does not say who uses the shared ID")
	}
	since := len(w.store.acts)
	c.personPage(ticketA)
	if got := w.rows(since, "desk/301"); len(got) != 2 {
		t.Errorf("rows of who uses it: %v", got)
	}
}

// Rows: F4
func TestSignInTellsNobodyWhichAccountsThereAre(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	other := w.staffOf(townB, staff.Administrator)
	said := map[string]bool{}
	request := regexp.MustCompile(`class="request">[A-Z0-9]+<`)
	for _, tt := range []struct{ login, password string }{{c.login, "wrong"}, {"nobody", passA}, {other.login, "wrong"}, {"", ""}, {"u-ad' or 1=1", "x"}} {
		got := w.browser(townA).post("/counter/sign-in", "login", tt.login, "password", tt.password, "member", "", "lang", "ja").want(http.StatusUnprocessableEntity)
		said[request.ReplaceAllString(got.page, "")] = true
		if tt.login != "" && strings.Contains(got.page, tt.login) {
			t.Error("what was typed is shown again")
		}
	}
	if len(said) != 1 {
		t.Errorf("%d different answers", len(said))
	}
}

// The way in speaks English, and the session goes on in it.
func TestEnglishFromTheDoorOn(t *testing.T) {
	w := newWorld(t)
	c := w.staffOf(townA, staff.Clerk)
	if page := w.browser(townA).get("/counter/sign-in?lang=en").want(http.StatusOK); !page.has(`<html lang="en">`) || !page.has("Ginowan City") {
		t.Error("the sign-in is not English")
	}
	c.post("/counter/sign-in", "login", c.login, "password", passA, "member", "", "lang", "en").want(http.StatusSeeOther)
	c.post("/counter/second", "code", c.code(c.login)).want(http.StatusSeeOther)
	if page := c.get("/counter/search").want(http.StatusOK); !page.has(`<html lang="en">`) || !page.has("Search in one of three ways") {
		t.Error("the session does not go on in English")
	}
	back := c.post("/counter/language", "to", "ja", "back", "/counter/void").want(http.StatusSeeOther)
	if got := back.Header().Get("Location"); got != "/counter/void" {
		t.Errorf("the switch leads to %s", got)
	}
	for _, path := range []string{"https://evil.test/", "//evil.test", "/counter/enrol/qr", "/counter/person"} {
		if got := c.post("/counter/language", "to", "ja", "back", path).want(http.StatusSeeOther).Header().Get("Location"); got != "/counter/" {
			t.Errorf("%s leads to %s", path, got)
		}
	}
	c.post("/counter/language", "to", "en", "back", "/counter/").want(http.StatusSeeOther)
	w.pass(time.Hour) // the session ends, and who comes back is met in their language
	ended := c.post("/counter/person", "person", "x").want(http.StatusUnauthorized)
	if at := c.get("/counter/search").want(http.StatusSeeOther).Header().Get("Location"); at != "/counter/sign-in?lang=en" || !ended.has(`<html lang="en">`) {
		t.Errorf("the end of an English session leads to %s", at)
	}
	c.signIn(c.login) // in Japanese
	w.pass(time.Hour)
	if at := c.get("/counter/search").want(http.StatusSeeOther).Header().Get("Location"); at != "/counter/sign-in" {
		t.Errorf("the end of a Japanese session leads to %s", at)
	}
	c.signIn(c.login)
	c.post("/counter/language", "to", "xx", "back", "/counter/").want(http.StatusBadRequest)
	if page := c.get("/counter/search").want(http.StatusOK); !page.has(`<html lang="ja">`) {
		t.Error("the switch back is not kept")
	}
}
