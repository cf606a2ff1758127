// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cmd/internal/sqlstore"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

// TestCounterLetsInRegisteredTerminals: a certificate of the right authority
// is needed and not enough, and a terminal that is taken out of use is out at
// its next request.
//
// Rows: F1, C6
func TestCounterLetsInRegisteredTerminals(t *testing.T) {
	s, addr := makeCounter(t)
	stop := start(t, s)
	if code, why := ready(t, s); code != http.StatusOK {
		t.Fatalf("not ready: %v", why)
	}
	for name, folder := range map[string]string{"no certificate": "", "another authority's": "."} {
		if status, page, err := s.clerk(t, addr, folder, name).ask(http.MethodGet, "/counter/sign-in"); err == nil {
			t.Errorf("%s: answered with %d %.200s", name, status, page)
		}
	}
	c := s.clerk(t, addr, "offices", "somebody")
	want := func(when string, status int) {
		t.Helper()
		got, page, err := c.ask(http.MethodGet, "/counter/sign-in")
		if form := strings.Contains(page, "<form"); err != nil || got != status || form != (status == http.StatusOK) {
			t.Errorf("%s: %d %v\n%.500s", when, got, err, page)
		}
	}
	want("not in the registry", http.StatusForbidden)
	s.staffDoes(t, "desk", "add", "d-1", "-municipality", "900010", "-place", "支所", "-certificate", filepath.Join(s.dir, "offices", vrs.ClientFile))
	want("admitted", http.StatusOK)
	s.staffDoes(t, "desk", "suspend", "d-1")
	want("suspended", http.StatusForbidden)
	s.staffDoes(t, "desk", "activate", "d-1")
	want("activated", http.StatusOK)
	for _, path := range []string{"/app/v1/status", "/kiosk/v1/sessions", "/metrics", "/readyz"} {
		if status, _ := get(t, s.counterpart(t, "offices"), "https://"+addr+path); status != http.StatusNotFound {
			t.Errorf("the counter's listener answers %s with %d", path, status)
		}
	}
	if status, _ := get(t, s.counterpart(t, "offices"), "https://"+s.app+"/counter/sign-in"); status != http.StatusNotFound {
		t.Errorf("the app's listener has the counter: %d", status)
	}
	metricsWith(t, s, `kofu_counter_alerts_total{kind="family_run"} 0`, `kofu_counter_issues_total{held="true"} 0`, `kofu_counter_untold_withdrawals 0`,
		`kofu_issue_identity_mismatch_total{channel="counter",crossed="true"} 0`)
	if code, said := stop(); code != exitDone || !strings.Contains(said, `"counter":"`+addr) {
		t.Errorf("ended with %d: %s", code, said)
	}
}

// TestWithoutCounterNothingOfIt: no metrics, no probe, no work beside.
func TestWithoutCounterNothingOfIt(t *testing.T) {
	s := makeSite(t)
	stop := start(t, s)
	if counted := metricsWith(t, s, "kofu_build_info{"); strings.Contains(counted, "kofu_counter") || strings.Contains(counted, "checkpoint") {
		t.Error("the metrics know of a counter")
	}
	if _, said := stop(); strings.Contains(said, `"counter"`) {
		t.Error("the log knows of a counter")
	}
}

