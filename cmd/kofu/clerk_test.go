// SPDX-License-Identifier: Apache-2.0

package main

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kofu/cert"
	"kofu/test/vrs"
)

const passphrase = "Tokei-Asagao-27-Marimo"

// makeCounter makes a site with a counter, at whatever time of the day the
// test runs: night is at another.
func makeCounter(t *testing.T) (s *site, addr string) {
	t.Helper()
	s = makeSite(t)
	addr, err := s.openCounter()
	if err != nil {
		t.Fatal(err)
	}
	night := time.Now().In(cert.JST()).Add(11 * time.Hour)
	s.section("counter")["policy"] = map[string]any{"second_factor": "totp",
		"night": map[string]any{"from": night.Format("15:04"), "until": night.Add(time.Minute).Format("15:04")}}
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	return s, addr
}

// A clerk sits at a terminal of an office, with a browser.
type clerk struct {
	t      *testing.T
	client *http.Client
	base   string
	login  string
	secret string // of TOTP, base32
}

// clerk makes one whose terminal has the certificate of a folder.
func (s *site) clerk(t *testing.T, addr, folder, login string) *clerk {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := s.counterpart(t, folder)
	c.Jar = jar
	return &clerk{t: t, client: c, base: "https://" + addr, login: login}
}

// moved is the same person with the same browser, at another replica.
func (c *clerk) moved(addr string) *clerk {
	c.t.Helper()
	from, err := url.Parse(c.base)
	if err != nil {
		c.t.Fatal(err)
	}
	other := *c
	other.base = "https://" + addr
	to, err := url.Parse(other.base)
	if err != nil {
		c.t.Fatal(err)
	}
	c.client.Jar.SetCookies(to, c.client.Jar.Cookies(from))
	return &other
}

// ask sends what a browser would, and follows it to the page it ends at.
func (c *clerk) ask(method, path string, fields ...string) (status int, page string, err error) {
	c.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		req.Header.Set("Origin", c.base)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err == nil {
		page = res.Request.URL.Path + "\n" + string(data)
	}
	return res.StatusCode, page, err
}

// posts wants the page that follows.
func (c *clerk) posts(path string, fields ...string) string {
	c.t.Helper()
	status, page, err := c.ask(http.MethodPost, path, fields...)
	if err != nil || status != http.StatusOK {
		c.t.Fatalf("%s: POST %s: %d %v\n%.3000s", c.login, path, status, err, page)
	}
	return page
}

func (c *clerk) gets(path string) string {
	c.t.Helper()
	status, page, err := c.ask(http.MethodGet, path)
	if err != nil || status != http.StatusOK {
		c.t.Fatalf("%s: GET %s: %d %v\n%.3000s", c.login, path, status, err, page)
	}
	return page
}

var (
	codeForm   = regexp.MustCompile(`[A-Z0-9]{5}(-[A-Z0-9]{5}){3}`)
	secretForm = regexp.MustCompile(`<code class="secret">([A-Z2-7 ]+)</code>`)
)

// hidden is the value of a field that a page carries on.
func (c *clerk) hidden(page, name string) string {
	c.t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		c.t.Fatalf("%s: no field %s in\n%.3000s", c.login, name, page)
	}
	return html.UnescapeString(m[1])
}

// code is of the present step, or of a later one. Each works once.
func (c *clerk) code(step int) string {
	c.t.Helper()
	text, err := totp.GenerateCode(c.secret, time.Now().Add(time.Duration(step)*30*time.Second))
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

// enrols with the code of an invitation, and then signs in.
func (c *clerk) enrols(invitation string) {
	c.t.Helper()
	page := c.posts("/counter/enrol", "login", c.login, "code", codeForm.FindString(invitation), "password", passphrase, "repeat", passphrase, "lang", "en")
	m := secretForm.FindStringSubmatch(page)
	if m == nil {
		c.t.Fatalf("%s: no secret in\n%.3000s", c.login, page)
	}
	c.secret = strings.ReplaceAll(m[1], " ", "")
	c.posts("/counter/second", "code", c.code(0))
	c.posts("/counter/sign-in", "login", c.login, "password", passphrase, "member", "", "lang", "en")
	if page = c.posts("/counter/second", "code", c.code(1)); !c.inside(page) {
		c.t.Fatalf("%s does not get in:\n%.3000s", c.login, page)
	}
}

// inside reports whether a page is one of somebody signed in.
func (*clerk) inside(page string) bool { return strings.HasPrefix(page, "/counter/\n") }

// issues a certificate to a resident, and returns the PDF.
func (c *clerk) issues(resident vrs.Resident) []byte {
	c.t.Helper()
	page := c.posts("/counter/search", "page", c.hidden(c.gets("/counter/search"), "page"), "ticket", resident.Ticket)
	page = c.posts("/counter/person", "person", c.hidden(page, "person"))
	page = c.posts("/counter/preview", "file", c.hidden(page, "file"), "document", "drivers_licence", "applicant", "self", "purpose", "new", "kind", "domestic",
		"reason", "", "mrz", "", "others", "", "written", "")
	page = c.posts("/counter/certificate", "application", c.hidden(page, "application"), "statement", c.hidden(page, "statement"))
	page = c.posts("/counter/paper", "application", c.hidden(page, "application"), "statement", c.hidden(page, "statement"))
	_, paper, _ := strings.Cut(page, "\n")
	if !strings.HasPrefix(paper, "%PDF-") {
		c.t.Fatalf("no paper: %.200s", paper)
	}
	return []byte(paper)
}

// openOffice admits the terminal of the folder offices, and gives it the first
// administrator of a municipality.
func (s *site) openOffice(t *testing.T, addr string, town cert.MunicipalityCode) *clerk {
	t.Helper()
	s.staffDoes(t, "desk", "add", "d-1", "-municipality", string(town), "-place", "本庁舎1階", "-certificate", filepath.Join(s.dir, "offices", vrs.ClientFile))
	said := s.staffDoes(t, "administrator", "add", "-municipality", string(town), "-login", "yamada", "-name", "山田花子", "-number", "0012", "-until", nextYear(), "-terminals", "d-1")
	admin := s.clerk(t, addr, "offices", "yamada")
	admin.enrols(said)
	return admin
}

func nextYear() string { return time.Now().In(cert.JST()).AddDate(1, 0, -1).Format(time.DateOnly) }

// hires adds an account on the terminal d-1, and enrols whose it is.
func (c *clerk) hires(s *site, login string, functions ...string) *clerk {
	c.t.Helper()
	fields := []string{"login", login, "name", "職員 " + login, "staff_number", "n-" + login, "valid_until", nextYear(), "terminal", "d-1"}
	for _, f := range functions {
		fields = append(fields, "function", f)
	}
	slip := c.posts("/counter/accounts/add", fields...)
	other := s.clerk(c.t, strings.TrimPrefix(c.base, "https://"), "offices", login)
	other.enrols(slip)
	return other
}
