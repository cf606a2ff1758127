// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kofu/api/counter"
)

// cookie is the clerk's, who is signed in.
func (w *world) cookie(t testing.TB) string {
	t.Helper()
	var pairs []string
	for _, c := range w.clerk.Browser().Jar.Cookies(must(url.Parse(w.clerk.Base()))(t)) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	if len(pairs) == 0 {
		t.Fatal("the clerk has no session")
	}
	return strings.Join(pairs, "; ")
}

var pageForm = regexp.MustCompile(`(?s)^<!doctype html>.*</html>\s*$`)

// Every route of the console, with what its page has and then with what it has
// not, signed in and not: always a page or a refusal that is one, with all that
// keeps a page from being framed, kept or guessed at.
func TestCounterFuzzed(t *testing.T) {
	w := theWorld(t)
	cookie := w.cookie(t)
	page := must(w.clerk.Send(t.Context(), http.MethodGet, "/counter/search"))(t)
	routes := slices.DeleteFunc(counter.Routes(), func(r counter.Route) bool { return r.Path == "/counter/sign-out" || r.Path == "/counter/password" }) // of those the clerk has need
	u := &run{w: w, replica: open, door: "counter", count: many(1500)}
	u.make = func(r chance, _ int) attempt { return r.counterCall(pick(r, routes), cookie, page) }
	u.judge = func(a attempt, got *answer) error { return got.page(a.method) }
	u.all(t)
	if _, err := w.clerk.Send(t.Context(), http.MethodGet, "/counter/search"); err != nil {
		t.Errorf("the clerk cannot go on: %v", err)
	}
}

// page holds an answer of the console to what all of them have.
func (a *answer) page(method string) error {
	if err := a.common(); err != nil || a.below() {
		return err
	}
	h := a.Header
	media, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch {
	case !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'"), h.Get("X-Frame-Options") != "DENY":
		return errors.New("can be framed")
	case h.Get("X-Content-Type-Options") != "nosniff", h.Get("Strict-Transport-Security") == "", h.Get("Cross-Origin-Resource-Policy") != "same-origin":
		return errors.New("lacks a header")
	case h.Get("Access-Control-Allow-Origin") != "":
		return errors.New("is for other origins")
	case a.Status >= 300 && a.Status < 400:
		if to := h.Get("Location"); !strings.HasPrefix(to, "/counter") {
			return fmt.Errorf("leads to %q", to)
		}
	case h.Get("Cache-Control") != "no-store" && (media == "text/html" || a.Status >= 400):
		return fmt.Errorf("%s may be kept: %q", media, h.Get("Cache-Control"))
	case method == http.MethodHead, a.Status == http.StatusNoContent:
	case a.Status >= 400 && (media != "text/html" || !pageForm.Match(a.Body)):
		return fmt.Errorf("a refusal (%d, %s) that is no page: %.200s", a.Status, media, a.Body)
	}
	return nil
}

// counterCall is a request of a route, from the fields its page has.
func (r chance) counterCall(route counter.Route, cookie, page string) attempt {
	a := attempt{method: route.Method, target: route.Path}
	for _, name := range []string{":name", ":login", ":id", ":answer", ":terminal", ":alert", ":account"} {
		a.target = strings.ReplaceAll(a.target, name, pick(r, []string{"clerk0", "page.css", "x", "d-1", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "%2e%2e", "1"}))
	}
	if route.Stage != "" || r.IntN(4) == 0 {
		a.set("Cookie", cookie)
	}
	if r.IntN(10) == 0 {
		a.set("Cookie", pick(r, []string{"", "__Host-kofu-counter=", "__Host-kofu-counter=" + strings.Repeat("a", 26) + ".ja", "__Host-kofu-counter=\xff.\x80", "__Host-kofu-counter=" + strings.Repeat("a", 9000), cookie + "; " + cookie, "a=b; " + cookie}))
	}
	values := func(name string) string {
		return pick(r, []string{"", "x", "clerk0", "900010", "123456789018", "１２３４", "domestic", "on", "1", "0", "-1", "2026-11-24", "1985-03-14", "ja", "en", "self", "new", "drivers_licence", "名　前", strings.Repeat("あ", 500), strings.Repeat("9", 20000),
			"\x00", "\xff\xfe", "a\r\nb: c", "<script>alert(1)</script>", "' OR 1=1--", "{{.}}", "../../x", "//evil.example", "https://evil.example", wronghandle(page, name)})
	}
	var pairs []string
	for _, f := range slices.Concat(route.Fields, route.Query) {
		name := strings.TrimSuffix(f, "*")
		if name == "password" || name == "old" || name == "login" && r.IntN(20) != 0 {
			continue // hashing passwords is another drill
		}
		if r.IntN(5) != 0 {
			pairs = append(pairs, name+"="+url.QueryEscape(values(name)))
		}
	}
	switch {
	case r.IntN(12) == 0:
		pairs = append(pairs, pick(r, []string{"extra=1", "=", "&&", "%", "%zz=1", "a=%", strings.Repeat("b=1&", 3000), strings.Repeat("n", 90) + "=1"}))
	case len(pairs) > 0 && r.IntN(12) == 0:
		pairs = append(pairs, pairs[0])
	}
	text := strings.Join(pairs, "&")
	if route.Method == http.MethodGet {
		if text != "" {
			a.target += "?" + text
		}
	} else {
		a.body = text
		a.set("Content-Type", "application/x-www-form-urlencoded")
		if r.IntN(12) == 0 {
			a.set("Content-Type", pick(r, []string{"application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain", ""}))
			a.body = pick(r, []string{text, `{"a":1}`, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\xff\x00\r\n--x--\r\n", "--x\r\n\r\n", "--x--", strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\na\r\n", 900) + "--x--"})
		}
		a.set("Sec-Fetch-Site", "same-origin")
		a.set("Origin", "https://localhost")
	}
	if r.IntN(3) == 0 {
		r.pageTrick(&a)
	}
	return a
}

// pageTrick changes what is around the form.
func (r chance) pageTrick(a *attempt) {
	kinds := []func(*attempt, any) string{r.media, r.framing, r.method, r.path, r.headers}
	a.done = append(a.done, pick(r, kinds)(a, nil))
}

// wronghandle is what the page carries in a field, or another such thing.
func wronghandle(page, name string) string {
	if m := regexp.MustCompile(`name="` + name + `" value="([^"]+)"`).FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return strings.Repeat("A", 64)
}
