// SPDX-License-Identifier: Apache-2.0

package counter_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"html"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kofu/api/counter"
	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cert/municipality"
)

const (
	townA = cert.MunicipalityCode("472051")
	townB = cert.MunicipalityCode("131016")

	numberA  = "123456789018" // a My Number: the check digit is right
	passA    = "correct-horse-battery-9"
	nameA    = "山田　花子"
	ticketA  = "0123456789"
	ticketB  = "9876543210"
	nameB    = "鈴木　一郎"
	firstMRZ = "P<JPNYAMADA<<HANAKO<<<<<<<<<<<<<<<<<<<<<<<<<"
	lastMRZ  = "TK00000003JPN8503149F3001019<<<<<<<<<<<<<<04"
)

// world is a console with two municipalities, their terminals, staff and
// residents.
type world struct {
	t       *testing.T
	mu      sync.Mutex
	clock   time.Time
	store   *memory
	press   *press
	staff   *staff.Service
	handler http.Handler
	log     *bytes.Buffer
	seen    bytes.Buffer // every answer, headers too
	people  map[string]*client
	secrets map[string]string
}

type noMetrics struct{}

func (noMetrics) Count(string, string, string, time.Duration) {}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: time.Date(2026, 11, 24, 10, 0, 0, 0, cert.JST()), log: &bytes.Buffer{}, people: map[string]*client{}, secrets: map[string]string{}}
	w.store = newMemory(w.now)
	for _, town := range []cert.MunicipalityCode{townA, townB} {
		id := "pc-" + string(town)
		w.store.terminals[id] = staff.Terminal{ID: id, Municipality: town, Place: "市民課", Active: true, Key: sha256.Sum256([]byte(id))}
	}
	data, err := os.ReadFile("../../cert/municipality/testdata/example.json")
	if err != nil {
		t.Fatal(err)
	}
	towns, err := municipality.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	w.press = &press{now: w.now, towns: towns, residents: map[cert.MunicipalityCode][]*resident{}, refs: map[cert.PersonRef]found{},
		sealed: map[string]application{}, invalid: map[cert.ID]bool{}}
	w.settle()
	secret := bytes.Repeat([]byte{7}, 32)
	w.staff, err = staff.New(staff.Config{Accounts: w.store, Book: w.store, SignIns: w.store, Terminals: w.store, Sessions: w.store, Tally: w.store,
		Log: w.store, Alerts: w.store, Policy: func(cert.MunicipalityCode) staff.Policy { return staff.DefaultPolicy() }, Secret: secret, Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	w.handler, err = counter.New(counter.Config{Staff: w.staff, Accounts: w.store, Terminals: w.store, Issues: w.store, Revocations: w.store,
		Approvals: w.store, Decisions: w.store, Alerts: w.store, Reviews: w.store, Inquiries: w.store, Acts: w.store, Counts: w.store,
		Persons: w.press, Desk: w.press, Aftercare: w.press, Municipalities: municipality.NewDirectory(towns, nil),
		Metrics: noMetrics{}, Log: slog.New(slog.NewJSONHandler(w.log, nil)), Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// settle gives each municipality its residents.
func (w *world) settle() {
	born := cert.Date{Year: 1985, Month: 3, Day: 14}
	dose := func(town cert.MunicipalityCode) []cert.Dose {
		return []cert.Dose{{Number: 1, Administered: true, Date: cert.Date{Year: 2021, Month: 7, Day: 1}, Municipality: town, Manufacturer: "ファイザー",
			Product: "コミナティ", Lot: "EX3617", Country: "JPN"}}
	}
	add := func(town cert.MunicipalityCode, number string, ticket, name cert.Private, handle string, block *cert.Block) {
		w.press.residents[town] = append(w.press.residents[town], &resident{number: number, ticket: ticket, file: cert.File{
			Record: cert.Record{Municipality: town, Holder: cert.Holder{Name: name, BirthDate: born, Sex: 2}, Doses: dose(town)},
			Kana:   "ヤマダ　ハナコ", Handle: handle, Block: block,
		}})
	}
	add(townA, numberA, ticketA, nameA, "record-a-000000001", nil)
	add(townA, "", "0000000001", "佐藤　次郎", "record-a-000000002", &cert.Block{Class: cert.Protective, From: born})
	add(townB, "", ticketB, nameB, "record-b-000000001", nil)
}

// client is a browser on a terminal.
type client struct {
	w        *world
	terminal string
	cookie   string
	login    string
}

func (w *world) browser(town cert.MunicipalityCode) *client {
	return &client{w: w, terminal: "pc-" + string(town)}
}

// request is one of this browser, with the headers browsers send.
func (c *client) request(method, path string, body []byte, media string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, "https://counter.test"+path, bytes.NewReader(body))
	r.TLS = identity(c.terminal)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Origin", "https://counter.test")
		r.Header.Set("Content-Type", media)
	}
	if c.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-kofu-counter", Value: c.cookie})
	}
	return r
}

// identity is what TLS says of a terminal.
func identity(terminal string) *tls.ConnectionState {
	leaf := &x509.Certificate{RawSubjectPublicKeyInfo: []byte(terminal)}
	return &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: [][]*x509.Certificate{{leaf}}}
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t    *testing.T
	page string
}

