// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"kofu/cert/pdf"
	"kofu/cert/qr"
	"kofu/test/card"
	"kofu/test/phone"
	"kofu/test/terminal"
)

func (w *world) card(p *planted) *card.Card {
	w.t.Helper()
	return must(w.town.Issue(card.Holder{MyNumber: p.Number, Name: p.Name, Address: p.Address, BirthDate: p.birth().Compact(), Sex: "2", PIN: p.pin}))(w.t)
}

func (w *world) phone(p *planted, http2 bool) *phone.Client {
	w.t.Helper()
	return &phone.Client{BaseURL: "https://" + w.app, HTTP: w.client(nil, http2), Card: w.card(p).Reader(), PIN: p.pin}
}

func (w *world) wish(p *planted, kind string) phone.Wish {
	wish := phone.Wish{Kind: kind, Municipality: town, PDF: true}
	if kind == "overseas" {
		wish.MRZ = p.mrz(w.t)
	}
	return wish
}

// phones sends everybody of the app through its door, each on the way of their
// role. What came out is remembered of them, to be looked for.
func (w *world) phones(all []*planted) {
	w.t.Helper()
	for i, p := range all {
		role, ok := strings.CutPrefix(p.role, "app ")
		if !ok {
			continue
		}
		c := w.phone(p, i%2 == 1)
		if i%4 < 2 { // of others the connection stays open
			defer c.HTTP.CloseIdleConnections()
		}
		switch role {
		case "domestic", "overseas":
			reviewed, got, err := c.Journey(w.t.Context(), w.wish(p, role))
			if err != nil {
				w.t.Fatalf("%s: %v", p.role, err)
			}
			p.remember(got.ID, got.SHC.JWS, got.SHC.QR, got.VDSNC, reviewed.Sealed)
			p.rememberPaper(w.t, got.PDF)
		case "discard":
			reviewed := must(c.Ask(w.t.Context(), w.wish(p, "overseas")))(w.t)
			p.remember("", reviewed.Sealed)
			if err := c.Discard(w.t.Context(), reviewed.Sealed); err != nil {
				w.t.Error(err)
			}
		case "wrong signature", "malformed", "oversized", "wrong media type":
			w.badPhone(c, p, role)
		case "gone":
			ctx, cancel := context.WithTimeout(w.t.Context(), 400*time.Millisecond)
			w.fault("call=find&kind=late&delay=1s&times=1")
			_, err := c.Ask(ctx, w.wish(p, "domestic"))
			cancel()
			w.failed(p, err)
			w.mend()
		case "confirm fails":
			w.fault("call=confirm&kind=reset")
			_, _, err := c.Journey(w.t.Context(), w.wish(p, "overseas"))
			w.failed(p, err)
			w.mend()
		default:
			w.gatewayFails(p, role)
			wish := w.wish(p, "overseas")
			if role == "passport of another" {
				wish.MRZ = all[0].mrz(w.t)
			}
			_, err := c.Ask(w.t.Context(), wish)
			w.failed(p, err)
			w.mend()
		}
	}
}

// gatewayFails makes the record service fail as a role says.
func (w *world) gatewayFails(p *planted, role string) {
	w.t.Helper()
	for end, fault := range map[string]string{"gateway down": "kind=reset", "gateway html": "kind=html", "gateway other person": "kind=other_person", "late": "kind=late&delay=4s"} {
		if hasSuffix(role, end) {
			w.fault(fault)
		}
	}
}

// failed wants a refusal: a path that was to fail and did not proves nothing.
func (w *world) failed(p *planted, err error) {
	w.t.Helper()
	if err == nil {
		w.t.Errorf("%s: it goes well", p.role)
	}
}

// badPhone sends what the contract does not allow, with the card's files in it.
func (w *world) badPhone(c *phone.Client, p *planted, role string) {
	w.t.Helper()
	ch := must(c.Challenge(w.t.Context()))(w.t)
	a := must(c.Prove(ch, w.wish(p, "overseas")))(w.t)
	if role == "wrong signature" {
		a.Card.Signature[5] ^= 1
	}
	body, media := must(json.Marshal(a))(w.t), "application/json"
	switch role {
	case "malformed":
		body = append(body[:len(body)-1], `,"name":"`+p.Name+`","number":`+p.Number+`}`...)
	case "oversized":
		body = append(append(body, p.Number...), bytes.Repeat([]byte(" "), 70<<10)...)
	case "wrong media type":
		media = "text/plain"
	}
	res, err := c.Send(w.t.Context(), http.MethodPost, "/app/v1/applications", media, body)
	if err == nil && res.Status < 400 {
		w.t.Errorf("%s: %d", p.role, res.Status)
	}
}

