// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/pdf"
	"kofu/test/keyring"
)

var rings2 = sync.OnceValues(func() (*keys.Ring, error) { return keyring.New(iss) })

// faulty is a writer that does to the certificate, before it is encoded, what a
// bug would do, as long as times lasts; times below 0 is for ever.
type faulty struct {
	writer
	card, vds, page func(*cert.Certificate)
	times           *int
}

func (w faulty) spoil(c *cert.Certificate, f func(*cert.Certificate)) *cert.Certificate {
	if f == nil || *w.times == 0 {
		return c
	}
	*w.times--
	bad := *c
	bad.Doses = append([]cert.CertifiedDose(nil), c.Doses...)
	if c.Passport != nil {
		p := *c.Passport
		bad.Passport = &p
	}
	f(&bad)
	return &bad
}

func (w faulty) shc(c *cert.Certificate, k keys.Signer) (string, error) {
	return w.writer.shc(w.spoil(c, w.card), k)
}

func (w faulty) vdsnc(c *cert.Certificate, k keys.Signer) ([]byte, error) {
	return w.writer.vdsnc(w.spoil(c, w.vds), k)
}

func (w faulty) paper(d pdf.Document) ([]byte, error) {
	d.Certificate = w.spoil(d.Certificate, w.page)
	return w.writer.paper(d)
}

// Rows: R1.4, R5.1
func TestNothingWrongLeaves(t *testing.T) {
	type fault = func(*cert.Certificate)
	common := map[string]fault{
		"name":    func(c *cert.Certificate) { c.Holder.Name = "山田　太郎"; swapLatin(c) },
		"dose":    func(c *cert.Certificate) { c.Doses[1].Lot = "XX9999" },
		"date":    func(c *cert.Certificate) { c.Doses[1].Date.Day++ },
		"product": func(c *cert.Certificate) { c.Doses[1].Vaccine = moderna },
		"fewer":   func(c *cert.Certificate) { c.Doses = c.Doses[:2] },
	}
	cases := map[string]faulty{}
	for name, f := range common {
		cases["card: "+name] = faulty{card: f}
		cases["vds: "+name] = faulty{vds: f}
		cases["page: "+name] = faulty{page: f}
	}
	cases["card: birth date"] = faulty{card: func(c *cert.Certificate) { c.Holder.BirthDate.Day++ }}
	cases["card: time"] = faulty{card: func(c *cert.Certificate) { c.IssuedAt = c.IssuedAt.Add(1e9) }}
	cases["card: rid"] = faulty{card: func(c *cert.Certificate) { c.RID = "AAAAAAAAAAA" }}
	cases["vds: id"] = faulty{vds: func(c *cert.Certificate) { c.ID = "JPN90000120261123000009" }}
	cases["vds: uvci"] = faulty{vds: func(c *cert.Certificate) { c.UVCI = "AAAAAAAAAAAA" }}
	cases["vds: passport"] = faulty{vds: func(c *cert.Certificate) { c.Passport.Number = "TK0000001" }}
	cases["page: id"] = faulty{page: func(c *cert.Certificate) { c.ID = "JPN90000120261123000009" }}
	cases["page: passport"] = faulty{page: func(c *cert.Certificate) { c.Passport.Number = "TK0000001" }}
	cases["page: birth date"] = faulty{page: func(c *cert.Certificate) { c.Holder.BirthDate.Day++ }}
	cases["page: issuer"] = faulty{page: func(c *cert.Certificate) { c.Issuer.Ja = "他市長" }}
	for name, f := range cases {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			always := -1
			f.writer, f.times = d.writer, &always
			d.writer = f
			out, err := d.Issue(t.Context(), d.review(t, cert.Overseas), phone, true)
			if out != nil || !errors.Is(err, ErrMismatch) {
				t.Fatalf("left all the same: %v", err)
			}
			if len(d.office.confirmed) != 0 || d.office.voided != 1 {
				t.Errorf("%d confirmed, %d voided", len(d.office.confirmed), d.office.voided)
			}
			if len(d.saw.saw) != 1 || d.saw.saw[0] || d.Stopped(cert.App) {
				t.Errorf("a fault of this one record: lookout saw %v, stopped %t", d.saw.saw, d.Stopped(cert.App))
			}
		})
	}
}

var moderna = cert.Vaccine{TypeJa: "mRNAワクチン", TypeEn: "mRNA", MakerJa: "モデルナ", MakerEn: "Moderna", ProductJa: "スパイクバックス", ProductEn: "Spikevax",
	CVX: "207", ICD11: "XM0GQ8", Brand: "SPIKEVAX"}

func swapLatin(c *cert.Certificate) {
	if c.Passport != nil {
		c.Passport.Primary, c.Passport.Secondary = "YAMADA", "TARO"
	}
}