func (c *client) do(r *http.Request) answer {
	rec := httptest.NewRecorder()
	c.w.handler.ServeHTTP(rec, r)
	for _, k := range rec.Result().Cookies() {
		if k.Name == "__Host-kofu-counter" {
			c.cookie = k.Value
		}
	}
	page := rec.Body.String()
	for _, name := range slices.Sorted(maps.Keys(rec.Header())) {
		c.w.seen.WriteString(name + ": " + strings.Join(rec.Header()[name], ",") + "\n")
	}
	c.w.seen.WriteString(page)
	return answer{rec, c.w.t, page}
}

func (c *client) get(path string) answer { return c.do(c.request(http.MethodGet, path, nil, "")) }

// post sends a form, and reads the page that is to be read once where the
// answer leads to one.
func (c *client) post(path string, fields ...string) answer {
	sent := c.deliver(path, fields...)
	if at := sent.Header().Get("Location"); sent.Code == http.StatusSeeOther && strings.HasPrefix(at, "/counter/answer/") {
		return c.get(at)
	}
	return sent
}

// deliver sends a form, and follows nothing.
func (c *client) deliver(path string, fields ...string) answer {
	return c.do(c.request(http.MethodPost, path, []byte(values(fields...).Encode()), "application/x-www-form-urlencoded"))
}

// search sends the form of the search's own page.
func (c *client) search(fields ...string) answer {
	c.w.t.Helper()
	page := c.get("/counter/search").want(http.StatusOK)
	return c.post("/counter/search", append([]string{"page", page.hidden("/counter/search", "page")}, fields...)...)
}

func values(fields ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return v
}

// want fails the test for another status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.Code != status {
		text := a.page
		if i := strings.Index(text, "<main"); i >= 0 {
			text = text[i:min(len(text), i+900)]
		}
		a.t.Fatalf("status %d, want %d; Location %q\n%s", a.Code, status, a.Header().Get("Location"), text)
	}
	return a
}

// hidden returns the value of a hidden field, in the form that goes to action.
func (a answer) hidden(action, name string) string {
	a.t.Helper()
	_, rest, ok := strings.Cut(a.page, `action="`+action+`"`)
	if ok {
		form, _, _ := strings.Cut(rest, "</form>")
		if m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(form); m != nil {
			return html.UnescapeString(m[1])
		}
	}
	a.t.Fatalf("no field %s for %s", name, action)
	return ""
}

func (a answer) has(text string) bool { return strings.Contains(a.page, text) }

// staffOf returns a browser of somebody with these functions, signed in. The
// first of a municipality is its administrator.
func (w *world) staffOf(town cert.MunicipalityCode, functions ...staff.Function) *client {
	w.t.Helper()
	login := "u"
	for _, f := range functions {
		login += "-" + string(f)[:2]
	}
	key := string(town) + login
	if c := w.people[key]; c != nil {
		return c
	}
	var code string
	if slices.Contains(functions, staff.Administrator) {
		i, err := w.staff.AddAdministrator(w.t.Context(), "setup", town, staff.Draft{Login: login, Name: "管理 者", StaffNumber: "1",
			Functions: functions, ValidUntil: cert.Date{Year: 2027, Month: 3, Day: 31}, Terminals: []string{"pc-" + string(town)}}, false)
		if err != nil {
			w.t.Fatal(err)
		}
		code = i.Code
	} else {
		code = w.invite(town, login, functions)
	}
	c := w.browser(town)
	c.enrol(login, code)
	c.signIn(login)
	w.people[key] = c
	return c
}

