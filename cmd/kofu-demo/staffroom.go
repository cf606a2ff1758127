// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"kofu/api/counter"
	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/test/vrs"
)

// staffroom is what those who try the counter have to know, and what no city
// would write on one page: who there is, with passwords and codes.
type staffroom struct {
	PCs     []pc     `json:"terminals"`
	Logins  []member `json:"logins"`
	Guests  []guest  `json:"residents"`
	Pages   []string `json:"pages"`   // of the console
	Seconds int      `json:"seconds"` // until the codes change
}

// member is a login with the code that is good now.
type member struct {
	login
	Code string `json:"code"`
}

// guest is somebody who may come to a counter.
type guest struct {
	ID           string                `json:"id"`
	Municipality cert.MunicipalityCode `json:"municipality"`
	Case         string                `json:"case"`
	CaseJa       string                `json:"case_ja"`
	Name         string                `json:"name"` // as the register has it
	Kana         string                `json:"kana"`
	Birth        string                `json:"birth"`
	Ticket       string                `json:"ticket"` // empty: none
	Number       string                `json:"number"` // made up, with a right check digit
	MRZ          *[2]string            `json:"mrz"`
	Measure      string                `json:"measure,omitzero"` // protective, or a stop, that holds for them today
	Expected     expected              `json:"expected"`         // at the counter
}

func (w *world) newStaffroom() (*staffroom, error) {
	now := w.now()
	room := &staffroom{PCs: pcs(), Pages: counter.Pages(), Seconds: int(step/time.Second) - int(now.Unix())%int(step/time.Second)}
	for _, l := range w.office.crew {
		room.Logins = append(room.Logins, member{l, totp(l.Secret, now)})
	}
	for _, r := range w.desk.residents {
		g, err := newGuest(r)
		if err != nil {
			return nil, err
		}
		if inForce(r, cert.DateOf(now)) {
			g.Measure = string(r.BlockClass)
		}
		room.Guests = append(room.Guests, g)
	}
	return room, nil
}

func newGuest(r vrs.Resident) (guest, error) {
	lines, err := mrz(r)
	return guest{ID: r.ID, Municipality: r.Municipality, Case: r.Case, CaseJa: r.CaseJa, Name: r.VRSName, Kana: r.Kana, Birth: r.Birth.String(),
		Ticket: r.Ticket, Number: r.Number, MRZ: lines, Expected: expected{r.Expected.CounterDomestic, r.Expected.CounterOverseas}}, err
}

// inForce reports whether a measure holds for a resident on a day.
func inForce(r vrs.Resident, day cert.Date) bool {
	return r.BlockClass != "" && r.BlockFrom.Compare(day) <= 0 && (r.BlockTo.IsZero() || day.Compare(r.BlockTo) <= 0)
}

// mountCounter puts the staff's room, and the clock, on mux.
func (w *world) mountCounter(mux *http.ServeMux) {
	if w.office == nil {
		return
	}
	mux.HandleFunc("GET /demo/counter", w.showStaffroom)
	mux.HandleFunc("GET /demo/counter/staff", func(out http.ResponseWriter, _ *http.Request) {
		room, err := w.newStaffroom()
		if err != nil {
			unreadable().write(out)
			return
		}
		answer(out, http.StatusOK, room)
	})
	mux.HandleFunc("POST /demo/later", func(out http.ResponseWriter, r *http.Request) {
		var in struct {
			Seconds int `json:"seconds"`
		}
		if !decode(out, r, &in) {
			return
		}
		if in.Seconds < 1 || in.Seconds > 24*60*60 {
			badBody().write(out)
			return
		}
		w.later(time.Duration(in.Seconds) * time.Second)
		out.WriteHeader(http.StatusNoContent)
	})
}

// branch is a town hall on the page.
type branch struct {
	Town   town
	PCs    []place
	Logins []row
	Guests []guest
}

type place struct{ ID, Place, URL string }

type row struct {
	member
	Japanese, English []string // of its functions
}

// showStaffroom is the page.
func (w *world) showStaffroom(out http.ResponseWriter, r *http.Request) {
	page, err := template.ParseFS(assets, "page/counter.html")
	if err != nil {
		http.Error(out, "page", http.StatusInternalServerError)
		return
	}
	room, err := w.newStaffroom()
	if err != nil {
		http.Error(out, "page", http.StatusInternalServerError)
		return
	}
	language := "ja"
	if r.URL.Query().Get("lang") == "en" {
		language = "en"
	}
	var body bytes.Buffer
	if err := page.Execute(&body, struct {
		Language string
		Branches []branch
		Seconds  int
	}{language, w.branches(room, r.Host), room.Seconds}); err != nil {
		http.Error(out, "page", http.StatusInternalServerError)
		return
	}
	guard(out, "text/html; charset=utf-8", policy)
	_, _ = out.Write(body.Bytes()) // the caller may be gone
}

func (w *world) branches(room *staffroom, host string) (all []branch) {
	for _, p := range room.PCs {
		at := place{p.ID, p.Place, counterURL(p.ID, host)}
		if i := slices.IndexFunc(all, func(b branch) bool { return b.Town.Code == string(p.Municipality) }); i >= 0 {
			all[i].PCs = append(all[i].PCs, at)
			continue
		}
		b := branch{Town: town{Code: string(p.Municipality)}, PCs: []place{at}}
		if t := w.town(p.Municipality); t != nil {
			b.Town = *t
		}
		for _, m := range room.Logins {
			if m.Municipality == p.Municipality {
				b.Logins = append(b.Logins, row{m, functionNames(m.Functions, 0), functionNames(m.Functions, 1)})
			}
		}
		for _, g := range room.Guests {
			if g.Municipality == p.Municipality {
				b.Guests = append(b.Guests, g)
			}
		}
		all = append(all, b)
	}
	return all
}

// counterURL is where a browser is a PC, on a site that it reaches at host.
func counterURL(id, host string) string {
	port := ""
	if _, p, err := net.SplitHostPort(host); err == nil {
		port = ":" + p
	}
	return "http://" + id + ".localhost" + port + "/counter/"
}

func (s *site) counterURL(id string) string {
	return counterURL(id, strings.TrimPrefix(s.URL, "http://"))
}

// functionNames says what functions are called, in Japanese (0) or English (1).
func functionNames(list []staff.Function, language int) (names []string) {
	words := map[staff.Function][2]string{
		staff.Clerk: {"交付担当", "clerk"}, staff.Approver: {"承認者", "approver"}, staff.Protected: {"支援措置担当", "protected persons"},
		staff.Administrator: {"管理者", "administrator"}, staff.Auditor: {"監査担当", "auditor"},
	}
	for _, f := range list {
		names = append(names, words[f][language])
	}
	return names
}
