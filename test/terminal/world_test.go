// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/kiosk"
	"kofu/test/card"
	"kofu/test/keyring"
	"kofu/test/terminal"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

// memory is every store of the kiosk door, in this process.
type memory struct {
	mu        sync.Mutex
	sessions  map[string]row
	inside    map[string]bool
	counts    map[string]int
	terminals map[string]kiosk.Terminal
	books     map[string]kiosk.Entry
	seals     map[string][32]byte
	closures  []municipality.Closure
}

type row struct {
	data    []byte
	version int
	until   time.Time
}

func newMemory() *memory {
	return &memory{sessions: map[string]row{}, inside: map[string]bool{}, counts: map[string]int{}, terminals: map[string]kiosk.Terminal{},
		books: map[string]kiosk.Entry{}, seals: map[string][32]byte{}}
}

func (m *memory) Load(ctx context.Context, id string) ([]byte, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions[id]
	if !ok || time.Now().After(s.until) {
		return nil, 0, kiosk.ErrNoSession
	}
	return slices.Clone(s.data), s.version, ctx.Err()
}

func (m *memory) Save(ctx context.Context, id string, data []byte, version int, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sessions[id].version != version {
		return kiosk.ErrConflict
	}
	m.sessions[id] = row{slices.Clone(data), version + 1, time.Now().Add(ttl)}
	return ctx.Err()
}

func (m *memory) Delete(ctx context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, id)
	return ctx.Err()
}

func (m *memory) Enter(ctx context.Context, id string, most int, _ time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.inside[id] && len(m.inside) >= most {
		return 1, ctx.Err()
	}
	m.inside[id] = true
	return 0, ctx.Err()
}

func (m *memory) Leave(ctx context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.inside, id)
	return ctx.Err()
}

func (m *memory) Count(ctx context.Context, name string, window time.Duration) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name += strconv.FormatInt(time.Now().UnixNano()/int64(window), 10)
	m.counts[name]++
	return m.counts[name], ctx.Err()
}

func (m *memory) ByKey(ctx context.Context, key [32]byte) (kiosk.Terminal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.terminals {
		if t.Key == key {
			return t, ctx.Err()
		}
	}
	return kiosk.Terminal{}, kiosk.ErrNoTerminal
}

func (m *memory) ByID(ctx context.Context, id string) (kiosk.Terminal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.terminals[id]
	if !ok {
		return t, kiosk.ErrNoTerminal
	}
	return t, ctx.Err()
}

func (m *memory) Seen(ctx context.Context, _ string, _ kiosk.Software, _ time.Time) error {
	return ctx.Err()
}

func (m *memory) Note(ctx context.Context, e kiosk.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e.Step >= m.books[e.Transaction].Step {
		m.books[e.Transaction] = e
	}
	return ctx.Err()
}

// entries returns the books.
func (m *memory) entries() []kiosk.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.books))
}

func (m *memory) Closures(ctx context.Context) ([]municipality.Closure, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.closures), ctx.Err()
}

// seals is the part of memory that keeps sealing keys.
type seals struct{ *memory }

func (s seals) Put(ctx context.Context, kid string, key [32]byte, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory.seals[kid] = key
	return ctx.Err()
}

func (s seals) Get(ctx context.Context, kid string) ([32]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, ok := s.memory.seals[kid]
	if !ok {
		return key, issuance.ErrNoSealKey
	}
	return key, ctx.Err()
}

func (s seals) Delete(ctx context.Context, kid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.memory.seals, kid)
	return ctx.Err()
}

// quiet is metrics and lookout of tests: a finished certificate that does not
// say what it should fails the test.
type quiet struct{ t testing.TB }

func (quiet) Count(string, string, string, time.Duration) {}
func (quiet) Screen(string)                               {}
func (quiet) Report(kiosk.Software)                       {}
func (q quiet) Mismatch(_ cert.Channel, crossed bool) {
	q.t.Errorf("a certificate did not say what it should (another's: %v)", crossed)
}

// world is the real service over TLS, with a stand-in for the record service
// and cards that are simulated.
type world struct {
	*memory
	t       testing.TB
	records *vrs.Server
	pki     *card.PKI
	url     string
	watch   *terminal.Watcher
	ca      *x509.Certificate
	caKey   *ecdsa.PrivateKey
	ring    *keys.Ring
	record  *vrsclient.Client
	secret  []byte
	most    int // sessions at once; 0: as many as is usual

	cards sync.Mutex
	towns map[string]*card.Municipality
	made  map[string]*card.Card
}

// shcIssuer names nobody.
const shcIssuer = "https://kofu.example/issuer"

// must takes what a call returns, and ends the test on its error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{memory: newMemory(), t: t, towns: map[string]*card.Municipality{}, made: map[string]*card.Card{}}
	w.pki = must(card.NewPKI("9000033"))(t)
	w.records = must(vrs.Open(vrs.Config{}))(t)
	t.Cleanup(func() { _ = w.records.Close() })
	gateway := must(w.records.Start("127.0.0.1:0"))(t)
	t.Cleanup(func() { _ = gateway.Close() })
	w.record = must(vrsclient.New(vrsclient.Config{
		BaseURL: gateway.URL, TLS: gateway.ClientTLS(), Credentials: w.records.Credentials(), Now: time.Now, Timeout: 30 * time.Second,
		// Nobody is asked to come again here: two hundred look their records up in one moment.
		MaxConns: 256, PerMunicipality: 256,
	}))(t)
	w.ring = must(keyring.New(shcIssuer))(t)
	w.secret = make([]byte, 32)
	_, _ = rand.Read(w.secret)
	w.ca, w.caKey = newAuthority(t)
	w.watch = terminal.Watch(w.handler())
	w.url = w.serve(w.watch)
	return w
}

