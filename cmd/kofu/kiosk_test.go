// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/kiosk"
	"kofu/test/phone"
	"kofu/test/terminal"
	"kofu/test/vrs"
)

const opening = `{"protocol":["1.0"],"software":{"name":"copier","version":"1.2","config":"00ff00ff"},"hardware":{"reader":"ok","printer":"ok","coins":"ok","speaker":"ok"}}`

// counterpart is a client with a certificate from one of the site's folders;
// none when the folder is "".
func (s *site) counterpart(t *testing.T, folder string) *http.Client {
	t.Helper()
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if folder != "" {
		pair, err := tls.LoadX509KeyPair(filepath.Join(s.dir, folder, vrs.ClientFile), filepath.Join(s.dir, folder, vrs.ClientKeyFile))
		if err != nil {
			t.Fatal(err)
		}
		// Shown whatever the other side asks for.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	return s.browser(t, c)
}

// openSession asks for a session, and tells the answer and whether it came by
// a connection that was there.
func openSession(t *testing.T, c *http.Client, addr string) (status int, body string, reused bool, err error) {
	t.Helper()
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+addr+"/kiosk/v1/sessions", strings.NewReader(opening))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := c.Do(req)
	if err != nil {
		return 0, "", false, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, string(data), reused, err
}

// staffDoes runs a command of the staff that must succeed, and returns what
// it says.
func (s *site) staffDoes(t *testing.T, args ...string) string {
	t.Helper()
	var said output
	if code := run(t.Context(), append([]string{"staff"}, append(args, "-config", s.path(), "-by", "hanako")...), strings.NewReader(""), &said, &said); code != exitDone {
		t.Fatalf("staff %q ended with %d:\n%s", args, code, said.String())
	}
	return said.String()
}

func makeKiosk(t *testing.T) (s *site, addr string) {
	t.Helper()
	s = makeSite(t)
	addr, err := s.openKiosk()
	if err != nil {
		t.Fatal(err)
	}
	return s, addr
}

func (s *site) admit(t *testing.T) {
	t.Helper()
	s.staffDoes(t, "terminal", "add", "t-1", "-store", "ueno", "-operator", "mart", "-certificate", filepath.Join(s.dir, "terminals", vrs.ClientFile))
}

// TestKioskLetsInWhoIsRegistered: a certificate of the right authority is
// needed and not enough, and what the staff changes holds for the next request
// of a connection that is open.
//
// Rows: B6, C5
func TestKioskLetsInWhoIsRegistered(t *testing.T) {
	s, addr := makeKiosk(t)
	stop := start(t, s)
	if code, why := ready(t, s); code != http.StatusOK {
		t.Fatalf("not ready: %v", why)
	}
	for name, folder := range map[string]string{"no certificate": "", "another authority's": "."} {
		if status, _, _, err := openSession(t, s.counterpart(t, folder), addr); err == nil {
			t.Errorf("%s: answered with %d", name, status)
		}
	}
	terminal := s.counterpart(t, "terminals")
	want := func(when string, status int, code string) {
		t.Helper()
		got, body, reused, err := openSession(t, terminal, addr)
		if err != nil || got != status || !strings.Contains(body, code) {
			t.Errorf("%s: %d %.200s %v", when, got, body, err)
		}
		if when != "not in the registry" && !reused {
			t.Errorf("%s: another connection", when)
		}
	}
	want("not in the registry", http.StatusForbidden, `"terminal_refused"`)
	s.admit(t)
	want("admitted", http.StatusCreated, `"screen":`)
	s.staffDoes(t, "terminal", "suspend", "t-1")
	want("suspended", http.StatusForbidden, `"terminal_refused"`)
	s.staffDoes(t, "terminal", "activate", "t-1")
	want("activated", http.StatusCreated, `"screen":`)
	s.staffDoes(t, "terminal", "revoke", "t-1")
	want("revoked", http.StatusForbidden, `"terminal_refused"`)
	if list := s.staffDoes(t, "terminal", "list"); !strings.Contains(list, "revoked") || !strings.Contains(list, "copier/1.2") {
		t.Errorf("the list does not tell what was seen:\n%s", list)
	}
	metricsWith(t, s, `kofu_kiosk_sessions_total{config="00ff00ff",software="copier",version="1.2"} 2`, `kofu_kiosk_screens_total{screen="language"} 2`,
		`route="/kiosk/v1/sessions"`, `kofu_issue_identity_mismatch_total{channel="kiosk",crossed="true"} 0`)
	if code, said := stop(); code != exitDone || !strings.Contains(said, `"kiosk":"`+addr) {
		t.Errorf("ended with %d: %s", code, said)
	}
}

// TestDoorsAreApart: what one listener answers, no other does.
//
// Rows: C5
func TestDoorsAreApart(t *testing.T) {
	s, addr := makeKiosk(t)
	start(t, s)
	s.admit(t)
	if status, _, _, err := openSession(t, s.counterpart(t, "terminals"), s.app); err != nil || status != http.StatusNotFound {
		t.Errorf("the app's listener opens a session: %d %v", status, err)
	}
	for _, path := range []string{"/app/v1/status", "/app/v1/municipalities", "/metrics", "/readyz", "/"} {
		if status, _ := get(t, s.counterpart(t, "terminals"), "https://"+addr+path); status != http.StatusNotFound {
			t.Errorf("the kiosk's listener answers %s with %d", path, status)
		}
	}
}

// TestWithoutKioskNothingOfIt: no listener, no metrics, no probe.
func TestWithoutKioskNothingOfIt(t *testing.T) {
	s := makeSite(t)
	stop := start(t, s)
	if status, _, _, err := openSession(t, s.counterpart(t, ""), s.app); err != nil || status != http.StatusNotFound {
		t.Errorf("%d %v", status, err)
	}
	if counted := metricsWith(t, s, "kofu_build_info{"); strings.Contains(counted, "kiosk") {
		t.Error("the metrics know of a kiosk")
	}
	if _, said := stop(); strings.Contains(said, `"kiosk"`) {
		t.Error("the log knows of a kiosk")
	}
}

// TestStaffCloseHoldsAtOnce: a server that runs refuses from then on, and takes
// again what was opened; what was announced is only announced.
//
// Rows: D2
func TestStaffCloseHoldsAtOnce(t *testing.T) {
	s := makeSite(t)
	start(t, s)
	resident := vrs.Residents()[0]
	p, wish := s.phone(t, resident)
	town := string(resident.Municipality)
	want := func(when, code string) {
		t.Helper()
		if _, err := p.Ask(t.Context(), wish); phone.CodeOf(err) != code || code == "" && err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	want("before", "")
	s.staffDoes(t, "municipality", "close", town, "-channel", "kiosk")
	want("another door is closed", "")
	s.staffDoes(t, "municipality", "close", "all", "-reason", "maintenance", "-from", time.Now().Add(time.Hour).Format(time.RFC3339), "-ja", "点検のため", "-en", "for maintenance")
	want("announced", "")
	said := s.staffDoes(t, "municipality", "close", town, "-ja", "停止しています", "-en", "stopped")
	want("closed", "municipality_suspended")
	id := strings.Fields(said[strings.Index(said, ": ")+2:])[0]
	s.staffDoes(t, "municipality", "open", strings.TrimSuffix(id, ","))
	want("opened", "")
	if list := s.staffDoes(t, "municipality", "list"); !strings.Contains(list, "点検のため for maintenance") || !strings.Contains(list, "suspended") {
		t.Errorf("the list says\n%s", list)
	}
}

// TestPostgresIsTheOneInTheFile: the server asks where the file says, and
// waits, not ready, for it to answer.
func TestPostgresIsTheOneInTheFile(t *testing.T) {
	s := makeSite(t)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			asked <- struct{}{}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	if err := s.write("dsn", []byte("postgres://kofu:hush@"+l.Addr().String()+"/kofu?sslmode=disable\n")); err != nil {
		t.Fatal(err)
	}
	s.config["sql"] = map[string]any{"driver": "postgres", "dsn": "dsn"}
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	stop := start(t, s)
	select {
	case <-asked:
	case <-time.After(10 * time.Second):
		t.Error("nobody asked")
	}
	if code, why := ready(t, s); code != http.StatusServiceUnavailable || why["sql"] == "" || len(why) != 1 {
		t.Errorf("%d %v", code, why)
	}
	if code, said := stop(); code != exitDone || strings.Contains(said, "hush") {
		t.Errorf("ended with %d: %s", code, said)
	}
}

// TestKindsOfTerminalsAreBounded: one that invents names fills no memory.
func TestKindsOfTerminalsAreBounded(t *testing.T) {
	m := newMetrics("").terminals()
	for i := range softwareKept + 50 {
		m.Report(kiosk.Software{Name: "copier", Version: fmt.Sprint(i), Config: "00"})
	}
	m.Report(kiosk.Software{Name: "copier", Version: "0", Config: "00"})
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, f := range families {
		if f.GetName() == "kofu_kiosk_sessions_total" {
			for _, c := range f.GetMetric() {
				counted[c.GetLabel()[2].GetValue()] = c.GetCounter().GetValue()
			}
		}
	}
	if len(counted) != softwareKept+1 || counted["other"] != 50 || counted["0"] != 2 {
		t.Errorf("%d kinds, %v others, %v of the first", len(counted), counted["other"], counted["0"])
	}
}

// TestLeaveClosesEveryDoor: terminals too are told by a closed listener, and
// the request that runs ends.
func TestLeaveClosesEveryDoor(t *testing.T) {
	s, addr := makeKiosk(t)
	stop := start(t, s)
	if code, _ := stop(); code != exitDone {
		t.Errorf("ended with %d", code)
	}
	for _, a := range []string{addr, s.app, s.ops} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if c, err := new(net.Dialer).DialContext(ctx, "tcp", a); err == nil {
			_ = c.Close()
			t.Errorf("%s is still open", a)
		}
		cancel()
	}
}

// TestServeKioskIssues is the shipped program, whole: a terminal that the staff
// has admitted prints a certificate, the books have it, and nothing of the
// person is left behind.
//
// Rows: A3, B6, C1
func TestServeKioskIssues(t *testing.T) {
	s, addr := makeKiosk(t)
	stop := start(t, s)
	s.admit(t)
	resident := vrs.Residents()[0]
	machine, err := terminal.New(terminal.Config{URLs: []string{"https://" + addr}, HTTP: s.counterpart(t, "terminals"), Clock: &terminal.QuickClock{}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := terminal.Person{Card: terminal.Chip(s.card(t, resident)), PIN: resident.PIN, Kind: "domestic", Towns: []string{string(resident.Municipality)}, Copies: 2}.Walk(t.Context(), machine)
	if err != nil || len(got.Sheets) != 2 || !got.CardOut || got.Last != "thanks" {
		t.Fatalf("%v: %d sheets, %s", err, len(got.Sheets), got.Last)
	}
	day := time.Now().In(cert.JST()).Format(time.DateOnly)
	books := s.report(t, day)
	if !strings.Contains(books, day+","+string(resident.Municipality)+",mart,ueno,t-1,1,1,0,0,0,2,2,0,") {
		t.Errorf("the books say\n%s", books)
	}
	counted := metricsWith(t, s, `kofu_kiosk_screens_total{screen="thanks"} 1`)
	code, said := stop()
	if code != exitDone {
		t.Errorf("ended with %d", code)
	}
	database, err := os.ReadFile(filepath.Join(s.dir, "kofu.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range []string{resident.Name, resident.Number, resident.Address, resident.Birth.String(), resident.Birth.Compact()} {
		if strings.Contains(said+counted+books+string(database), trace) {
			t.Errorf("%q is in the log, the metrics, the books or the database", trace)
		}
	}
	for _, key := range s.redis.Keys() {
		if strings.HasPrefix(key, "kofu:1:seal:") {
			t.Errorf("%s is left in Redis", key)
		}
	}
}

// report is the books of a day, which must add up.
func (s *site) report(t *testing.T, day string) string {
	t.Helper()
	var out, said output
	if code := run(t.Context(), []string{"staff", "report", "-day", day, "-config", s.path()}, strings.NewReader(""), &out, &said); code != exitDone {
		t.Errorf("ended with %d: %s", code, said.String())
	}
	return out.String()
}
