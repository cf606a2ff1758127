// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
	"kofu/kiosk"
	"kofu/test/vrs"
)

// arrangement is what can be changed at the centre while it runs, so that
// every screen can be seen: as if it had been started anew with another
// configuration. Sessions go on.
type arrangement struct {
	MaxSessions int    `json:"max_sessions,omitzero"` // at once; 0: as many as usual
	FeeYen      *int   `json:"fee_yen,omitzero"`      // of a copy, everywhere; none: as in the table
	ClosedToday bool   `json:"closed_today,omitzero"` // out of hours
	Crowded     bool   `json:"crowded,omitzero"`      // nobody more is let in for three minutes
	ManyTowns   bool   `json:"many_towns,omitzero"`   // some in every prefecture, so that one is chosen first
	Without     string `json:"without,omitzero"`      // a municipality that has left the kiosks
	RecordsDown bool   `json:"records_down,omitzero"` // the record system does not answer the kiosks
	Broken      bool   `json:"broken,omitzero"`       // the centre meets an error that nobody has foreseen
}

func (a arrangement) check() error {
	if a.MaxSessions < 0 || a.MaxSessions > 10_000 || a.FeeYen != nil && (*a.FeeYen < 0 || *a.FeeYen > 10_000) {
		return errArrangement
	}
	if a.Without != "" {
		if _, err := cert.ParseMunicipalityCode(a.Without); err != nil {
			return errArrangement
		}
	}
	return nil
}

var errArrangement = errors.New("no such arrangement")

// arrange puts another centre behind the kiosk's door.
func (w *world) arrange(a arrangement) error {
	if err := a.check(); err != nil {
		return err
	}
	table, err := a.table(w.now())
	if err != nil {
		return err
	}
	towns, err := municipality.Parse(table)
	if err != nil {
		return err
	}
	directory := municipality.NewDirectory(towns, w.books)
	service, err := w.newService(directory)
	if err != nil {
		return err
	}
	counter := &clerk{Service: service, down: a.RecordsDown, broken: a.Broken}
	h, err := kiosk.New(kiosk.Config{
		Sessions: w.memory.Sessions(), Gate: w.memory.Gate(), Terminals: w.books, Ledger: w.books, Desk: counter, Press: counter,
		Cards: w.cards, Municipalities: directory, Metrics: w.tally, Log: w.log, Now: w.now,
		Admit:       func() (time.Duration, bool) { return 3 * time.Minute, !a.Crowded },
		MaxSessions: a.MaxSessions, PerMinute: 6000, // a browser that is driven by a program is quick
	})
	if err != nil {
		return err
	}
	w.door.arrange(h)
	return nil
}

// clerk is the service, or what is in its place when it fails.
type clerk struct {
	*issuance.Service
	down, broken bool
}

var errBroken = errors.New("broken on purpose")

// Review implements kiosk.Desk.
func (c *clerk) Review(ctx context.Context, a issuance.Application) (*issuance.Preview, issuance.Sealed, error) {
	switch {
	case c.down:
		return nil, issuance.Sealed{}, cert.ErrUnavailable
	case c.broken:
		return nil, issuance.Sealed{}, errBroken
	}
	return c.Service.Review(ctx, a)
}

// table is the stand-in's table of municipalities, changed.
func (a arrangement) table(now time.Time) ([]byte, error) {
	var t struct {
		Channels       map[string]any   `json:"channels,omitzero"`
		Municipalities []map[string]any `json:"municipalities"`
	}
	if err := json.Unmarshal(vrs.MunicipalitiesJSON(), &t); err != nil {
		return nil, fmt.Errorf("read the table of municipalities: %w", err)
	}
	if a.ClosedToday {
		t.Channels = map[string]any{string(cert.Kiosk): map[string]any{"open": "06:30", "close": "23:00", "closed_days": []string{cert.DateOf(now).String()}}}
	}
	if a.ManyTowns {
		t.Municipalities = append(t.Municipalities, manyTowns()...)
	}
	for _, m := range t.Municipalities {
		if a.FeeYen != nil {
			m["fee_yen"] = *a.FeeYen
		}
		if channels, ok := m["channels"].(map[string]any); ok && m["code"] == a.Without {
			delete(channels, string(cert.Kiosk))
		}
	}
	return json.Marshal(t)
}

