// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"kofu/cert"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// The same sealed application twice is the same certificate, byte for byte;
// the same person anew is another one.
//
// Rows: A2
func TestIssuingAgainGivesTheSameBytes(t *testing.T) {
	tr := newTrial(t)
	r := tr.plain(t)
	for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
		t.Run(string(k), func(t *testing.T) {
			p := tr.holding(t, r)
			reviewed, first, err := p.Journey(t.Context(), wants(t, r, k))
			if err != nil {
				t.Fatal(err)
			}
			tr.later(2 * time.Minute)
			second, err := p.Issue(t.Context(), reviewed.Sealed, true)
			if err != nil {
				t.Fatal(err)
			}
			if first.ID != second.ID || first.SHC != second.SHC || first.VDSNC != second.VDSNC || !first.IssuedAt.Equal(second.IssuedAt) {
				t.Error("the signed forms differ")
			}
			if !bytes.Equal(first.PDF, second.PDF) || len(first.PDF) == 0 {
				t.Error("the papers differ")
			}
			_, other, err := p.Journey(t.Context(), wants(t, r, k))
			if err != nil {
				t.Fatal(err)
			}
			if other.ID == first.ID || other.SHC.JWS == first.SHC.JWS {
				t.Error("another application got the same certificate")
			}
		})
	}
}

