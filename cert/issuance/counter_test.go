// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
	"kofu/cert/verify"
)

// cabinet is the counter's side of a record service with one person.
type cabinet struct {
	file        *cert.File
	err         error
	opened      []cert.FileQuery
	searched    []cert.Search
	invalidated []cert.ID
}

func (c *cabinet) Search(_ context.Context, q cert.Search) ([]cert.Candidate, error) {
	c.searched = append(c.searched, q)
	return []cert.Candidate{{Ref: "ref", Holder: c.file.Holder}}, c.err
}

func (c *cabinet) Open(_ context.Context, q cert.FileQuery) (*cert.File, error) {
	c.opened = append(c.opened, q)
	if c.err != nil {
		return nil, c.err
	}
	f := *c.file
	return &f, nil
}

func (c *cabinet) Invalidate(_ context.Context, _ cert.MunicipalityCode, id cert.ID) error {
	c.invalidated = append(c.invalidated, id)
	return c.err
}

var clerk = Who{Channel: cert.Counter, Device: "fedcba9876543210"}

// atCounter is a desk with a counter, and hanako in its cabinet.
func atCounter(t testing.TB) (*desk, *cabinet) {
	t.Helper()
	d := newDesk(t)
	c := &cabinet{file: &cert.File{Record: *hanakoRecord(), Handle: "h"}}
	d.Desk = c
	return d, c
}

func (d *desk) counterApplication(k cert.Kind) DeskApplication {
	a := DeskApplication{Who: clerk, Kind: k, Municipality: city, Ref: "ref"}
	if k == cert.Overseas {
		a.Passport = hanakoPassport()
	}
	return a
}