func (p *planted) remember(id string, symbols ...string) {
	if id != "" {
		p.Certificates = append(p.Certificates, id)
	}
	for _, s := range symbols {
		if s != "" {
			p.Symbols = append(p.Symbols, s)
		}
	}
}

var idForm = regexp.MustCompile(`JPN[0-9]{6}[0-9]{6,}`)

// rememberPaper reads what is on a paper.
func (p *planted) rememberPaper(t *testing.T, file []byte) {
	t.Helper()
	page := must(pdf.Read(file))(t)
	named := false
	for _, run := range page.Runs {
		named = named || run.Text == p.Name
		if id := idForm.FindString(run.Text); id != "" {
			p.remember(id)
		}
	}
	if !named || len(p.Certificates) == 0 {
		t.Fatalf("%s: the paper is not theirs", p.role)
	}
	for _, m := range page.Symbols {
		if text, err := qr.Read(m); err == nil {
			p.remember("", text)
		}
	}
	// And forty bytes of the file itself, of what is compressed.
	for at := len(file) / 2; at+40 < len(file); at++ {
		if piece := file[at : at+40]; distinct(piece) >= 30 {
			p.remember("", string(piece))
			return
		}
	}
	t.Fatalf("%s: a paper that is not compressed", p.role)
}

// distinct counts the values that b has.
func distinct(b []byte) int {
	seen := map[byte]bool{}
	for _, c := range b {
		seen[c] = true
	}
	return len(seen)
}

// terminals does the same at a kiosk.
func (w *world) terminals(all []*planted) {
	w.t.Helper()
	client := w.client(w.terminalCerts, false)
	for _, p := range all {
		role, ok := strings.CutPrefix(p.role, "kiosk ")
		if !ok {
			continue
		}
		t := must(terminal.New(terminal.Config{URLs: []string{"https://" + w.kiosk}, HTTP: client, Patience: 2 * time.Second}))(w.t)
		walk := terminal.Person{Card: terminal.Chip(w.card(p)), PIN: p.pin, Kind: "overseas", Towns: []string{town}, Passport: "yes"}
		if role == "domestic" {
			walk.Kind, walk.Copies = "domestic", 2
		}
		w.trouble(t, &walk, p, role)
		w.gatewayFails(p, role)
		res, err := walk.Walk(w.t.Context(), t)
		w.mend()
		if printed := role == "domestic" || role == "overseas" || role == "jam"; printed && (err != nil || len(res.Sheets) == 0) {
			w.t.Fatalf("%s: ends on %s after %v: %v", p.role, res.Last, res.Screens, err)
		}
		w.t.Logf("%-24s ends on %s (%v)", p.role, res.Last, err)
		for _, s := range res.Sheets {
			if !s.Half {
				p.rememberPaper(w.t, s.PDF)
			}
		}
	}
}

// trouble is what befalls somebody at a kiosk.
func (w *world) trouble(t *terminal.Terminal, walk *terminal.Person, p *planted, role string) {
	switch role {
	case "cancel":
		walk.GiveUpAt = "copies"
	case "jam":
		t.Printer.Troubles = map[int]terminal.Trouble{1: {Kind: "jam"}}
	case "broken printer":
		t.Printer.Troubles = map[int]terminal.Trouble{1: {Kind: "broken"}}
	case "walks away", "power cut":
		walk.Deeds = map[string]terminal.Deed{"pay": func(_ context.Context, t *terminal.Terminal) error { t.PowerCut(); return nil }}
	case "pin field", "oversized":
		walk.Deeds = map[string]terminal.Deed{"enter_pin": func(ctx context.Context, t *terminal.Terminal) error {
			body := must(json.Marshal(map[string]any{"number": 99, "type": "card_read", "pin": p.pin, "name": p.Name, "mynumber": p.Number}))(w.t)
			if role == "oversized" {
				body = append(append(body, p.Number...), bytes.Repeat([]byte(" "), 1<<20)...)
			}
			res, err := t.Post(ctx, "/kiosk/v1/sessions/"+t.Session()+"/events", "application/json", body)
			if err == nil && res.Status < 400 {
				return errors.New("taken")
			}
			return nil
		}}
	}
}
