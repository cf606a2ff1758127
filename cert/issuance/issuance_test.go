// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/test/keyring"
)

const (
	iss    = "https://kofu.example/issuer"
	city   = cert.MunicipalityCode("900001")
	number = "123456789018"
)

// noon is when the test begins: the keys are made then.
var noon = time.Now().Truncate(time.Second)

// memory keeps sealing keys as Redis would.
type memory struct {
	mu   sync.Mutex
	keys map[string][32]byte
}

func (m *memory) Put(_ context.Context, kid string, key [32]byte, _ time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys[kid] = key
	return nil
}

func (m *memory) Get(_ context.Context, kid string) ([32]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.keys[kid]
	if !ok {
		return k, ErrNoSealKey
	}
	return k, nil
}

func (m *memory) Delete(_ context.Context, kid string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.keys, kid)
	return nil
}

// office is a record service with one answer.
type office struct {
	mu        sync.Mutex
	answer    cert.Answer
	reserve   error
	now       func() time.Time
	finds     int
	reserved  map[cert.IssuanceID]cert.Reservation
	confirmed []cert.Confirmation
	voided    int
	twist     func(*cert.Reservation) // what an office that errs does to a reservation
	confirms  func()                  // runs while a confirmation is on its way
}

func (o *office) FindForCertificate(_ context.Context, q cert.Query) cert.Answer {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finds++
	if q.Purpose != cert.PurposeCertificate || string(q.MyNumber.Digits()) != number {
		return cert.None()
	}
	return o.answer
}

func (o *office) Reserve(_ context.Context, r cert.ReserveRequest) (cert.Reservation, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.reserve != nil {
		return cert.Reservation{}, o.reserve
	}
	got, ok := o.reserved[r.Issuance]
	if !ok {
		id, err := cert.NewID(r.Municipality, cert.DateOf(o.now()), len(o.reserved)+1)
		if err != nil {
			return cert.Reservation{}, err
		}
		got = cert.Reservation{ID: id, IssuedAt: o.now().Truncate(time.Second)}
		o.reserved[r.Issuance] = got
	}
	if o.twist != nil {
		o.twist(&got)
	}
	return got, nil
}

func (o *office) Confirm(_ context.Context, c cert.Confirmation) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.confirmed = append(o.confirmed, c)
	if o.confirms != nil {
		o.confirms()
	}
	return nil
}

func (o *office) Void(context.Context, cert.MunicipalityCode, cert.IssuanceID) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.voided++
	return nil
}

type lookout struct {
	mu  sync.Mutex
	saw []bool
}

func (l *lookout) Mismatch(_ cert.Channel, crossed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.saw = append(l.saw, crossed)
}

// desk is a Service with everything around it.
type desk struct {
	*Service
	office *office
	seals  *memory
	saw    *lookout
	now    time.Time
	nowMu  sync.Mutex
}

func (d *desk) clock() time.Time {
	d.nowMu.Lock()
	defer d.nowMu.Unlock()
	return d.now
}

func (d *desk) later(by time.Duration) {
	d.nowMu.Lock()
	defer d.nowMu.Unlock()
	d.now = d.now.Add(by)
}

var rings = sync.OnceValues(func() (*keys.Ring, error) { return keyring.New(iss) })

const towns = `{"municipalities":[
 {"code":"900001","name_ja":"見本市","name_en":"Mihon City","issuer_ja":"見本市長","issuer_en":"Mayor of Mihon City","fee_yen":120,"contact_ja":"市民課","contact_en":"Residents Division",
  "channels":{"app":{"from":"2021-12-20"},"kiosk":{"from":"2022-07-26"},"counter":{"from":"2021-12-20"}}}]}`

