// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kofu/cert"
)

// A door is opened again by who has the token and says who they are, and by
// nothing that a browser could be talked into.
//
// Rows: R1.4
func TestResumeIsForOperators(t *testing.T) {
	token := operatorToken(bytes.Repeat([]byte("o"), 32))
	for name, c := range map[string]struct {
		path   string
		header map[string]string
		want   int
	}{
		"right":                  {"/doors/app/resume", map[string]string{"Authorization": "Bearer " + token, byHeader: "hanako"}, http.StatusOK},
		"no token":               {"/doors/app/resume", map[string]string{byHeader: "hanako"}, http.StatusUnauthorized},
		"another token":          {"/doors/app/resume", map[string]string{"Authorization": "Bearer " + operatorToken(nil), byHeader: "hanako"}, http.StatusUnauthorized},
		"a part of it":           {"/doors/app/resume", map[string]string{"Authorization": "Bearer " + token[:63], byHeader: "hanako"}, http.StatusUnauthorized},
		"a browser, from a page": {"/doors/app/resume", map[string]string{"Authorization": "Bearer " + token, byHeader: "hanako", "Origin": "http://evil.example"}, http.StatusUnauthorized},
		"a browser":              {"/doors/app/resume", map[string]string{"Authorization": "Bearer " + token, byHeader: "hanako", "Sec-Fetch-Site": "none"}, http.StatusUnauthorized},
		"nobody's name":          {"/doors/app/resume", map[string]string{"Authorization": "Bearer " + token}, http.StatusBadRequest},
		"a name of two lines":    {"/doors/app/resume", map[string]string{"Authorization": "Bearer " + token, byHeader: "a b"}, http.StatusBadRequest},
		"a door not stopped":     {"/doors/kiosk/resume", map[string]string{"Authorization": "Bearer " + token, byHeader: "hanako"}, http.StatusConflict},
		"a door not there":       {"/doors/counter/resume", map[string]string{"Authorization": "Bearer " + token, byHeader: "hanako"}, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			var said output
			stopped := true
			h := opsHandler(&readiness{}, newMetrics(""), &resumer{token: token, doors: []cert.Channel{cert.App, cert.Kiosk}, log: newLog(&said),
				resume: func(ch cert.Channel) bool {
					was := stopped && ch == cert.App
					stopped = stopped && !was
					return was
				}}, "")
			r := httptest.NewRequest(http.MethodPost, c.path, nil)
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.want || stopped != (c.want != http.StatusOK) {
				t.Errorf("got %d, stopped %t", w.Code, stopped)
			}
			if c.want == http.StatusOK && !(strings.Contains(said.String(), `"ERROR"`) && strings.Contains(said.String(), `"by":"hanako"`)) {
				t.Errorf("the log says %s", said.String())
			}
			if strings.Contains(said.String(), token) {
				t.Error("the token is in the log")
			}
		})
	}
}

// Without a secret of operators there is no such command, on either side.
func TestResumeWithoutSecret(t *testing.T) {
	s := makeSite(t)
	start(t, s)
	res, err := http.Post("http://"+s.ops+"/doors/app/resume", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("the route is there: %d", res.StatusCode)
	}
	said := func(args ...string) (int, string) {
		var all output
		code := run(t.Context(), append([]string{"resume"}, args...), strings.NewReader(""), &all, &all)
		return code, all.String()
	}
	if code, all := said("-config", s.path(), "-door", "app"); code != exitConfig || !strings.Contains(all, "secrets.operators") {
		t.Errorf("ended with %d: %s", code, all)
	}
	if code, _ := said("-config", s.path()); code != exitUsage {
		t.Errorf("without a door: %d", code)
	}
	if err := s.write("operators", bytes.Repeat([]byte("o"), 32)); err != nil {
		t.Fatal(err)
	}
	s.section("secrets")["operators"] = "operators"
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	if code, all := said("-config", s.path(), "-door", "app", "-by", "hanako"); code != exitFailed || !strings.Contains(all, "no such door") {
		t.Errorf("a server that was started without: %d: %s", code, all)
	}
}

// What is found wrong is said at the level that wakes somebody, and says
// nothing of anybody.
//
// Rows: R1.4, R5.3
func TestMismatchIsSaid(t *testing.T) {
	var said output
	m := newMetrics("")
	l := lookout{m, slog.New(slog.NewJSONHandler(&said, nil))}
	l.Mismatch(cert.App, false)
	l.Mismatch(cert.Kiosk, true)
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `"door":"app"`) || !strings.Contains(lines[1], "stopped") || strings.Count(said.String(), `"ERROR"`) != 2 {
		t.Errorf("said %s", said.String())
	}
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{`kofu_issue_identity_mismatch_total{channel="app",crossed="false"} 1`, `kofu_issue_identity_mismatch_total{channel="kiosk",crossed="true"} 1`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}
