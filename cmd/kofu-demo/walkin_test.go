// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/test/vrs"
)

// walkIn is somebody at a PC, without a browser: an HTTP client that says what
// a browser says of itself, and keeps its cookies as one does.
type walkIn struct {
	*trial
	host string // as in kaku-1.localhost:1234
	http *http.Client
	page string // as it was answered last
}

func (tr *trial) walkIn(t *testing.T, pc string) *walkIn {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(tr.URL, "http://"), ":")
	return &walkIn{trial: tr, host: pc + ".localhost:" + port, http: &http.Client{Transport: tr.HTTP.Transport, Jar: secureJar{jar}}}
}

// secureJar is a jar that takes this machine for safe without TLS, as browsers
// do.
type secureJar struct{ http.CookieJar }

func (j secureJar) SetCookies(u *url.URL, list []*http.Cookie) {
	for _, c := range list {
		c.Secure = false
	}
	j.CookieJar.SetCookies(u, list)
}

func (w *walkIn) send(t *testing.T, method, path string, form url.Values) (status int, header http.Header) {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = w.host
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := *w.http
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	w.page = string(data)
	if to := res.Header.Get("Location"); res.StatusCode == http.StatusSeeOther {
		return w.send(t, http.MethodGet, to, nil)
	}
	return res.StatusCode, res.Header
}

var (
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)"`)
	pageName    = regexp.MustCompile(`<body[^>]* data-page="([a-z]+)"`)
)

// name is which page was shown last.
func (w *walkIn) name() string {
	if m := pageName.FindStringSubmatch(w.page); m != nil {
		return m[1]
	}
	return ""
}

