// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/go-json-experiment/json"

	"kofu/api"
)

// contract is what every answer is held against.
type contract struct {
	doc    *openapi3.T
	routes routers.Router
	codes  map[string][]int // of problems, with the statuses they come with
}

var theContract = sync.OnceValues(func() (*contract, error) {
	openapi3filter.RegisterBodyDecoder("application/problem+json", openapi3filter.JSONBodyDecoder)
	doc, err := openapi3.NewLoader().LoadFromData(api.Contract())
	if err != nil {
		return nil, err
	}
	routes, err := gorillamux.NewRouter(doc)
	return &contract{doc, routes, codesOf(*doc.Components.Responses["Problem"].Value.Description)}, err
})

var (
	codeForm   = regexp.MustCompile("`([a-z_]+)`")
	statusForm = regexp.MustCompile(`\d{3}`)
)

// codesOf reads a table of statuses and codes, as the contract and the kiosk's
// protocol have one: statuses in the first column, codes in the second.
func codesOf(text string) map[string][]int {
	codes := map[string][]int{}
	for _, row := range strings.Split(text, "\n") {
		cells := strings.Split(row, "|")
		if len(cells) < 4 {
			continue
		}
		for _, s := range statusForm.FindAllString(cells[1], -1) {
			n, _ := strconv.Atoi(s)
			for _, m := range codeForm.FindAllStringSubmatch(cells[2], -1) {
				codes[m[1]] = append(codes[m[1]], n)
			}
		}
	}
	return codes
}

// telling is what no answer says: where in the program something happened,
// what a library says of the input, who it is that answers.
var telling = regexp.MustCompile(`goroutine \d|\.go:\d|runtime error|jsontext|go-json|json: |redis|sqlstate|pgx|invalid character|go-jose`)

// common holds any answer of the program to what all have in common.
func (a *answer) common() error {
	switch {
	case a.Status >= 500 && a.Status != http.StatusServiceUnavailable && a.Status != http.StatusNotImplemented && a.Status != http.StatusHTTPVersionNotSupported:
		return fmt.Errorf("status %d: %.300s", a.Status, a.Body)
	case a.Header.Get("Server") != "" || a.Header.Get("X-Powered-By") != "" || a.Header.Get("Via") != "":
		return errors.New("says what program it is")
	case a.Header.Get("Content-Encoding") != "":
		return errors.New("is compressed")
	case telling.Match(a.Body) && !strings.HasPrefix(string(a.Body), "openapi: "):
		return fmt.Errorf("says what is nobody's business: %s", telling.Find(a.Body))
	}
	return nil
}

// below reports that a request did not come as far as our program: the HTTP
// server itself said that it is none.
func (a *answer) below() bool {
	return a.Header.Get("X-Request-Id") == "" && slices.Contains([]int{400, 417, 431, 501, 505}, a.Status) && len(a.Body) < 200
}

// judge holds an answer against the contract.
func (c *contract) judge(method, target string, a *answer) error {
	if err := a.common(); err != nil {
		return err
	}
	if a.below() {
		return nil
	}
	if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Strict-Transport-Security") == "" {
		return fmt.Errorf("status %d without the headers that all have: %v", a.Status, a.Header)
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		u = &url.URL{Path: "/"}
	}
	if strings.HasPrefix(u.Path, "/app/") && a.Header.Get("Cache-Control") != "no-store" {
		return fmt.Errorf("status %d may be kept", a.Status)
	}
	r := &http.Request{Method: method, URL: &url.URL{Path: u.Path, RawQuery: u.RawQuery}, Header: http.Header{}, Host: "localhost"}
	route, params, err := c.routes.FindRoute(r)
	if err != nil {
		list := method == http.MethodOptions && strings.HasPrefix(u.Path, "/issuer/.well-known/crl/") // whatever its name
		if a.Status < 400 && !list {
			return fmt.Errorf("%s %s is in no contract, and answered %d", method, target, a.Status)
		}
		if list {
			return nil
		}
		return c.problem(method, a)
	}
	if a.Status >= 400 {
		if err := c.problem(method, a); err != nil {
			return err
		}
	}
	if method == http.MethodHead || strings.HasSuffix(u.Path, ".pem") || u.Path == "/openapi.yaml" || a.Status == http.StatusMethodNotAllowed {
		return nil
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: a.Status, Header: a.Header, Options: &openapi3filter.Options{IncludeResponseStatus: true}}
	out.SetBodyBytes(a.Body)
	return openapi3filter.ValidateResponse(r.Context(), out)
}

// problem holds a refusal to RFC 9457 and the contract's table.
func (c *contract) problem(method string, a *answer) error {
	if method == http.MethodHead {
		return nil
	}
	p, err := a.problem(c.codes)
	if err != nil {
		return err
	}
	return c.doc.Components.Schemas["Problem"].Value.VisitJSON(p)
}

// problem reads a refusal whose code is among those there are.
func (a *answer) problem(codes map[string][]int) (p map[string]any, err error) {
	if m, _, err := mime.ParseMediaType(a.Header.Get("Content-Type")); err != nil || m != "application/problem+json" {
		return nil, fmt.Errorf("status %d is no problem document, but %q: %.200s", a.Status, a.Header.Get("Content-Type"), a.Body)
	}
	if err := json.Unmarshal(a.Body, &p); err != nil {
		return nil, fmt.Errorf("problem document: %w", err)
	}
	code, _ := p["code"].(string)
	if !slices.Contains(codes[code], a.Status) {
		return nil, fmt.Errorf("code %q does not come with %d", code, a.Status)
	}
	if said, _ := p["status"].(float64); int(said) != a.Status {
		return nil, fmt.Errorf("status %v in the document of a %d", p["status"], a.Status)
	}
	if a.Header.Get("Cache-Control") != "no-store" {
		return nil, errors.New("a problem that may be kept")
	}
	return p, nil
}

// code is that of a refusal; "" for none.
func (a *answer) code() string {
	var p struct {
		Code string `json:"code"`
	}
	if a.Status < 400 || json.Unmarshal(a.Body, &p) != nil {
		return ""
	}
	return p.Code
}
