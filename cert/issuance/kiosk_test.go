// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kofu/cert"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/qr"
	"kofu/cert/shc"
)

var terminal = Who{Channel: cert.Kiosk, Device: "terminal-1/ABCDEFGHIJKLMNOPQRSTUVWXYZ"}

// atKiosk is the application of a kiosk: no passport was read.
func (d *desk) atKiosk(t testing.TB, k cert.Kind) Application {
	a := d.application(t, k)
	a.Who, a.Passport = terminal, nil
	return a
}

// issuedBefore gives the record an overseas certificate of that day.
func (d *desk) issuedBefore(day cert.Date, p *cert.Passport) {
	r := hanakoRecord()
	r.LastOverseas = &cert.OverseasIssue{Passport: *p, IssuedOn: day}
	d.office.answer = cert.Found(r)
}

// paperOf opens what a terminal was given, with the key it was released.
func paperOf(t testing.TB, token string, key [32]byte) []byte {
	t.Helper()
	obj, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		t.Fatal(err)
	}
	file, err := obj.Decrypt(key[:])
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// cardOn reads the health card on a paper.
func cardOn(t testing.TB, file []byte) *shc.Card {
	t.Helper()
	page, err := pdf.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Symbols {
		text, err := qr.Read(m)
		if err != nil {
			t.Fatal(err)
		}
		if jws, err := shc.FromNumeric(text); err == nil {
			card, err := shc.Parse(jws)
			if err != nil {
				t.Fatal(err)
			}
			return card
		}
	}
	t.Fatal("no health card on the paper")
	return nil
}

// Rows: A3, C2, E5, R1.4, R5.1
func TestKioskPreparesThenReleases(t *testing.T) {
	for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
		d := newDesk(t)
		d.issuedBefore(cert.Date{Year: 2023, Month: 1, Day: 5}, hanakoPassport())
		_, sealed, err := d.Review(t.Context(), d.atKiosk(t, k))
		if err != nil {
			t.Fatal(k, err)
		}
		shown, err := d.Preview(t.Context(), sealed.Token, terminal)
		if err != nil || shown.Holder.Name != hanako().Name || len(shown.Doses) != 3 || (shown.Passport != nil) != (k == cert.Overseas) {
			t.Fatalf("%s: preview: %v", k, err)
		}
		p, err := d.Prepare(t.Context(), sealed.Token, terminal)
		if err != nil {
			t.Fatal(k, err)
		}
		if len(d.office.confirmed) != 0 || p.FeeYen != 120 {
			t.Fatalf("%s: confirmed before the fee, or another fee", k)
		}
		again, err := d.Prepare(t.Context(), sealed.Token, terminal)
		if err != nil || again.Issuance != p.Issuance {
			t.Fatalf("%s: prepared again: %v", k, err)
		}
		key, err := d.Release(t.Context(), p.Receipt, terminal)
		if err != nil {
			t.Fatal(k, err)
		}
		file := paperOf(t, p.Certificate, key)
		if card := cardOn(t, file); card.Patient.BirthDate != "1985-03-14" {
			t.Errorf("%s: another person's paper", k)
		}
		secondKey, err := d.Release(t.Context(), again.Receipt, terminal)
		if err != nil || !bytes.Equal(paperOf(t, again.Certificate, secondKey), file) {
			t.Errorf("%s: the second paper differs: %v", k, err)
		}
		if c := d.office.confirmed[0]; (c.Passport != nil) != (k == cert.Overseas) || c.Issuance != p.Issuance {
			t.Errorf("%s: confirmed %v", k, c.Issuance)
		}
		if repeated, err := d.Release(t.Context(), p.Receipt, terminal); err != nil || repeated != key {
			t.Errorf("%s: released again: %v", k, err)
		}
	}
}

