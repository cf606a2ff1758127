// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"kofu/api/app"
)

func document(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// The contract is OpenAPI 3.1, and its examples are what its schemas say.
func TestContractIsValid(t *testing.T) {
	doc := document(t)
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Error(doc.OpenAPI)
	}
}

// Every route is in the contract, and everything in the contract is a route.
func TestContractNamesTheRoutes(t *testing.T) {
	var routes, promised []string
	for _, r := range newServer(t).engine.Routes() {
		routes = append(routes, r.Method+" "+strings.Replace(r.Path, ":list", "{kid}.json", 1)) // gin takes whole segments only
	}
	for path, item := range document(t).Paths.Map() {
		for method := range item.Operations() {
			promised = append(promised, method+" "+path)
		}
	}
	slices.Sort(routes)
	slices.Sort(promised)
	if !slices.Equal(routes, promised) {
		t.Errorf("routes   %v\npromised %v", routes, promised)
	}
}

// Every public code is in the contract's table, and the other way round.
func TestContractNamesTheCodes(t *testing.T) {
	promised := map[string]string{} // code to the row's statuses
	for _, row := range strings.Split(*document(t).Components.Responses["Problem"].Value.Description, "\n") {
		if !strings.HasPrefix(row, "|") {
			continue
		}
		for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(row, -1) {
			promised[m[1]] = strings.Split(row, "|")[1]
		}
	}
	for _, r := range append(table().Rules, ruleOf{Problem: table().Unknown}) {
		if !strings.Contains(promised[r.Problem.Code], strconv.Itoa(r.Problem.Status)) {
			t.Errorf("%s with %d is not in the contract", r.Problem.Code, r.Problem.Status)
		}
	}
	for code := range promised {
		if !slices.ContainsFunc(table().Rules, func(r ruleOf) bool { return r.Problem.Code == code }) && code != internal.Code {
			t.Errorf("%s is in the contract and in no rule", code)
		}
	}
}

// No message has a place for a PIN, a typed number or a typed name; nothing but
// what the contract lists is taken.
//
// Rows: A4, B3, B4
func TestContractTakesNothingTyped(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)pin|number|name|birth|address|payload|hash|html|jws`)
	for path, item := range document(t).Paths.Map() {
		for method, op := range item.Operations() {
			for _, p := range slices.Concat(item.Parameters, op.Parameters) {
				if p.Value.Name == "kid" || p.Value.Name == app.HeaderApp || p.Value.Name == app.HeaderMunicipality { // of a published key; a version; one of the list
					continue
				}
				t.Errorf("%s %s takes a parameter: %s", method, path, p.Value.Name)
			}
			if op.RequestBody == nil {
				continue
			}
			walk(op.RequestBody.Value.Content["application/json"].Schema.Value, func(name string, s *openapi3.Schema) {
				if forbidden.MatchString(name) && (path != "/app/v1/applications" || name != "birth") { // DF22, as the municipality has signed it
					t.Errorf("%s %s takes %q", method, path, name)
				}
				if s.Type.Is("object") && (s.AdditionalProperties.Has == nil || *s.AdditionalProperties.Has) {
					t.Errorf("%s %s: %q takes unknown members", method, path, name)
				}
			})
		}
	}
}

func walk(s *openapi3.Schema, visit func(string, *openapi3.Schema)) {
	visit("", s)
	if s.Items != nil {
		walk(s.Items.Value, visit)
	}
	for name, p := range s.Properties {
		visit(name, p.Value)
		walk(p.Value, visit)
	}
}

// Rows: C1, C2
func TestEveryAnswerSaysNoStore(t *testing.T) {
	s := newServer(t)
	for path, item := range document(t).Paths.Map() {
		for method := range item.Operations() {
			if !strings.HasPrefix(path, "/app/") {
				continue
			}
			r := s.call(t, method, path, "{}", "application/json")
			if got := r.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s %s: Cache-Control %q", method, path, got)
			}
		}
	}
	for _, r := range []*http.Response{s.call(t, "GET", "/nothing", "", ""), s.call(t, "DELETE", "/app/v1/status", "", "")} {
		if got := r.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%d: Cache-Control %q", r.StatusCode, got)
		}
	}
}