// TestRevokedAccountIsOutEverywhere: the first administrator comes from the
// command line, the rest from there; who is revoked at one replica, or on the
// command line, is out at the next request to another.
//
// Rows: F5, F7, R3.4
func TestRevokedAccountIsOutEverywhere(t *testing.T) {
	s, addr := makeCounter(t)
	start(t, s)
	second, other, err := s.replica()
	if err != nil {
		t.Fatal(err)
	}
	start(t, second)
	town := vrs.Residents()[0].Municipality
	admin := s.openOffice(t, addr, town)
	if said := s.staffFails(t, "administrator", "add", "-municipality", string(town), "-login", "sato", "-name", "佐藤", "-number", "0013", "-until", nextYear(), "-terminals", "d-1"); !strings.Contains(said, "-again") {
		t.Errorf("a second one without saying so: %s", said)
	}
	if status, page, err := admin.ask(http.MethodPost, "/counter/accounts/add", "login", "boss", "name", "部長", "staff_number", "1", "function", "administrator",
		"valid_until", nextYear(), "terminal", "d-1"); err != nil || status == http.StatusOK && codeForm.MatchString(page) {
		t.Errorf("the console makes an administrator: %d %v", status, err)
	}
	if list := s.staffDoes(t, "account", "list", "-municipality", string(town)); strings.Contains(list, "boss") {
		t.Errorf("it is in the list:\n%s", list)
	}
	for name, revoke := range map[string]func(login string){
		"tanaka": func(login string) {
			s.staffDoes(t, "account", "revoke", login, "-municipality", string(town))
		},
		"kimura": func(login string) {
			status, page, err := admin.ask(http.MethodPost, "/counter/accounts/id/"+s.accountID(t, town, login)+"/revoke", "sure", "yes")
			if err != nil || status != http.StatusOK {
				t.Errorf("%d %v\n%.2000s", status, err, page)
			}
		},
	} {
		c := admin.hires(s, name, "clerk")
		there := c.moved(other)
		if page := there.gets("/counter/search"); !strings.HasPrefix(page, "/counter/search\n") {
			t.Fatalf("%s: not inside at the other replica:\n%.1000s", name, page)
		}
		revoke(name)
		for where, at := range map[string]*clerk{"here": c, "there": there} {
			if status, page, err := at.ask(http.MethodGet, "/counter/search"); err != nil || strings.HasPrefix(page, "/counter/search\n") {
				t.Errorf("%s is still inside %s: %d %v", name, where, status, err)
			}
		}
		status, page, err := c.ask(http.MethodPost, "/counter/sign-in", "login", name, "password", passphrase, "member", "", "lang", "en")
		if err != nil || status != http.StatusUnprocessableEntity || !strings.HasPrefix(page, "/counter/sign-in\n") {
			t.Errorf("%s comes in again: %d %v\n%.1000s", name, status, err, page)
		}
	}
	metricsWith(t, s, `kofu_counter_sign_ins_total{accepted="true"} 3`)
	if said := s.staffDoes(t, "account", "invite", "yamada", "-municipality", string(town)); !codeForm.MatchString(said) {
		t.Errorf("an administrator enrols again: %s", said)
	}
	if status, page, err := admin.ask(http.MethodGet, "/counter/accounts"); err != nil || strings.HasPrefix(page, "/counter/accounts\n") {
		t.Errorf("the administrator is still inside: %d %v", status, err)
	}
	if said := s.staffFails(t, "account", "invite", "tanaka", "-municipality", string(town)); codeForm.MatchString(said) {
		t.Errorf("the command line invites a clerk: %s", said)
	}
}

// accountID looks an account up.
func (s *site) accountID(t *testing.T, m cert.MunicipalityCode, login string) string {
	t.Helper()
	for line := range strings.Lines(s.staffDoes(t, "account", "list", "-municipality", string(m))) {
		if f := strings.Fields(line); f[0] == login {
			return f[len(f)-1]
		}
	}
	t.Fatalf("no account %s", login)
	return ""
}

var issueRow = regexp.MustCompile(`(?m)^\d+\t(\S+)\ttanaka\tcertificate\.issue\t([0-9a-f]{32})\t`)