// Rows: R5.4
func TestAppAndKioskSignTheSame(t *testing.T) {
	for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
		d := newDesk(t)
		d.issuedBefore(cert.Date{Year: 2023, Month: 1, Day: 5}, hanakoPassport())
		phoneCard, err := d.Issue(t.Context(), d.review(t, k), phone, false)
		if err != nil {
			t.Fatal(err)
		}
		_, sealed, err := d.Review(t.Context(), d.atKiosk(t, k))
		if err != nil {
			t.Fatal(err)
		}
		p, err := d.Prepare(t.Context(), sealed.Token, terminal)
		if err != nil {
			t.Fatal(err)
		}
		key, err := d.Release(t.Context(), p.Receipt, terminal)
		if err != nil {
			t.Fatal(err)
		}
		one, err := shc.Parse(phoneCard.SHC)
		if err != nil {
			t.Fatal(err)
		}
		other := cardOn(t, paperOf(t, p.Certificate, key))
		if !reflect.DeepEqual(one.Patient, other.Patient) || len(one.Doses) != len(other.Doses) || one.KID == other.KID {
			t.Errorf("%s: the doors differ in the person, or sign with one key", k)
		}
		for i := range one.Doses {
			if one.Doses[i] != other.Doses[i] {
				t.Errorf("%s: dose %d differs", k, i)
			}
		}
	}
}

func TestKioskTakesThePassportFromTheLatestOverseasIssue(t *testing.T) {
	expired := hanakoPassport()
	expired.Expiry = cert.DateOf(noon.AddDate(0, 0, -1))
	other := hanakoPassport()
	other.BirthDate.Day++
	for name, c := range map[string]struct {
		day  cert.Date
		p    *cert.Passport
		want error
	}{
		"the first day":      {cert.Date{Year: 2022, Month: 7, Day: 21}, hanakoPassport(), nil},
		"the day before":     {cert.Date{Year: 2022, Month: 7, Day: 20}, hanakoPassport(), cert.ErrNoOverseasIssue},
		"an expired one":     {cert.Date{Year: 2023, Month: 1, Day: 5}, expired, cert.ErrPassportExpired},
		"somebody else's":    {cert.Date{Year: 2023, Month: 1, Day: 5}, other, cert.ErrPassportMismatch},
		"a day not known":    {cert.Date{Year: 2023}, hanakoPassport(), cert.ErrNoOverseasIssue},
		"none, for overseas": {cert.Date{}, hanakoPassport(), cert.ErrNoOverseasIssue},
	} {
		d := newDesk(t)
		if d.issuedBefore(c.day, c.p); c.day == (cert.Date{}) {
			d.office.answer = cert.Found(hanakoRecord())
		}
		if _, _, err := d.Review(t.Context(), d.atKiosk(t, cert.Overseas)); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if _, _, err := d.Review(t.Context(), d.atKiosk(t, cert.Domestic)); err != nil {
			t.Errorf("%s: domestic: %v", name, err)
		}
	}
	d := newDesk(t)
	a := d.atKiosk(t, cert.Overseas)
	a.Passport = hanakoPassport()
	if _, _, err := d.Review(t.Context(), a); !errors.Is(err, cert.ErrPassportRefused) {
		t.Errorf("a kiosk that brings a passport: %v", err)
	}
}

