// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"

	"kofu/api/problem"
	"kofu/cardauth"
	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/test/card"
)

const device = "r3K1u8mVZ0q2b7Yx5c9dEw"

var hanako = card.Holder{MyNumber: "123456789018", Name: "山田　花子", Address: "見本市中央１－２－３", BirthDate: "19850314", Sex: "2", PIN: "1234"}

func hanakoRecord() *cert.Record {
	return &cert.Record{Municipality: "900001", Subject: "s", Version: "1", AsOf: time.Now(), Holder: cert.Holder{Name: "山田　花子", BirthDate: cert.Date{Year: 1985, Month: 3, Day: 14}, Sex: 2},
		Doses: []cert.Dose{{Number: 1, Administered: true, Date: cert.Date{Year: 2021, Month: 7, Day: 10}, Municipality: "900001", Manufacturer: "ファイザー", Product: "コミナティ", Lot: "FA1234", Country: "JPN"}}}
}

type challengeAnswer struct {
	ID        string `json:"challenge_id"`
	Challenge []byte `json:"challenge"`
}

// apply plays the phone up to the application's body.
func (s *fixture) body(t *testing.T, change func(map[string]any)) string {
	t.Helper()
	var c challengeAnswer
	if err := json.Unmarshal([]byte(text(t, s.call(t, "POST", "/app/v1/challenges", "", ""))), &c); err != nil {
		t.Fatal(err)
	}
	town := must[*card.Municipality](t)(must[*card.PKI](t)(pki()).NewMunicipality("90000"))
	reader := card.Reader{Transmit: must[*card.Card](t)(town.Issue(hanako)).Transmit}
	ev := must[cardauth.Evidence](t)(reader.Prove(hanako.PIN, cardauth.Challenge{ID: cardauth.ChallengeID(c.ID), Bytes: [32]byte(c.Challenge)}))
	b64 := func(s cardauth.Secret) string { return base64.StdEncoding.EncodeToString(s) }
	m := map[string]any{
		"challenge_id": c.ID, "device": device, "kind": "domestic", "municipality": "900001",
		"card": map[string]any{"ef0001": b64(ev.Files.EF0001), "ef0002": b64(ev.Files.EF0002), "ef0003": b64(ev.Files.EF0003), "ef0004": b64(ev.Files.EF0004),
			"ef0007": b64(ev.Files.EF0007), "signature": b64(ev.Signature)},
	}
	if change != nil {
		change(m)
	}
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func code(t *testing.T, r *http.Response) string {
	t.Helper()
	var d struct {
		Code   string `json:"code"`
		Status int    `json:"status"`
	}
	body := text(t, r)
	if err := json.Unmarshal([]byte(body), &d); err != nil || r.Header.Get("Content-Type") != problem.ContentType || d.Status != r.StatusCode {
		t.Fatalf("not a problem document (%s): %s", r.Header.Get("Content-Type"), body)
	}
	return d.Code
}

// Rows: A1, A2, B1, B3
func TestThreeCalls(t *testing.T) {
	s := newServer(t)
	s.office.answer = cert.Found(hanakoRecord())
	r := s.call(t, "POST", "/app/v1/applications", s.body(t, nil), "application/json; charset=utf-8")
	body := text(t, r)
	var reviewed struct {
		Sealed string `json:"sealed_application"`
	}
	if err := json.Unmarshal([]byte(body), &reviewed); r.StatusCode != 200 || err != nil {
		t.Fatal(r.StatusCode, body)
	}
	ask := fmt.Sprintf(`{"sealed_application":%q,"device":%q,"pdf":true}`, reviewed.Sealed, device)
	first, second := s.call(t, "POST", "/app/v1/certificates", ask, "application/json"), s.call(t, "POST", "/app/v1/certificates", ask, "application/json")
	a, b := text(t, first), text(t, second)
	if first.StatusCode != 200 || a != b || !strings.Contains(a, `"qr":"shc:/`) {
		t.Errorf("%d, the same twice: %t", first.StatusCode, a == b)
	}
	for _, said := range []string{body, a, s.log.String()} {
		if strings.Contains(said, hanako.MyNumber) {
			t.Error("the My Number came back")
		}
	}
	for _, mark := range []string{"花子", "1985-03-14", "FA1234", hanako.Address} {
		if strings.Contains(s.log.String(), mark) {
			t.Errorf("the log has %s", mark)
		}
	}
	discard := fmt.Sprintf(`{"sealed_application":%q,"device":%q}`, reviewed.Sealed, device)
	if r := s.call(t, "POST", "/app/v1/applications/discard", discard, "application/json"); r.StatusCode != 204 {
		t.Error(r.StatusCode)
	}
	if got := code(t, s.call(t, "POST", "/app/v1/certificates", ask, "application/json")); got != "application_invalid" {
		t.Error(got)
	}
}

// Rows: A4, B3, B4
func TestBodiesAreReadStrictly(t *testing.T) {
	s := newServer(t)
	const path = "/app/v1/applications"
	for name, c := range map[string]struct {
		body, media, want string
	}{
		"a PIN":                {s.body(t, func(m map[string]any) { m["pin"] = "1234" }), "application/json", "bad_request"},
		"a typed number":       {s.body(t, func(m map[string]any) { m["my_number"] = "123456789018" }), "application/json", "bad_request"},
		"unknown inside":       {s.body(t, func(m map[string]any) { m["card"].(map[string]any)["pin"] = "1234" }), "application/json", "bad_request"},
		"a member twice":       {strings.Replace(s.body(t, nil), "{", `{"kind":"overseas",`, 1), "application/json", "bad_request"},
		"another case":         {strings.Replace(s.body(t, nil), `"kind"`, `"Kind"`, 1), "application/json", "bad_request"},
		"something after":      {s.body(t, nil) + "{}", "application/json", "bad_request"},
		"not JSON":             {"pin=1234", "application/json", "bad_request"},
		"empty":                {"", "application/json", "bad_request"},
		"not base64":           {s.body(t, func(m map[string]any) { m["card"].(map[string]any)["ef0001"] = "***" }), "application/json", "bad_request"},
		"one line of MRZ":      {s.body(t, func(m map[string]any) { m["mrz"] = []string{"P<"} }), "application/json", "bad_request"},
		"an unreadable MRZ":    {s.body(t, func(m map[string]any) { m["mrz"] = []string{"P<", "X"} }), "application/json", "passport_invalid"},
		"a short device":       {s.body(t, func(m map[string]any) { m["device"] = "x" }), "application/json", "bad_request"},
		"no such kind":         {s.body(t, func(m map[string]any) { m["kind"] = "both" }), "application/json", "bad_request"},
		"no such municipality": {s.body(t, func(m map[string]any) { m["municipality"] = "131016" }), "application/json", "municipality_unknown"},
		"passport for domestic": {s.body(t, func(m map[string]any) {
			m["mrz"] = []string{"P<JPNYAMADA<<HANAKO<<<<<<<<<<<<<<<<<<<<<<<<<", "TK00000003JPN8503149F3001019<<<<<<<<<<<<<<04"}
		}), "application/json", "bad_request"},
		"null":             {"null", "application/json", "bad_request"},
		"nothing in it":    {"{}", "application/json", "bad_request"},
		"no card":          {s.body(t, func(m map[string]any) { m["card"] = nil }), "application/json", "bad_request"},
		"no signature":     {s.body(t, func(m map[string]any) { delete(m["card"].(map[string]any), "signature") }), "application/json", "bad_request"},
		"no kind":          {s.body(t, func(m map[string]any) { delete(m, "kind") }), "application/json", "bad_request"},
		"no challenge":     {s.body(t, func(m map[string]any) { delete(m, "challenge_id") }), "application/json", "bad_request"},
		"MRZ of no lines":  {s.body(t, func(m map[string]any) { m["mrz"] = []string{} }), "application/json", "bad_request"},
		"device of spaces": {s.body(t, func(m map[string]any) { m["device"] = strings.Repeat(" ", 20) }), "application/json", "bad_request"},
		"name for a town":  {s.body(t, func(m map[string]any) { m["municipality"] = "見本市" }), "application/json", "bad_request"},
		"a form":           {s.body(t, nil), "application/x-www-form-urlencoded", "unsupported_media_type"},
		"no media":         {s.body(t, nil), "", "unsupported_media_type"},
		"too large":        {`{"kind":"` + strings.Repeat("x", 64<<10) + `"}`, "application/json", "too_large"},
	} {
		if got := code(t, s.call(t, "POST", path, c.body, c.media)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if s.office.finds != 0 {
		t.Error("the record service was asked all the same")
	}
	if got := code(t, s.call(t, "POST", "/app/v1/challenges", `{"pin":"1234"}`, "application/json")); got != "bad_request" {
		t.Error(got)
	}
	if got := code(t, s.call(t, "POST", "/app/v1/certificates", `{"sealed_application":"x","device":"`+device+`"}`, "application/json")); got != "application_invalid" {
		t.Error(got)
	}
}

// The zone of a passport is not signed. Whoever writes the phone's message can
// put any Latin name and passport number beside the holder's own birth date and
// sex. This passes where the zone alone is accepted and the app need not prove
// itself; TestChipPolicies and TestPassportRefusals show the chip's side.
func TestForgedZonePassesUntilTheChipIsRead(t *testing.T) {
	s := newServer(t)
	s.office.answer = cert.Found(hanakoRecord())
	l1, l2, err := passport.MRZ(&cert.Passport{Number: "XX9999999", Primary: "MOUSE", Secondary: "MINNIE", Nationality: "UTO", Issuer: "UTO",
		BirthDate: hanakoRecord().Holder.BirthDate, Sex: 'F', Expiry: cert.DateOf(time.Now().AddDate(5, 0, 0))})
	if err != nil {
		t.Fatal(err)
	}
	r := s.call(t, "POST", "/app/v1/applications", s.body(t, func(m map[string]any) { m["kind"], m["mrz"] = "overseas", []string{l1, l2} }), "application/json")
	if body := text(t, r); r.StatusCode != 200 || !strings.Contains(body, "MOUSE MINNIE") {
		t.Errorf("%d: if this is refused now, say so in SECURITY.md", r.StatusCode)
	}
}

func TestNoSuchRouteOrMethod(t *testing.T) {
	s := newServer(t)
	if got := code(t, s.call(t, "GET", "/app/v1/people", "", "")); got != "not_found" {
		t.Error(got)
	}
	if got := code(t, s.call(t, "GET", "/app/v1/applications", "", "")); got != "method_not_allowed" {
		t.Error(got)
	}
}

// Blocked reads exactly like none: same status, headers and bytes.
func TestBlockedReadsLikeNone(t *testing.T) {
	s := newServer(t)
	ask := func(a cert.Answer) (string, string) {
		s.office.answer = a
		r := s.call(t, "POST", "/app/v1/applications", s.body(t, nil), "application/json")
		id := r.Header.Get("X-Request-Id")
		r.Header.Del("X-Request-Id")
		return fmt.Sprint(r.StatusCode, r.Header, strings.ReplaceAll(text(t, r), id, "")), s.metrics.last()
	}
	none, noneCount := ask(cert.None())
	blocked, blockedCount := ask(cert.Blocked())
	if none != blocked {
		t.Errorf("none    %s\nblocked %s", none, blocked)
	}
	if !strings.HasSuffix(noneCount, " NO_RECORD") || !strings.HasSuffix(blockedCount, " BLOCKED") {
		t.Errorf("metrics do not tell them apart: %q, %q", noneCount, blockedCount)
	}
	if strings.Contains(s.log.String(), "BLOCKED") || strings.Contains(s.log.String(), "NO_RECORD") {
		t.Error("the log tells them apart")
	}
}

// Every code of cardauth has its row, and every problem its words.
func TestTableIsComplete(t *testing.T) {
	for _, c := range cardauth.Codes() {
		if _, ok := cardCodes[c]; !ok {
			t.Errorf("%s has no public code", c)
		}
		if p, name := table().Find(cardauth.Error{Code: c}); p.Code != cardCodes[c].Code || name != string(c) {
			t.Errorf("%s becomes %s", c, p.Code)
		}
	}
	problems := []problem.Problem{table().Unknown}
	for _, r := range table().Rules {
		problems = append(problems, r.Problem)
		if r.Internal == "" {
			t.Errorf("a rule of %s has no internal name", r.Problem.Code)
		}
	}
	for _, p := range problems {
		for _, s := range []problem.Text{p.Title, p.Next} {
			if s.Ja == "" || s.En == "" || !strings.ContainsFunc(s.Ja, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Han) }) {
				t.Errorf("%s is not said in both languages", p.Code)
			}
		}
		if p.Status < 400 || p.Code == "" {
			t.Errorf("%+v", p)
		}
	}
}

// An error that nobody knows, and a panic, say only that.
func TestUnknownErrorsAndPanicsSayNothing(t *testing.T) {
	s := newServer(t)
	r := &problem.Router{Routes: s.engine, Table: table(), Outcome: func(*gin.Context, string, string, time.Duration) {}}
	r.Handle("GET", "/unknown", func(*gin.Context) error { return errors.New("山田　花子 123456789018") })
	r.Handle("GET", "/panic", func(*gin.Context) error { panic("山田　花子 123456789018") })
	for _, path := range []string{"/unknown", "/panic"} {
		resp := s.call(t, "GET", path, "", "")
		body := text(t, resp)
		if resp.StatusCode != 500 || strings.Contains(body, "花子") || strings.Contains(body, "1234") || !strings.Contains(body, `"code":"internal"`) {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	if strings.Contains(s.log.String(), "花子") || !strings.Contains(s.log.String(), "panic") {
		t.Error("the log: ", s.log.String())
	}
}

func TestPublicFiles(t *testing.T) {
	s := newServer(t)
	for path, want := range map[string]string{
		"/issuer/.well-known/jwks.json": `"kid"`, "/trust/csca.pem": "BEGIN CERTIFICATE", "/trust/bsc.pem": "BEGIN CERTIFICATE",
		"/trust/bundle.json": "jwks", "/openapi.yaml": "openapi: 3.1.0",
	} {
		r := s.call(t, "GET", path, "", "")
		if body := text(t, r); r.StatusCode != 200 || !strings.Contains(body, want) || r.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d, CORS %q", path, r.StatusCode, r.Header.Get("Access-Control-Allow-Origin"))
		}
		if strings.Contains(path, "jwks") && strings.Contains(text(t, s.call(t, "GET", path, "", "")), `"d":`) {
			t.Error("a private key is published")
		}
	}
	if r := s.call(t, "OPTIONS", "/issuer/.well-known/jwks.json", "", ""); r.StatusCode != 204 || r.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error(r.StatusCode)
	}
}

// X-Forwarded-For is not believed unless its sender is configured.
func TestNoProxyIsTrusted(t *testing.T) {
	s := newServer(t)
	s.engine.GET("/who", func(c *gin.Context) { c.String(200, c.ClientIP()) })
	r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), "GET", "/who", nil))
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("X-Forwarded-For", "6.6.6.6")
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	if w.Body.String() != "127.0.0.1" {
		t.Error(w.Body.String())
	}
}
