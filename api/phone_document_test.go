// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"kofu/api/app"
	"kofu/cardauth/attest"
	"kofu/cardauth/passport"
	"kofu/cert/keys"
	state "kofu/test/passport"
	"kofu/test/phone"
)

func phoneDocument(t *testing.T) string {
	t.Helper()
	return string(must[[]byte](t)(os.ReadFile("../deploy/clients/phone.md")))
}

// message is one block of the document: a request line or a status, headers, a
// body.
type message struct {
	head    string
	headers http.Header
	body    string
}

func blocks(text string) (all []message) {
	for _, m := range regexp.MustCompile("(?s)```http\n(.*?)\n```").FindAllStringSubmatch(text, -1) {
		head, rest, _ := strings.Cut(m[1], "\n")
		b := message{head: head, headers: http.Header{}}
		lines := bufio.NewScanner(strings.NewReader(rest))
		for lines.Scan() {
			name, value, ok := strings.Cut(lines.Text(), ": ")
			if b.body != "" || !ok || strings.HasPrefix(name, "{") {
				b.body += lines.Text() + "\n"
				continue
			}
			b.headers.Set(name, value)
		}
		all = append(all, b)
	}
	return all
}

// walker is the app that does what the document says.
type walker struct {
	t         *testing.T
	w         *world
	phone     *phone.Client
	handsets  map[string]phone.Handset
	chip      *phone.Chip
	challenge phone.Challenge
	sealed    string
}

// Rows: A1, B1, B3, B4, B7
func TestPhoneDocumentIsWhatHappens(t *testing.T) {
	all := blocks(phoneDocument(t))
	begun := 0 // challenges that are given out
	for i, b := range all {
		if b.head == "POST /app/v1/challenges" && all[i+1].head == "201" {
			begun++
		}
	}
	v := newWalker(t, begun)
	for i := 0; i+1 < len(all); i += 2 {
		v.step(all[i], all[i+1])
	}
	if begun < 3 || len(all)%2 != 0 {
		t.Errorf("%d challenges, %d blocks", begun, len(all))
	}
}

func newWalker(t *testing.T, challenges int) *walker {
	jp := must[japan](t)(japans())
	w := newWorld(t, func(w *world, h *app.Handler) {
		h.Passports.Chips = &passport.ChipVerifier{CSCAs: must[*passport.CSCAs](t)(passport.ParseCSCAs(state.PEM(jp.authority))), Now: w.clock.now}
		h.Keys = must[*keys.Ring](t)(rings())
		h.Limits = &app.Limits{Tally: &tally{now: w.clock.now}, Secret: make([]byte, 32), Network: challenges}
		left := app.NetworkWindow - (w.clock.now().Sub(w.clock.now().Truncate(app.NetworkWindow)))
		w.clock.pass(left)
	})
	v := &walker{t: t, w: w, handsets: map[string]phone.Handset{"ios": w.iPhone(t), "android": w.pixel(t)}, chip: jp.chip(t, goodZone())}
	v.phone = w.phone(t, nil, hers(t).Reader())
	return v
}

// step sends a request of the document, with real values in the place of "…",
// and holds the answer to the document's.
func (v *walker) step(ask, want message) {
	v.t.Helper()
	method, path, _ := strings.Cut(ask.head, " ")
	v.phone.App = ask.headers.Get("Kofu-App")
	r := must[*phone.Response](v.t)(v.phone.Send(v.t.Context(), method, path, "application/json", v.fillIn(path, ask.body)))
	if fmt.Sprint(r.Status) != want.head {
		v.t.Fatalf("%s\n%s\n%d %s", ask.head, ask.body, r.Status, r.Body)
	}
	for name, value := range want.headers {
		if got := r.Header.Get(name); got == "" || value[0] != "…" && got != value[0] {
			v.t.Errorf("%s: %s is %q", ask.head, name, got)
		}
	}
	if want.body == "" {
		if len(r.Body) > 0 {
			v.t.Errorf("%s answers %s", ask.head, r.Body)
		}
		return
	}
	if diff := differs(anyOf(v.t, want.body), anyOf(v.t, string(r.Body)), ""); diff != "" {
		v.t.Errorf("%s answers otherwise at %s:\n%s", ask.head, diff, r.Body)
	}
	v.take(r.Body)
}

