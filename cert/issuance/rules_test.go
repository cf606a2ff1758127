// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
)

func sealAs(t *testing.T, key [32]byte, kid, typ, channel, device string, expiry int64, plain []byte) string {
	t.Helper()
	opts := new(jose.EncrypterOptions).WithType(jose.ContentType(typ)).WithHeader(headerChannel, channel).WithHeader(headerDevice, device).WithHeader(headerExpiry, expiry)
	enc, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: key[:], KeyID: kid}, opts)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := enc.Encrypt(plain)
	if err != nil {
		t.Fatal(err)
	}
	s, err := obj.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Rows: D2, B4, R2.1
func TestRefusedBeforeTheRecordServiceIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Application)
		want   error
	}{
		"unknown kind":              {func(a *Application) { a.Kind = "both" }, ErrKind},
		"no device":                 {func(a *Application) { a.Who.Device = "" }, ErrDevice},
		"municipality unknown":      {func(a *Application) { a.Municipality = "131016" }, municipality.ErrUnknown},
		"overseas without passport": {func(a *Application) { a.Kind = cert.Overseas }, cert.ErrPassportRequired},
		"domestic with passport":    {func(a *Application) { a.Passport = hanakoPassport() }, cert.ErrPassportRefused},
		"passport of somebody else": {func(a *Application) {
			a.Kind, a.Passport = cert.Overseas, hanakoPassport()
			a.Passport.BirthDate.Day = 1
		}, cert.ErrPassportMismatch},
		"passport expired yesterday": {func(a *Application) {
			a.Kind, a.Passport = cert.Overseas, hanakoPassport()
			a.Passport.Expiry = cert.DateOf(noon.AddDate(0, 0, -1))
		}, cert.ErrPassportExpired},
	} {
		d := newDesk(t)
		a := d.application(t, cert.Domestic)
		c.change(&a)
		p, sealed, err := d.Review(t.Context(), a)
		if p != nil || sealed.Token != "" || !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if d.office.finds != 0 {
			t.Errorf("%s: the record service was asked", name)
		}
	}
	d := newDesk(t)
	a := d.application(t, cert.Domestic)
	a.Applicant.Holder.Name = "\U0010FFFD田　花子" // no font has it
	if _, _, err := d.Review(t.Context(), a); err == nil || d.office.finds != 0 {
		t.Errorf("unprintable name: %v", err)
	} else if _, ok := errors.AsType[*pdf.GlyphError](err); !ok {
		t.Errorf("unprintable name: %v", err)
	}
}

// A variant character that no font has is printed in its usual form, and the
// preview says so.
//
// Rows: R5.2
func TestSubstitutedNameIsTold(t *testing.T) {
	d := newDesk(t)
	for name, want := range map[cert.Private]bool{"葛\U000E0100城　一": false, "辻\U000E01EF　一": true, "山田　花子": false} {
		a := d.application(t, cert.Domestic)
		a.Applicant.Holder.Name = name
		p, sealed, err := d.Review(t.Context(), a)
		if err != nil || p.Substituted != want {
			t.Errorf("%q: %v", name.Reveal(), err)
			continue
		}
		if _, err := d.Issue(t.Context(), sealed.Token, phone, true); err != nil {
			t.Errorf("%q: %v", name.Reveal(), err)
		}
	}
}

// A name that has no room on the paper is refused at the preview.
func TestNameTooLongIsRefusedAtReview(t *testing.T) {
	d := newDesk(t)
	a := d.application(t, cert.Domestic)
	a.Applicant.Holder.Name = cert.Private(strings.Repeat("寿限無", 34))
	if _, _, err := d.Review(t.Context(), a); !found(err, cert.FindingNameLong) || len(d.seals.keys) != 0 {
		t.Error(err)
	}
}

// Rows: A6, E2, R4.1
func TestOnlyAFoundRecordIsCertified(t *testing.T) {
	record := func(f func(*cert.Record)) cert.Answer { r := hanakoRecord(); f(r); return cert.Found(r) }
	for name, c := range map[string]struct {
		answer cert.Answer
		want   error
	}{
		"none":                 {cert.None(), cert.ErrNoRecord},
		"blocked":              {cert.Blocked(), cert.ErrBlocked},
		"needs check":          {cert.NeedsCheck(), cert.ErrNeedsCheck},
		"unavailable":          {cert.Unavailable(nil), cert.ErrUnavailable},
		"zero answer":          {cert.Answer{}, cert.ErrUnavailable},
		"another municipality": {record(func(r *cert.Record) { r.Municipality = "131016" }), cert.ErrUnavailable},
		"another birth date":   {record(func(r *cert.Record) { r.Holder.BirthDate.Day++ }), cert.ErrOtherPerson},
		"deceased":             {record(func(r *cert.Record) { r.Deceased = true }), cert.ErrDeceased},
		"no doses":             {record(func(r *cert.Record) { r.Doses = nil }), cert.ErrNoRecord},
		"only 未実施": {record(func(r *cert.Record) {
			for i := range r.Doses {
				r.Doses[i].Administered = false
			}
		}), cert.ErrNoRecord},
		"contradicts itself": {record(func(r *cert.Record) { r.Doses[0].Date, r.Doses[1].Date = r.Doses[1].Date, r.Doses[0].Date }), cert.ErrNeedsCheck},
		"unknown product":    {record(func(r *cert.Record) { r.Doses[2].Product = "不明" }), cert.ErrNeedsCheck},
	} {
		d := newDesk(t)
		d.office.answer = c.answer
		p, sealed, err := d.Review(t.Context(), d.application(t, cert.Domestic))
		if p != nil || sealed.Token != "" || !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if len(d.seals.keys) != 0 {
			t.Errorf("%s: something was sealed", name)
		}
	}
}

