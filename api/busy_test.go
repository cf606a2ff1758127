// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/api/admission"
	"kofu/api/app"
	"kofu/cardauth/attest"
	"kofu/cert"
	"kofu/test/phone"
)

// doorkeeper lets in whom it is told to, and notes who asked.
type doorkeeper struct {
	mu    sync.Mutex
	shut  bool
	asked []cert.MunicipalityCode
	given []cert.MunicipalityCode // back
}

func (d *doorkeeper) Admit(ch cert.Channel, m cert.MunicipalityCode) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, m)
	if d.shut || ch != cert.App {
		return &admission.Refusal{Reason: admission.ReasonCapacity, After: 6500 * time.Millisecond}
	}
	return nil
}

func (d *doorkeeper) GiveBack(_ cert.Channel, m cert.MunicipalityCode) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.given = append(d.given, m)
}

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// Who is not let in costs nothing: no body is read, nobody is counted, nothing
// is stored. Who is inside stays inside.
//
// Rows: R4.3
func TestBusyIsSaidAtTheChallengeAndNowhereElse(t *testing.T) {
	keeper := &doorkeeper{}
	var counted *tally
	w := newWorld(t, func(w *world, h *app.Handler) {
		counted = &tally{now: w.clock.now}
		h.Entrance, h.Limits = keeper, &app.Limits{Tally: counted, Secret: make([]byte, 32), Network: 100}
		h.Devices.Policy = attest.Report
	})
	p := w.phone(t, nil, hers(t).Reader())
	reviewed := must[*phone.Reviewed](t)(p.Ask(t.Context(), domestic()))
	inside := must[*phone.Challenge](t)(p.Challenge(t.Context()))
	before := len(counted.names())

	keeper.shut = true
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/app/v1/challenges", unread{t})
	r.Header.Set(app.HeaderApp, "ios/2.1.0")
	r.Header.Set(app.HeaderMunicipality, "900001")
	rec := httptest.NewRecorder()
	w.engine.ServeHTTP(rec, r)
	body := rec.Body.String()
	if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") != "7" || !strings.Contains(body, `"code":"busy"`) ||
		!strings.Contains(body, "混み合って") || !strings.Contains(body, "busy now") {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), body)
	}
	if len(counted.names()) != before {
		t.Error("who was not let in was counted")
	}
	if _, err := p.ChallengeFor(t.Context(), "900001"); phone.CodeOf(err) != "busy" || w.internalOf() != "BUSY" {
		t.Errorf("got %v (%s)", err, w.internalOf())
	}
	a := must[*phone.Application](t)(p.Prove(inside, domestic()))
	if _, err := p.Apply(t.Context(), a); err != nil {
		t.Errorf("who has a challenge: %v", err)
	}
	if _, err := p.Issue(t.Context(), reviewed.Sealed, false); err != nil {
		t.Errorf("who has a sealed application: %v", err)
	}
	if want := []cert.MunicipalityCode{"900001", "", "900001", "900001"}; !slices.Equal(keeper.asked, want) {
		t.Errorf("asked for %q", keeper.asked)
	}
}

// A place that nobody uses is not lost, and what is no municipality is none.
//
// Rows: R4.3
func TestPlaceIsGivenBackWithoutChallenge(t *testing.T) {
	keeper := &doorkeeper{}
	w := newWorld(t, func(_ *world, h *app.Handler) { h.Entrance = keeper })
	for header, want := range map[string]cert.MunicipalityCode{"900001": "900001", "900002": "", "x": "", "": ""} {
		keeper.given = nil
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/app/v1/challenges", strings.NewReader(`{"x":1}`))
		r.Header = http.Header{app.HeaderApp: {"ios/2.1.0"}, app.HeaderMunicipality: {header}, "Content-Type": {"application/json"}}
		rec := httptest.NewRecorder()
		w.engine.ServeHTTP(rec, r)
		if rec.Code != http.StatusBadRequest || !slices.Equal(keeper.given, []cert.MunicipalityCode{want}) {
			t.Errorf("%q: %d, given back %q", header, rec.Code, keeper.given)
		}
	}
}

// The safety net: as many as are meant to be served at once, and not one more.
// Whoever is still sending takes nobody's place.
//
// Rows: R4.3
func TestNoMoreRunAtOnceThanMay(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	var first sync.Once
	w := newWorld(t, func(_ *world, h *app.Handler) {
		h.Running = 1
		h.Devices.Policy = attest.Report
		h.Devices.Refused = func(context.Context, attest.Code) { // while it is served
			first.Do(func() {
				close(entered)
				<-leave
			})
		}
	})
	ask := func(body io.Reader) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/app/v1/certificates", body)
		r.Header = http.Header{app.HeaderApp: {"ios/2.1.0"}, "Content-Type": {"application/json"}}
		rec := httptest.NewRecorder()
		w.engine.ServeHTTP(rec, r)
		return rec
	}
	const body = `{"sealed_application":"x","device":"r3K1u8mVZ0q2b7Yx5c9dEw"}`
	var group sync.WaitGroup
	sending, sent := make(chan struct{}), make(chan struct{})
	group.Go(func() { ask(io.MultiReader(&gate{entered: sending, leave: sent})) })
	<-sending
	group.Go(func() { ask(strings.NewReader(body)) })
	<-entered
	if rec := ask(strings.NewReader(body)); rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" || w.internalOf() != "FULL" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	close(sent)
	close(leave)
	group.Wait()
	if _, err := w.phone(t, nil, nil).Issue(t.Context(), "x", false); phone.CodeOf(err) == "busy" {
		t.Errorf("after the first has left: %v", err)
	}
}

// gate is a body that arrives when it is let.
type gate struct{ entered, leave chan struct{} }

func (g *gate) Read([]byte) (int, error) {
	close(g.entered)
	<-g.leave
	return 0, errors.New("gone")
}
