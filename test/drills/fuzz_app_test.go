// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"kofu/test/phone"
)

// tap hears what a phone says.
type tap struct {
	next  http.RoundTripper
	mu    sync.Mutex
	heard map[string]any // by path: the last body
}

func (p *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var v any
		if json.Unmarshal(data, &v) == nil {
			p.mu.Lock()
			p.heard[r.URL.Path] = v
			p.mu.Unlock()
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(data))
	}
	return p.next.RoundTrip(r)
}

// phone is that of a member of the crowd; with a handset where proof is asked.
func (w *world) phone(t testing.TB, replica, member int) (*phone.Client, *tap) {
	t.Helper()
	m := w.members[member]
	chip := must(w.issue(m))(t)
	p := &tap{next: w.transport(), heard: map[string]any{}}
	c := &phone.Client{BaseURL: w.url(replica, "app", ""), HTTP: &http.Client{Transport: p}, Card: chip.Reader(), PIN: m.PIN}
	if replica == strict {
		c.Handset, c.App = phone.IPhone{IPhone: must(w.apple.NewIPhone(appID))(t)}, "ios/2.1.0"
	}
	return c, p
}

// wish is a certificate that a member can have.
func (w *world) wish(member int) phone.Wish {
	return phone.Wish{Kind: "domestic", Municipality: string(w.members[member].Municipality)}
}

// certified finds a member, from number i on, who gets a certificate, and
// returns the phone, what it said on the way, and what it got.
func (w *world) certified(t testing.TB, replica, i int) (*phone.Client, *tap, *phone.Reviewed) {
	t.Helper()
	var last error
	for n := range 40 {
		c, p := w.phone(t, replica, (i+n)%len(w.members))
		var reviewed *phone.Reviewed
		if reviewed, _, last = c.Journey(t.Context(), w.wish((i+n)%len(w.members))); last == nil {
			return c, p, reviewed
		}
	}
	t.Fatalf("nobody gets a certificate: %v", last)
	return nil, nil, nil
}

// All calls of the contract, valid ones first, then spoilt in one to three
// ways: every answer is one that the contract has, and nothing else happens.
func TestContractFuzzed(t *testing.T) {
	w := theWorld(t)
	for _, replica := range []int{open, strict} {
		t.Run([]string{"strict", "open"}[replica], func(t *testing.T) {
			c := must(theContract())(t)
			client, heard, _ := w.certified(t, replica, 10*replica)
			bases := heard.heard
			var mu sync.Mutex // a phone is for one at a time
			fresh := func() any {
				mu.Lock()
				defer mu.Unlock()
				ch, err := client.Challenge(t.Context())
				if err != nil {
					return bases["/app/v1/applications"]
				}
				a, err := client.Prove(ch, w.wish(10*replica))
				if err != nil {
					return bases["/app/v1/applications"]
				}
				var v any
				data, _ := json.Marshal(a)
				_ = json.Unmarshal(data, &v)
				return v
			}
			calls := callsOf(c.doc)
			u := &run{w: w, replica: replica, door: "app", count: many(1800)}
			u.make = func(r chance, i int) attempt { return r.call(calls[i%len(calls)], bases, fresh) }
			u.judge = func(a attempt, got *answer) error { return c.judge(a.method, a.target, got) }
			u.all(t)
		})
	}
}

// call is an operation of the contract.
type call struct {
	method, path string
	body         *openapi3.Schema // nil: none
	example      any
}

func callsOf(doc *openapi3.T) (list []call) {
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		ops := doc.Paths.Map()[path].Operations()
		for _, method := range slices.Sorted(maps.Keys(ops)) {
			one := call{method: method, path: path}
			if b := ops[method].RequestBody; b != nil {
				m := b.Value.Content["application/json"]
				one.body, one.example = m.Schema.Value, m.Example
				for range 5 { // they are where most can go wrong
					list = append(list, one)
				}
			}
			list = append(list, one)
		}
	}
	return list
}

// call makes a request of an operation, from its schema, its example or what a
// phone has really said, and then spoils it, or not.
func (r chance) call(c call, bases map[string]any, fresh func() any) attempt {
	a := attempt{method: c.method, target: c.path}
	if c.path == "/issuer/.well-known/crl/{kid}.json" {
		a.target = "/issuer/.well-known/crl/" + r.value(&openapi3.Schema{Type: &openapi3.Types{"string"}, Pattern: "^[A-Za-z0-9_-]{43}$"}).(string) + ".json"
	}
	a.set("Kofu-App", "ios/2.1.0")
	var tree any
	if c.body != nil {
		a.set("Content-Type", "application/json")
		switch base := bases[c.path]; {
		case c.path == "/app/v1/applications" && r.IntN(6) == 0:
			tree, a.done = fresh(), []string{"a new application"}
		case base != nil && r.IntN(2) == 0:
			tree, a.done = clone(base), []string{"what a phone has said"}
		case r.IntN(4) == 0:
			tree, a.done = plain(c.example), []string{"the example"}
		default:
			tree, a.done = r.value(c.body), []string{"of the schema"}
		}
		a.body = encode(tree)
	}
	for range r.IntN(4) {
		r.mutate(&a, tree)
	}
	return a
}

// plain is a value as JSON has it.
func plain(v any) (out any) {
	data, err := json.Marshal(v)
	if err != nil || json.Unmarshal(data, &out) != nil {
		panic(fmt.Sprint("an example that is no JSON: ", v))
	}
	return out
}