// take keeps what the app needs later.
func (v *walker) take(body []byte) {
	var said struct {
		phone.Challenge
		Sealed     string `json:"sealed_application"`
		Credential string `json:"credential"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		v.t.Fatal(err)
	}
	switch {
	case said.ID != "":
		v.challenge = said.Challenge
	case said.Sealed != "":
		v.sealed = said.Sealed
	case said.Credential != "":
		v.phone.Credential = &phone.Credential{Token: said.Credential}
	}
}

// fillIn gives the request that a phone would send, and finds that it has the
// document's members, no more and no fewer.
func (v *walker) fillIn(path, body string) []byte {
	v.t.Helper()
	var real any
	asked, _ := anyOf(v.t, "{}").(map[string]any)
	if body != "" {
		asked = anyOf(v.t, body).(map[string]any)
	}
	switch path {
	case "/app/v1/devices":
		v.phone.Handset = v.handsets[asked["platform"].(string)]
		r := must[*phone.Registration](v.t)(v.phone.Handset.Attest(v.challenge.Challenge))
		r.Challenge = v.challenge.ID
		real = r
	case "/app/v1/applications":
		real = must[*phone.Application](v.t)(v.phone.Prove(&v.challenge, travel(goodZone(), v.chip)))
	case "/app/v1/certificates", "/app/v1/applications/discard":
		real = map[string]any{
			"sealed_application": v.sealed, "device": v.phone.Device, "credential": v.phone.Credential.Token,
			"assertion": must[[]byte](v.t)(v.phone.Handset.Assert(attest.SealedHash(v.sealed))), "pdf": asked["pdf"],
		}
		if asked["pdf"] == nil {
			delete(real.(map[string]any), "pdf")
		}
	default:
		return []byte(body)
	}
	sent := anyOf(v.t, string(must[[]byte](v.t)(json.Marshal(real))))
	return must[[]byte](v.t)(json.Marshal(merge(v.t, path, asked, sent)))
}

// merge puts real values in the place of "…".
func merge(t *testing.T, at string, asked, real any) any {
	t.Helper()
	members, ok := asked.(map[string]any)
	if !ok {
		if asked == "…" {
			return real
		}
		return asked
	}
	theirs, ok := real.(map[string]any)
	if !ok {
		t.Fatalf("%s is an object in the document alone", at)
	}
	out := map[string]any{}
	for name, value := range members {
		if theirs[name] == nil {
			t.Errorf("%s: %s is in the document alone", at, name)
		}
		out[name] = merge(t, at+"/"+name, value, theirs[name])
	}
	for name := range theirs {
		if members[name] == nil {
			t.Errorf("%s: %s is not in the document", at, name)
		}
	}
	return out
}

func anyOf(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// differs returns where got is not what want says: members that want does not
// name may be there, and "…" is anything that is.
func differs(want, got any, at string) string {
	if want == "…" {
		if got == nil {
			return at + " (missing)"
		}
		return ""
	}
	w, ok := want.(map[string]any)
	if !ok {
		if !reflect.DeepEqual(want, got) {
			return at
		}
		return ""
	}
	g, ok := got.(map[string]any)
	if !ok {
		return at
	}
	for name, value := range w {
		if diff := differs(value, g[name], at+"/"+name); diff != "" {
			return diff
		}
	}
	return ""
}

// Every code, every call and every member of a request is in the document, and
// no other code.
func TestPhoneDocumentNamesEverything(t *testing.T) {
	text := phoneDocument(t)
	_, refused, _ := strings.Cut(text, "\n## Refused\n")
	named := map[string]bool{}
	for line := range strings.Lines(refused) {
		if first, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok && strings.HasPrefix(line, "| `") {
			for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(first, -1) {
				named[m[1]] = true
			}
		}
	}
	var codes []string
	for _, r := range table().Rules {
		codes = append(codes, r.Problem.Code)
		if !named[r.Problem.Code] {
			t.Errorf("%s is not in the document", r.Problem.Code)
		}
	}
	for code := range named {
		if !slices.Contains(codes, code) {
			t.Errorf("%s of the document does not exist", code)
		}
	}
	for path, item := range document(t).Paths.Map() {
		for method, op := range item.Operations() {
			if !strings.HasPrefix(path, "/app/") {
				continue
			}
			if !strings.Contains(text, method+" "+path) {
				t.Errorf("%s %s is not in the document", method, path)
			}
			if op.RequestBody == nil {
				continue
			}
			walk(op.RequestBody.Value.Content["application/json"].Schema.Value, func(name string, _ *openapi3.Schema) {
				if !strings.Contains(strings.ToLower(text), name) {
					t.Errorf("%s %s: %s is not in the document", method, path, name)
				}
			})
		}
	}
}