func newDesk(t testing.TB) *desk {
	t.Helper()
	ring, err := rings()
	if err != nil {
		t.Fatal(err)
	}
	registry, err := municipality.Parse([]byte(towns))
	if err != nil {
		t.Fatal(err)
	}
	paper, err := pdf.New(pdf.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{seals: &memory{keys: map[string][32]byte{}}, saw: &lookout{}, now: noon}
	d.office = &office{answer: cert.Found(hanakoRecord()), now: d.clock, reserved: map[cert.IssuanceID]cert.Reservation{}}
	d.Service, err = New(Config{
		Records: d.office, Register: d.office, Seals: d.seals, Keys: ring, Municipalities: municipality.NewDirectory(registry, nil), Paper: paper, Lookout: d.saw,
		Issuer: iss, UVCISecret: bytes.Repeat([]byte{1}, 32), RIDSecret: bytes.Repeat([]byte{2}, 32), Now: d.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func hanako() cert.Holder {
	return cert.Holder{Name: "𠮷田　花子", BirthDate: cert.Date{Year: 1985, Month: 3, Day: 14}, Sex: 2}
}

func hanakoRecord() *cert.Record {
	r := &cert.Record{Municipality: city, Subject: "subject", Version: "7", AsOf: noon, Holder: hanako()}
	for i := range 3 {
		r.Doses = append(r.Doses, cert.Dose{Number: i + 1, Administered: true, Date: cert.Date{Year: 2021 + i, Month: 7, Day: 10 + i},
			Municipality: city, Manufacturer: "ファイザー", Product: "コミナティ", Lot: fmt.Sprintf("FA%04d", i), Country: "JPN"})
	}
	return r
}

func hanakoPassport() *cert.Passport {
	return &cert.Passport{Number: "TK0000000", Primary: "YOSHIDA", Secondary: "HANAKO", Nationality: "JPN", Issuer: "JPN",
		BirthDate: hanako().BirthDate, Sex: 'F', Expiry: cert.DateOf(noon.AddDate(4, 0, 0))}
}

var phone = Who{Channel: cert.App, Device: "0123456789abcdef"}

func (d *desk) application(t testing.TB, k cert.Kind) Application {
	t.Helper()
	n, err := cert.ParseMyNumber([]byte(number))
	if err != nil {
		t.Fatal(err)
	}
	a := Application{Who: phone, Kind: k, Municipality: city, Applicant: cert.Applicant{MyNumber: n, Holder: hanako()}}
	if k == cert.Overseas {
		a.Passport = hanakoPassport()
	}
	return a
}

func (d *desk) review(t testing.TB, k cert.Kind) string {
	t.Helper()
	_, sealed, err := d.Review(t.Context(), d.application(t, k))
	if err != nil {
		t.Fatal(err)
	}
	return sealed.Token
}

// Rows: A1, A2, E4, E5, R5.1
func TestReviewThenIssue(t *testing.T) {
	for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
		d := newDesk(t)
		p, sealed, err := d.Review(t.Context(), d.application(t, k))
		if err != nil {
			t.Fatal(k, err)
		}
		if len(p.Doses) != 3 || p.Holder.Name != hanako().Name || !sealed.Expires.Equal(noon.Add(SealTTL)) {
			t.Errorf("%s: preview is off", k)
		}
		if len(d.office.reserved)+len(d.office.confirmed) != 0 {
			t.Errorf("%s: a preview has reserved something", k)
		}
		got, err := d.Issue(t.Context(), sealed.Token, phone, true)
		if err != nil {
			t.Fatal(k, err)
		}
		if want, _ := cert.NewID(city, cert.DateOf(noon), 1); got.ID != want || got.SHC == "" || len(got.PDF) == 0 || (got.VDSNC != nil) != (k == cert.Overseas) {
			t.Errorf("%s: forms are off", k)
		}
		if c := d.office.confirmed; len(c) != 1 || c[0].ID != got.ID || c[0].IssuedOn != cert.DateOf(noon) || (c[0].Passport != nil) != (k == cert.Overseas) {
			t.Errorf("%s: confirmed wrongly", k)
		}
		if k == cert.Domestic {
			if text := pageText(t, got.PDF); strings.Contains(text, "TK0000000") || strings.Contains(text, "YOSHIDA") || !strings.Contains(text, "花子") {
				t.Errorf("passport data on a domestic certificate, or no name: %s", text)
			}
		}
	}
}

// pageText is what stands on a page, read from the finished file.
func pageText(t *testing.T, file []byte) string {
	t.Helper()
	page, err := pdf.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, r := range page.Runs {
		text.WriteString(r.Text + "\n")
	}
	return text.String()
}

func TestSameSealedApplicationSameCertificate(t *testing.T) {
	for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
		d := newDesk(t)
		token := d.review(t, k)
		first, err := d.Issue(t.Context(), token, phone, true)
		if err != nil {
			t.Fatal(err)
		}
		d.later(4 * time.Minute)
		second, err := d.Issue(t.Context(), token, phone, true)
		if err != nil {
			t.Fatal(err)
		}
		if first.SHC != second.SHC || !bytes.Equal(first.VDSNC, second.VDSNC) || !bytes.Equal(first.PDF, second.PDF) || first.ID != second.ID {
			t.Errorf("%s: the second certificate differs", k)
		}
	}
}

// Rows: C1, C7
func TestSealedApplicationTellsNothing(t *testing.T) {
	d := newDesk(t)
	token := d.review(t, cert.Overseas)
	a, err := d.openApplication(t.Context(), token, phone)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := a.marshal()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(plain, []byte(number)) {
		t.Error("the sealed application holds the My Number")
	}
	if !bytes.Contains(plain, []byte("花子")) {
		t.Error("the sealed application lacks the name, so the check above says nothing")
	}
	if len(d.seals.keys) != 1 {
		t.Errorf("%d keys for one application", len(d.seals.keys))
	}
	for i, part := range strings.Split(token, ".") {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		for _, mark := range []string{"花子", "1985", "TK0000000", "YOSHIDA", number} {
			if bytes.Contains(raw, []byte(mark)) {
				t.Errorf("part %d of the sealed application shows %s", i, mark)
			}
		}
	}
}

func TestSealIsRefused(t *testing.T) {
	d := newDesk(t)
	token := d.review(t, cert.Domestic)
	part := func(i int, f func(string) string) string {
		p := strings.Split(token, ".")
		p[i] = f(p[i])
		return strings.Join(p, ".")
	}
	flip := func(s string) string {
		c := byte('A')
		if s[len(s)/2] == 'A' {
			c = 'B'
		}
		return s[:len(s)/2] + string(c) + s[len(s)/2+1:]
	}
	other := d.review(t, cert.Domestic)
	for _, c := range []struct {
		name, token string
		who         Who
	}{
		{"another channel", token, Who{Channel: cert.Kiosk, Device: phone.Device}},
		{"another device", token, Who{Channel: cert.App, Device: "another-device-0000"}},
		{"header altered", part(0, flip), phone},
		{"key part not empty", part(1, func(string) string { return "AAAA" }), phone},
		{"nonce altered", part(2, flip), phone},
		{"text altered", part(3, flip), phone},
		{"tag altered", part(4, flip), phone},
		{"tag ends otherwise", token[:len(token)-1] + string(token[len(token)-1]^1), phone},
		{"line break in the tag", token[:len(token)-5] + "\n" + token[len(token)-5:], phone},
		{"line break at the end", token + "\n", phone},
		{"padding at the end", token + "==", phone},
		{"header of another application", strings.Split(other, ".")[0] + token[strings.IndexByte(token, '.'):], phone},
		{"empty", "", phone},
		{"not a JWE", "a.b.c", phone},
		{"JSON serialisation", `{"protected":"e30","ciphertext":"AA"}`, phone},
		{"too long", strings.Repeat("A", maxSealed+1), phone},
	} {
		if out, err := d.Issue(t.Context(), c.token, c.who, false); out != nil || !errors.Is(err, ErrSeal) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if len(d.office.reserved) != 0 {
		t.Error("a refused application has reserved something")
	}
	if _, err := d.Issue(t.Context(), token, phone, false); err != nil {
		t.Errorf("the untouched application: %v", err)
	}
}

func TestSealOfAnotherTypeIsRefused(t *testing.T) {
	d := newDesk(t)
	token := d.review(t, cert.Domestic)
	_, kid, err := d.header(typeApplication, token, phone)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := d.seals.Get(t.Context(), kid)
	a, err := d.openApplication(t.Context(), token, phone)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := a.marshal()
	if err != nil {
		t.Fatal(err)
	}
	soon := noon.Add(60e9).Unix()
	for name, c := range map[string]struct {
		typ, channel string
		expiry       int64
		opens        bool
	}{
		"as it was made":   {typeApplication, string(cert.App), soon, true},
		"another type":     {"kofu-certificate", string(cert.App), soon, false},
		"no type":          {"", string(cert.App), soon, false},
		"another channel":  {typeApplication, string(cert.Kiosk), soon, false},
		"expired":          {typeApplication, string(cert.App), noon.Unix(), false},
		"expired long ago": {typeApplication, string(cert.App), 0, false},
	} {
		forged := sealAs(t, key, kid, c.typ, c.channel, deviceHash(phone), c.expiry, plain)
		if _, err := d.Issue(t.Context(), forged, phone, false); (err == nil) != c.opens || err != nil && !errors.Is(err, ErrSeal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealExpiresAndIsShredded(t *testing.T) {
	d := newDesk(t)
	token := d.review(t, cert.Domestic)
	d.later(SealTTL)
	if _, err := d.Issue(t.Context(), token, phone, false); !errors.Is(err, ErrSeal) {
		t.Errorf("after five minutes: %v", err)
	}
	token = d.review(t, cert.Domestic)
	if err := d.Discard(t.Context(), token, Who{Channel: cert.App, Device: "another-device-0000"}); !errors.Is(err, ErrSeal) {
		t.Errorf("discarded by another device: %v", err)
	}
	if err := d.Discard(t.Context(), token, phone); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Issue(t.Context(), token, phone, false); !errors.Is(err, ErrSeal) {
		t.Errorf("after discard: %v", err)
	}
	if err := d.Discard(t.Context(), token, phone); err != nil {
		t.Errorf("discarded twice: %v", err)
	}
}
