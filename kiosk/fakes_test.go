// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
	"kofu/test/card"
)

// memory keeps sessions, places, terminals and books in this process, to the
// letter of their contracts.
type memory struct {
	mu        sync.Mutex
	now       func() time.Time
	sessions  map[string]kept
	inside    []string
	waiting   []string
	counts    map[string]int
	terminals map[string]Terminal
	books     map[string]Entry
	down      bool // every store fails
}

type kept struct {
	data    []byte
	version int
	until   time.Time
}

var errDown = errors.New("down")

func (m *memory) Load(_ context.Context, id string) ([]byte, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, 0, errDown
	}
	s, ok := m.sessions[id]
	if !ok || !m.now().Before(s.until) {
		return nil, 0, ErrNoSession
	}
	return slices.Clone(s.data), s.version, nil
}

func (m *memory) Save(_ context.Context, id string, data []byte, version int, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errDown
	}
	if m.sessions[id].version != version {
		return ErrConflict
	}
	m.sessions[id] = kept{slices.Clone(data), version + 1, m.now().Add(ttl)}
	return nil
}

func (m *memory) Delete(_ context.Context, id string) error {
	delete(m.sessions, id)
	return nil
}

func (m *memory) Enter(_ context.Context, id string, most int, _ time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return 0, errDown
	}
	if slices.Contains(m.inside, id) {
		return 0, nil
	}
	if !slices.Contains(m.waiting, id) {
		m.waiting = append(m.waiting, id)
	}
	place := slices.Index(m.waiting, id) + 1
	if place+len(m.inside) <= most {
		m.waiting = slices.Delete(m.waiting, place-1, place)
		m.inside = append(m.inside, id)
		return 0, nil
	}
	return place, nil
}

func (m *memory) Leave(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inside = slices.DeleteFunc(m.inside, func(s string) bool { return s == id })
	m.waiting = slices.DeleteFunc(m.waiting, func(s string) bool { return s == id })
	return nil
}

func (m *memory) Count(_ context.Context, name string, _ time.Duration) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name]++
	return m.counts[name], nil
}

func (m *memory) ByKey(_ context.Context, key [32]byte) (Terminal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for t := range maps.Values(m.terminals) {
		if t.Key == key {
			return t, nil
		}
	}
	return Terminal{}, ErrNoTerminal
}

func (m *memory) ByID(_ context.Context, id string) (Terminal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.terminals[id]
	if !ok {
		return Terminal{}, ErrNoTerminal
	}
	return t, nil
}

func (m *memory) Seen(context.Context, string, Software, time.Time) error { return nil }

func (m *memory) Note(_ context.Context, e Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errDown
	}
	if old, ok := m.books[e.Transaction]; !ok || old.Step <= e.Step {
		m.books[e.Transaction] = e
	}
	return nil
}

// office stands for issuing: it keeps track of what was sealed, released,
// voided and shredded, and fails as it is told.
type office struct {
	mu       sync.Mutex
	review   error // what the next calls answer
	prepare  error
	release  error
	preview  error
	fee      int
	passport *cert.Passport
	keys     map[string]bool   // by kid
	tokens   map[string]string // token to kid
	made     map[string]cert.IssuanceID
	whose    map[string]string // token to device
	released map[cert.IssuanceID]int
	voided   map[cert.IssuanceID]int
	asked    []issuance.Application
}

func newOffice() *office {
	return &office{fee: 120, keys: map[string]bool{}, tokens: map[string]string{}, made: map[string]cert.IssuanceID{}, whose: map[string]string{},
		released: map[cert.IssuanceID]int{}, voided: map[cert.IssuanceID]int{}}
}

func (o *office) seal(w issuance.Who) (token, kid string) {
	token, kid = rand.Text()+rand.Text(), rand.Text()
	o.keys[kid], o.tokens[token], o.whose[token] = true, kid, w.Device
	return token, kid
}

func (o *office) opens(token string, w issuance.Who) bool {
	kid, ok := o.tokens[token]
	return ok && o.keys[kid] && o.whose[token] == w.Device
}