func TestMovedOutIsStillCertified(t *testing.T) {
	d := newDesk(t)
	r := hanakoRecord()
	r.MovedOut = true
	d.office.answer = cert.Found(r)
	if _, err := d.Issue(t.Context(), d.review(t, cert.Domestic), phone, false); err != nil {
		t.Error(err)
	}
}

func TestChangedSinceReview(t *testing.T) {
	d := newDesk(t)
	token := d.review(t, cert.Domestic)
	d.office.reserve = cert.ErrRecordChanged
	if _, err := d.Issue(t.Context(), token, phone, false); !errors.Is(err, cert.ErrRecordChanged) {
		t.Error(err)
	}
	d.office.reserve = nil
	ring, err := rings2()
	if err != nil {
		t.Fatal(err)
	}
	d.Keys = ring // the key that the application was sealed with has been retired
	if _, err := d.Issue(t.Context(), token, phone, false); !errors.Is(err, ErrStartAgain) {
		t.Error(err)
	}
	if len(d.office.confirmed) != 0 {
		t.Error("something was confirmed")
	}
}

// Rows: R1.2
func TestTimeOutLeavesNothing(t *testing.T) {
	d := newDesk(t)
	token := d.review(t, cert.Domestic)
	ctx, cancel := context.WithCancel(t.Context())
	d.writer = delayed{d.writer, cancel}
	out, err := d.Issue(ctx, token, phone, false)
	if out != nil || !errors.Is(err, context.Canceled) || len(d.office.confirmed) != 0 {
		t.Errorf("a request that was too late: %v, %d confirmed", err, len(d.office.confirmed))
	}

	d = newDesk(t)
	token = d.review(t, cert.Domestic)
	ctx, d.office.confirms = context.WithCancel(t.Context())
	if out, err := d.Issue(ctx, token, phone, false); out != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("too late while it was confirmed: %v", err)
	}
	if out, err := d.Issue(t.Context(), token, phone, false); out == nil || err != nil {
		t.Errorf("asked for again: %v", err)
	}
}

