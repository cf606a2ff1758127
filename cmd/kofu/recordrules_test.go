// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kofu/test/phone"
	"kofu/test/vrs"
)

// What contradicts itself is refused with its dose and whom to call, at every
// door; what only looks wrong is told before anything is issued, and a clerk
// has to confirm it, which the log has as a code.
//
// Rows: R4.2
func TestEveryDoorTellsWhatIsWrongAndWhomToCall(t *testing.T) {
	same, warned := named(t, "two doses on one day"), named(t, "birth day not known")
	const contact = "架空市 予防接種担当"
	t.Run("app", func(t *testing.T) {
		s := makeSite(t)
		start(t, s)
		p, wish := s.phone(t, same)
		_, err := p.Ask(t.Context(), wish)
		d := details(t, err)
		if phone.CodeOf(err) != "record_needs_check" || !slices.Contains(d["finding"], "dose_same_day") || !slices.Contains(d["dose"], "2") || d["contact_ja"][0] != contact {
			t.Errorf("%v %v", err, d)
		}
		p, wish = s.phone(t, warned)
		reviewed, err := p.Ask(t.Context(), wish)
		if err != nil || len(reviewed.Preview.Notes) != 1 || reviewed.Preview.Notes[0].Code != "birth_day_unknown" || reviewed.Preview.Contact.Ja != contact {
			t.Errorf("%v %+v", err, reviewed)
		}
	})
	t.Run("kiosk", func(t *testing.T) {
		s, addr := makeKiosk(t)
		s.patient(t)
		d := terminalDoor(t, s, addr)
		if got := d.walk(t, same, nil); got.code != "record_needs_check" || !strings.Contains(got.last, "2回目の接種") || !strings.Contains(got.last, contact) || got.coins.Inserted != 0 {
			t.Errorf("%s: %s", got.code, got.last)
		}
		if got := d.walk(t, warned, nil); len(got.papers) != 1 {
			t.Errorf("a warning hinders: %s", got.code)
		}
	})
	t.Run("counter", func(t *testing.T) {
		s, addr := makeCounter(t)
		s.patient(t)
		c := s.openOffice(t, addr, same.Municipality).hires(s, "tanaka", "clerk")
		page := c.posts("/counter/search", "page", c.hidden(c.gets("/counter/search"), "page"), "ticket", same.Ticket)
		if page = c.posts("/counter/person", "person", c.hidden(page, "person")); !strings.Contains(page, "dose_same_day") || !strings.Contains(page, "Vaccination no. 2") || !strings.Contains(page, "immunization desk") {
			t.Errorf("%.4000s", page)
		}
		page = c.posts("/counter/search", "page", c.hidden(c.gets("/counter/search"), "page"), "ticket", warned.Ticket)
		page = c.posts("/counter/person", "person", c.hidden(page, "person"))
		page = c.posts("/counter/preview", "file", c.hidden(page, "file"), "document", "passport", "applicant", "self", "purpose", "new", "kind", "domestic", "reason", "", "mrz", "", "others", "", "written", "")
		fields := []string{"application", c.hidden(page, "application"), "statement", c.hidden(page, "statement")}
		if status, refused, err := c.ask(http.MethodPost, "/counter/certificate", fields...); err != nil || status != http.StatusUnprocessableEntity || !strings.Contains(refused, "unchecked") {
			t.Errorf("without the tick: %d %v", status, err)
		}
		page = c.posts("/counter/certificate", append(fields, "checked", "yes")...)
		page = c.posts("/counter/paper", "application", c.hidden(page, "application"), "statement", c.hidden(page, "statement"))
		if _, paper, _ := strings.Cut(page, "\n"); !strings.HasPrefix(paper, "%PDF-") {
			t.Errorf("no paper: %.300s", paper)
		}
		if log := s.staffDoes(t, "log"); !strings.Contains(log, "birth_day_unknown") || strings.Contains(log, warned.Name) {
			t.Errorf("the log says\n%s", log)
		}
	})
}

// named is the resident whose case says so.
func named(t *testing.T, words string) vrs.Resident {
	t.Helper()
	for _, r := range vrs.Residents() {
		if strings.Contains(r.Case, words) {
			return r
		}
	}
	t.Fatalf("nobody: %s", words)
	return vrs.Resident{}
}

func details(t *testing.T, err error) map[string][]string {
	t.Helper()
	p, ok := errors.AsType[*phone.Problem](err)
	if !ok {
		t.Fatalf("no problem: %v", err)
	}
	return p.Details
}