// Marks of a person. They must be in no session.
const (
	markName     = "ホシイモ　エンガワ"
	markPassport = "ZZ9988777"
)

func (o *office) Review(_ context.Context, a issuance.Application) (*issuance.Preview, issuance.Sealed, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, a)
	if o.review != nil {
		return nil, issuance.Sealed{}, o.review
	}
	token, kid := o.seal(a.Who)
	return &issuance.Preview{}, issuance.Sealed{Token: token, KID: kid}, nil
}

func (o *office) Preview(_ context.Context, token string, w issuance.Who) (*issuance.Preview, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.preview != nil {
		return nil, o.preview
	}
	if !o.opens(token, w) {
		return nil, issuance.ErrSeal
	}
	p := &issuance.Preview{Kind: cert.Domestic, Holder: cert.Holder{Name: markName}, Passport: o.passport, Earlier: true}
	return p, nil
}

func (o *office) Shred(_ context.Context, kids ...string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, k := range kids {
		delete(o.keys, k)
	}
	return nil
}

func (o *office) Prepare(_ context.Context, token string, w issuance.Who) (*issuance.Prepared, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.prepare != nil {
		return nil, o.prepare
	}
	if !o.opens(token, w) {
		return nil, issuance.ErrSeal
	}
	id, again := o.made[token]
	if !again {
		id = cert.IssuanceID(rand.Text())
		o.made[token] = id
	}
	p := &issuance.Prepared{Issuance: id, FeeYen: o.fee}
	p.Certificate, p.CertificateKID = o.seal(w)
	p.Receipt, p.ReceiptKID = o.seal(w)
	o.made[p.Receipt] = id
	return p, nil
}

func (o *office) Release(_ context.Context, receipt string, w issuance.Who) ([32]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.release != nil {
		return [32]byte{}, o.release
	}
	if !o.opens(receipt, w) {
		return [32]byte{}, issuance.ErrSeal
	}
	o.released[o.made[receipt]]++
	return sha256.Sum256([]byte(o.made[receipt])), nil
}

func (o *office) Void(_ context.Context, _ cert.MunicipalityCode, id cert.IssuanceID) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.voided[id]++
	return nil
}

type counters struct {
	mu      sync.Mutex
	screens map[string]int
	codes   map[string]int
}

func (c *counters) Count(_, public, _ string, _ time.Duration) {
	c.mu.Lock()
	c.codes[public]++
	c.mu.Unlock()
}

func (c *counters) Screen(id string) {
	c.mu.Lock()
	c.screens[id]++
	c.mu.Unlock()
}

func (c *counters) Report(Software) {}

// closures are what the test says they are.
type closures struct{ list []municipality.Closure }

func (c *closures) Closures(context.Context) ([]municipality.Closure, error) { return c.list, nil }

// bench is a centre with everything around it in this process.
type bench struct {
	repeated []string // failures that came twice
	t        testing.TB
	handler  http.Handler
	memory   *memory
	office   *office
	counters *counters
	closures *closures
	clock    time.Time
	card     *card.Card
	pin      string
	ready    bool
	again    time.Duration // 0: everybody is let in
}

// today is a Monday at noon in Japan.
func today() time.Time { return time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC) }