// manyTowns are more municipalities than one screen has room for, all made up:
// one in each prefecture, and a good many in one. They have no records.
func manyTowns() []map[string]any {
	var all []map[string]any
	add := func(prefecture, n int) {
		code := townCode(prefecture*1000 + 900 + n)
		all = append(all, map[string]any{
			"code": code, "name_ja": fmt.Sprintf("架空町%d", n), "name_en": fmt.Sprintf("Kaku Town %d", n),
			"issuer_ja": fmt.Sprintf("架空町長%d", n), "issuer_en": fmt.Sprintf("Mayor of Kaku Town %d", n), "fee_yen": 120,
			"contact_ja": "架空町 予防接種担当", "contact_en": "Kaku Town, immunization desk",
			"channels": map[string]any{string(cert.Kiosk): map[string]any{"from": "2022-07-26"}},
		})
	}
	for prefecture := 1; prefecture <= 47; prefecture++ {
		add(prefecture, 1)
	}
	for n := 2; n <= 26; n++ {
		add(1, n)
	}
	return all
}

// townCode adds the check digit to five digits (JIS X 0402).
func townCode(five int) string {
	sum, rest := 0, five
	for weight := 2; weight <= 6; weight++ {
		sum += rest % 10 * weight
		rest /= 10
	}
	return fmt.Sprintf("%05d%d", five, (11-sum%11)%10)
}

// closing is a closure as it is asked for.
type closing struct {
	Municipality string `json:"municipality,omitzero"` // empty: all
	Reason       string `json:"reason"`                // suspension, maintenance
	Minutes      int    `json:"minutes,omitzero"`      // how long; 0: until it is lifted
	After        int    `json:"after,omitzero"`        // begins after so many minutes; 0: now
	Ja           string `json:"ja,omitzero"`
	En           string `json:"en,omitzero"`
}

func (c closing) closure(now time.Time) municipality.Closure {
	m := municipality.Closure{Municipality: cert.MunicipalityCode(c.Municipality), Channel: cert.Kiosk, Reason: municipality.Reason(c.Reason),
		From: now.Add(time.Duration(c.After) * time.Minute), Ja: c.Ja, En: c.En}
	if c.Minutes > 0 {
		m.Until = m.From.Add(time.Duration(c.Minutes) * time.Minute)
	}
	return m
}

// mountKiosk puts the terminals' lines and the centre's switches on mux.
func (w *world) mountKiosk(mux *http.ServeMux) {
	mux.HandleFunc("POST /demo/kiosk/{terminal}/sessions", w.door.forward)
	mux.HandleFunc("POST /demo/kiosk/{terminal}/sessions/{session}/events", w.door.forward)
	mux.HandleFunc("GET /demo/kiosk/screens", func(out http.ResponseWriter, _ *http.Request) {
		answer(out, http.StatusOK, struct {
			Screens   []string `json:"screens"`
			Terminals []string `json:"terminals"`
		}{kiosk.ScreenIDs(), terminalIDs()})
	})
	mux.HandleFunc("POST /demo/kiosk/closures", w.closeTown)
	mux.HandleFunc("POST /demo/kiosk/closures/{id}/lift", w.liftClosure)
	mux.HandleFunc("POST /demo/kiosk/arrangement", w.rearrange)
}

func (w *world) closeTown(out http.ResponseWriter, r *http.Request) {
	var in closing
	if !decode(out, r, &in) {
		return
	}
	id, err := w.books.AddClosure(r.Context(), "demo", in.closure(w.now()))
	if err != nil {
		badBody().write(out)
		return
	}
	answer(out, http.StatusCreated, struct {
		ID string `json:"id"`
	}{id})
}

func (w *world) liftClosure(out http.ResponseWriter, r *http.Request) {
	if !decode(out, r, &struct{}{}) {
		return
	}
	if err := w.books.LiftClosure(r.Context(), "demo", r.PathValue("id")); err != nil {
		noClosure().write(out)
		return
	}
	out.WriteHeader(http.StatusNoContent)
}

func noClosure() trouble {
	return trouble{Title: "その停止はありません。", TitleEn: "There is no such closure.", Status: http.StatusNotFound,
		Code: "not_found", Next: text{"停止したときの id を使ってください。", "Use the id that closing answered with."}}
}

func (w *world) rearrange(out http.ResponseWriter, r *http.Request) {
	var in arrangement
	if !decode(out, r, &in) {
		return
	}
	if err := w.arrange(in); err != nil {
		badBody().write(out)
		return
	}
	out.WriteHeader(http.StatusNoContent)
}
