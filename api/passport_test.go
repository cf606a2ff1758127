// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"kofu/api/app"
	"kofu/cardauth/passport"
	"kofu/cert"
	state "kofu/test/passport"
	"kofu/test/phone"
)

// japan issues passports with a chip.
type japan struct{ authority, signer *state.Certified }

var japans = sync.OnceValues(func() (japan, error) { return newState(1) })

func newState(serial int64) (japan, error) {
	now := time.Now()
	a, err := state.NewAuthority(state.Profile{Country: "JP", CommonName: "e-passport CSCA", From: now.AddDate(-8, 0, 0), Until: now.AddDate(7, 0, 0), Serial: serial}, state.P384Explicit())
	if err != nil {
		return japan{}, err
	}
	s, err := a.NewSigner(state.Profile{Country: "JP", CommonName: "e-passport signer", From: now.AddDate(-2, 0, 0), Until: now.AddDate(9, 0, 0), Serial: 1001}, state.P256())
	return japan{a, s}, err
}

func (j japan) chip(t testing.TB, lines []string) *phone.Chip {
	t.Helper()
	dg1 := state.DG1(lines[0], lines[1])
	return &phone.Chip{SOD: must[[]byte](t)(j.signer.Draft(dg1).Build()), DG1: dg1}
}

// zoneOf is the zone of another passport of Hanako's age.
func zoneOf(t testing.TB, change func(*cert.Passport)) []string {
	t.Helper()
	p := must[*cert.Passport](t)(passport.ParseMRZ(goodZone()[0], goodZone()[1], cert.DateOf(time.Now())))
	change(p)
	l1, l2, err := passport.MRZ(p)
	if err != nil {
		t.Fatal(err)
	}
	return []string{l1, l2}
}

// reading is a world that reads chips; change says how.
func reading(t *testing.T, change func(*passport.Acceptance)) *world {
	t.Helper()
	jp := must[japan](t)(japans())
	return newWorld(t, func(w *world, h *app.Handler) {
		h.Passports.Chips = &passport.ChipVerifier{CSCAs: must[*passport.CSCAs](t)(passport.ParseCSCAs(state.PEM(jp.authority))), Now: w.clock.now}
		if change != nil {
			change(&h.Passports)
		}
	})
}

func travel(lines []string, chip *phone.Chip) phone.Wish {
	return phone.Wish{Kind: "overseas", Municipality: "900001", MRZ: lines, Chip: chip}
}