// TestRecallLeavesNeighbours withdraws what one operator issued in one hour:
// those of another operator, and of another hour, stay authentic to whoever
// has our trust bundle. The record service is told.
//
// Rows: R3.3
func TestRecallLeavesNeighbours(t *testing.T) {
	s, addr := makeCounter(t)
	start(t, s)
	residents := vrs.Residents()
	town := string(residents[0].Municipality)
	admin := s.openOffice(t, addr, residents[0].Municipality)
	tanaka, kimura := admin.hires(s, "tanaka", "clerk"), admin.hires(s, "kimura", "clerk")
	papers := map[string][]byte{"recalled": tanaka.issues(residents[0]), "another operator's": kimura.issues(residents[1])}
	row := issueRow.FindStringSubmatch(s.staffDoes(t, "log"))
	if row == nil {
		t.Fatal("no row of the issue in the log")
	}
	at, err := time.Parse(time.RFC3339, row[1])
	if err != nil {
		t.Fatal(err)
	}
	s.hourBefore(t, at, "another operator's", papers)
	judge := s.judge(t, papers)
	for name := range papers {
		if code, said := judge(name, s.app); code != exitDone {
			t.Errorf("%s is not authentic before: %d %s", name, code, said)
		}
	}
	metricsWith(t, s, `kofu_counter_issues_total{held="true"} 0`, `kofu_counter_sign_ins_total{accepted="true"} 3`)
	order := []string{"recall", "-operator", "tanaka", "-hour", at.Format("2006-01-02T15"), "-municipality", town}
	if said := s.staffDoes(t, append(order, "-dry-run")...); !strings.Contains(said, row[2]) || !strings.Contains(said, "\n1 certificate(s)\n") || strings.Contains(said, "withdrawn") {
		t.Errorf("a dry run says\n%s", said)
	}
	if said := s.staffDoes(t, order...); !strings.Contains(said, "1 certificate(s) withdrawn, by hanako") || !strings.Contains(said, "the record service has been told") {
		t.Errorf("said %s", said)
	}
	if said := s.staffDoes(t, order...); !strings.HasPrefix(strings.TrimSpace(said[strings.Index(said, "\n"):]), "0 certificate(s)") {
		t.Errorf("a second time: %s", said)
	}
	fresh, _, err := s.replica() // which has not asked for the lists yet
	if err != nil {
		t.Fatal(err)
	}
	start(t, fresh)
	for name := range papers {
		want := exitDone
		if name == "recalled" {
			want = exitFailed
		}
		if code, said := judge(name, fresh.app); code != want || want == exitFailed && !strings.Contains(said, "revoked true") {
			t.Errorf("%s: %d %s", name, code, said)
		}
	}
	if log := s.staffDoes(t, "log"); !strings.Contains(log, "hanako\tcertificate.recall\t"+row[2]) || strings.Contains(log, residents[0].Name) {
		t.Errorf("the log says\n%s", log)
	}
}

// hourBefore has tanaka issue a certificate an hour before at: in the books,
// by a clock that is behind; the paper is a phone's.
func (s *site) hourBefore(t *testing.T, at time.Time, like string, papers map[string][]byte) {
	t.Helper()
	resident := vrs.Residents()[1]
	p, wish := s.phone(t, resident)
	wish.PDF = true
	_, issued, err := p.Journey(t.Context(), wish)
	if err != nil {
		t.Fatal(err)
	}
	papers["of the hour before"] = issued.PDF
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{Driver: sqlstore.SQLite, DSN: filepath.Join(s.dir, "kofu.db"), Now: func() time.Time { return at.Add(-time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	parts, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	defer func() { _, _ = parts.redis.Close(), parts.sql.Close() }()
	people, err := staffService(parts, absent{}, absent{}, store, store)
	if err != nil {
		t.Fatal(err)
	}
	id := cert.ID(issued.ID)
	rids, uvci := s.withdrawal(t, parts, id)
	err = store.NoteIssue(t.Context(), staff.Issue{
		Act: staff.Act{Operator: "tanaka", Account: s.accountID(t, resident.Municipality, "tanaka"), Terminal: "d-1", Municipality: resident.Municipality,
			Operation: staff.OpIssue, Subject: string(people.Handle(id)), Details: map[string]string{"like": like}},
		Token: strings.Repeat("a", 64), Kind: cert.Domestic, Handle: people.Handle(id), Sealed: people.SealID(id), RIDs: rids, UVCI: uvci,
	}, staff.Limit{Most: 30, Since: at.Add(-2 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
}

// judge writes papers to files, and returns how kofu verify judges one with
// the trust bundle of a server.
func (s *site) judge(t *testing.T, papers map[string][]byte) func(name, app string) (int, string) {
	t.Helper()
	dir := t.TempDir()
	return func(name, app string) (int, string) {
		t.Helper()
		_, bundle := get(t, s.counterpart(t, ""), "https://"+app+"/trust/bundle.json")
		paper, trust := filepath.Join(dir, "paper.pdf"), filepath.Join(dir, "bundle.json")
		for path, data := range map[string][]byte{paper: papers[name], trust: []byte(bundle)} {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var said output
		code := run(t.Context(), []string{"verify", "-trust", trust, paper}, strings.NewReader(""), &said, &said)
		return code, said.String()
	}
}

// withdrawal is what the lists say of a certificate.
func (s *site) withdrawal(t *testing.T, p *parts, id cert.ID) (rids map[string][]string, uvci string) {
	t.Helper()
	records, err := vrsclient.New(p.vrs)
	if err != nil {
		t.Fatal(err)
	}
	issuing, err := issuance.New(issuingConfig(p, records, newMetrics("")))
	if err != nil {
		t.Fatal(err)
	}
	return issuing.Withdrawal(id)
}
