// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"

	"kofu/api/app"
	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cardauth/attest/appattest"
	"kofu/cardauth/attest/playintegrity"
	"kofu/cert"
	sim "kofu/test/attest"
	"kofu/test/card"
	"kofu/test/phone"
)

const (
	appleApp  = "ABCDE12345.jp.example.kofu"
	googleApp = "jp.example.kofu"
	oldestApp = "2.0.0"
)

// world is the API as it runs in production, platforms included: binding by the
// surface application, devices that have to prove themselves.
type world struct {
	*fixture
	apple   *sim.Apple
	google  *sim.Google
	devices *app.Devices
	cards   *cardauth.Verifier
	clock   *clock // of all but the seals

	mu      sync.Mutex
	refused []attest.Code // that Devices has told of
}

// signingKey is P-256, as a file or a token would hold it.
func signingKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	return must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

func newWorld(t testing.TB, change func(*world, *app.Handler)) *world {
	t.Helper()
	w := &world{clock: &clock{}}
	w.apple = must[*sim.Apple](t)(sim.NewApple(time.Now()))
	w.google = must[*sim.Google](t)(sim.NewGoogle(w.clock.now))
	aes, key, err := playintegrity.ConsoleKeys(w.google.Console())
	if err != nil {
		t.Fatal(err)
	}
	digest := sim.AppCertificate()
	w.devices = &app.Devices{
		Credentials: must[*attest.Credentials](t)(attest.NewCredentials(attest.CredentialConfig{Issuer: "https://kofu.example", Audience: "test", Signer: signingKey(t)})),
		Apple:       must[*appattest.Verifier](t)(appattest.New(appattest.Config{Roots: w.apple.RootPEM(), AppIDs: []string{appleApp}, MinVersion: "100", Now: w.clock.now})),
		Google: must[*playintegrity.Verifier](t)(playintegrity.New(playintegrity.Config{
			DecryptionKey: aes, VerificationKey: key, Package: googleApp, CertificateDigests: []string{base64.RawURLEncoding.EncodeToString(digest[:])},
			MinVersion: 100, Now: w.clock.now,
		})),
		Refused: func(_ context.Context, c attest.Code) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.refused = append(w.refused, c)
		},
	}
	w.fixture = newServerWith(t, func(h *app.Handler) {
		w.cards = h.Cards
		h.Cards.Bindings, h.Cards.Now, h.Now = cardauth.DefaultBindings(), w.clock.now, w.clock.now
		h.Devices = w.devices
		h.Releases = map[attest.Platform]app.Release{
			attest.IOS:     {Minimum: oldestApp, Store: "https://apps.example/ios"},
			attest.Android: {Minimum: oldestApp, Store: "https://apps.example/android"},
		}
		if change != nil {
			change(w, h)
		}
	})
	w.office.answer = cert.Found(hanakoRecord())
	return w
}

func (w *world) reports() []attest.Code {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.refused)
}

// wires carry a phone's requests to the API, and hold each of them, and each
// answer, to the contract.
type wires struct {
	t    testing.TB
	s    *fixture
	from string // address and port
	wild bool   // requests are not held to it
}

func (l wires) RoundTrip(out *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, err
	}
	r := httptest.NewRequestWithContext(out.Context(), out.Method, out.URL.RequestURI(), bytes.NewReader(body))
	r.Header = maps.Clone(out.Header)
	if l.from != "" {
		r.RemoteAddr = l.from
	}
	route, params, err := routerOf().FindRoute(r)
	if err != nil {
		return nil, err
	}
	if err := openapi3filter.ValidateRequest(out.Context(), &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route}); err != nil && !l.wild {
		l.t.Errorf("%s %s: the request is not what the contract says: %v", r.Method, r.URL.Path, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	l.s.engine.ServeHTTP(rec, r)
	holdToContract(l.t, r, rec)
	return rec.Result(), nil
}

var deskOf = sync.OnceValues(func() (*card.Municipality, error) {
	p, err := pki()
	if err != nil {
		return nil, err
	}
	return p.NewMunicipality("90000")
})

func issueCard(t testing.TB, h card.Holder) *card.Card {
	t.Helper()
	h.UniqueKey = true
	return must[*card.Card](t)(must[*card.Municipality](t)(deskOf()).Issue(h))
}

// phone is the genuine app on a good phone, with a card held to it.
func (w *world) phone(t testing.TB, h phone.Handset, c phone.Card) *phone.Client {
	t.Helper()
	p := &phone.Client{BaseURL: "http://kofu.example", HTTP: &http.Client{Transport: wires{t: t, s: w.fixture}}, Handset: h, Card: c, PIN: hanako.PIN, App: "ios/2.1.0"}
	if _, android := h.(phone.Pixel); android {
		p.App = "android/2.1.0"
	}
	return p
}

func (w *world) iPhone(t testing.TB) phone.IPhone {
	t.Helper()
	return phone.IPhone{IPhone: must[*sim.IPhone](t)(w.apple.NewIPhone(appleApp))}
}

func (w *world) pixel(t testing.TB) phone.Pixel {
	t.Helper()
	return phone.Pixel{Pixel: must[*sim.Pixel](t)(w.google.NewPixel(googleApp))}
}

// hanakos is an iPhone with Hanako's card.
func (w *world) hanakos(t testing.TB) *phone.Client {
	t.Helper()
	return w.phone(t, w.iPhone(t), hers(t).Reader())
}

var hanakosCard = sync.OnceValues(func() (*card.Card, error) {
	town, err := deskOf()
	if err != nil {
		return nil, err
	}
	return town.Issue(hanako)
})

// hers is Hanako's card, the same each time.
func hers(t testing.TB) *card.Card {
	t.Helper()
	return must[*card.Card](t)(hanakosCard())
}

func domestic() phone.Wish { return phone.Wish{Kind: "domestic", Municipality: "900001"} }

// proved is an application as the app writes it, not sent yet.
func proved(t testing.TB, p *phone.Client, w phone.Wish) (*phone.Challenge, *phone.Application) {
	t.Helper()
	if err := p.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	ch := must[*phone.Challenge](t)(p.Challenge(t.Context()))
	return ch, must[*phone.Application](t)(p.Prove(ch, w))
}

// internalOf is the code of the last request that metrics alone have.
func (w *world) internalOf() string {
	saw := strings.Split(w.metrics.last(), " ")
	return saw[len(saw)-1]
}

// goodZone is the machine-readable zone of Hanako's passport.
func goodZone() []string {
	return []string{"P<JPNYAMADA<<HANAKO<<<<<<<<<<<<<<<<<<<<<<<<<", "TK00000003JPN8503149F3001019<<<<<<<<<<<<<<04"}
}