// A record that changed after the preview is not certified, nor is one that
// was blocked: that reads like any other change.
//
// Rows: E7
func TestRecordChangedAfterThePreview(t *testing.T) {
	tr := newTrial(t)
	r := tr.plain(t)
	partition, err := tr.records.Partition(tr.records.Credentials()[r.Municipality])
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func() error{
		"corrected": func() error { return partition.Correct(t.Context(), r.Number, "FF9999") },
		"blocked":   func() error { return partition.Block(t.Context(), r.Number, true) },
	} {
		t.Run(name, func(t *testing.T) {
			p := tr.holding(t, r)
			reviewed, err := p.Ask(t.Context(), wants(t, r, cert.Domestic))
			if err != nil {
				t.Fatal(err)
			}
			if err := change(); err != nil {
				t.Fatal(err)
			}
			if _, err := p.Issue(t.Context(), reviewed.Sealed, false); phone.CodeOf(err) != "start_again" {
				t.Errorf("got %v", err)
			}
			if err := partition.Block(t.Context(), r.Number, false); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// ask sends one application over HTTP and returns the answer and how long it
// took.
func (tr *trial) ask(t *testing.T, r vrs.Resident) (*phone.Response, time.Duration) {
	t.Helper()
	p := tr.holding(t, r)
	body, err := json.Marshal(proved(t, p, wants(t, r, cert.Domestic)))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	res, err := p.Send(t.Context(), http.MethodPost, "/app/v1/applications", "application/json", body)
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	return res, took
}

// Nobody at the phone can tell a person under protective measures from one who
// has no record: not by status, headers, body, or time.
//
// Rows: E7
func TestBlockedReadsLikeNone(t *testing.T) {
	tr := newTrial(t)
	blocked := tr.first(t, func(r vrs.Resident) bool {
		return !r.BlockFrom.IsZero() && r.BlockTo.IsZero() && r.Expected.AppDomestic == "no_record"
	})
	none := tr.first(t, func(r vrs.Resident) bool { return r.HomeNo == "" && r.Municipality == blocked.Municipality })
	one, _ := tr.ask(t, blocked)
	other, _ := tr.ask(t, none)
	if one.Status != http.StatusUnprocessableEntity || one.Status != other.Status {
		t.Fatalf("status %d and %d", one.Status, other.Status)
	}
	if a, b := anonymous(t, one), anonymous(t, other); a != b {
		t.Errorf("answers differ:\n%s\n%s", a, b)
	}
	rounds := 2000
	if testing.Short() || raceDetector {
		rounds = 100
	}
	var took [2][]time.Duration
	for i := range rounds {
		for j := range 2 { // take turns at being first
			who := (i + j) % 2
			r := none
			if who == 0 {
				r = blocked
			}
			res, d := tr.ask(t, r)
			if res.Status != http.StatusUnprocessableEntity {
				t.Fatal(res.Status)
			}
			took[who] = append(took[who], d)
		}
	}
	a, b := median(took[0]), median(took[1])
	ratio := float64(a) / float64(b)
	t.Logf("%d calls each: blocked %v, none %v, ratio %.3f", rounds, a, b, ratio)
	if rounds == 2000 && (ratio < 0.9 || ratio > 1.1) {
		t.Errorf("median times differ by a ratio of %.3f", ratio)
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// anonymous is an answer without what names the request.
func anonymous(t *testing.T, res *phone.Response) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(res.Body, &body); err != nil {
		t.Fatal(err)
	}
	id, _ := body["request_id"].(string)
	if id == "" {
		t.Error("no request id")
	}
	var all strings.Builder
	if err := res.Header.WriteSubset(&all, map[string]bool{"X-Request-Id": true, "Date": true}); err != nil {
		t.Fatal(err)
	}
	return all.String() + strings.ReplaceAll(string(res.Body), id, "ID")
}

// Planted persons go through everything there is, and nothing of them is in
// the log, in what is counted, or in Redis; nor is a My Number in any answer.
//
// Rows: C1, C7, R5.3
func TestNothingOfAnybodyIsLeftBehind(t *testing.T) {
	tr := newTrial(t)
	planted := []vrs.Resident{
		tr.plain(t),
		tr.first(t, func(r vrs.Resident) bool { return strings.Contains(r.Name, "𠮷") }),
		tr.first(t, func(r vrs.Resident) bool { return r.Expected.AppDomestic == "record_needs_check" }),
		tr.first(t, func(r vrs.Resident) bool { return r.Expected.AppDomestic == "no_record" }),
		tr.first(t, func(r vrs.Resident) bool { return r.Expected.AppOverseas == "passport_mismatch" }),
		tr.first(t, func(r vrs.Resident) bool { return r.Expected.AppDomestic == "name_not_printable" }),
	}
	for _, r := range planted {
		for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
			p := tr.holding(t, r)
			recorder := &recorder{next: tr.HTTP.Transport}
			p.HTTP = &http.Client{Transport: recorder}
			_, _, _ = p.Journey(t.Context(), wants(t, r, k)) // outcomes are another test's
			for _, answer := range recorder.bodies {
				if strings.Contains(answer, r.Number) {
					t.Errorf("%s: an answer has the My Number", r.ID)
				}
			}
			for path := range recorder.paths {
				searchFor(t, r, "a URL", path)
			}
		}
	}
	tr.gatewayTrouble(t, planted[0])
	var counted bytes.Buffer
	tr.tally.write(&counted)
	if !strings.Contains(tr.log.String(), "request_id") || !strings.Contains(counted.String(), "NEEDS_CHECK") {
		t.Fatal("nothing was logged or counted: this test looks in the wrong place")
	}
	for _, r := range planted {
		searchFor(t, r, "the log", tr.log.String())
		searchFor(t, r, "the counters", counted.String())
		searchFor(t, r, "Redis", tr.memory.redis.Dump())
	}
}

// gatewayTrouble has the record system answer wrongly, so that errors are
// logged, too.
func (tr *trial) gatewayTrouble(t *testing.T, r vrs.Resident) {
	t.Helper()
	for _, kind := range []vrs.FaultKind{vrs.OtherPerson, vrs.HalfJSON} {
		tr.records.Faults().Add(vrs.Fault{Call: "find", Kind: kind})
		if _, _, err := tr.holding(t, r).Journey(t.Context(), wants(t, r, cert.Domestic)); phone.CodeOf(err) != "unavailable" {
			t.Error(err)
		}
		tr.records.Faults().Clear()
	}
}

type recorder struct {
	next   http.RoundTripper
	bodies []string
	paths  map[string]bool
}

func (c *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	c.bodies = append(c.bodies, string(body))
	if c.paths == nil {
		c.paths = map[string]bool{}
	}
	c.paths[r.URL.String()] = true
	return res, nil
}

// searchFor looks for a person in a text: as it is, and in base64, percent and
// JSON escapes.
func searchFor(t *testing.T, r vrs.Resident, where, text string) {
	t.Helper()
	for _, m := range markers(r) {
		for how, form := range disguises(m) {
			if strings.Contains(text, form) {
				t.Errorf("%s: %s has %q, as %s", r.ID, where, m, how)
			}
		}
	}
}

func disguises(m string) map[string]string {
	escaped := new(strings.Builder)
	for _, unit := range utf16.Encode([]rune(m)) {
		fmt.Fprintf(escaped, `\u%04x`, unit)
	}
	forms := map[string]string{"plain text": m, "percent escapes": url.QueryEscape(m), "JSON escapes": escaped.String()}
	for shift := range 3 { // wherever it stands in what was encoded
		if all := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + m)); len(m) > 5 {
			end := len(all) - 4
			forms["base64 at "+string('0'+rune(shift))] = all[4:end]
		}
	}
	maps.DeleteFunc(forms, func(how, form string) bool { // too short to mean anything
		return len(form) < 4 || strings.HasPrefix(how, "base64") && len(form) < 8
	})
	return forms
}

// The search finds what it is meant to find.
func TestSearchSeesThroughDisguises(t *testing.T) {
	const name = "見本一子"
	for _, text := range []string{"x " + name, url.QueryEscape("a" + name), base64.StdEncoding.EncodeToString([]byte("ab" + name + "c"))} {
		found := false
		for _, form := range disguises(name) {
			found = found || strings.Contains(text, form)
		}
		if !found {
			t.Errorf("not found in %q", text)
		}
	}
	var deflated bytes.Buffer
	w, err := flate.NewWriter(&deflated, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(name)); err != nil || w.Close() != nil {
		t.Fatal("deflate")
	}
	for _, form := range disguises(name) {
		if strings.Contains(deflated.String(), form) {
			t.Error("found in what is compressed: then logs need no look inside health cards")
		}
	}
}
