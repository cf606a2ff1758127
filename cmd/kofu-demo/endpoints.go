// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"

	"github.com/go-json-experiment/json"

	"kofu/cert"
	"kofu/cert/qr"
	"kofu/test/card"
	"kofu/test/vrs"
)

// maxBody is the largest body of the demo's own endpoints, in bytes.
const maxBody = 16 << 10

// trouble is a problem document of the demo's own endpoints.
type trouble struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	TitleEn string `json:"title_en"`
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Next    text   `json:"next"`
	Tries   *int   `json:"tries_left,omitzero"`
}

type text struct {
	Ja string `json:"ja"`
	En string `json:"en"`
}

func (t trouble) write(w http.ResponseWriter) {
	t.Type = "https://kofu.invalid/problems/" + t.Code
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Language", "ja")
	answer(w, t.Status, t)
}

// pinFormat is the PIN of the card's text application.
var pinFormat = regexp.MustCompile(`^[0-9]{4}$`)

func badBody() trouble {
	return trouble{Title: "送信された内容が正しくありません。", TitleEn: "The request is not what it should be.", Status: http.StatusBadRequest,
		Code: "bad_request", Next: text{"内容を直して送信してください。", "Mend it and send it again."}}
}

func nobody() trouble {
	return trouble{Title: "その住民はいません。", TitleEn: "There is no such resident.", Status: http.StatusNotFound,
		Code: "not_found", Next: text{"一覧から選んでください。", "Choose one from the list."}}
}

func wrongPIN(left int) trouble {
	return trouble{Title: "暗証番号が違います。", TitleEn: "The PIN is wrong.", Status: http.StatusForbidden, Code: "pin_incorrect", Tries: &left,
		Next: text{"もう一度入力してください。3回続けて間違えるとロックされます。", "Enter it again. Three wrong ones in a row block the card."}}
}

func blocked() trouble {
	return trouble{Title: "暗証番号がロックされています。", TitleEn: "The card's PIN is blocked.", Status: http.StatusForbidden, Code: "pin_blocked", Tries: new(int),
		Next: text{"市区町村の窓口で、暗証番号の再設定をしてください。", "Have the PIN reset at the counter of your municipality."}}
}

func unreadable() trouble {
	return trouble{Title: "カードを読み取れませんでした。", TitleEn: "The card could not be read.", Status: http.StatusInternalServerError,
		Code: "internal", Next: text{"もう一度かざしてください。", "Hold it to the phone again."}}
}

// mount puts the demo's own endpoints on mux. What none of them takes falls
// through to the service.
func (w *world) mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /demo/residents", w.showResidents)
	mux.HandleFunc("POST /demo/cards/{resident}/read", w.readCard)
	mux.HandleFunc("POST /demo/cards/{resident}/unblock", w.unblockCard)
	mux.HandleFunc("POST /demo/qr", drawQR)
	mux.HandleFunc("GET /demo/metrics", func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.tally.write(out)
	})
}

func (w *world) readCard(out http.ResponseWriter, r *http.Request) {
	var what reading
	if !decode(out, r, &what) {
		return
	}
	if !pinFormat.MatchString(what.PIN) {
		badBody().write(out)
		return
	}
	got, err := w.desk.read(r.PathValue("resident"), what)
	if err != nil {
		refusal(err).write(out)
		return
	}
	answer(out, http.StatusOK, got)
}

func refusal(err error) trouble {
	wrong, isWrong := errors.AsType[card.PINError](err)
	switch {
	case errors.Is(err, errNobody):
		return nobody()
	case errors.Is(err, card.ErrPINBlocked):
		return blocked()
	case isWrong:
		return wrongPIN(wrong.TriesLeft)
	}
	return unreadable()
}

func (w *world) unblockCard(out http.ResponseWriter, r *http.Request) {
	if !decode(out, r, &struct{}{}) {
		return
	}
	if err := w.desk.unblock(r.PathValue("resident")); err != nil {
		refusal(err).write(out)
		return
	}
	out.WriteHeader(http.StatusNoContent)
}

// person is a resident as a phone's surroundings know them.
type person struct {
	ID           string     `json:"id"`
	Case         string     `json:"case"`
	CaseJa       string     `json:"case_ja"`
	Name         string     `json:"name"`
	Municipality town       `json:"municipality"`
	AlsoIn       *town      `json:"also_in"`
	PIN          string     `json:"pin"`
	MRZ          *[2]string `json:"mrz"`
	Expected     expected   `json:"expected"` // on the phone
	Kiosk        expected   `json:"kiosk"`
}

type town struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	NameEn string `json:"name_en"`
}

type expected struct {
	Domestic string `json:"domestic"`
	Overseas string `json:"overseas"`
}

func (w *world) town(code cert.MunicipalityCode) *town {
	m, ok := w.towns.Lookup(code)
	if !ok {
		return nil
	}
	return &town{string(m.Code), m.NameJa, m.NameEn}
}

func (w *world) person(r vrs.Resident) (person, error) {
	lines, err := mrz(r)
	if err != nil {
		return person{}, err
	}
	p := person{r.ID, r.Case, r.CaseJa, r.Name, town{Code: string(r.Municipality)}, w.town(r.AlsoIn), r.PIN, lines,
		expected{r.Expected.AppDomestic, r.Expected.AppOverseas}, expected{r.Expected.KioskDomestic, r.Expected.KioskOverseas}}
	if t := w.town(r.Municipality); t != nil {
		p.Municipality = *t
	}
	return p, nil
}

// persons lists all residents.
func (w *world) persons() ([]person, error) {
	var all []person
	for _, r := range w.desk.residents {
		p, err := w.person(r)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func (w *world) showResidents(out http.ResponseWriter, _ *http.Request) {
	all, err := w.persons()
	if err != nil {
		unreadable().write(out)
		return
	}
	answer(out, http.StatusOK, struct {
		Residents []person `json:"residents"`
	}{all})
}

// drawQR draws any text, so that the page needs no code for it. What it draws
// comes in the body: a text in a URL would be remembered.
func drawQR(out http.ResponseWriter, r *http.Request) {
	var in struct {
		Text string `json:"text"`
	}
	if !decode(out, r, &in) {
		return
	}
	symbol, err := qr.Encode(in.Text, qr.L)
	if err != nil {
		badBody().write(out)
		return
	}
	out.Header().Set("Content-Type", "image/png")
	_, _ = out.Write(symbol.PNG(4)) // the caller may be gone
}

// decode reads a body strictly, or answers and reports false.
func decode(w http.ResponseWriter, r *http.Request, v any) bool {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body, readErr := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil || t != "application/json" || readErr != nil || json.Unmarshal(body, v, json.RejectUnknownMembers(true)) != nil {
		badBody().write(w)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may be gone
}
