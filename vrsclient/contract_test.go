// SPDX-License-Identifier: Apache-2.0

package vrsclient_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"kofu/cert"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

func contract(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // any address
	return doc
}

func TestContractIsValidOpenAPIWithValidExamples(t *testing.T) {
	doc := contract(t)
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaFormatValidation()); err != nil {
		t.Fatal(err)
	}
	want := []string{"/v1/blocks", "/v1/confirm", "/v1/find", "/v1/invalidate", "/v1/open", "/v1/reserve", "/v1/search", "/v1/void"}
	if got := slices.Sorted(maps.Keys(doc.Paths.Map())); !slices.Equal(got, want) {
		t.Errorf("paths are %q, want %q", got, want)
	}
}

// Rows: A4, C7
func TestContractHasTheNumberInTheRequestsOfFindAndSearchAlone(t *testing.T) {
	doc := contract(t)
	for name, schema := range doc.Components.Schemas {
		_, has := schema.Value.Properties["individual_number"]
		if has != (name == "FindRequest" || name == "SearchRequest") {
			t.Errorf("schema %s: individual_number %v", name, has)
		}
		closed := schema.Value.AdditionalProperties.Has
		if schema.Value.Type.Is("object") && (closed == nil || *closed) {
			t.Errorf("schema %s lets unknown members pass", name)
		}
	}
}

// judge is the stand-in with the contract on its lips: it fails the test for
// every request or answer that the contract does not describe.
type judge struct {
	t      *testing.T
	router routers.Router
	next   http.Handler

	mu   sync.Mutex
	seen map[string]int
}

func (j *judge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := j.router.FindRoute(r)
	if err != nil {
		j.t.Errorf("%s is not in the contract", r.URL.Path)
		return
	}
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
		j.t.Errorf("request to %s: %v", r.URL.Path, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	j.next.ServeHTTP(rec, r)
	res := rec.Result()
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: res.StatusCode, Header: res.Header}
	out.SetBodyBytes(rec.Body.Bytes())
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		j.t.Errorf("answer of %s: %v", r.URL.Path, err)
	}
	j.mu.Lock()
	j.seen[r.URL.Path]++
	j.mu.Unlock()
	maps.Copy(w.Header(), res.Header)
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(rec.Body.Bytes())
}

// Rows: A1
func TestClientAndStandInKeepToTheContract(t *testing.T) {
	stand := openStandIn(t)
	router, err := gorillamux.NewRouter(contract(t))
	if err != nil {
		t.Fatal(err)
	}
	certs, err := vrs.NewCertificates()
	if err != nil {
		t.Fatal(err)
	}
	j := &judge{t: t, router: router, next: stand.Handler(), seen: make(map[string]int)}
	server := httptest.NewUnstartedServer(j)
	server.TLS = certs.ServerTLS()
	server.StartTLS()
	defer server.Close()
	c, err := vrsclient.New(vrsclient.Config{BaseURL: server.URL, TLS: certs.ClientTLS(), Credentials: stand.Credentials()})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range vrs.Residents() {
		issue(t, c, r, cert.Domestic, nil)
		if r.Passport != nil {
			issue(t, c, r, cert.Overseas, r.Passport)
		}
	}
	atTheCounter(t, c)
	for path, least := range map[string]int{
		"/v1/find": 70, "/v1/reserve": 100, "/v1/confirm": 100, "/v1/void": 50, "/v1/search": 200, "/v1/open": 200, "/v1/invalidate": 2, "/v1/blocks": 3,
	} {
		if j.seen[path] < least {
			t.Errorf("%s was called %d times", path, j.seen[path])
		}
	}
}

// issue goes through all four calls, if the resident has a record to issue.
func issue(t *testing.T, c *vrsclient.Client, r vrs.Resident, kind cert.Kind, passport *cert.Passport) {
	t.Helper()
	id := cert.IssuanceID(string(kind) + "-" + r.ID)
	record, err := c.FindForCertificate(t.Context(), query(t, r, id)).Record()
	if err != nil {
		if vrsclient.Cause(err) != "" {
			t.Errorf("%s: %v", r.ID, err)
		}
		return
	}
	got, err := c.Reserve(t.Context(), cert.ReserveRequest{
		Municipality: r.Municipality, Subject: record.Subject, Version: record.Version, Kind: kind, Issuance: id,
	})
	if err != nil {
		t.Errorf("%s: reserve: %v", r.ID, err)
		return
	}
	err = c.Confirm(t.Context(), cert.Confirmation{
		Municipality: r.Municipality, Issuance: id, ID: got.ID, IssuedOn: cert.DateOf(got.IssuedAt), Passport: passport,
	})
	if err != nil {
		t.Errorf("%s: confirm %s: %v", r.ID, kind, err)
	}
	if kind == cert.Domestic {
		if err := c.Void(t.Context(), r.Municipality, id); err != nil {
			t.Errorf("%s: void: %v", r.ID, err)
		}
	}
}

// atTheCounter makes the counter's calls, with every kind of answer.
func atTheCounter(t *testing.T, c *vrsclient.Client) {
	t.Helper()
	for _, r := range vrs.Residents() {
		for _, q := range []cert.Search{byNumber(t, r), byTicket(r), byName(r, r.Kana)} {
			if r.Ticket == "" && q.MyNumber == nil {
				continue
			}
			list, err := c.Desk().Search(t.Context(), q)
			if vrsclient.Cause(err) != "" {
				t.Errorf("%s: search: %v", r.ID, err)
			}
			for _, x := range list {
				if _, err := c.Desk().Open(t.Context(), fileOf(r.Municipality, x.Ref, "file")); err != nil {
					t.Errorf("%s: open: %v", r.ID, err)
				}
			}
		}
	}
	r := resident(t, "doses: 1")
	f := opened(t, c, r, "desk")
	_, none := c.Desk().Open(t.Context(), fileOf("900028", found(t, c, byTicket(r)).Ref, "id"))
	passport := *r.Passport
	passport.Others = "SATO"
	id := issued(t, c, r, f, "desk", cert.Overseas, &passport)
	row := cert.BlockRow{Handle: f.Handle, Block: cert.Block{Class: cert.Stopped, From: r.Birth, Until: r.Birth}}
	nobody := cert.BlockRow{Ticket: "7999999999", Block: row.Block}
	for _, x := range []struct{ got, want error }{
		{none, cert.ErrNoRecord},
		{c.Desk().Invalidate(t.Context(), r.Municipality, id), nil},
		{c.Desk().Invalidate(t.Context(), r.Municipality, "JPN90001020200101000001"), cert.ErrNoIssue},
		{c.SetBlocks(t.Context(), cert.BlockList{Municipality: r.Municipality, Rows: []cert.BlockRow{row, nobody}}), cert.ErrBlockList},
		{c.SetBlocks(t.Context(), cert.BlockList{Municipality: r.Municipality, Rows: []cert.BlockRow{row}, DryRun: true}), nil},
		{c.SetBlocks(t.Context(), cert.BlockList{Municipality: r.Municipality}), nil},
	} {
		if !errors.Is(x.got, x.want) {
			t.Errorf("got %v, want %v", x.got, x.want)
		}
	}
}