// fill sends the form of the last page that posts to path, with what it
// carries on, and fields.
func (w *walkIn) fill(t *testing.T, path string, fields ...string) (int, http.Header) {
	t.Helper()
	_, form, ok := strings.Cut(w.page, `action="`+path+`"`)
	if !ok {
		t.Fatalf("page %s has no form for %s", w.name(), path)
	}
	form, _, _ = strings.Cut(form, "</form>")
	values := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(form, -1) {
		values.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return w.send(t, http.MethodPost, path, values)
}

func (w *walkIn) at(t *testing.T, name string) {
	t.Helper()
	if w.name() != name {
		t.Fatalf("wanted page %s, have %s:\n%.1500s", name, w.name(), w.page)
	}
}

// signIn signs somebody of the crew in, as they would read it from the page of
// the staff.
func (w *walkIn) signIn(t *testing.T, l login, member string) {
	t.Helper()
	w.send(t, http.MethodGet, "/counter/sign-in", nil)
	w.at(t, "signin")
	w.fill(t, "/counter/sign-in", "login", l.Login, "password", l.Password, "member", member)
	w.at(t, "second")
	w.fill(t, "/counter/second", "code", totp(l.Secret, w.now()))
	w.at(t, "home")
}

// Everybody of the crew who has enrolled gets in with what the demo says, on
// the terminals it says and on no other.
//
// Rows: F1, F4, F6
func TestCrewGetsIn(t *testing.T) {
	tr := newTrialOf(t, setting{counter: true})
	for _, l := range tr.office.crew {
		if l.Invitation != "" {
			continue
		}
		member := ""
		if len(l.Members) > 0 {
			member = l.Members[0]
		}
		tr.later(time.Minute) // a new code, and the terminal's attempts are forgotten
		tr.walkIn(t, l.PCs[0]).signIn(t, l, member)
		for _, pc := range pcIDs() {
			if slices.Contains(l.PCs, pc) {
				continue
			}
			w := tr.walkIn(t, pc)
			w.send(t, http.MethodGet, "/counter/sign-in", nil)
			w.fill(t, "/counter/sign-in", "login", l.Login, "password", l.Password, "member", member)
			w.at(t, "signin")
		}
	}
	w := tr.walkIn(t, "nowhere")
	if status, _ := w.send(t, http.MethodGet, "/counter/", nil); status != http.StatusNotFound {
		t.Errorf("a terminal that is none is answered with %d", status)
	}
}

// A clerk issues by the demo's line, and what is issued is withdrawn: the
// published lists have it at once.
//
// Rows: A7, F10, R3.3
func TestClerkIssuesAndWithdraws(t *testing.T) {
	tr := newTrialOf(t, setting{counter: true})
	r := tr.first(t, func(r vrs.Resident) bool {
		return r.Municipality == "900010" && r.Ticket != "" && r.Passport != nil && r.Expected.CounterOverseas == issued
	})
	w := tr.walkIn(t, "kaku-2")
	w.signIn(t, tr.member(t, "900010", "suzuki"), "")
	id := w.issueOverseas(t, r)

	w.send(t, http.MethodGet, "/counter/void", nil)
	w.fill(t, "/counter/void", "id", string(id))
	w.fill(t, "/counter/void/confirm", "reason", "error")
	w.at(t, "voided")
	version, rids, uvcis, err := tr.books.Revoked(t.Context())
	if err != nil || version == 0 || len(rids) == 0 || len(uvcis) != 1 {
		t.Errorf("version %d, %v, %v (%v)", version, rids, uvcis, err)
	}
	acts, err := tr.books.Acts(t.Context(), staff.Filter{Municipality: "900010", Operator: "suzuki"}, 50)
	if err != nil {
		t.Fatal(err)
	}
	var done []staff.Operation
	for _, a := range slices.Backward(acts) {
		done = append(done, a.Operation)
		for _, m := range append(markers(r), string(id)) {
			if m != "" && (strings.Contains(a.Subject, m) || slices.ContainsFunc(slices.Collect(maps.Values(a.Details)), func(v string) bool { return strings.Contains(v, m) })) {
				t.Errorf("%s: %q is in the operation log", a.Operation, m)
			}
		}
	}
	want := []staff.Operation{staff.OpSignIn, staff.OpSearch, staff.OpOpen, staff.OpReview, staff.OpIssue, staff.OpPrint, staff.OpVoid}
	if done = slices.DeleteFunc(done, func(o staff.Operation) bool { return !slices.Contains(want, o) }); !slices.Equal(done, want) {
		t.Errorf("on record: %v", done)
	}
	for _, m := range markers(r) {
		if m != "" && strings.Contains(tr.log.String(), m) {
			t.Errorf("%q is in the server's log", m)
		}
	}
}

// issueOverseas goes the clerk's whole way, and reads the paper.
func (w *walkIn) issueOverseas(t *testing.T, r vrs.Resident) cert.ID {
	t.Helper()
	w.send(t, http.MethodGet, "/counter/search", nil)
	w.fill(t, "/counter/search", "ticket", r.Ticket)
	w.at(t, "found")
	w.fill(t, "/counter/person")
	w.at(t, "person")
	lines, err := mrz(r)
	if err != nil {
		t.Fatal(err)
	}
	w.fill(t, "/counter/preview", "kind", "overseas", "document", "passport", "applicant", "self", "purpose", "new", "mrz", lines[0]+"\r\n"+lines[1])
	w.at(t, "preview")
	w.fill(t, "/counter/certificate")
	w.at(t, "issued")
	id, err := cert.ParseID(regexp.MustCompile(`JPN[0-9]{20}`).FindString(w.page))
	if err != nil {
		t.Fatal(err)
	}
	status, h := w.fill(t, "/counter/paper")
	page, err := pdf.Read([]byte(w.page))
	if err != nil || status != http.StatusOK || h.Get("Content-Type") != "application/pdf" || len(page.Symbols) != 2 {
		t.Fatalf("paper: %d %s (%v)", status, h.Get("Content-Type"), err)
	}
	if !slices.ContainsFunc(page.Runs, func(run pdf.Run) bool { return strings.Contains(run.Text, r.Birth.String()) }) {
		t.Error("the paper is of somebody else")
	}
	return id
}

// member is one of the crew.
func (tr *trial) member(t *testing.T, m cert.MunicipalityCode, name string) login {
	t.Helper()
	i := slices.IndexFunc(tr.office.crew, func(l login) bool { return l.Municipality == m && l.Login == name })
	if i < 0 {
		t.Fatalf("no login %s", name)
	}
	return tr.office.crew[i]
}

// What the page of the staff lists is what works: it is the same list.
func TestStaffroom(t *testing.T) {
	tr := newTrialOf(t, setting{counter: true})
	res, err := tr.HTTP.Get(tr.URL + "/demo/counter?lang=en")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.StatusCode, err)
	}
	for _, l := range tr.office.crew {
		for _, want := range []string{l.Login, l.Name, l.Password, l.Secret, l.Invitation} {
			if !bytes.Contains(body, []byte(want)) {
				t.Errorf("%s of %s is not on the page", want, l.Municipality)
			}
		}
	}
	for _, id := range pcIDs() {
		if !bytes.Contains(body, []byte(tr.counterURL(id))) {
			t.Errorf("no way to %s", id)
		}
	}
	for _, body := range []string{`{"seconds":0}`, `{"seconds":86401}`, `{"minutes":1}`} {
		if status, _ := tr.post(t, "/demo/later", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
	before := tr.now()
	if status, _ := tr.post(t, "/demo/later", `{"seconds":90}`); status != http.StatusNoContent || tr.now().Sub(before) < 90*time.Second {
		t.Errorf("the clock does not go ahead: %d", status)
	}
	closed := newTrial(t)
	if status, _ := closed.post(t, "/demo/later", `{"seconds":90}`); status != http.StatusNotFound {
		t.Errorf("without a counter: %d", status)
	}
}