// invite has the administrator add an account on the page for it.
func (w *world) invite(town cert.MunicipalityCode, login string, functions []staff.Function) string {
	w.t.Helper()
	fields := []string{"login", login, "name", "職員 " + login, "staff_number", fmt.Sprint(100 + len(w.store.accounts)), "valid_until", "2027-03-31", "terminal", "pc-" + string(town)}
	for _, f := range functions {
		fields = append(fields, "function", string(f))
	}
	slip := w.staffOf(town, staff.Administrator).post("/counter/accounts/add", fields...).want(http.StatusOK)
	m := regexp.MustCompile(`[0-9A-Z]{5}(-[0-9A-Z]{5}){3}`).FindString(slip.page)
	if m == "" {
		w.t.Fatal("no enrolment code on the slip")
	}
	return m
}

func (c *client) enrol(login, code string) {
	c.w.t.Helper()
	c.post("/counter/enrol", "login", login, "code", code, "password", passA, "repeat", passA, "lang", "ja").want(http.StatusSeeOther)
	page := c.get("/counter/enrol/factor").want(http.StatusOK)
	m := regexp.MustCompile(`class="secret">([A-Z2-7 ]+)<`).FindStringSubmatch(page.page)
	if m == nil {
		c.w.t.Fatal("no secret on the page of the second factor")
	}
	c.w.secrets[c.terminal+login] = strings.ReplaceAll(m[1], " ", "")
	c.post("/counter/second", "code", c.code(login)).want(http.StatusSeeOther)
	c.w.pass(30 * time.Second)
}

func (c *client) code(login string) string {
	code, err := totp.GenerateCode(c.w.secrets[c.terminal+login], c.w.now())
	if err != nil {
		c.w.t.Fatal(err)
	}
	return code
}

func (c *client) signIn(login string) {
	c.w.t.Helper()
	c.login = login
	c.post("/counter/sign-in", "login", login, "password", passA, "member", "", "lang", "ja").want(http.StatusSeeOther)
	if at := c.post("/counter/second", "code", c.code(login)).want(http.StatusSeeOther).Header().Get("Location"); at != "/counter/" {
		c.w.t.Fatalf("signed in, and sent to %s", at)
	}
	c.w.pass(30 * time.Second)
}

// rows returns the operations logged since the row seq, for an operator.
func (w *world) rows(since int, operator string) (list []string) {
	for _, a := range w.store.acts[since:] {
		if a.Operator == operator {
			list = append(list, string(a.Operation))
		}
	}
	return list
}

// personPage is the page of a resident, by ticket.
func (c *client) personPage(ticket string) answer {
	c.w.t.Helper()
	found := c.search("ticket", ticket).want(http.StatusOK)
	return c.post("/counter/person", "person", found.hidden("/counter/person", "person")).want(http.StatusOK)
}

// preview is the page before the issue.
func (c *client) preview(ticket string, more ...string) answer {
	c.w.t.Helper()
	page := c.personPage(ticket)
	fields := append([]string{"file", page.hidden("/counter/preview", "file"), "document", "passport", "applicant", "self", "purpose", "new", "reason", ""}, more...)
	if !slices.Contains(more, "kind") {
		fields = append(fields, "kind", "domestic")
	}
	return c.post("/counter/preview", fields...).want(http.StatusOK)
}

// send posts the application of a page that has one.
func (c *client) send(page answer, path string) answer {
	c.w.t.Helper()
	fields := []string{"application", page.hidden(path, "application")}
	if path != "/counter/discard" {
		fields = append(fields, "statement", page.hidden(path, "statement"))
	}
	return c.post(path, fields...)
}
