// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/municipality"
	"kofu/kiosk"
	"kofu/test/phone"
)

const opening = `{"protocol":["1.0"],"software":{"name":"test","version":"1.0","config":"0123456789abcdef"},"hardware":{"reader":"ok","printer":"ok","coins":"ok","speaker":"none"}}`

// opened is the id of the screen that a new session of demo-1 begins with.
func (tr *trial) opened(t *testing.T) (screen, session string) {
	t.Helper()
	status, a := tr.post(t, "/demo/kiosk/demo-1/sessions", opening)
	if status != http.StatusCreated {
		t.Fatal(status, a)
	}
	return a["screen"].(map[string]any)["id"].(string), a["session"].(string)
}

// Any HTTP client can be the terminal: the demo adds the certificate and
// nothing else, refusals included.
//
// Rows: C5, D1
func TestLineLetsAnyClientBeTheTerminal(t *testing.T) {
	tr := newTrial(t)
	screen, session := tr.opened(t)
	if screen != string(kiosk.Language) {
		t.Errorf("begins with %s", screen)
	}
	events := "/sessions/" + session + "/events"
	for _, s := range []struct {
		path, body string
		status     int
		says       string
	}{
		{"/demo/kiosk/demo-1" + events, `{"number":1,"type":"choose","choice":"en"}`, http.StatusOK, "consent"},
		{"/demo/kiosk/demo-1" + events, `{"number":1,"type":"choose","choice":"en"}`, http.StatusOK, "consent"},
		{"/demo/kiosk/demo-1" + events, `{"number":1,"type":"choose","choice":"ja"}`, http.StatusConflict, "out_of_step"},
		{"/demo/kiosk/demo-1" + events, `{"number":2,"type":"pin_verified","pin":"1234"}`, http.StatusBadRequest, "pin_not_accepted"},
		{"/demo/kiosk/demo-2" + events, `{"number":2,"type":"choose","choice":"agree"}`, http.StatusNotFound, "session_unknown"},
		{"/demo/kiosk/demo-9/sessions", opening, http.StatusNotFound, "not_found"},
		{"/demo/kiosk/demo-1/sessions", `{"x":"` + strings.Repeat("x", kiosk.MaxBody) + `"}`, http.StatusRequestEntityTooLarge, "too_large"},
		{"/demo/kiosk/demo-1/sessions", `{}`, http.StatusBadRequest, "bad_request"},
	} {
		status, a := tr.post(t, s.path, s.body)
		got, _ := a["code"].(string)
		if screen, ok := a["screen"].(map[string]any); ok {
			got = screen["id"].(string)
		}
		if status != s.status || got != s.says {
			t.Errorf("%s %.60s: %d %s", s.path, s.body, status, got)
		}
	}
}

// The kiosk's door is a listener of its own, which lets nobody in without a
// certificate, and no other listener answers its paths.
//
// Rows: C5
func TestKioskDoorIsItsOwn(t *testing.T) {
	tr := newTrial(t)
	stranger := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: tr.door.keys.authority}}}
	defer stranger.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tr.door.url+"/kiosk/v1/sessions", strings.NewReader(opening))
	if err != nil {
		t.Fatal(err)
	}
	if res, err := stranger.Do(req); err == nil {
		_ = res.Body.Close()
		t.Errorf("a stranger got %d", res.StatusCode)
	}
	if status, _ := tr.post(t, "/kiosk/v1/sessions", opening); status != http.StatusNotFound {
		t.Errorf("the public listener answers with %d", status)
	}
	for _, t1 := range terminalIDs() {
		for _, t2 := range terminalIDs() {
			if same := tr.door.keys.entry(t1).Key == tr.door.keys.entry(t2).Key; same != (t1 == t2) {
				t.Errorf("keys of %s and %s: same %v", t1, t2, same)
			}
		}
	}
}

