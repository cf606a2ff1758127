// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/qr"
	"kofu/cert/shc"
	"kofu/test/phone"
)

// post sends a body to one of the demo's own endpoints and reads the answer
// into a map.
func (tr *trial) post(t *testing.T, path, body string) (int, map[string]any) {
	t.Helper()
	res, err := (&phone.Client{BaseURL: tr.URL, HTTP: tr.HTTP}).Send(t.Context(), http.MethodPost, path, "application/json", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	answer := map[string]any{}
	if len(res.Body) > 0 {
		if err := json.Unmarshal(res.Body, &answer); err != nil {
			t.Fatal(err)
		}
	}
	return res.Status, answer
}

// Any HTTP client can be the phone: the card's answer is pasted into the
// application as it is.
//
// Rows: B1
func TestCardDeskLetsAnyClientBeThePhone(t *testing.T) {
	tr := newTrial(t)
	r := tr.plain(t)
	for _, hashed := range []bool{false, true} {
		t.Run(fmt.Sprint("hashed by the caller: ", hashed), func(t *testing.T) {
			p := &phone.Client{BaseURL: tr.URL, HTTP: tr.HTTP}
			ch, err := p.Challenge(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			desk := "/demo/cards/" + r.ID + "/read"
			status, files := tr.post(t, desk, `{"pin":"`+r.PIN+`","surface":true}`)
			if _, signed := files["signature"]; status != http.StatusOK || signed {
				t.Fatalf("status %d, signature without a message: %v", status, signed)
			}
			face, _ := files["surface"].(map[string]any)
			part := func(of map[string]any, name string) []byte {
				b, err := base64.StdEncoding.DecodeString(of[name].(string))
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
			m := phone.SurfaceMessage(ch.Challenge, part(files, "ef0003"), &phone.Surface{Birth: part(face, "birth"), Sex: part(face, "sex"), Key: part(face, "key")})
			if hashed {
				sum := sha256.Sum256(m)
				m = sum[:]
			}
			status, read := tr.post(t, desk, `{"pin":"`+r.PIN+`","surface":true,"message":"`+base64.StdEncoding.EncodeToString(m)+`"}`)
			if status != http.StatusOK {
				t.Fatal(status, read)
			}
			application, err := json.Marshal(map[string]any{
				"challenge_id": ch.ID, "device": "0123456789abcdef", "card": read, "kind": "domestic", "municipality": string(r.Municipality),
			})
			if err != nil {
				t.Fatal(err)
			}
			if status, answer := tr.post(t, "/app/v1/applications", string(application)); status != http.StatusOK {
				t.Error(status, answer)
			}
		})
	}
}

// Pictures and photograph stay in the reader, and the key of the text
// application is not read where the other signs.
//
// Rows: B1
func TestCardDeskShowsWhatIsAskedFor(t *testing.T) {
	tr := newTrial(t)
	r := tr.plain(t)
	text := []string{"ef0001", "ef0002", "ef0003", "ef0004"}
	for _, tt := range []struct {
		ask  string
		want []string
	}{
		{``, append(text, "ef0007")},
		{`,"surface":false,"message":"bQ=="`, append(text, "ef0007", "signature")},
		{`,"surface":true`, append(text, "surface")},
		{`,"surface":true,"message":"bQ=="`, append(text, "signature", "surface")},
		{`,"surface":true,"message":"bQ==","foreign":true`, append(text, "signature", "surface")},
	} {
		status, got := tr.post(t, "/demo/cards/"+r.ID+"/read", `{"pin":"`+r.PIN+`"`+tt.ask+`}`)
		if names := slices.Sorted(maps.Keys(got)); status != http.StatusOK || !slices.Equal(names, tt.want) {
			t.Errorf("%s: %d %v", tt.ask, status, names)
		}
		face, _ := got["surface"].(map[string]any)
		if names := slices.Sorted(maps.Keys(face)); face != nil && !slices.Equal(names, []string{"birth", "ef0004", "key", "photo", "pictures", "sex", "signature"}) {
			t.Errorf("%s: of the surface %v", tt.ask, names)
		}
	}
}

// A phone is told which of its certificates no longer verify, and not to have
// its device attested.
//
// Rows: N14
func TestPhoneIsToldWhatTheServiceAsksFor(t *testing.T) {
	tr := newTrial(t)
	p := tr.holding(t, tr.plain(t))
	_, c, err := p.Journey(t.Context(), wants(t, tr.plain(t), cert.Domestic))
	if err != nil {
		t.Fatal(err)
	}
	card, err := shc.Parse(c.SHC.JWS)
	if err != nil {
		t.Fatal(err)
	}
	gone := strings.Repeat("A", 43)
	st, err := p.Status(t.Context(), card.KID, gone)
	if err != nil || !slices.Equal(st.Reissue, []string{gone}) || st.PassportChip != "none" {
		t.Errorf("%+v (%v)", st, err)
	}
	if status, a := tr.post(t, "/app/v1/devices", `{}`); status != http.StatusNotFound {
		t.Error(status, a)
	}
	if ch, err := p.Challenge(t.Context()); err != nil || ch.Binding != string(cardauth.Surface) {
		t.Errorf("%+v (%v)", ch, err)
	}
}

// Three wrong PINs block the card, and only the counter opens it again.
func TestThreeWrongPINsBlockTheCard(t *testing.T) {
	tr := newTrial(t)
	r := tr.plain(t)
	desk := "/demo/cards/" + r.ID
	right, wrong := `{"pin":"`+r.PIN+`"}`, `{"pin":"0000"}`
	steps := []struct {
		path, body string
		status     int
		code       string
		left       any
	}{
		{"/read", wrong, 403, "pin_incorrect", 2.0},
		{"/read", right, 200, "", nil},
		{"/read", wrong, 403, "pin_incorrect", 2.0},
		{"/read", wrong, 403, "pin_incorrect", 1.0},
		{"/read", `{"pin":"123"}`, 400, "bad_request", nil}, // costs no try
		{"/read", `{"pin":"12a4"}`, 400, "bad_request", nil},
		{"/read", `{}`, 400, "bad_request", nil},
		{"/read", `{"pin":"0000","x":1}`, 400, "bad_request", nil},
		{"/read", `{"pin":"0000","pin":"0000"}`, 400, "bad_request", nil},
		{"/read", `{"pin":"0000","message":"!"}`, 400, "bad_request", nil},
		{"/read", wrong, 403, "pin_blocked", 0.0},
		{"/read", right, 403, "pin_blocked", 0.0},
		{"/unblock", `{"x":1}`, 400, "bad_request", nil},
		{"/unblock", `{}`, 204, "", nil},
		{"/read", right, 200, "", nil},
	}
	for i, s := range steps {
		status, answer := tr.post(t, desk+s.path, s.body)
		code, _ := answer["code"].(string)
		if status != s.status || code != s.code || answer["tries_left"] != s.left {
			t.Fatalf("step %d, %s %s: %d %s %v", i, s.path, s.body, status, code, answer["tries_left"])
		}
	}
	for _, path := range []string{"/demo/cards/nobody/read", "/demo/cards/nobody/unblock"} {
		body := right
		if strings.HasSuffix(path, "unblock") {
			body = "{}"
		}
		if status, answer := tr.post(t, path, body); status != http.StatusNotFound || answer["code"] != "not_found" {
			t.Errorf("%s: %d %v", path, status, answer)
		}
	}
}

func TestResidentsAreListed(t *testing.T) {
	tr := newTrial(t)
	res, err := (&phone.Client{BaseURL: tr.URL, HTTP: tr.HTTP}).Send(t.Context(), http.MethodGet, "/demo/residents", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Residents []person }
	if err := json.Unmarshal(res.Body, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Residents) < 60 {
		t.Errorf("%d residents", len(list.Residents))
	}
	for _, p := range list.Residents {
		if p.ID == "" || p.Case == "" || p.CaseJa == "" || !pinFormat.MatchString(p.PIN) || p.Municipality.Name == "" || p.Expected.Domestic == "" || p.Expected.Overseas == "" || p.Kiosk.Domestic == "" || p.Kiosk.Overseas == "" {
			t.Errorf("%+v is not whole", p)
		}
		if p.MRZ != nil && (len(p.MRZ[0]) != 44 || len(p.MRZ[1]) != 44) {
			t.Errorf("%s: MRZ of %d and %d characters", p.ID, len(p.MRZ[0]), len(p.MRZ[1]))
		}
	}
	for _, r := range tr.desk.residents { // A number is nobody's business, not even a made-up one.
		if strings.Contains(string(res.Body), r.Number) {
			t.Errorf("the list has the My Number of %s", r.ID)
		}
	}
}

// The page's picture of a symbol is read by the other library.
func TestPictureOfASymbol(t *testing.T) {
	tr := newTrial(t)
	_, c, err := tr.holding(t, tr.plain(t)).Journey(t.Context(), wants(t, tr.plain(t), cert.Overseas))
	if err != nil {
		t.Fatal(err)
	}
	p := &phone.Client{BaseURL: tr.URL, HTTP: tr.HTTP}
	for _, text := range []string{c.SHC.QR, c.VDSNC} {
		body, err := json.Marshal(map[string]string{"text": text})
		if err != nil {
			t.Fatal(err)
		}
		res, err := p.Send(t.Context(), http.MethodPost, "/demo/qr", "application/json", body)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(res.Body))
		if err != nil {
			t.Fatal(err)
		}
		if read, err := qr.ReadImage(img); err != nil || !slices.Equal(read, []string{text}) {
			t.Errorf("read %q (%v)", read, err)
		}
	}
	for _, body := range []string{`{"text":""}`, `{"text":"` + strings.Repeat("x", 4000) + `"}`, `{}`} {
		if status, answer := tr.post(t, "/demo/qr", body); status != http.StatusBadRequest {
			t.Errorf("%.20s: %d %v", body, status, answer)
		}
	}
}

// The page comes from here alone, may load nothing from elsewhere, and a page
// from elsewhere may not use it.
func TestPageIsSelfContained(t *testing.T) {
	tr := newTrial(t)
	p := &phone.Client{BaseURL: tr.URL, HTTP: tr.HTTP}
	for path, media := range map[string]string{
		"/": "text/html", "/demo/page/phone.js": "text/javascript", "/demo/page/phone.css": "text/css", "/demo/page/icon.svg": "image/svg+xml",
		"/kiosk": "text/html", "/demo/page/kiosk.js": "text/javascript", "/demo/page/machine.js": "text/javascript", "/demo/page/screen.js": "text/javascript",
		"/demo/page/hands.js": "text/javascript", "/demo/page/line.js": "text/javascript", "/demo/page/card.js": "text/javascript",
		"/demo/page/paper.js": "text/javascript", "/demo/page/kiosk.css": "text/css", "/demo/page/hands.css": "text/css",
	} {
		res, err := p.Send(t.Context(), http.MethodGet, path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.Status != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), media) || !strings.HasPrefix(res.Header.Get("Content-Security-Policy"), "default-src 'self';") {
			t.Errorf("%s: %d, %v", path, res.Status, res.Header)
		}
		if framed := strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-src blob:"); framed != (path == "/kiosk") {
			t.Errorf("%s: may show what is in memory: %v", path, framed)
		}
		if path == "/demo/page/icon.svg" {
			continue // names its XML name space
		}
		text := string(res.Body)
		for _, foreign := range []string{"https://fonts", "cdn", "src=\"http", "href=\"http", "@import", "url(http", "style=\"", " onclick="} {
			if strings.Contains(text, foreign) {
				t.Errorf("%s has %q", path, foreign)
			}
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tr.URL+"/demo/cards/"+tr.plain(t).ID+"/read", strings.NewReader(`{"pin":"0000"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", "https://elsewhere.example")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := tr.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a page from elsewhere got %d", res.StatusCode)
	}
}