// again is a second replica: another handler, over the same stores.
func (w *world) again(t testing.TB) string {
	t.Helper()
	return w.serve(w.handler())
}

func (w *world) handler() http.Handler {
	t := w.t
	t.Helper()
	towns := municipality.NewDirectory(must(municipality.Parse(vrs.MunicipalitiesJSON()))(t), w.memory)
	service := must(issuance.New(issuance.Config{
		Records: w.record, Register: w.record, Seals: seals{w.memory}, Keys: w.ring, Municipalities: towns, Paper: must(pdf.New(pdf.Config{}))(t),
		Lookout: quiet{t}, Issuer: shcIssuer, UVCISecret: w.secret, RIDSecret: w.secret, Now: time.Now,
	}))(t)
	anchors := must(cardauth.ParseAnchors(w.pki.AnchorsJSON(), cert.Test))(t)
	return must(kiosk.New(kiosk.Config{
		Sessions: w.memory, Gate: w.memory, Terminals: w.memory, Ledger: w.memory, Desk: service, Press: service,
		Cards:          &cardauth.Verifier{Anchors: anchors, Challenges: &card.Challenges{}, Cache: cardauth.NewCertificateCache(64), Now: time.Now},
		Municipalities: towns, Metrics: quiet{t}, Log: slog.New(slog.DiscardHandler), Now: time.Now, PerMinute: 1_000_000, Timeout: 60 * time.Second,
		MaxSessions: w.most,
	}))(t)
}

// serve listens with mutual TLS, and returns where.
func (w *world) serve(h http.Handler) string {
	w.t.Helper()
	s := httptest.NewUnstartedServer(h)
	pool := x509.NewCertPool()
	pool.AddCert(w.ca)
	s.TLS = &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{w.certificate("localhost")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}
	s.StartTLS()
	w.t.Cleanup(s.Close)
	return s.URL
}

func newAuthority(t testing.TB) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "terminals of a test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, form, form, key.Public(), key))(t)
	return must(x509.ParseCertificate(der))(t), key
}

// certificate makes a certificate with a key of its own.
func (w *world) certificate(name string) tls.Certificate {
	w.t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(w.t)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der := must(x509.CreateCertificate(rand.Reader, form, w.ca, key.Public(), w.caKey))(w.t)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// stranger is a client with a certificate of the right authority that no
// terminal in the registry has.
func (w *world) stranger(name string) (*http.Client, tls.Certificate) {
	w.t.Helper()
	c := w.certificate(name)
	pool := x509.NewCertPool()
	pool.AddCert(w.ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{c}, RootCAs: pool}}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}, c
}

// client registers a terminal and returns the client that speaks for it.
func (w *world) client(id string) *http.Client {
	w.t.Helper()
	client, c := w.stranger(id)
	w.register(w.t, id, c)
	return client
}

// register puts a terminal into the registry.
func (w *world) register(t testing.TB, id string, c tls.Certificate) {
	t.Helper()
	key := sha256.Sum256(must(x509.ParseCertificate(c.Certificate[0]))(t).RawSubjectPublicKeyInfo)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.terminals[id] = kiosk.Terminal{ID: id, Role: kiosk.RoleTerminal, Store: "store-1", Operator: "operator-1", Key: key, Active: true}
}

// issue makes a card for a resident; the same one every time.
func (w *world) issue(r vrs.Resident) *card.Card {
	w.t.Helper()
	w.cards.Lock()
	defer w.cards.Unlock()
	if c := w.made[r.ID]; c != nil {
		c.Unblock()
		return c
	}
	code := string(r.Municipality[:5])
	if w.towns[code] == nil {
		w.towns[code] = must(w.pki.NewMunicipality(code))(w.t)
	}
	c := must(w.towns[code].Issue(card.Holder{
		MyNumber: r.Number, Name: r.Name, Address: r.Address, BirthDate: r.Birth.Compact(), Sex: strconv.Itoa(int(r.Sex)), PIN: r.PIN,
	}))(w.t)
	w.made[r.ID] = c
	return c
}

// person is a resident at a terminal.
func (w *world) person(id string) terminal.Person {
	w.t.Helper()
	for _, r := range vrs.Residents() {
		if r.ID == id {
			return terminal.Person{Card: terminal.Chip(w.issue(r)), PIN: r.PIN, Towns: []string{string(r.Municipality)}}
		}
	}
	w.t.Fatalf("no resident %s", id)
	return terminal.Person{}
}

// terminal is a registered one with a quick clock.
func (w *world) terminal(id string) *terminal.Terminal {
	w.t.Helper()
	return must(terminal.New(terminal.Config{URLs: []string{w.url}, HTTP: w.client(id), Clock: &terminal.QuickClock{}}))(w.t)
}