// Each arrangement brings about its screen, and is undone.
//
// Rows: D2, R4.3
func TestCentreIsArranged(t *testing.T) {
	tr := newTrial(t)
	arranged := func(body string) {
		t.Helper()
		if status, a := tr.post(t, "/demo/kiosk/arrangement", body); status != http.StatusNoContent {
			t.Fatalf("%s: %d %v", body, status, a)
		}
	}
	arranged(`{"closed_today":true}`)
	if screen, _ := tr.opened(t); screen != string(kiosk.OutOfHours) {
		t.Error("out of hours begins with", screen)
	}
	arranged(`{"max_sessions":1}`)
	if first, _ := tr.opened(t); first != string(kiosk.Language) {
		t.Error("nobody is let in, but sees", first)
	}
	if second, _ := tr.opened(t); second != string(kiosk.Busy) {
		t.Error("two are let in: the second sees", second)
	}
	arranged(`{}`)
	if screen, _ := tr.opened(t); screen != string(kiosk.Language) {
		t.Error("nothing is as usual:", screen)
	}
	status, closed := tr.post(t, "/demo/kiosk/closures", `{"reason":"maintenance","minutes":10}`)
	if status != http.StatusCreated {
		t.Fatal(status, closed)
	}
	if screen, _ := tr.opened(t); screen != string(kiosk.Maintained) {
		t.Error("maintenance begins with", screen)
	}
	lift := fmt.Sprintf("/demo/kiosk/closures/%s/lift", closed["id"])
	for i, want := range []int{http.StatusNoContent, http.StatusNotFound} {
		if status, _ := tr.post(t, lift, `{}`); status != want {
			t.Errorf("lifted %d times: %d", i+1, status)
		}
	}
	for _, body := range []string{`{"max_sessions":-1}`, `{"fee_yen":-1}`, `{"without":"900011"}`, `{"x":1}`} {
		if status, _ := tr.post(t, "/demo/kiosk/arrangement", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
	for _, body := range []string{`{}`, `{"reason":"holiday"}`, `{"reason":"suspension","municipality":"1"}`} {
		if status, _ := tr.post(t, "/demo/kiosk/closures", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
}

// What is arranged is a table that the program itself would be started with.
func TestArrangedTables(t *testing.T) {
	tr := newTrial(t)
	free := 0
	for _, tt := range []struct {
		name string
		a    arrangement
		is   func(*municipality.Registry) bool
	}{
		{"usual", arrangement{}, func(r *municipality.Registry) bool { return len(r.List(cert.Kiosk, tr.now())) == 3 }},
		{"many", arrangement{ManyTowns: true}, func(r *municipality.Registry) bool { return len(r.List(cert.Kiosk, tr.now())) == 3+47+25 }},
		{"one has left", arrangement{Without: "900036"}, func(r *municipality.Registry) bool { return len(r.List(cert.Kiosk, tr.now())) == 2 }},
		{"free", arrangement{FeeYen: &free}, func(r *municipality.Registry) bool { return r.List(cert.Kiosk, tr.now())[0].FeeYen == 0 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, err := tt.a.table(tr.now())
			if err != nil {
				t.Fatal(err)
			}
			r, err := municipality.Parse(data)
			if err != nil || !tt.is(r) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestScreensAreListed(t *testing.T) {
	tr := newTrial(t)
	res, err := (&phone.Client{BaseURL: tr.URL, HTTP: tr.HTTP}).Send(t.Context(), http.MethodGet, "/demo/kiosk/screens", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Screens, Terminals []string }
	if err := json.Unmarshal(res.Body, &list); err != nil || !slices.Equal(list.Screens, kiosk.ScreenIDs()) || !slices.Equal(list.Terminals, terminalIDs()) {
		t.Errorf("%+v (%v)", list, err)
	}
}

// A closure at the kiosk does not concern phones.
func TestClosureOfTheKioskAlone(t *testing.T) {
	tr := newTrial(t)
	if _, err := tr.books.AddClosure(context.Background(), "test", closing{Reason: "maintenance"}.closure(tr.now())); err != nil {
		t.Fatal(err)
	}
	r := tr.plain(t)
	if _, c, err := tr.holding(t, r).Journey(t.Context(), wants(t, r, cert.Domestic)); err != nil || !bytes.HasPrefix(c.PDF, []byte("%PDF-")) {
		t.Error(err)
	}
}
