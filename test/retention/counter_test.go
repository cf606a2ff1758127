// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"kofu/cert"
)

const passphrase = "Tokei-Asagao-27-Marimo"

// clerk sits at a terminal of an office, with a browser.
type clerk struct {
	w             *world
	client        *http.Client
	login, secret string
}

func (w *world) clerk(login string) *clerk {
	w.t.Helper()
	client := w.client(w.officeCerts, true)
	client.Jar = must(cookiejar.New(nil))(w.t)
	return &clerk{w: w, client: client, login: login}
}

// send sends what a browser would, and follows it to the page it ends at.
func (c *clerk) send(path string, body []byte) (status int, page string) {
	t := c.w.t
	t.Helper()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req := must(http.NewRequestWithContext(t.Context(), method, "https://"+c.w.counter+path, bytes.NewReader(body)))(t)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if body != nil {
		req.Header.Set("Origin", "https://"+c.w.counter)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res := must(c.client.Do(req))(t)
	defer res.Body.Close()
	return res.StatusCode, string(must(io.ReadAll(res.Body))(t))
}

func (c *clerk) form(fields ...string) []byte {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return []byte(form.Encode())
}

// posts wants the page that follows.
func (c *clerk) posts(path string, fields ...string) string {
	c.w.t.Helper()
	status, page := c.send(path, c.form(fields...))
	if status != http.StatusOK {
		c.w.t.Fatalf("%s: POST %s: %d\n%.2000s", c.login, path, status, page)
	}
	return page
}

var (
	invitation = regexp.MustCompile(`[A-Z0-9]{5}(-[A-Z0-9]{5}){3}`)
	totpSecret = regexp.MustCompile(`<code class="secret">([A-Z2-7 ]+)</code>`)
)

// hidden is the value of a field that a page carries on; "" for none.
func hidden(page, name string) string {
	m := regexp.MustCompile(`name="` + name + `" value="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func (c *clerk) enrols(said string) {
	t := c.w.t
	t.Helper()
	page := c.posts("/counter/enrol", "login", c.login, "code", invitation.FindString(said), "password", passphrase, "repeat", passphrase, "lang", "en")
	m := totpSecret.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("%s: no secret in\n%.2000s", c.login, page)
	}
	c.secret = strings.ReplaceAll(m[1], " ", "")
	code := func(step int) string {
		return must(totp.GenerateCode(c.secret, time.Now().Add(time.Duration(step)*30*time.Second)))(t)
	}
	c.posts("/counter/second", "code", code(0))
	c.posts("/counter/sign-in", "login", c.login, "password", passphrase, "member", "", "lang", "en")
	c.posts("/counter/second", "code", code(1))
}

// opensCounter makes an administrator and a clerk, who is returned.
func (w *world) opensCounter() *clerk {
	w.t.Helper()
	next := time.Now().In(cert.JST()).AddDate(1, 0, -1).Format(time.DateOnly)
	admin := w.clerk("yamada")
	admin.enrols(w.staff("administrator", "add", "-municipality", town, "-login", "yamada", "-name", "山田花子", "-number", "0012", "-until", next, "-terminals", "d-1"))
	slip := admin.posts("/counter/accounts/add", "login", "tanaka", "name", "職員田中", "staff_number", "n-2", "valid_until", next, "terminal", "d-1", "function", "clerk")
	c := w.clerk("tanaka")
	c.enrols(slip)
	return c
}

// office sends everybody of the counter through its door.
func (w *world) office(c *clerk, all []*planted) {
	w.t.Helper()
	for _, p := range all {
		role, ok := strings.CutPrefix(p.role, "counter ")
		if !ok {
			continue
		}
		search := []string{"ticket", p.Ticket}
		switch role {
		case "number", "gateway down":
			search = []string{"mynumber", p.Number}
		case "name":
			search = []string{"name", p.Name, "birth", p.BirthDate}
		case "typed wrong":
			search = []string{"mynumber", p.Number, "name", p.Name}
		}
		switch role {
		case "oversized", "malformed":
			body := c.form("page", "x", "mynumber", p.Number, "name", p.Name, "mrz", strings.Join(p.mrz(w.t), "\n"))
			if role == "oversized" {
				body = append(append(append(body, "&number="...), p.Number...), bytes.Repeat([]byte("."), 20<<10)...)
			}
			if status, _ := c.send("/counter/search", body); status < 400 {
				w.t.Errorf("%s: %d", p.role, status)
			}
			continue
		case "gateway down":
			w.fault("kind=reset")
		}
		_, form := c.send("/counter/search", nil)
		_, page := c.send("/counter/search", c.form(append([]string{"page", hidden(form, "page")}, search...)...))
		w.mend()
		if person := hidden(page, "person"); person != "" {
			w.issues(c, p, role, person, all)
		} else if role == "ticket" || role == "number" || role == "name" {
			w.t.Fatalf("%s: nobody found:\n%.2000s", p.role, page)
		}
	}
}

// issues goes on with a person found.
func (w *world) issues(c *clerk, p *planted, role, person string, all []*planted) {
	w.t.Helper()
	_, page := c.send("/counter/person", c.form("person", person))
	mrz := strings.Join(p.mrz(w.t), "\r\n")
	if role == "mrz of another" {
		mrz = strings.Join(all[0].mrz(w.t), "\r\n")
	}
	file := hidden(page, "file")
	_, page = c.send("/counter/preview", c.form("file", file, "document", "drivers_licence", "applicant", "self", "purpose", "new", "kind", "overseas",
		"reason", "", "mrz", mrz, "others", "", "written", ""))
	application, statement := hidden(page, "application"), hidden(page, "statement")
	if application == "" {
		if role == "ticket" || role == "number" || role == "name" {
			w.t.Fatalf("%s: no preview:\n%.3000s", p.role, page)
		}
		return
	}
	page = c.posts("/counter/certificate", "application", application, "statement", statement)
	page = c.posts("/counter/paper", "application", hidden(page, "application"), "statement", hidden(page, "statement"))
	if !strings.HasPrefix(page, "%PDF-") {
		w.t.Fatalf("%s: no paper: %.200s", p.role, page)
	}
	p.rememberPaper(w.t, []byte(page))
	p.remember("", application, statement)
}
