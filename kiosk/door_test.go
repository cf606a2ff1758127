// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/cert"
	"kofu/cert/municipality"
)

// refusal is what a terminal learns of a refusal.
type refusal struct {
	Code    string              `json:"code"`
	Details map[string][]string `json:"details"`
}

func refusalOf(t *testing.T, w *httptest.ResponseRecorder) refusal {
	t.Helper()
	if w.Code < 400 {
		t.Fatalf("%d: not refused", w.Code)
	}
	var r refusal
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// Rows: B6, C5
func TestOnlyKnownTerminals(t *testing.T) {
	b := newBench(t)
	open := func(who string, header ...string) int {
		return b.post(who, "/kiosk/v1/sessions", openingJSON, header...).Code
	}
	for _, c := range []struct {
		name   string
		who    string
		header []string
		want   int
	}{
		{"registered", "t-1", nil, 201},
		{"registered, named by itself", "t-1", []string{relayHeader, "t-1"}, 201},
		{"a key nobody has registered", "t-9", nil, 403},
		{"suspended or revoked", "t-4", nil, 403},
		{"in the name of another terminal", "t-1", []string{relayHeader, "t-2"}, 403},
		{"through its relay", "centre", []string{relayHeader, "t-3"}, 201},
		{"a relay that names nobody", "centre", nil, 403},
		{"a relay for a terminal that speaks for itself", "centre", []string{relayHeader, "t-1"}, 403},
		{"a relay for nobody", "centre", []string{relayHeader, "t-9"}, 403},
		{"a relay for itself", "centre", []string{relayHeader, "centre"}, 403},
	} {
		if got := open(c.who, c.header...); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	t.Run("revoked while it is connected", func(t *testing.T) {
		v := b.open()
		gone := b.memory.terminals["t-1"]
		gone.Active = false
		b.memory.terminals["t-1"] = gone
		if v.send(wire{Type: Choose, Choice: "ja"}); v.problem != "terminal_refused" {
			t.Errorf("answered %q", v.problem)
		}
		gone.Active = true
		b.memory.terminals["t-1"] = gone
	})
	t.Run("without TLS, or with a certificate that TLS did not verify", func(t *testing.T) {
		for _, state := range []*tls.ConnectionState{nil, {PeerCertificates: []*x509.Certificate{{RawSubjectPublicKeyInfo: []byte("key of t-1")}}}} {
			r := httptest.NewRequest(http.MethodPost, "/kiosk/v1/sessions", strings.NewReader(openingJSON))
			r.Header.Set("Content-Type", "application/json")
			r.TLS = state
			w := httptest.NewRecorder()
			if b.handler.ServeHTTP(w, r); w.Code != 403 {
				t.Errorf("%d", w.Code)
			}
		}
	})
}

// Rows: C5
func TestOnlyFromTheNetworksNamed(t *testing.T) {
	k := &centre{Config: Config{Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8::/32")}}}
	for addr, want := range map[string]bool{"10.1.2.3:99": true, "10.2.2.3:99": false, "[::ffff:10.1.2.3]:99": true, "[2001:db8::1]:99": true, "[2001:db9::1]:99": false, "x": false} {
		if got := k.near(addr); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
}

// Rows: B6, C2
func TestAnotherTerminalsSessionIsUnknown(t *testing.T) {
	v := newBench(t).open().toReading(cert.Domestic)
	application := v.send(v.read()).held.Application
	v.send(wire{Type: CardRemoved}).choose("correct", "1").at("pay")
	mine := v.held
	v.terminal = "t-2"
	if v.send(wire{Type: CoinsIn, EscrowYen: new(120), Receipt: mine.Receipt}); v.problem != "session_unknown" {
		t.Errorf("its session: %q", v.problem)
	}
	other := &visit{bench: v.bench, terminal: "t-2"}
	other.take(v.post("t-2", "/kiosk/v1/sessions", openingJSON))
	other.toReading(cert.Domestic).send(other.read()).send(wire{Type: CardRemoved, Application: application})
	if other.last.Screen.ID == "content_check" {
		t.Error("its sealed application is shown")
	}
	other.put(other.crafted(Pay, false))
	stolen := other.bench.put(func() *Session { s := other.crafted(Pay, false); s.Terminal = "t-2"; return s }())
	stolen.terminal = "t-2"
	if stolen.send(wire{Type: CoinsIn, EscrowYen: new(240), Receipt: mine.Receipt}); stolen.last.Release != nil || stolen.last.Screen.ID != "return_coins" {
		t.Errorf("its receipt: %s %s", stolen.last.Screen.ID, stolen.problem)
	}
}

// Rows: B3, B4
func TestNoMessageHasAPlaceForAPIN(t *testing.T) {
	b := newBench(t)
	v := b.open()
	for _, body := range []string{
		`{"number":1,"type":"pin_verified","pin":"1234"}`, `{"number":1,"type":"pin_verified","PIN":1234}`, `{"number":1,"type":"card_read","card":{"pin_code":"1234"}}`,
		`{"number":1,"type":"choose","choice":"ja","card_pin":""}`, `{"number":1,"type":"choose","choice":"ja","settings":{"password":"x"}}`, `{"number":1,"type":"choose","choice":"ja","暗証番号":"1234"}`,
	} {
		r := refusalOf(t, b.post("t-1", "/kiosk/v1/sessions/"+v.last.Session+"/events", body))
		if r.Code != "pin_not_accepted" {
			t.Errorf("%s: %s", body, r.Code)
		}
	}
	for _, body := range []string{`{"number":1,"type":"choose","choice":"ja","my_number":"123456789018"}`, `{"number":1,"type":"choose","choice":"ja","name":"x"}`, `{"number":1,"type":"choose","choice":"ja","mrz":["x"]}`} {
		if r := refusalOf(t, b.post("t-1", "/kiosk/v1/sessions/"+v.last.Session+"/events", body)); r.Code != "unknown_field" {
			t.Errorf("%s: %s", body, r.Code)
		}
	}
}

// Rows: D1
func TestWhatANewerTerminalSaysIsTold(t *testing.T) {
	b := newBench(t)
	newer := strings.Replace(openingJSON, `"speaker":"ok"`, `"speaker":"ok","scanner":"ok"`, 1)
	newer = strings.Replace(newer, `"language":"ja"`, `"language":"ja","theme":{"hue":1}`, 1)
	r := refusalOf(t, b.post("t-1", "/kiosk/v1/sessions", newer))
	if r.Code != "unknown_field" || !slices.Equal(r.Details["fields"], []string{"/hardware/scanner", "/theme"}) {
		t.Errorf("%+v", r)
	}
	r = refusalOf(t, b.post("t-1", "/kiosk/v1/sessions", strings.Replace(openingJSON, `"language":"ja"`, `"language":"ja","架空 花子":1`, 1)))
	if !slices.Equal(r.Details["fields"], []string{"/?"}) {
		t.Errorf("what is no member's name is repeated: %v", r.Details)
	}
	r = refusalOf(t, b.post("t-1", "/kiosk/v1/sessions", strings.Replace(openingJSON, `["1.0"]`, `["3.0","2.1"]`, 1)))
	if r.Code != "protocol_unsupported" || !slices.Equal(r.Details["supported"], []string{"1.0"}) {
		t.Errorf("%+v", r)
	}
	if w := b.post("t-1", "/kiosk/v1/sessions", strings.Replace(openingJSON, `["1.0"]`, `["2.0","1.0"]`, 1)); w.Code != 201 || !strings.Contains(w.Body.String(), `"protocol":"1.0"`) {
		t.Errorf("the version in common: %d", w.Code)
	}
}

func TestBodiesThatAreNotTheProtocols(t *testing.T) {
	b := newBench(t)
	v := b.open()
	path := "/kiosk/v1/sessions/" + v.last.Session + "/events"
	for name, c := range map[string]struct{ body, want string }{
		"no JSON":               {`{"number":1`, "bad_request"},
		"twice the same member": {`{"number":1,"number":1,"type":"choose","choice":"ja"}`, "bad_request"},
		"something after it":    {`{"number":1,"type":"choose","choice":"ja"} x`, "bad_request"},
		"no number":             {`{"type":"choose","choice":"ja"}`, "bad_request"},
		"no such event":         {`{"number":1,"type":"dance"}`, "bad_request"},
		"a member of another":   {`{"number":1,"type":"choose","choice":"ja","tries_left":1}`, "bad_request"},
		"a member is missing":   {`{"number":1,"type":"choose"}`, "bad_request"},
		"an empty card":         {`{"number":1,"type":"card_read","card":{}}`, "bad_request"},
		"a strange choice":      {`{"number":1,"type":"choose","choice":"ja ja"}`, "bad_request"},
		"a number to come":      {`{"number":2,"type":"choose","choice":"ja"}`, "out_of_step"},
		"too much":              {`{"number":1,"type":"choose","choice":"` + strings.Repeat("x", MaxBody) + `"}`, "too_large"},
	} {
		if r := refusalOf(t, b.post("t-1", path, c.body)); r.Code != c.want {
			t.Errorf("%s: %s, want %s", name, r.Code, c.want)
		}
	}
	if r := refusalOf(t, b.post("t-1", path, `{"number":1,"type":"choose","choice":"ja"}`, "Content-Type", "text/plain")); r.Code != "unsupported_media_type" {
		t.Error(r.Code)
	}
	if v.choose("ja").at("consent"); v.last.Number != 1 {
		t.Errorf("number %d", v.last.Number)
	}
	w := b.post("t-1", path, `{"number":1,"type":"choose","choice":"en"}`)
	if r := refusalOf(t, w); r.Code != "out_of_step" {
		t.Errorf("the same number with another body: %s", r.Code)
	}
}

// Rows: R4.3
func TestOverloadIsToldBeforeConsent(t *testing.T) {
	b := newBench(t)
	full := func(n int) {
		b.memory.inside, b.memory.waiting = nil, nil
		for range n {
			b.memory.inside = append(b.memory.inside, "somebody")
		}
	}
	full(1 << 20)
	first, second := b.open().at("busy"), b.open().at("busy")
	if body := strings.Join(second.last.Screen.Body, ""); !strings.Contains(body, "1") {
		t.Errorf("no waiting time: %s", body)
	}
	first.send(wire{Type: TimedOut}).at("busy")
	waiting := b.memory.waiting
	full(1<<20 - 1)
	b.memory.waiting = waiting
	second.send(wire{Type: TimedOut}).at("busy")
	first.send(wire{Type: TimedOut}).at("language")
	second.send(wire{Type: TimedOut}).at("busy").choose("cancel").at("cancelled")
}

// Rows: D2
func TestHoursMaintenanceAndSuspension(t *testing.T) {
	b := newBench(t)
	b.closures.list = []municipality.Closure{{Reason: municipality.Maintenance, From: b.clock.Add(time.Hour), Until: b.clock.Add(3 * time.Hour), Ja: "本日13時から保守を行います。", En: "Maintenance from 13:00."}}
	v := b.open().at("language")
	if !strings.Contains(strings.Join(v.last.Screen.Body, ""), "本日13時から保守") {
		t.Error("maintenance is not announced")
	}
	b.clock = b.clock.Add(time.Hour)
	b.open().at("maintenance")
	b.closures.list = []municipality.Closure{{Reason: municipality.Suspension, Municipality: "900010", From: b.clock, Ja: "停止中です。", En: "Suspended."}}
	v = b.open().at("language").choose("ja", "agree", "domestic")
	for _, c := range v.last.Screen.Choices {
		if c.ID == "900010" || c.ID == "900044" {
			t.Errorf("%s is offered", c.ID)
		}
	}
	if v.choose("900010").at("municipality_suspended"); !strings.Contains(strings.Join(v.last.Screen.Body, ""), "停止中です。") {
		t.Errorf("the reason is not told: %v", v.last.Screen.Body)
	}
	v.send(wire{Type: Adjust, Settings: &Settings{Language: "en"}}).at("municipality_suspended")
	if !strings.Contains(strings.Join(v.last.Screen.Body, ""), "Suspended.") {
		t.Errorf("the reason is not told in another language: %v", v.last.Screen.Body)
	}
	v.choose("another", "900044").at("municipality_not_joined")
	v.choose("another", "900028").at("place_card")

	v = newBench(t).open().toReading(cert.Domestic)
	v.send(v.read()).send(wire{Type: CardRemoved}).choose("correct").at("copies")
	v.office.prepare = &municipality.ClosedError{Closure: municipality.Closure{Reason: municipality.Suspension}}
	v.choose("1").at("municipality_suspended")
}

func TestATerminalThatCannotPrintDoesNotBegin(t *testing.T) {
	b := newBench(t)
	for _, fault := range []string{`"printer":"out_of_paper"`, `"printer":"fault"`} {
		v := &visit{bench: b, terminal: "t-1"}
		v.take(b.post("t-1", "/kiosk/v1/sessions", strings.Replace(openingJSON, `"printer":"ok"`, fault, 1)))
		v.at("out_of_order")
		if !v.last.Over {
			t.Error("not over")
		}
	}
}

// Rows: R4.3, R4.1
func TestWhatCannotBeIssuedIsToldBeforeConsent(t *testing.T) {
	b := newBench(t)
	b.ready = false
	v := b.open().at("unavailable")
	if !v.last.Over {
		t.Error("not over")
	}
	b.ready = true
	b.open().at("language")
}

// Who comes when no more can be served is told so on the first screen, with
// nothing begun: no place in the queue, no consent, no PIN, no fee.
//
// Rows: R4.3, N10
func TestWhoCannotBeServedIsToldWhenToComeAgain(t *testing.T) {
	b := newBench(t)
	b.again = 130 * time.Second
	v := b.open().at("come_again")
	if body := strings.Join(v.last.Screen.Body, ""); !v.last.Over || !strings.Contains(body, "およそ 3 分後") || v.last.Screen.Fee.State != "none" {
		t.Errorf("over %v: %s", v.last.Over, body)
	}
	if v.send(wire{Type: Adjust, Settings: &Settings{Language: "en"}}).at("come_again"); !strings.Contains(strings.Join(v.last.Screen.Body, ""), "about 3 minutes") {
		t.Errorf("in another language: %v", v.last.Screen.Body)
	}
	if len(b.memory.inside)+len(b.memory.waiting) > 0 {
		t.Error("it has a place in the queue")
	}
	begun := newBench(t)
	v = begun.open().toReading(cert.Domestic)
	begun.again = time.Minute // now no others are let in
	v.send(v.read()).send(wire{Type: CardRemoved}).choose("correct").at("copies")
}

func TestATerminalThatAsksTooOftenWaits(t *testing.T) {
	b := newBench(t)
	b.memory.counts["terminal:t-1"] = 1 << 30
	if r := refusalOf(t, b.post("t-1", "/kiosk/v1/sessions", openingJSON)); r.Code != "too_many" {
		t.Error(r.Code)
	}
	if w := b.post("t-2", "/kiosk/v1/sessions", openingJSON); w.Code != 201 {
		t.Errorf("another one waits too: %d", w.Code)
	}
}

// Rows: E7
func TestBlockedReadsAsNoRecord(t *testing.T) {
	var answers []string
	for _, err := range []error{cert.ErrNoRecord, cert.ErrBlocked} {
		v := newBench(t).open().toReading(cert.Domestic)
		v.office.review = err
		w := v.post(v.terminal, "/kiosk/v1/sessions/"+v.last.Session+"/events", v.body(v.read()))
		answers = append(answers, strings.ReplaceAll(w.Body.String(), v.last.Session, "session"))
		v.take(w)
		v.at("no_record")
		v.choose("another", "900028").at("reading_card") // the card is still on the reader
		v.office.review = nil
		v.send(v.read()).at("remove_card")
	}
	if answers[0] != answers[1] {
		t.Error("blocked and none differ")
	}
}

// Rows: C1, C2, C3, C7
func TestAnswersHaveNoNumberAndNothingIsRemembered(t *testing.T) {
	v := newBench(t).open().toReading(cert.Domestic)
	w := v.post(v.terminal, "/kiosk/v1/sessions/"+v.last.Session+"/events", v.body(v.read()))
	if strings.Contains(w.Body.String(), "123456789018") || w.Header().Get("Cache-Control") != "no-store" {
		t.Error("the number is answered, or may be stored")
	}
	for id, s := range v.memory.sessions {
		for _, mark := range []string{"123456789018", "ホシイモ", "エンガワ", "1980"} {
			if strings.Contains(string(s.data), mark) {
				t.Errorf("session %s has %s", id, mark)
			}
		}
	}
}