func (d *desk) reviewDesk(t testing.TB, a DeskApplication) string {
	t.Helper()
	_, sealed, err := d.ReviewDesk(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return sealed.Token
}

func seen(context.Context, *Issued) error { return nil }

// message is data.msg of a VDS-NC without its identifiers.
func message(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var doc struct {
		Data struct {
			Msg map[string]any `json:"msg"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &doc); err != nil || len(doc.Data.Msg) == 0 {
		t.Fatal("no data.msg", err)
	}
	delete(doc.Data.Msg, "uvci")
	if pid, ok := doc.Data.Msg["pid"].(map[string]any); ok {
		delete(pid, "ai") // the certificate ID
	}
	return doc.Data.Msg
}

// bundle is the FHIR bundle of a SMART Health Card.
func bundle(t *testing.T, jws string) any {
	t.Helper()
	card, err := shc.Parse(jws)
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		VC struct {
			Subject struct {
				Bundle any `json:"fhirBundle"`
			} `json:"credentialSubject"`
		} `json:"vc"`
	}
	if err := json.Unmarshal(card.PayloadJSON, &p); err != nil || p.VC.Subject.Bundle == nil {
		t.Fatal("no bundle", err)
	}
	return p.VC.Subject.Bundle
}

// Rows: R5.4, A1
func TestThreeDoorsSignTheSame(t *testing.T) {
	for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
		d, _ := atCounter(t)
		d.issuedBefore(cert.Date{Year: 2023, Month: 1, Day: 5}, hanakoPassport())
		app, err := d.Issue(t.Context(), d.review(t, k), phone, true)
		if err != nil {
			t.Fatal(err)
		}
		desk, err := d.IssueDesk(t.Context(), d.reviewDesk(t, d.counterApplication(k)), clerk, seen)
		if err != nil {
			t.Fatal(err)
		}
		_, sealed, err := d.Review(t.Context(), d.atKiosk(t, k))
		if err != nil {
			t.Fatal(err)
		}
		_, kiosk, err := d.finish(t.Context(), sealed.Token, terminal, true)
		if err != nil {
			t.Fatal(err)
		}
		for name, other := range map[string]*Issued{"counter": desk, "kiosk": kiosk} {
			if !reflect.DeepEqual(bundle(t, app.SHC), bundle(t, other.SHC)) {
				t.Errorf("%s, %s: another FHIR bundle than the app's", k, name)
			}
			if k == cert.Overseas && !reflect.DeepEqual(message(t, app.VDSNC), message(t, other.VDSNC)) {
				t.Errorf("%s: another data.msg than the app's", name)
			}
		}
		if desk.SHC == app.SHC || len(desk.PDF) == 0 {
			t.Error("one certificate for two doors, or no paper")
		}
	}
}

func TestCounterSignsTheRecordsName(t *testing.T) {
	d, c := atCounter(t)
	c.file.Holder.Name = "吉田　花子"
	out, err := d.IssueDesk(t.Context(), d.reviewDesk(t, d.counterApplication(cert.Domestic)), clerk, seen)
	if err != nil {
		t.Fatal(err)
	}
	card, err := shc.Parse(out.SHC)
	if err != nil || shcName(card, cert.Domestic) != "吉田　花子" {
		t.Error("not the name of the record", err)
	}
	if q := c.opened[0]; q.Purpose != cert.PurposeCertificate || q.Ref != "ref" || q.Issuance == "" {
		t.Error("opened otherwise")
	}
}

// Rows: E7, F14
func TestBlocksAtTheCounter(t *testing.T) {
	for name, tt := range map[string]struct {
		block    *cert.Block
		check    string
		entitled bool
		want     error
	}{
		"none":                          {},
		"protective, not entitled":      {block: &cert.Block{Class: cert.Protective}, want: cert.ErrBlocked},
		"protective, entitled":          {block: &cert.Block{Class: cert.Protective}, entitled: true},
		"stopped, not entitled":         {block: &cert.Block{Class: cert.Stopped}, want: cert.ErrBlocked},
		"stopped, entitled":             {block: &cert.Block{Class: cert.Stopped}, entitled: true, want: cert.ErrStopped},
		"a class nobody knows":          {block: &cert.Block{Class: "other"}, entitled: true, want: cert.ErrStopped},
		"needs a check":                 {check: "要確認", want: cert.ErrNeedsCheck},
		"needs a check, and protective": {check: "要確認", block: &cert.Block{Class: cert.Protective}, entitled: true, want: cert.ErrNeedsCheck},
	} {
		t.Run(name, func(t *testing.T) {
			d, c := atCounter(t)
			c.file.Block, c.file.Check = tt.block, tt.check
			a := d.counterApplication(cert.Domestic)
			a.Entitled = tt.entitled
			p, sealed, err := d.ReviewDesk(t.Context(), a)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatal(err)
			}
			if err != nil && sealed.Token != "" {
				t.Error("sealed all the same")
			}
			if err == nil && p.Protected != (tt.block != nil) {
				t.Error("the measure is not told")
			}
			dossier, err := d.Dossier(t.Context(), city, "ref", tt.entitled)
			switch {
			case errors.Is(tt.want, cert.ErrBlocked):
				if dossier != nil || !errors.Is(err, cert.ErrBlocked) {
					t.Error("shown to who is not entitled", err)
				}
			case err != nil || !errors.Is(dossier.Cannot, tt.want) || (dossier.Cannot == nil) != (tt.want == nil):
				t.Error("the dossier tells otherwise", err)
			}
		})
	}
}

// Rows: D4, A6
func TestAnotherCitysFileIsNotBelieved(t *testing.T) {
	d, c := atCounter(t)
	c.file.Municipality = "900010"
	if _, _, err := d.ReviewDesk(t.Context(), d.counterApplication(cert.Domestic)); !errors.Is(err, cert.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := d.Dossier(t.Context(), city, "ref", true); !errors.Is(err, cert.ErrUnavailable) {
		t.Error(err)
	}
}

// Rows: F10, R3.2
func TestNothingLeavesUnwitnessed(t *testing.T) {
	d, _ := atCounter(t)
	token := d.reviewDesk(t, d.counterApplication(cert.Overseas))
	refusal := errors.New("the log is down")
	out, err := d.IssueDesk(t.Context(), token, clerk, func(_ context.Context, i *Issued) error {
		if i.ID == "" || len(i.PDF) == 0 {
			t.Error("the witness sees nothing")
		}
		if len(d.office.confirmed) != 0 {
			t.Error("confirmed before it was witnessed")
		}
		return refusal
	})
	if out != nil || err != refusal || len(d.office.confirmed) != 0 {
		t.Fatal("left all the same", err)
	}
	first, err := d.IssueDesk(t.Context(), token, clerk, seen)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.IssueDesk(t.Context(), token, clerk, seen)
	if err != nil || !bytes.Equal(first.PDF, again.PDF) || first.ID != again.ID {
		t.Error("another paper of one application", err)
	}
}

func TestWhatTheCounterSealsIsItsSessions(t *testing.T) {
	d, _ := atCounter(t)
	token := d.reviewDesk(t, d.counterApplication(cert.Domestic))
	for name, w := range map[string]Who{
		"another session": {Channel: cert.Counter, Device: "fedcba9876543211"},
		"a phone":         {Channel: cert.App, Device: clerk.Device},
		"a kiosk":         {Channel: cert.Kiosk, Device: clerk.Device},
	} {
		if _, err := d.IssueDesk(t.Context(), token, w, seen); err == nil {
			t.Errorf("%s issues it", name)
		}
		if _, err := d.Issue(t.Context(), token, w, true); err == nil {
			t.Errorf("%s issues it by another way", name)
		}
		if _, err := d.Preview(t.Context(), token, w); err == nil {
			t.Errorf("%s sees it", name)
		}
	}
	a := d.counterApplication(cert.Domestic)
	a.Who = phone
	if _, _, err := d.ReviewDesk(t.Context(), a); !errors.Is(err, ErrDevice) {
		t.Error("a phone uses the counter", err)
	}
}

// Rows: E8, R5.2
func TestPaperInCharactersAskedForHasNoSymbol(t *testing.T) {
	for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
		d, c := atCounter(t)
		c.file.Holder.Name = "高橋　花子"
		a := d.counterApplication(k)
		a.Written = "髙橋　花子"
		p, sealed, err := d.ReviewDesk(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if shown, err := d.Preview(t.Context(), sealed.Token, clerk); err != nil || shown.Written != a.Written || p.Written != a.Written {
			t.Error("the preview does not say so", err)
		}
		out, err := d.IssueDesk(t.Context(), sealed.Token, clerk, seen)
		if err != nil {
			t.Fatal(err)
		}
		if out.SHC+out.SHCText != "" || out.VDSNC != nil || !out.Written {
			t.Error("signed all the same")
		}
		if text := pageText(t, out.PDF); !strings.Contains(text, "髙橋") || strings.Contains(text, "高橋") {
			t.Error("another name is printed")
		}
	}
}

func TestWhatIsAnotherSpelling(t *testing.T) {
	for _, tt := range []struct {
		name, written cert.Private
		same          bool
	}{
		{"高橋　花子", "髙橋　花子", true},
		{"渡辺　一郎", "渡邉　一郎", true},
		{"渡辺　一郎", "渡邊　一郎", true},
		{"斎藤　邦男", "齋藤　邦男", true},
		{"葛城　太郎", "葛\U000E0101城　太郎", true}, // a variation sequence
		{"高橋　花子", "高橋　花子", false},          // nothing asked for
		{"高橋　花子", "山田　太郎", false},
		{"𠮷田　花子", "山田　太郎", false},
		{"林　薫", "林　熏", true},
		{"林　薫", "森　熏", false},
		{"高橋　花子", "髙橋　花", false},
		{"高橋　花子", "髙橋花子　", false},
		{"高橋　はな", "髙橋　ハナ", false},
		{"TAKAHASHI HANAKO", "TAKAHASHI HANAK0", false},
		{"高橋　花子", "髙橋　花A", false},
		{"高橋　花子", "", false},
	} {
		if got := sameSpelling(tt.name, tt.written); got != tt.same {
			t.Errorf("%s, %s: %t", tt.name.Reveal(), tt.written.Reveal(), got)
		}
	}
	d, _ := atCounter(t)
	a := d.counterApplication(cert.Domestic)
	a.Written = "山田　太郎"
	if _, _, err := d.ReviewDesk(t.Context(), a); !errors.Is(err, ErrWritten) {
		t.Error("another person's name", err)
	}
}

// Rows: E4
func TestOtherNamesOfAPassportAreOnTheCountersPaperAlone(t *testing.T) {
	d, _ := atCounter(t)
	a := d.counterApplication(cert.Overseas)
	a.Passport.Others = "SUZUKI"
	out, err := d.IssueDesk(t.Context(), d.reviewDesk(t, a), clerk, seen)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(pageText(t, out.PDF), "SUZUKI") {
		t.Error("not on the paper")
	}
	if strings.Contains(string(out.VDSNC), "SUZUKI") || strings.Contains(string(must(json.Marshal(bundle(t, out.SHC)))), "SUZUKI") {
		t.Error("in a signed form")
	}
	kanji := d.counterApplication(cert.Overseas)
	kanji.Passport.Others = "鈴木"
	if _, _, err := d.ReviewDesk(t.Context(), kanji); !errors.Is(err, ErrOthers) {
		t.Error("not in Latin letters", err)
	}
	if c := d.office.confirmed[0]; c.Passport == nil || c.Passport.Others != "SUZUKI" {
		t.Error("the record service is not told")
	}
	d.issuedBefore(cert.Date{Year: 2023, Month: 1, Day: 5}, a.Passport)
	p, _, err := d.Review(t.Context(), d.atKiosk(t, cert.Overseas))
	if err != nil || p.Passport.Others != "" {
		t.Error("a kiosk prints it", err)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// Rows: R3.3
func TestWithdrawalNamesTheCertificate(t *testing.T) {
	d, c := atCounter(t)
	out, err := d.IssueDesk(t.Context(), d.reviewDesk(t, d.counterApplication(cert.Overseas)), clerk, seen)
	if err != nil {
		t.Fatal(err)
	}
	rids, uvci := d.Withdrawal(out.ID)
	card, err := shc.Parse(out.SHC)
	if err != nil || !slices.Contains(rids[card.KID], card.RID) || out.RID != card.RID {
		t.Error("not by its rid", err)
	}
	doc, err := vdsnc.Parse(out.VDSNC)
	if err != nil || uvci != verify.HashUVCI(doc.UVCI) {
		t.Error("not by its uvci", err)
	}
	for _, k := range d.Keys.Publics() {
		if (k.Format == keys.SHC) != (len(rids[k.KID]) == 1) {
			t.Error("a key without its rid, or the other way round")
		}
	}
	if err := d.Invalidate(t.Context(), city, out.ID); err != nil || !slices.Contains(c.invalidated, out.ID) {
		t.Error("the record service is not told", err)
	}
}

func TestCounterThatIsNotThere(t *testing.T) {
	d := newDesk(t)
	if _, err := d.Search(t.Context(), cert.Search{Municipality: city}); !errors.Is(err, ErrNoCounter) {
		t.Error(err)
	}
	if _, err := d.Dossier(t.Context(), city, "ref", true); !errors.Is(err, ErrNoCounter) {
		t.Error(err)
	}
	if _, _, err := d.ReviewDesk(t.Context(), d.counterApplication(cert.Domestic)); !errors.Is(err, ErrNoCounter) {
		t.Error(err)
	}
	if err := d.Invalidate(t.Context(), city, "x"); !errors.Is(err, ErrNoCounter) {
		t.Error(err)
	}
}

// Rows: A5
func TestSearchHasOnePurpose(t *testing.T) {
	d, c := atCounter(t)
	if _, err := d.Search(t.Context(), cert.Search{Municipality: city, Purpose: "転入照会", Name: "x"}); err != nil || c.searched[0].Purpose != cert.PurposeCertificate {
		t.Error("searched for another purpose", err)
	}
	d.flight.stop(cert.Counter)
	if _, err := d.Search(t.Context(), cert.Search{Municipality: city}); !errors.Is(err, ErrDoorStopped) {
		t.Error("searched behind a stopped door", err)
	}
	if _, err := d.Search(t.Context(), cert.Search{Municipality: "900010"}); err == nil {
		t.Error("searched in a city that does not take part")
	}
}