const townsJSON = `{"municipalities":[
 {"code":"900010","name_ja":"架空市","name_en":"Kaku City","issuer_ja":"架空市長","issuer_en":"Mayor","fee_yen":120,"contact_ja":"架空市 予防接種担当","contact_en":"Kaku desk",
  "channels":{"kiosk":{"from":"2022-07-26"}}},
 {"code":"900028","name_ja":"見本町","name_en":"Mihon Town","issuer_ja":"見本町長","issuer_en":"Mayor","fee_yen":120,"contact_ja":"見本町","contact_en":"Mihon",
  "channels":{"kiosk":{"from":"2022-07-26"}}},
 {"code":"900044","name_ja":"例示市","name_en":"Reiji City","issuer_ja":"例示市長","issuer_en":"Mayor","fee_yen":120,"contact_ja":"例示市","contact_en":"Reiji",
  "channels":{"app":{"from":"2022-07-26"}}}]}`

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, office: newOffice(), counters: &counters{screens: map[string]int{}, codes: map[string]int{}}, closures: &closures{}, clock: today(), pin: "1234", ready: true}
	now := func() time.Time { return b.clock }
	b.memory = &memory{now: now, sessions: map[string]kept{}, counts: map[string]int{}, books: map[string]Entry{}, terminals: map[string]Terminal{
		"t-1": {ID: "t-1", Role: RoleTerminal, Store: "s-1", Operator: "op", Key: spki("t-1"), Active: true},
		"t-2": {ID: "t-2", Role: RoleTerminal, Store: "s-2", Operator: "op", Key: spki("t-2"), Active: true},
		"t-3": {ID: "t-3", Role: RoleTerminal, Store: "s-3", Operator: "op", Relay: "centre", Active: true},
		"t-4": {ID: "t-4", Role: RoleTerminal, Store: "s-4", Operator: "op", Key: spki("t-4"), Active: false},

		"centre": {ID: "centre", Role: RoleCentre, Operator: "relays", Key: spki("centre"), Active: true},
	}}
	pki := must[*card.PKI](t)(card.NewPKI("9000033"))
	town := must[*card.Municipality](t)(pki.NewMunicipality("90001"))
	b.card = must[*card.Card](t)(town.Issue(card.Holder{MyNumber: "123456789018", Name: markName, Address: "架空市一丁目", BirthDate: "19800102", Sex: "1", PIN: b.pin}))
	registry := must[*municipality.Registry](t)(municipality.Parse([]byte(townsJSON)))
	b.handler = must[http.Handler](t)(New(Config{
		Sessions: b.memory, Gate: b.memory, Terminals: b.memory, Ledger: b.memory, Desk: b.office, Press: b.office,
		Cards:          &cardauth.Verifier{Anchors: must[*cardauth.Anchors](t)(cardauth.ParseAnchors(pki.AnchorsJSON(), cert.Test)), Cache: cardauth.NewCertificateCache(8)},
		Municipalities: municipality.NewDirectory(registry, b.closures), Metrics: b.counters, Log: slog.New(slog.DiscardHandler), Now: now, Ready: func() bool { return b.ready },
		Repeated:    func(code string) { b.repeated = append(b.repeated, code) },
		Admit:       func() (time.Duration, bool) { return b.again, b.again == 0 },
		MaxSessions: 1 << 20, PerMinute: 1 << 30, Texts: testTexts(t),
	}))
	return b
}

// testTexts are the program's own.
func testTexts(t testing.TB) fs.FS {
	t.Helper()
	if _, err := loadTexts(embeddedTexts()); err == nil {
		return nil
	}
	all := fstest.MapFS{}
	ja := must[[]byte](t)(fs.ReadFile(embeddedTexts(), "ja.json"))
	for _, l := range languages() {
		all[l+".json"] = &fstest.MapFile{Data: bytes.Replace(bytes.Replace(ja, []byte(`"language": "ja"`), []byte(`"language": "`+l+`"`), 1), []byte(`"name": "日本語"`), []byte(`"name": "`+l+`"`), 1)}
	}
	return all
}

// spki is the key of a terminal's certificate, as the registry has it.
func spki(terminal string) [32]byte { return sha256.Sum256([]byte("key of " + terminal)) }

// from is the TLS state of a connection of a terminal.
func from(terminal string) *tls.ConnectionState {
	leaf := &x509.Certificate{RawSubjectPublicKeyInfo: []byte("key of " + terminal)}
	return &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: [][]*x509.Certificate{{leaf}}}
}