// A reservation is not believed because it came.
//
// Rows: A6
func TestReservationMustBeOurs(t *testing.T) {
	for name, twist := range map[string]func(*cert.Reservation){
		"another municipality": func(r *cert.Reservation) { r.ID = "JPN131016" + r.ID[9:] },
		"another day":          func(r *cert.Reservation) { r.ID = r.ID[:9] + "20010101" + r.ID[17:] },
		"not an ID":            func(r *cert.Reservation) { r.ID = "1" },
		"no ID":                func(r *cert.Reservation) { r.ID = "" },
		"a fraction":           func(r *cert.Reservation) { r.IssuedAt = r.IssuedAt.Add(1) },
	} {
		d := newDesk(t)
		token := d.review(t, cert.Domestic)
		d.office.twist = twist
		if out, err := d.Issue(t.Context(), token, phone, false); out != nil || !errors.Is(err, cert.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A passport that expires at midnight is refused after it.
func TestPassportExpiresBetween(t *testing.T) {
	d := newDesk(t)
	a := d.application(t, cert.Overseas)
	a.Passport.Expiry = cert.DateOf(noon)
	_, sealed, err := d.Review(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	d.office.now = func() time.Time { return noon.AddDate(0, 0, 1) }
	if out, err := d.Issue(t.Context(), sealed.Token, phone, false); out != nil || !errors.Is(err, cert.ErrPassportExpired) {
		t.Error(err)
	}
}

// Whatever else a certificate is made from must be as it was at the preview.
func TestChangedTermsStartAgain(t *testing.T) {
	other, err := municipality.Parse([]byte(strings.Replace(towns, "見本市長", "見本市長職務代理者", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*desk){
		"issuer line": func(d *desk) { d.Municipalities = municipality.NewDirectory(other, nil) },
		"rid secret":  func(d *desk) { d.RIDSecret = make([]byte, 32) },
		"uvci secret": func(d *desk) { d.UVCISecret = make([]byte, 32) },
		"issuer":      func(d *desk) { d.Issuer = "https://other.example" },
		"program":     func(d *desk) { d.release += "+" },
	} {
		d := newDesk(t)
		token := d.review(t, cert.Overseas)
		change(d)
		if out, err := d.Issue(t.Context(), token, phone, true); out != nil || !errors.Is(err, ErrStartAgain) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// found reports whether an error tells of a finding, and whom to ask about it.
func found(err error, code string) bool {
	check, ok := errors.AsType[*CheckError](err)
	return ok && errors.Is(err, cert.ErrNeedsCheck) && check.Town.ContactJa != "" &&
		slices.ContainsFunc(check.Findings, func(f cert.Finding) bool { return f.Code == code })
}

// What no form has room or a character for is refused at the preview.
//
// Rows: R5.2
func TestWhatCannotBeEncodedIsRefusedAtReview(t *testing.T) {
	d := newDesk(t)
	a := d.application(t, cert.Overseas)
	a.Passport.Number = "TK 123456"
	if _, _, err := d.Review(t.Context(), a); !found(err, cert.FindingPassportNumber) {
		t.Errorf("passport number: %v", err)
	}
	r := hanakoRecord()
	r.Doses[2].Number = 100
	d.office.answer = cert.Found(r)
	if _, _, err := d.Review(t.Context(), d.application(t, cert.Overseas)); !found(err, cert.FindingDoseNumberHigh) {
		t.Errorf("dose 100: %v", err)
	}
	r = hanakoRecord()
	for i := range 2 {
		dose := r.Doses[0]
		dose.Number, dose.Date.Year, dose.Lot = 4+i, 2024, "ZQ98X7W6V5U4T3S2R1P"+string(rune('A'+i))
		dose.Date.Month += i
		r.Doses = append(r.Doses, dose)
	}
	d.office.answer = cert.Found(r)
	a = d.application(t, cert.Domestic)
	var long []rune
	for c := rune('一'); len(long) < 160; c += 37 {
		if d.Paper.Printable(cert.Private(c)) == nil {
			long = append(long, c)
		}
	}
	a.Applicant.Holder.Name = cert.Private(string(long))
	if _, _, err := d.Review(t.Context(), a); !found(err, cert.FindingNameLong) {
		t.Errorf("name of %d different kanji: %v", len(long), err)
	}
	if len(d.seals.keys) != 0 {
		t.Error("something was sealed")
	}
}

// delayed lets the caller's time run out while the card is written.
type delayed struct {
	writer
	expire func()
}

func (w delayed) shc(c *cert.Certificate, k keys.Signer) (string, error) {
	w.expire()
	return w.writer.shc(c, k)
}

// Rows: R2.2
func TestNothingMissing(t *testing.T) {
	good := newDesk(t).Config
	for name, spoil := range map[string]func(*Config){
		"records": func(c *Config) { c.Records = nil }, "register": func(c *Config) { c.Register = nil }, "seals": func(c *Config) { c.Seals = nil },
		"keys": func(c *Config) { c.Keys = nil }, "municipalities": func(c *Config) { c.Municipalities = nil }, "paper": func(c *Config) { c.Paper = nil },
		"lookout": func(c *Config) { c.Lookout = nil }, "issuer": func(c *Config) { c.Issuer = "" }, "short secret": func(c *Config) { c.UVCISecret = make([]byte, 31) },
		"no secret": func(c *Config) { c.RIDSecret = nil }, "clock": func(c *Config) { c.Now = nil },
	} {
		c := good
		spoil(&c)
		if s, err := New(c); s != nil || err == nil {
			t.Errorf("%s missing, and a Service all the same", name)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	d := newDesk(f)
	_, sealed, err := d.Review(f.Context(), d.application(f, cert.Overseas))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed.Token)
	f.Add("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.AAAA.AAAA")
	f.Add("{}")
	f.Fuzz(func(t *testing.T, token string) {
		if a, err := d.openApplication(t.Context(), token, phone); err == nil && token != sealed.Token {
			t.Errorf("a token that was not made here opens: %v", a)
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	a := application{Issuance: "i", Kind: cert.Overseas, Holder: hanako(), Passport: hanakoPassport(), Doses: hanakoRecord().Doses}
	plain, err := a.marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	f.Add([]byte(`{"i":"x","i":"y"}`))
	f.Fuzz(func(t *testing.T, plain []byte) { _, _ = unmarshal(plain) })
}

func TestWireComesBack(t *testing.T) {
	a := application{Issuance: "i", Subject: "s", Version: "v", Kind: cert.Overseas, Municipality: city, Holder: hanako(), Passport: hanakoPassport(),
		Doses: hanakoRecord().Doses, Earlier: true, Terms: "t"}
	plain, err := a.marshal()
	if err != nil {
		t.Fatal(err)
	}
	b, err := unmarshal(plain)
	if err != nil || b.Holder != a.Holder || *b.Passport != *a.Passport || len(b.Doses) != 3 || b.Doses[2] != a.Doses[2] || !b.Earlier || b.Terms != "t" || b.Version != "v" {
		t.Error("fields are lost", err)
	}
	for name, bad := range map[string]string{"unknown member": `{"i":"x","number":"123456789018"}`, "trailing": string(plain) + "1", "empty": "", "no date": `{"b":"x"}`} {
		if _, err := unmarshal([]byte(bad)); !errors.Is(err, ErrSeal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