// Rows: C2
func TestWhatAKioskHoldsOpensForItsSessionOnly(t *testing.T) {
	d := newDesk(t)
	_, sealed, err := d.Review(t.Context(), d.atKiosk(t, cert.Domestic))
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Prepare(t.Context(), sealed.Token, terminal)
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]Who{
		"another session":          {Channel: cert.Kiosk, Device: "terminal-1/BBCDEFGHIJKLMNOPQRSTUVWXYZ"},
		"another terminal":         {Channel: cert.Kiosk, Device: "terminal-2/ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		"the app's door":           {Channel: cert.App, Device: terminal.Device},
		"a device that is no name": {Channel: cert.Kiosk},
	} {
		_, err := d.Preview(t.Context(), sealed.Token, w)
		_, err2 := d.Prepare(t.Context(), sealed.Token, w)
		_, err3 := d.Release(t.Context(), p.Receipt, w)
		for _, err := range []error{err, err2, err3} {
			if !errors.Is(err, ErrSeal) && !errors.Is(err, ErrDevice) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// One key, one purpose.
	for name, call := range map[string]func() error{
		"an application for a receipt": func() error { _, err := d.Release(t.Context(), sealed.Token, terminal); return err },
		"a paper for a receipt":        func() error { _, err := d.Release(t.Context(), p.Certificate, terminal); return err },
		"a receipt for an application": func() error { _, err := d.Prepare(t.Context(), p.Receipt, terminal); return err },
		"a paper for an application":   func() error { _, err := d.Preview(t.Context(), p.Certificate, terminal); return err },
	} {
		if err := call(); !errors.Is(err, ErrSeal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Rows: C2, C3
func TestShreddedIsGone(t *testing.T) {
	d := newDesk(t)
	_, sealed, err := d.Review(t.Context(), d.atKiosk(t, cert.Domestic))
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Prepare(t.Context(), sealed.Token, terminal)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Shred(t.Context(), p.CertificateKID, "", "nobody's"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Release(t.Context(), p.Receipt, terminal); !errors.Is(err, ErrSeal) || len(d.office.confirmed) != 0 {
		t.Errorf("released, or confirmed, without its key: %v", err)
	}
	if err := d.Shred(t.Context(), sealed.KID, p.ReceiptKID); err != nil || len(d.seals.keys) != 0 {
		t.Errorf("%d keys are left: %v", len(d.seals.keys), err)
	}
	if _, err := d.Preview(t.Context(), sealed.Token, terminal); !errors.Is(err, ErrSeal) {
		t.Errorf("previewed without its key: %v", err)
	}
	d = newDesk(t)
	if _, sealed, err = d.Review(t.Context(), d.atKiosk(t, cert.Domestic)); err != nil {
		t.Fatal(err)
	}
	if d.later(KioskSealTTL - time.Second); !sealed.Expires.Equal(noon.Add(KioskSealTTL)) {
		t.Errorf("expires %s", sealed.Expires)
	}
	if _, err := d.Preview(t.Context(), sealed.Token, terminal); err != nil {
		t.Error(err)
	}
	d.later(time.Second)
	if _, err := d.Preview(t.Context(), sealed.Token, terminal); !errors.Is(err, ErrSeal) {
		t.Errorf("opened after its time: %v", err)
	}
}

// Rows: R1.4
func TestNothingIsSealedThatIsNotWhatItShouldBe(t *testing.T) {
	d := newDesk(t)
	_, sealed, err := d.Review(t.Context(), d.atKiosk(t, cert.Domestic))
	if err != nil {
		t.Fatal(err)
	}
	d.writer = faulty{writer: d.writer, times: new(-1), page: func(c *cert.Certificate) { c.Holder.Name = "別人　太郎" }}
	if _, err := d.Prepare(t.Context(), sealed.Token, terminal); !errors.Is(err, ErrMismatch) || d.office.voided == 0 {
		t.Errorf("%v, voided %d", err, d.office.voided)
	}
	if len(d.seals.keys) != 1 {
		t.Errorf("%d keys", len(d.seals.keys))
	}
}

func TestOnlyTheKiosksPaperIsCopyEvident(t *testing.T) {
	d := newDesk(t)
	d.CopyEvident = true
	for ch, want := range map[cert.Channel]bool{cert.App: false, cert.Kiosk: true, cert.Counter: false} {
		if d.copyEvident(ch) != want {
			t.Errorf("%s: %v", ch, !want)
		}
	}
	town := municipality.Municipality{Code: city}
	signers, err := d.signers(cert.Kiosk, cert.Domestic)
	if err != nil {
		t.Fatal(err)
	}
	with := d.terms(town, cert.Kiosk, signers)
	d.CopyEvident = false
	if with == d.terms(town, cert.Kiosk, signers) {
		t.Error("the terms do not tell the papers apart")
	}
}

func FuzzOpenReceipt(f *testing.F) {
	d := newDesk(f)
	_, sealed, err := d.Review(f.Context(), d.atKiosk(f, cert.Domestic))
	if err != nil {
		f.Fatal(err)
	}
	p, err := d.Prepare(f.Context(), sealed.Token, terminal)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.Receipt)
	f.Add(sealed.Token)
	f.Add("e30..AAAA.AAAA.AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := d.Release(t.Context(), token, terminal); err == nil && token != p.Receipt {
			t.Error("a receipt that was not made here opens")
		}
	})
}