// A fault that is gone when the certificate is made again is not the record's:
// buffers are getting mixed up, and the door stops.
//
// Rows: R1.4
func TestPassingFaultStopsTheDoor(t *testing.T) {
	d := newDesk(t)
	once := 1
	d.writer = faulty{writer: d.writer, card: func(c *cert.Certificate) { c.Doses[0].Lot = "XX9999" }, times: &once}
	token := d.review(t, cert.Domestic)
	if _, err := d.Issue(t.Context(), token, phone, false); !errors.Is(err, ErrMismatch) {
		t.Fatal(err)
	}
	if !d.Stopped(cert.App) || len(d.saw.saw) != 1 || !d.saw.saw[0] {
		t.Error("the door is open")
	}
	if _, err := d.Issue(t.Context(), token, phone, false); !errors.Is(err, ErrDoorStopped) {
		t.Error(err)
	}
	if _, _, err := d.Review(t.Context(), d.application(t, cert.Domestic)); !errors.Is(err, ErrDoorStopped) {
		t.Error(err)
	}
	if d.Stopped(cert.Kiosk) {
		t.Error("another door was stopped as well")
	}
}

// A certificate that names a person who is being served at the same time stops
// the door, even if it comes out the same twice.
//
// Rows: R1.4
func TestAnotherRequestsPersonStopsTheDoor(t *testing.T) {
	swap := func(c *cert.Certificate) { c.Holder.Name = "山田　太郎"; swapLatin(c) }
	for name, f := range map[string]faulty{"card": {card: swap}, "vds": {vds: swap}, "page": {page: swap}} {
		for _, served := range []bool{true, false} {
			d := newDesk(t)
			if served {
				taro := cert.Holder{Name: "山田　太郎", BirthDate: hanako().BirthDate}
				latin := taro
				latin.Name = "YAMADA TARO"
				leave := d.flight.enter(latin, taro)
				defer leave()
			}
			always := -1
			f.writer, f.times = d.writer, &always
			d.writer = f
			if _, err := d.Issue(t.Context(), d.review(t, cert.Overseas), phone, true); !errors.Is(err, ErrMismatch) {
				t.Fatal(name, err)
			}
			if d.Stopped(cert.App) != served {
				t.Errorf("%s: the other person is served %t, the door stopped %t", name, served, d.Stopped(cert.App))
			}
		}
	}
}

// The other half of a mix-up is in flight when it is found: it must not leave.
//
// Rows: R1.4
func TestDoorStoppedMeanwhile(t *testing.T) {
	for _, when := range []string{"while it is made", "while it is confirmed"} {
		d := newDesk(t)
		token := d.review(t, cert.Domestic)
		stop := func() { d.flight.stop(cert.App) }
		if when == "while it is made" {
			d.writer = delayed{d.writer, stop}
		} else {
			d.office.confirms = stop
		}
		if out, err := d.Issue(t.Context(), token, phone, false); out != nil || !errors.Is(err, ErrDoorStopped) {
			t.Errorf("%s: %v", when, err)
		}
	}
}

// Rows: R1.5
func TestManyAtOnce(t *testing.T) {
	d := newDesk(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 3 {
				token := d.review(t, cert.Overseas)
				a, err := d.Issue(t.Context(), token, phone, true)
				if err != nil {
					t.Error(err)
					return
				}
				b, err := d.Issue(t.Context(), token, phone, true)
				if err != nil || !bytes.Equal(a.PDF, b.PDF) || a.SHC != b.SHC {
					t.Error("differs", err)
				}
			}
		})
	}
	wg.Wait()
	if len(d.flight.inside) != 0 {
		t.Errorf("%d persons still noted", len(d.flight.inside))
	}
}

func BenchmarkReviewAndIssue(b *testing.B) {
	for _, paper := range []bool{false, true} {
		b.Run(map[bool]string{false: "app", true: "paper"}[paper], func(b *testing.B) {
			d := newDesk(b)
			for b.Loop() {
				token := d.review(b, cert.Overseas)
				if _, err := d.Issue(b.Context(), token, phone, paper); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// keeping is a writer that goes on using the buffers it has given away.
type keeping struct {
	writer
	page, seal []byte
}

func (k *keeping) paper(d pdf.Document) (b []byte, err error) {
	k.page, err = k.writer.paper(d)
	return k.page, err
}

func (k *keeping) vdsnc(c *cert.Certificate, s keys.Signer) (b []byte, err error) {
	k.seal, err = k.writer.vdsnc(c, s)
	return k.seal, err
}

// What was looked at is what leaves, whatever a writer does with its buffers
// afterwards.
//
// Rows: R1.4
func TestBuffersUsedAgainChangeNothing(t *testing.T) {
	d := newDesk(t)
	k := &keeping{writer: d.writer}
	d.writer = k
	out, err := d.Issue(t.Context(), d.review(t, cert.Overseas), phone, true)
	if err != nil {
		t.Fatal(err)
	}
	page, seal := bytes.Clone(out.PDF), bytes.Clone(out.VDSNC)
	clear(k.page)
	clear(k.seal)
	if len(k.page) == 0 || len(k.seal) == 0 || !bytes.Equal(out.PDF, page) || !bytes.Equal(out.VDSNC, seal) {
		t.Error("what was handed over changes with the writer's buffers")
	}
}
