// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	judge "kofu/cert/verify"
	"kofu/test/phone"
	"kofu/test/terminal"
	"kofu/test/vrs"
)

// A trip is what has come of one application at a door.
type trip struct {
	code   string   // what the person was told; "" for a certificate
	last   string   // the last answer, as it came
	papers [][]byte // certificates that left: PDFs, or cards as text
	coins  terminal.Account
	keys   int // released at a kiosk
}

// before has something happen just before a call of the record service is
// made; what it does not name happens by itself.
type before map[string]func()

func (b before) do(calls ...string) {
	for _, call := range calls {
		if f := b[call]; f != nil {
			f()
		}
	}
}

// A wayIn is one of the three ways to a certificate, over HTTP.
type wayIn struct {
	name  string
	calls []string // of the record service, in the order they are made
	walk  func(t *testing.T, r vrs.Resident, b before) trip
}

// heard keeps the last answer of a client.
type heard struct {
	http.RoundTripper
	mu   sync.Mutex
	last string
}

func (h *heard) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := h.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(data))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = string(data)
	return res, nil
}

// phoneDoor is a phone's.
func phoneDoor(t *testing.T, s *site) wayIn {
	phones := map[string]func() (*phone.Client, phone.Wish){}
	return wayIn{name: "app", calls: []string{"find", "reserve", "confirm"}, walk: func(t *testing.T, r vrs.Resident, b before) (got trip) {
		if phones[r.ID] == nil { // one phone a resident: it registers once
			p, wish := s.phone(t, r)
			phones[r.ID] = func() (*phone.Client, phone.Wish) { return p, wish }
		}
		p, wish := phones[r.ID]()
		said := &heard{RoundTripper: p.HTTP.Transport}
		if h, ok := p.HTTP.Transport.(*heard); ok {
			said = h
		}
		p.HTTP.Transport = said
		defer func() { got.last = said.last }()
		if err := p.Register(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.do("find")
		reviewed, err := p.Ask(t.Context(), wish)
		if err != nil {
			return trip{code: phone.CodeOf(err)}
		}
		b.do("reserve", "confirm")
		issued, err := p.Issue(t.Context(), reviewed.Sealed, wish.PDF)
		if err != nil {
			return trip{code: phone.CodeOf(err)}
		}
		return trip{papers: [][]byte{[]byte(issued.SHC.QR)}}
	}}
}

// terminalDoor is a terminal's. The person gives up while paying when void is
// among what is named.
func terminalDoor(t *testing.T, s *site, addr string) wayIn {
	t.Helper()
	s.admit(t)
	client := s.counterpart(t, "terminals")
	cards := map[string]terminal.Card{}
	return wayIn{name: "kiosk", calls: []string{"find", "reserve", "confirm"}, walk: func(t *testing.T, r vrs.Resident, b before) trip {
		machine, err := terminal.New(terminal.Config{URLs: []string{"https://" + addr}, HTTP: client, Clock: &terminal.QuickClock{}})
		if err != nil {
			t.Fatal(err)
		}
		if cards[r.ID] == nil {
			cards[r.ID] = terminal.Chip(s.card(t, r))
		}
		at := func(call string) terminal.Deed {
			return func(ctx context.Context, _ *terminal.Terminal) error { b.do(call); return ctx.Err() }
		}
		p := terminal.Person{Card: cards[r.ID], PIN: r.PIN, Kind: "domestic", Towns: []string{string(r.Municipality)},
			Deeds: map[string]terminal.Deed{"place_card": at("find"), "copies": at("reserve"), "pay": at("confirm")}}
		if b["void"] != nil {
			p.Deeds["pay"], p.GiveUpAt = at("void"), "pay"
		}
		walked, err := p.Walk(t.Context(), machine)
		if err != nil {
			t.Fatalf("%v, by way of %v", err, walked.Screens)
		}
		got := trip{coins: walked.Coins}
		for _, x := range machine.Transcript {
			if x.Answer != nil && x.Answer.Release != nil {
				got.keys++
			}
		}
		for _, id := range walked.Screens {
			if refusals[id] {
				got.code = id
			}
		}
		if got.code == "" && len(walked.Sheets) == 0 {
			got.code = walked.Last
		}
		for _, x := range machine.Transcript { // the screen that told
			if x.Answer != nil && x.Answer.Screen.ID == got.code {
				got.last = string(x.Raw)
			}
		}
		for _, sheet := range walked.Sheets {
			got.papers = append(got.papers, sheet.PDF)
		}
		return got
	}}
}

// refusals are the screens that tell why there is no certificate.
var refusals = map[string]bool{"unavailable": true, "start_again": true, "no_record": true, "record_needs_check": true, "counter_only": true,
	"internal": true, "name_not_printable": true, "cancelled": true, "passport_expired": true, "session_ended": true}

// clerkDoor is a clerk's.
func clerkDoor(t *testing.T, s *site, addr string) wayIn {
	t.Helper()
	residents := vrs.Residents()
	c := s.openOffice(t, addr, residents[0].Municipality).hires(s, "tanaka", "clerk")
	return wayIn{name: "counter", calls: []string{"search", "open", "reserve", "confirm"}, walk: func(t *testing.T, r vrs.Resident, b before) trip {
		page := c.gets("/counter/search")
		for _, step := range []struct {
			call, next, path string
			fields           func() []string
		}{
			{"search", "", "/counter/search", func() []string { return []string{"page", c.hidden(page, "page"), "ticket", r.Ticket} }},
			{"open", "", "/counter/person", func() []string { return []string{"person", c.hidden(page, "person")} }},
			{"open again", "", "/counter/preview", func() []string {
				return []string{"file", c.hidden(page, "file"), "document", "drivers_licence", "applicant", "self", "purpose", "new", "kind", "domestic",
					"reason", "", "mrz", "", "others", "", "written", ""}
			}},
			{"reserve", "confirm", "/counter/certificate", func() []string {
				return []string{"application", c.hidden(page, "application"), "statement", c.hidden(page, "statement")}
			}},
			{"paper", "", "/counter/paper", func() []string {
				return []string{"application", c.hidden(page, "application"), "statement", c.hidden(page, "statement")}
			}},
		} {
			fields := step.fields()
			b.do(step.call, step.next)
			status, next, err := c.ask(http.MethodPost, step.path, fields...)
			if err != nil {
				t.Fatal(err)
			}
			_, next, _ = strings.Cut(next, "\n")
			if status != http.StatusOK || refusedForm.MatchString(next) || cannotForm.MatchString(next) {
				return trip{code: refusedAs(next), last: next}
			}
			page = next
		}
		return trip{papers: [][]byte{[]byte(page)}}
	}}
}

var (
	refusedForm = regexp.MustCompile(`<p class="hint">(?:Code:|コード:) ([a-z_]+)</p>`)
	cannotForm  = regexp.MustCompile(`<p class="cannot" role="note">([^<]*)</p>`)
)

func refusedAs(page string) string {
	if m := cannotForm.FindStringSubmatch(page); m != nil {
		return "cannot: " + m[1]
	}
	if m := refusedForm.FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return "no code"
}

// says reads a certificate with the trust bundle of the site, and returns what
// it says in one line: name, birth date, and each dose's date and lot.
func (s *site) says(t *testing.T, paper []byte) string {
	t.Helper()
	_, bundle := get(t, s.counterpart(t, ""), "https://"+s.app+"/trust/bundle.json")
	j := judge.Judge{}
	if err := j.Trust.AddBundle([]byte(bundle)); err != nil {
		t.Fatal(err)
	}
	verdict := j.Files(judge.File{Name: "paper", Data: paper})[0]
	if verdict.Outcome() != judge.Authentic {
		t.Fatalf("what left is not authentic: %s", verdict.Reason())
	}
	var said []string
	for _, c := range verdict.Certificates {
		line := fmt.Sprint(strings.Join(strings.Fields(c.Content.Name.Reveal()), ""), " ", c.Content.BirthDate)
		for _, d := range c.Content.Doses {
			line += " " + d.Date + "/" + d.Lot
		}
		said = append(said, line)
	}
	return strings.Join(said, "\n")
}