// Rows: B4
func TestPassportSaysHowItWasRead(t *testing.T) {
	w := reading(t, nil)
	chip := must[japan](t)(japans()).chip(t, goodZone())
	p := w.hanakos(t)
	for name, tt := range map[string]struct {
		wish phone.Wish
		want string
	}{
		"zone": {travel(goodZone(), nil), "zone"}, "chip": {travel(nil, chip), "chip"}, "both": {travel(goodZone(), chip), "chip"},
	} {
		reviewed, issued, err := p.Journey(t.Context(), tt.wish)
		if err != nil || issued.VDSNC == "" || reviewed.Preview.Passport.Source != tt.want || reviewed.Preview.Passport.Name != "YAMADA HANAKO" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A misreading that no check digit finds is a warning in the preview, where
// Japan's numbers show it.
//
// Rows: B4
func TestPassportWarnings(t *testing.T) {
	p := newWorld(t, nil).hanakos(t)
	number := func(n cert.Private) []string { return zoneOf(t, func(p *cert.Passport) { p.Number = n }) }
	for name, tt := range map[string]struct {
		lines []string
		want  string
	}{
		"right":   {number("TK1630268"), "[]"},
		"misread": {number("TK1G30268"), "[number_form]"},
	} {
		r, err := p.Ask(t.Context(), travel(tt.lines, nil))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(r.Preview.Passport.Warnings); got != tt.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Rows: B4, B5
func TestPassportRefusals(t *testing.T) {
	jp, stranger := must[japan](t)(japans()), must[japan](t)(newState(2))
	someone := zoneOf(t, func(p *cert.Passport) { p.BirthDate = cert.Date{Year: 1990, Month: 4, Day: 1} })
	man := zoneOf(t, func(p *cert.Passport) { p.Sex = 'M' })
	reentry := zoneOf(t, func(p *cert.Passport) { p.Nationality = "VNM" })
	renamed := zoneOf(t, func(p *cert.Passport) { p.Primary, p.Secondary = "MOUSE", "MINNIE" })
	forged := func(t *testing.T) *phone.Chip {
		c := jp.chip(t, goodZone())
		c.DG1 = state.DG1(renamed[0], renamed[1])
		return c
	}
	misread := slices.Clone(goodZone())
	misread[1] = "TKO0000003JPN8503149F3001019<<<<<<<<<<<<<<04"
	for _, tt := range []struct {
		name           string
		wish           phone.Wish
		code, internal string
		details        map[string][]string
	}{
		{"altered data group 1", travel(nil, forged(t)), "passport_chip_invalid", "CHIP_DG1_DIGEST", nil},
		{"an authority that is not known", travel(nil, stranger.chip(t, goodZone())), "passport_chip_invalid", "CHIP_SIGNER_SIG_INVALID", nil},
		{"another zone than the chip's", travel(renamed, jp.chip(t, goodZone())), "passport_invalid", "CHIP_MRZ_DIFFERS", nil},
		{"somebody else's chip", travel(nil, jp.chip(t, someone)), "passport_mismatch", "PASSPORT_MISMATCH", map[string][]string{"field": {"birth_date"}}},
		{"a man's chip", travel(nil, jp.chip(t, man)), "passport_mismatch", "PASSPORT_MISMATCH", map[string][]string{"field": {"sex"}}},
		{"somebody else's zone", travel(someone, nil), "passport_mismatch", "PASSPORT_MISMATCH", map[string][]string{"field": {"birth_date"}}},
		{"a misread zone", travel(misread, nil), "passport_invalid", "MRZ", map[string][]string{"field": {"number"}, "position": {"3"}, "confusion": {"O/0"}}},
		{"a re-entry permit", travel(reentry, nil), "counter_only", "TRAVEL_DOCUMENT", nil},
		{"a re-entry permit with its chip", travel(nil, jp.chip(t, reentry)), "counter_only", "TRAVEL_DOCUMENT", nil},
		{"nothing read", travel(nil, nil), "passport_required", "PASSPORT_REQUIRED", nil},
		{"an expired one", travel(nil, jp.chip(t, zoneOf(t, func(p *cert.Passport) { p.Expiry = cert.Date{Year: 2020, Month: 1, Day: 1} }))), "passport_expired", "PASSPORT_EXPIRED", nil},
		{"nonsense", travel(nil, &phone.Chip{SOD: []byte{1}, DG1: []byte{2}}), "passport_chip_invalid", "CHIP_SOD_MALFORMED", nil},
		{"no data group 1", travel(nil, &phone.Chip{SOD: []byte{1}, DG1: []byte{}}), "bad_request", "BODY", nil},
		{"a chip for domestic", phone.Wish{Kind: "domestic", Municipality: "900001", Chip: jp.chip(t, goodZone())}, "bad_request", "BODY", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := reading(t, nil)
			_, err := w.hanakos(t).Ask(t.Context(), tt.wish)
			p, ok := errors.AsType[*phone.Problem](err)
			if !ok || p.Code != tt.code || w.internalOf() != tt.internal {
				t.Fatalf("got %v (%s)", err, w.internalOf())
			}
			if !maps.EqualFunc(p.Details, tt.details, slices.Equal) {
				t.Errorf("details %v", p.Details)
			}
			if w.office.finds != 0 {
				t.Error("the record service was asked")
			}
		})
	}
}

// Rows: B4
func TestChipPolicies(t *testing.T) {
	chip := must[japan](t)(japans()).chip(t, goodZone())
	for _, tt := range []struct {
		name     string
		world    *world
		status   string
		zoneOnly string // what is answered to the zone alone
		withChip string
	}{
		{"none", newWorld(t, nil), "none", "", "bad_request"},
		{"accepted", reading(t, nil), "accepted", "", ""},
		{"required", reading(t, func(a *passport.Acceptance) { a.ChipRequired = true }), "required", "passport_chip_required", ""},
	} {
		p := tt.world.hanakos(t)
		s := must[*phone.Status](t)(p.Status(t.Context()))
		_, zone := p.Ask(t.Context(), travel(goodZone(), nil))
		_, both := p.Ask(t.Context(), travel(goodZone(), chip))
		if got := fmt.Sprint(s.PassportChip, phone.CodeOf(zone), phone.CodeOf(both)); got != tt.status+tt.zoneOnly+tt.withChip || (zone == nil) != (tt.zoneOnly == "") || (both == nil) != (tt.withChip == "") {
			t.Errorf("%s: %s, %v, %v", tt.name, s.PassportChip, zone, both)
		}
		if _, err := p.Ask(t.Context(), domestic()); err != nil {
			t.Errorf("%s: domestic: %v", tt.name, err)
		}
	}
}

// Every code of the chips has its row in the table, and no other has.
func TestChipTableIsComplete(t *testing.T) {
	for _, c := range passport.Codes() {
		want, ok := chipCodes[c]
		if !ok {
			t.Errorf("%s has no public code", c)
		}
		if p, name := table().Find(passport.Error{Code: c}); p != want || name != string(c) {
			t.Errorf("%s becomes %s (%s)", c, p.Code, name)
		}
	}
	for c := range chipCodes {
		if !slices.Contains(passport.Codes(), c) {
			t.Errorf("%s is no code", c)
		}
	}
	if p, _ := table().Find(passport.Error{Code: "NEW"}); p != chipInvalid {
		t.Errorf("a new code becomes %s", p.Code)
	}
}
