// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// attempt is one try at getting what should not be got. It returns what came
// of it; nil is a certificate.
type attempt func(t *testing.T, tr *trial, p *phone.Client, w phone.Wish) error

// Each of these has its code, and nothing is issued; what is wrong with the
// challenge or the card never gets as far as the record system.
//
// Rows: B1, B5, D2
func TestBadApplicationsHaveTheirCode(t *testing.T) {
	tr := newTrial(t)
	tests := []struct {
		name string
		kind cert.Kind
		try  attempt
		want string
		asks bool // the record system is asked
	}{
		{"challenge of another application", cert.Domestic, otherChallenge, "card_invalid", false},
		{"challenge never given out", cert.Domestic, unknownChallenge, "challenge_invalid", false},
		{"challenge used before", cert.Domestic, replayed, "challenge_invalid", true},
		{"challenge used by a refused application", cert.Domestic, burnt, "challenge_invalid", false},
		{"challenge expired", cert.Domestic, tooLate, "challenge_invalid", false},
		{"card of an unknown authority", cert.Domestic, unknownAuthority, "card_not_accepted", false},
		{"EF0001 altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.EF0001 }), "card_invalid", false},
		{"EF0002 altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.EF0002 }), "card_invalid", false},
		{"EF0003 altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.EF0003 }), "card_invalid", false},
		{"EF0004 altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.EF0004 }), "card_invalid", false},
		{"birth date of the surface altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.Surface.Birth }), "card_invalid", false},
		{"sex of the surface altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.Surface.Sex }), "card_invalid", false},
		{"key of the surface altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.Surface.Key }), "card_invalid", false},
		{"digest of pictures altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.Surface.Pictures }), "card_invalid", false},
		{"digest of the photograph altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.Surface.Photo }), "card_invalid", false},
		{"signature of the surface altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.Surface.Signature }), "card_invalid", false},
		{"EF0004 of the surface altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.Surface.EF0004 }), "card_invalid", false},
		{"text application alone, as at a kiosk", cert.Domestic, textAlone, "card_invalid", false},
		{"surface of another's card", cert.Domestic, othersSurface, "card_invalid", false},
		{"signature altered", cert.Domestic, altered(func(c *phone.CardFiles) []byte { return c.Signature }), "card_invalid", false},
		{"no signature", cert.Domestic, edited(func(a *phone.Application) { a.Card.Signature = nil }), "bad_request", false},
		{"no files", cert.Domestic, edited(func(a *phone.Application) { a.Card = phone.CardFiles{} }), "bad_request", false},
		{"municipality not joined", cert.Domestic, edited(func(a *phone.Application) { a.Municipality = "900036" }), "municipality_not_joined", false},
		{"municipality unknown", cert.Domestic, edited(func(a *phone.Application) { a.Municipality = "131016" }), "municipality_unknown", false},
		{"municipality of words", cert.Domestic, edited(func(a *phone.Application) { a.Municipality = "架空市" }), "bad_request", false},
		{"no kind", cert.Domestic, edited(func(a *phone.Application) { a.Kind = "" }), "bad_request", false},
		{"kind unknown", cert.Domestic, edited(func(a *phone.Application) { a.Kind = "both" }), "bad_request", false},
		{"no device", cert.Domestic, edited(func(a *phone.Application) { a.Device = "" }), "bad_request", false},
		{"device short", cert.Domestic, edited(func(a *phone.Application) { a.Device = "short" }), "bad_request", false},
		{"no passport", cert.Overseas, edited(func(a *phone.Application) { a.MRZ = nil }), "passport_required", false},
		{"passport check digit", cert.Overseas, edited(func(a *phone.Application) { a.MRZ = []string{a.MRZ[0], flipDigit(a.MRZ[1])} }), "passport_invalid", false},
		{"passport of one line", cert.Overseas, edited(func(a *phone.Application) { a.MRZ = a.MRZ[:1] }), "bad_request", false},
		{"passport on a domestic one", cert.Domestic, withPassport, "bad_request", false},
	}
	r := tr.plain(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, confirmed := tr.asked("find"), tr.asked("confirm")
			p := tr.holding(t, r)
			err := tt.try(t, tr, p, wants(t, r, tt.kind))
			if got := phone.CodeOf(err); got != tt.want {
				t.Errorf("got %q (%v), want %q", got, err, tt.want)
			}
			if tr.asked("confirm") != confirmed {
				t.Error("a certificate was issued")
			}
			if asked := tr.asked("find") != found; asked != tt.asks {
				t.Errorf("the record system was asked: %v", asked)
			}
		})
	}
}

func proved(t *testing.T, p *phone.Client, w phone.Wish) *phone.Application {
	t.Helper()
	ch, err := p.Challenge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Prove(ch, w)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func edited(edit func(*phone.Application)) attempt {
	return func(t *testing.T, _ *trial, p *phone.Client, w phone.Wish) error {
		a := proved(t, p, w)
		edit(a)
		_, err := p.Apply(t.Context(), a)
		return err
	}
}

// altered turns one bit in the middle of what of returns.
func altered(of func(*phone.CardFiles) []byte) attempt {
	return edited(func(a *phone.Application) { b := of(&a.Card); b[len(b)/2] ^= 1 })
}

func otherChallenge(t *testing.T, _ *trial, p *phone.Client, w phone.Wish) error {
	one, other := proved(t, p, w), proved(t, p, w)
	one.Challenge = other.Challenge
	_, err := p.Apply(t.Context(), one)
	return err
}

func unknownChallenge(t *testing.T, _ *trial, p *phone.Client, w phone.Wish) error {
	return edited(func(a *phone.Application) { a.Challenge = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" })(t, nil, p, w)
}

func replayed(t *testing.T, _ *trial, p *phone.Client, w phone.Wish) error {
	a := proved(t, p, w)
	if _, err := p.Apply(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	_, err := p.Apply(t.Context(), a)
	return err
}

func burnt(t *testing.T, _ *trial, p *phone.Client, w phone.Wish) error {
	a := proved(t, p, w)
	good := a.Card.Signature
	a.Card.Signature = bytes.Repeat([]byte{1}, len(good))
	if _, err := p.Apply(t.Context(), a); phone.CodeOf(err) != "card_invalid" {
		t.Fatal(err)
	}
	a.Card.Signature = good
	_, err := p.Apply(t.Context(), a)
	return err
}

func tooLate(t *testing.T, tr *trial, p *phone.Client, w phone.Wish) error {
	a := proved(t, p, w)
	tr.later(2*time.Minute + time.Second)
	_, err := p.Apply(t.Context(), a)
	return err
}

func unknownAuthority(t *testing.T, tr *trial, p *phone.Client, w phone.Wish) error {
	p.Card = foreign(t, tr.plain(t)).Reader()
	_, _, err := p.Journey(t.Context(), w)
	return err
}

func textAlone(t *testing.T, _ *trial, p *phone.Client, w phone.Wish) error {
	ch, err := p.Challenge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ch.Binding = string(cardauth.Attested)
	a, err := p.Prove(ch, w)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Apply(t.Context(), a)
	return err
}

// othersSurface is a copy of somebody's files with one's own card, which is as
// genuine and has signed.
func othersSurface(t *testing.T, tr *trial, p *phone.Client, w phone.Wish) error {
	other := tr.holding(t, tr.first(t, func(r vrs.Resident) bool { return r.Municipality == tr.plain(t).Municipality && r.ID != tr.plain(t).ID }))
	ch, err := other.Challenge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	own, err := other.Prove(ch, w)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := p.Prove(ch, w)
	if err != nil {
		t.Fatal(err)
	}
	copied.Card.Surface = own.Card.Surface
	copied.Card.Signature, err = other.Card.(phone.SurfaceCard).SignSurface(phone.SurfaceMessage(ch.Challenge, copied.Card.EF0003, own.Card.Surface))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Apply(t.Context(), copied)
	return err
}

func withPassport(t *testing.T, tr *trial, p *phone.Client, w phone.Wish) error {
	w.MRZ = wants(t, tr.plain(t), cert.Overseas).MRZ
	_, _, err := p.Journey(t.Context(), w)
	return err
}

// flipDigit changes the last character of the passport number.
func flipDigit(line string) string {
	return line[:8] + string('0'+(line[8]-'0'+1)%10) + line[9:]
}

// A sealed application opens for the one who made it, as it is, until it is
// discarded or five minutes are over; else nothing is issued.
//
// Rows: R2.1
func TestSealedApplicationsThatDoNotOpen(t *testing.T) {
	tr := newTrial(t)
	r := tr.plain(t)
	ask := func(t *testing.T) (*phone.Client, string) {
		p := tr.holding(t, r)
		reviewed, err := p.Ask(t.Context(), wants(t, r, cert.Overseas))
		if err != nil {
			t.Fatal(err)
		}
		return p, reviewed.Sealed
	}
	tests := map[string]func(t *testing.T, p *phone.Client, sealed string) string{
		"another device":   func(_ *testing.T, p *phone.Client, s string) string { p.Device = "another-device-secret"; return s },
		"nonsense":         func(*testing.T, *phone.Client, string) string { return "a..b.c.d" },
		"header altered":   func(_ *testing.T, _ *phone.Client, s string) string { return alterPart(s, 0) },
		"iv altered":       func(_ *testing.T, _ *phone.Client, s string) string { return alterPart(s, 2) },
		"content altered":  func(_ *testing.T, _ *phone.Client, s string) string { return alterPart(s, 3) },
		"tag altered":      func(_ *testing.T, _ *phone.Client, s string) string { return alterPart(s, 4) },
		"header exchanged": func(t *testing.T, _ *phone.Client, s string) string { _, o := ask(t); return exchange(s, o, 0) },
		"content exchanged": func(t *testing.T, p *phone.Client, s string) string {
			return exchange(s, askAs(t, tr, r, p.Device), 3)
		},
		"expiry put off": func(_ *testing.T, _ *phone.Client, s string) string { return putOff(t, s) },
		"discarded": func(t *testing.T, p *phone.Client, s string) string {
			if err := p.Discard(t.Context(), s); err != nil {
				t.Error(err)
			}
			return s
		},
		"five minutes old": func(_ *testing.T, _ *phone.Client, s string) string {
			tr.later(issuance.SealTTL + time.Second)
			return s
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			reserved := tr.asked("reserve")
			p, sealed := ask(t)
			_, err := p.Issue(t.Context(), spoil(t, p, sealed), true)
			if got := phone.CodeOf(err); got != "application_invalid" {
				t.Errorf("got %q (%v)", got, err)
			}
			if tr.asked("reserve") != reserved {
				t.Error("a certificate ID was reserved")
			}
		})
	}
}

func askAs(t *testing.T, tr *trial, r vrs.Resident, device string) string {
	t.Helper()
	p := tr.holding(t, r)
	p.Device = device
	reviewed, err := p.Ask(t.Context(), wants(t, r, cert.Overseas))
	if err != nil {
		t.Fatal(err)
	}
	return reviewed.Sealed
}

// alterPart changes a character in the middle of one of a token's five parts.
func alterPart(token string, n int) string {
	parts := strings.Split(token, ".")
	b := []byte(parts[n])
	if i := len(b) / 2; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	parts[n] = string(b)
	return strings.Join(parts, ".")
}

func exchange(a, b string, n int) string {
	parts := strings.Split(a, ".")
	parts[n] = strings.Split(b, ".")[n]
	return strings.Join(parts, ".")
}

// putOff rewrites the header with an expiry an hour later.
func putOff(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	var header map[string]any
	if err := json.Unmarshal(raw, &header); err != nil {
		t.Fatal(err)
	}
	header["exp"] = header["exp"].(float64) + 3600
	if raw, err = json.Marshal(header); err != nil {
		t.Fatal(err)
	}
	parts[0] = base64.RawURLEncoding.EncodeToString(raw)
	return strings.Join(parts, ".")
}

// strangeBody is something sent, and what has to be answered.
type strangeBody struct {
	name, method, path, media string
	body                      func(*testing.T) string
	status                    int
	code                      string
}

// strangeBodies are applications by r, each spoilt in one way.
func strangeBodies(tr *trial, r vrs.Resident) []strangeBody {
	good := func(t *testing.T) string {
		b, err := json.Marshal(proved(t, tr.holding(t, r), wants(t, r, cert.Domestic)))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	with := func(member string) func(*testing.T) string {
		return func(t *testing.T) string { return strings.Replace(good(t), "{", "{"+member+",", 1) }
	}
	inCard := func(member string) func(*testing.T) string {
		return func(t *testing.T) string {
			return strings.Replace(good(t), `"card":{`, `"card":{`+member+",", 1)
		}
	}
	const applications, plain = "/app/v1/applications", "application/json"
	return []strangeBody{
		{"a PIN", "POST", applications, plain, with(`"pin":"1234"`), 400, "bad_request"},
		{"a PIN beside the files", "POST", applications, plain, inCard(`"pin":"1234"`), 400, "bad_request"},
		{"a typed number", "POST", applications, plain, with(`"my_number":"123456789018"`), 400, "bad_request"},
		{"a typed name", "POST", applications, plain, with(`"name":"山田"`), 400, "bad_request"},
		{"free text", "POST", applications, plain, with(`"remarks":"x"`), 400, "bad_request"},
		{"an unknown member", "POST", applications, plain, with(`"x":1`), 400, "bad_request"},
		{"a member in capitals", "POST", applications, plain, with(`"Kind":"overseas"`), 400, "bad_request"},
		{"a member twice", "POST", applications, plain, with(`"kind":"overseas"`), 400, "bad_request"},
		{"a file twice", "POST", applications, plain, inCard(`"ef0001":"AAAA"`), 400, "bad_request"},
		{"bad base64", "POST", applications, plain, func(t *testing.T) string { return strings.Replace(good(t), `"ef0004":"`, `"ef0004":"!`, 1) }, 400, "bad_request"},
		{"unpadded base64", "POST", applications, plain, func(t *testing.T) string { return strings.Replace(good(t), `="`, `"`, 1) }, 400, "bad_request"},
		{"two values", "POST", applications, plain, func(t *testing.T) string { return good(t) + "{}" }, 400, "bad_request"},
		{"cut off", "POST", applications, plain, func(t *testing.T) string { return good(t)[:500] }, 400, "bad_request"},
		{"nothing", "POST", applications, plain, func(*testing.T) string { return "" }, 400, "bad_request"},
		{"a list", "POST", applications, plain, func(*testing.T) string { return "[]" }, 400, "bad_request"},
		{"not UTF-8", "POST", applications, plain, with("\"kind\xff\":1"), 400, "bad_request"},
		{"too large", "POST", applications, plain, func(t *testing.T) string { return good(t) + strings.Repeat(" ", 64<<10) }, 413, "too_large"},
		{"as text", "POST", applications, "text/plain", good, 415, "unsupported_media_type"},
		{"as a form", "POST", applications, "application/x-www-form-urlencoded", good, 415, "unsupported_media_type"},
		{"of no type", "POST", applications, "", good, 415, "unsupported_media_type"},
		{"a PIN for a challenge", "POST", "/app/v1/challenges", plain, func(*testing.T) string { return `{"pin":"1234"}` }, 400, "bad_request"},
		{"a PIN for a certificate", "POST", "/app/v1/certificates", plain, func(*testing.T) string {
			return `{"sealed_application":"x","device":"0123456789abcdef","pin":"1234"}`
		}, 400, "bad_request"},
		{"a payload to sign", "POST", "/app/v1/certificates", plain, func(*testing.T) string {
			return `{"sealed_application":"x","device":"0123456789abcdef","payload":"eyJ9"}`
		}, 400, "bad_request"},
		{"no sealed application", "POST", "/app/v1/certificates", plain, func(*testing.T) string { return `{"sealed_application":"","device":"0123456789abcdef"}` }, 400, "bad_request"},
		{"no such place", "POST", "/app/v1/certificate", plain, good, 404, "not_found"},
		{"a slash too many", "GET", "/app/v1/status/", "", good, 404, "not_found"},
		{"a wrong method", "GET", applications, "", good, 405, "method_not_allowed"},
		{"deleting", "DELETE", "/app/v1/certificates", "", good, 405, "method_not_allowed"},
	}
}

// What is not the contract's is refused with a problem document, and nothing
// else happens.
//
// Rows: A4, B3, B4, R2.1
func TestBodiesThatAreNotTheContract(t *testing.T) {
	tr := newTrial(t)
	r := tr.plain(t)
	for _, tt := range strangeBodies(tr, r) {
		t.Run(tt.name, func(t *testing.T) {
			body := tt.body(t)
			found, reserved := tr.asked("find"), tr.asked("reserve")
			res, err := (&phone.Client{BaseURL: tr.URL, HTTP: tr.HTTP}).Send(t.Context(), tt.method, tt.path, tt.media, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			p, err := res.Problem()
			if err != nil {
				t.Fatal(err)
			}
			if p.Status != tt.status || p.Code != tt.code {
				t.Errorf("got %d %s", p.Status, p.Code)
			}
			if res.Header.Get("Cache-Control") != "no-store" {
				t.Error("the answer may be kept")
			}
			if tr.asked("find") != found || tr.asked("reserve") != reserved {
				t.Error("the record system was asked")
			}
		})
	}
}

// Whatever goes wrong between here and the record system is "unavailable", and
// nothing is issued; when it is well again, so is the service.
//
// Rows: A6, R4.1
func TestRecordSystemFailing(t *testing.T) {
	tr := newTrial(t)
	r := tr.plain(t)
	faults := []vrs.FaultKind{
		vrs.Status, vrs.Reset, vrs.Truncated, vrs.HTML, vrs.Empty, vrs.HalfJSON, vrs.Trailing, vrs.DoubledName, vrs.UnknownName,
		vrs.UnknownResult, vrs.MissingName, vrs.ErrorFlag, vrs.OtherRequest, vrs.OtherMunicipality, vrs.Stale, vrs.Ahead,
	}
	calls := map[string][]vrs.FaultKind{
		"find":    append(faults[:len(faults):len(faults)], vrs.OtherPerson, vrs.NoDoses),
		"reserve": append(faults[:len(faults):len(faults)], vrs.OtherIssuance, vrs.BadID),
		"confirm": {vrs.Status, vrs.Reset, vrs.HTML, vrs.OtherIssuance},
	}
	for call, kinds := range calls {
		for _, kind := range kinds {
			t.Run(call+"/"+string(kind), func(t *testing.T) {
				tr.records.Faults().Add(vrs.Fault{Call: call, Kind: kind, Status: http.StatusInternalServerError})
				_, c, err := tr.holding(t, r).Journey(t.Context(), wants(t, r, cert.Overseas))
				tr.records.Faults().Clear()
				if got := phone.CodeOf(err); got != "unavailable" || c != nil {
					t.Errorf("got %q (%v)", got, err)
				}
				tr.well(t)
			})
		}
	}
	t.Run("down", func(t *testing.T) {
		if err := tr.gateway.Close(); err != nil {
			t.Fatal(err)
		}
		_, _, err := tr.holding(t, r).Journey(t.Context(), wants(t, r, cert.Domestic))
		if got := phone.CodeOf(err); got != "unavailable" {
			t.Errorf("got %q (%v)", got, err)
		}
	})
}

// well waits until the breaker lets calls through again.
func (tr *trial) well(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	r := tr.plain(t)
	for {
		_, err := tr.holding(t, r).Ask(ctx, wants(t, r, cert.Domestic))
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