// post sends a body as it is.
func (b *bench) post(terminal, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.TLS = from(terminal)
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

const openingJSON = `{"protocol":["1.0"],"software":{"name":"sim","version":"1.0.0","config":"0123456789abcdef"},"language":"ja","hardware":{"reader":"ok","printer":"ok","coins":"ok","speaker":"ok"}}`

// visit is a session as a terminal sees it.
type visit struct {
	*bench
	terminal string
	last     Answer
	held     Hold
	problem  string // code of the last refusal
}

func (b *bench) open() *visit {
	b.t.Helper()
	v := &visit{bench: b, terminal: "t-1"}
	w := b.post("t-1", "/kiosk/v1/sessions", openingJSON)
	if w.Code != http.StatusCreated {
		b.t.Fatalf("open: %d %s", w.Code, w.Body)
	}
	v.take(w)
	return v
}

func (v *visit) take(w *httptest.ResponseRecorder) {
	v.t.Helper()
	v.problem = ""
	if w.Code >= 400 {
		var p struct {
			Code string `json:"code"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			v.t.Fatalf("problem: %v", err)
		}
		v.problem = p.Code
		return
	}
	var a Answer
	if err := json.Unmarshal(w.Body.Bytes(), &a, json.RejectUnknownMembers(true)); err != nil {
		v.t.Fatalf("answer: %v", err)
	}
	v.last = a
	if a.Hold != nil {
		v.held = *a.Hold
	}
	if a.Drop {
		v.held = Hold{}
	}
}

// wire is an event as it is sent: Event itself never marshals.
type wire struct {
	Number      int            `json:"number"`
	Type        EventType      `json:"type"`
	Application string         `json:"application,omitzero"`
	Choice      string         `json:"choice,omitzero"`
	Settings    *Settings      `json:"settings,omitzero"`
	Fault       string         `json:"fault,omitzero"`
	TriesLeft   *int           `json:"tries_left,omitzero"`
	Card        map[string]any `json:"card,omitzero"`
	Receipt     string         `json:"receipt,omitzero"`
	EscrowYen   *int           `json:"escrow_yen,omitzero"`
	Printed     *[]int         `json:"printed,omitzero"`
	CapturedYen *int           `json:"captured_yen,omitzero"`
	ReturnedYen *int           `json:"returned_yen,omitzero"`
	CardIn      *bool          `json:"card_in,omitzero"`
}

func (v *visit) body(e wire) string {
	if e.Number == 0 {
		e.Number = v.last.Number + 1
	}
	if e.Application == "" {
		e.Application = v.held.Application
	}
	if e.Receipt == "" && (e.Type == CoinsIn || e.Type == Choose && e.Choice == printNow) {
		e.Receipt = v.held.Receipt
	}
	return string(must[[]byte](v.t)(json.Marshal(e)))
}

func (v *visit) send(e wire) *visit {
	v.t.Helper()
	v.take(v.post(v.terminal, "/kiosk/v1/sessions/"+v.last.Session+"/events", v.body(e)))
	return v
}

func (v *visit) choose(ids ...string) *visit {
	v.t.Helper()
	for _, id := range ids {
		if v.send(wire{Type: Choose, Choice: id}); v.problem != "" {
			v.t.Fatalf("choose %s on %s: %s", id, v.last.Screen.ID, v.problem)
		}
	}
	return v
}

// read lets the card sign the last answer's challenge.
func (v *visit) read() wire {
	v.t.Helper()
	reader := card.Reader{Transmit: v.card.Transmit}
	files := must[cardauth.Files](v.t)(reader.ReadAll(v.pin))
	var challenge [32]byte
	copy(challenge[:], v.last.Challenge.Bytes)
	signature := must[[]byte](v.t)(reader.Sign(cardauth.BoundMessage(challenge, files.EF0003, files.EF0007)))
	return wire{Type: CardRead, Card: map[string]any{
		"ef0001": []byte(files.EF0001), "ef0002": []byte(files.EF0002), "ef0003": []byte(files.EF0003), "ef0004": []byte(files.EF0004),
		"ef0007": []byte(files.EF0007), "signature": signature,
	}}
}

// at fails unless the screen is id.
func (v *visit) at(id string) *visit {
	v.t.Helper()
	if v.problem != "" || v.last.Screen.ID != id {
		v.t.Fatalf("on screen %q (problem %q), want %q", v.last.Screen.ID, v.problem, id)
	}
	return v
}

// session is the state as it is kept.
func (v *visit) session() *Session {
	v.t.Helper()
	var rec record
	if err := json.Unmarshal(v.memory.sessions[v.last.Session].data, &rec); err != nil {
		v.t.Fatal(err)
	}
	return rec.Now
}
