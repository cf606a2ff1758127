// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/gin-gonic/gin"

	"kofu/api/app"
	"kofu/api/problem"
	"kofu/api/public"
	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/test/card"
	"kofu/test/keyring"
)

type ruleOf = problem.Rule

const (
	iss   = "https://kofu.example/issuer"
	towns = `{"municipalities":[
 {"code":"900001","name_ja":"見本市","name_en":"Mihon City","issuer_ja":"見本市長","issuer_en":"Mayor of Mihon City","fee_yen":120,"contact_ja":"市民課","contact_en":"Residents Division",
  "channels":{"app":{"from":"2021-12-20"}}}]}`
)

// office is a record service with one answer; it reserves and confirms
// everything.
type office struct {
	mu     sync.Mutex
	answer cert.Answer
	finds  int
	held   map[cert.IssuanceID]cert.Reservation
}

func (o *office) FindForCertificate(context.Context, cert.Query) cert.Answer {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finds++
	return o.answer
}

func (o *office) Reserve(_ context.Context, r cert.ReserveRequest) (cert.Reservation, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if held, ok := o.held[r.Issuance]; ok {
		return held, nil
	}
	now := time.Now()
	id, err := cert.NewID(r.Municipality, cert.DateOf(now), len(o.held)+1)
	o.held[r.Issuance] = cert.Reservation{ID: id, IssuedAt: now.Truncate(time.Second)}
	return o.held[r.Issuance], err
}

func (*office) Confirm(context.Context, cert.Confirmation) error { return nil }

func (*office) Void(context.Context, cert.MunicipalityCode, cert.IssuanceID) error { return nil }

// seals keeps sealing keys as Redis would.
type seals struct{ kept sync.Map }

func (s *seals) Put(_ context.Context, kid string, key [32]byte, _ time.Duration) error {
	s.kept.Store(kid, key)
	return nil
}

func (s *seals) Get(_ context.Context, kid string) ([32]byte, error) {
	k, ok := s.kept.Load(kid)
	if !ok {
		return [32]byte{}, issuance.ErrNoSealKey
	}
	return k.([32]byte), nil
}

func (s *seals) Delete(_ context.Context, kid string) error {
	s.kept.Delete(kid)
	return nil
}

type counts struct {
	mu  sync.Mutex
	saw []string
}

func (m *counts) Count(route, public, internal string, _ time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saw = append(m.saw, route+" "+public+" "+internal)
}

func (m *counts) last() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saw[len(m.saw)-1]
}

func (m *counts) Mismatch(cert.Channel, bool) {}

// fixture is the API with a simulated card before it and a record service of
// one answer behind it.
type fixture struct {
	engine  *gin.Engine
	ring    *keys.Ring
	revoked *store
	clock   *clock
	office  *office
	metrics *counts
	log     *bytes.Buffer
}

var (
	pki   = sync.OnceValues(func() (*card.PKI, error) { return card.NewPKI("9000033") })
	rings = sync.OnceValues(func() (*keys.Ring, error) { return keyring.New(iss) })
)

func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newServer(t testing.TB) *fixture {
	t.Helper()
	return newServerWith(t, func(*app.Handler) {})
}

// newServerWith is a server whose door is set up further.
func newServerWith(t testing.TB, change func(*app.Handler)) *fixture {
	t.Helper()
	ring := must[*keys.Ring](t)(rings())
	anchors := must[*cardauth.Anchors](t)(cardauth.ParseAnchors(must[*card.PKI](t)(pki()).AnchorsJSON(), cert.Test))
	registry := must[*municipality.Registry](t)(municipality.Parse([]byte(towns)))
	s := &fixture{ring: ring, revoked: &store{}, clock: &clock{}, office: &office{answer: cert.None(), held: map[cert.IssuanceID]cert.Reservation{}}, metrics: &counts{}, log: &bytes.Buffer{}}
	issuing := must[*issuance.Service](t)(issuance.New(issuance.Config{
		Records: s.office, Register: s.office, Seals: &seals{}, Keys: ring, Municipalities: municipality.NewDirectory(registry, nil), Paper: must[*pdf.Renderer](t)(pdf.New(pdf.Config{})),
		Lookout: s.metrics, Issuer: iss, UVCISecret: make([]byte, 32), RIDSecret: make([]byte, 32), Now: time.Now,
	}))
	handler := &app.Handler{
		Cards:   &cardauth.Verifier{Anchors: anchors, Challenges: &card.Challenges{}, Bindings: map[cert.Channel]cardauth.Binding{cert.App: cardauth.Attested}},
		Issuing: issuing, Municipalities: municipality.NewDirectory(registry, nil),
		Status: app.Status{Open: "00:00", Close: "24:00", MinimumAppVersion: "1.0.0"}, DeepLinkBase: "https://app.example", Now: time.Now,
	}
	change(handler)
	if err := handler.Check(); err != nil {
		t.Fatal(err)
	}
	s.engine = must[*gin.Engine](t)(engine(Config{
		App: handler, Public: must[*public.Handler](t)(public.New(public.Config{Keys: ring, Issuer: iss, Revocations: s.revoked, Now: s.clock.now})), Timeout: 5 * time.Second,
		Log: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Metrics: s.metrics,
	}))
	return s
}

func (s *fixture) call(t testing.TB, method, path, body, media string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	holdToContract(t, r, w)
	return w.Result()
}

// holdToContract checks a real answer against the contract's schema.
func holdToContract(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	route, params, err := routerOf().FindRoute(r)
	if err != nil || strings.HasSuffix(r.URL.Path, ".pem") || r.URL.Path == "/openapi.yaml" { // not JSON
		return
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header(), Options: &openapi3filter.Options{IncludeResponseStatus: true}}
	out.SetBodyBytes(w.Body.Bytes())
	if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
		t.Errorf("%s %s: %d is not what the contract says: %v", r.Method, r.URL.Path, w.Code, err)
	}
}

var routerOf = sync.OnceValue(func() routers.Router {
	openapi3filter.RegisterBodyDecoder("application/problem+json", openapi3filter.JSONBodyDecoder)
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		panic(err)
	}
	r, err := gorillamux.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	return r
})

func text(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
