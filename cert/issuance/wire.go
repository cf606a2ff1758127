// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"github.com/go-json-experiment/json"

	"kofu/cert"
)

// The sealed application's JSON. The domain's types marshal as [redacted]; what
// is sealed is copied here on purpose, field by field, and has no place for a
// My Number.
type sealedJSON struct {
	Issuance     string        `json:"i"`
	Subject      string        `json:"s"`
	Version      string        `json:"v"`
	Kind         string        `json:"k"`
	Municipality string        `json:"m"`
	Name         string        `json:"n"`
	BirthDate    string        `json:"b"`
	Sex          uint8         `json:"x"`
	Passport     *passportJSON `json:"p,omitzero"`
	Doses        []doseJSON    `json:"d"`
	Earlier      bool          `json:"e"`
	Written      string        `json:"w,omitzero"`
	Protected    bool          `json:"pm,omitzero"`
	Terms        string        `json:"t"`
	Notes        []noteJSON    `json:"f,omitzero"`
}

type noteJSON struct {
	Code string `json:"c"`
	Dose int    `json:"n"`
}

type passportJSON struct {
	Number      string `json:"no"`
	Primary     string `json:"p"`
	Secondary   string `json:"s"`
	Nationality string `json:"n"`
	Issuer      string `json:"i"`
	BirthDate   string `json:"b"`
	Sex         uint8  `json:"x"`
	Expiry      string `json:"e"`
	Others      string `json:"o,omitzero"`
}

type doseJSON struct {
	Number       int    `json:"no"`
	Date         string `json:"d"`
	Municipality string `json:"m"`
	Manufacturer string `json:"f"`
	Product      string `json:"p"`
	Lot          string `json:"l"`
	Country      string `json:"c"`
}

func (a application) marshal() ([]byte, error) {
	w := sealedJSON{
		Issuance: string(a.Issuance), Subject: string(a.Subject), Version: a.Version, Kind: string(a.Kind), Municipality: string(a.Municipality),
		Name: a.Holder.Name.Reveal(), BirthDate: a.Holder.BirthDate.String(), Sex: uint8(a.Holder.Sex), Earlier: a.Earlier, Terms: a.Terms,
		Written: a.Written.Reveal(), Protected: a.Protected,
		Passport: fromPassport(a.Passport),
	}
	for _, d := range a.Doses {
		w.Doses = append(w.Doses, doseJSON{d.Number, d.Date.String(), string(d.Municipality), d.Manufacturer, d.Product, d.Lot, d.Country})
	}
	for _, f := range a.Notes {
		w.Notes = append(w.Notes, noteJSON(f))
	}
	return json.Marshal(w)
}

func unmarshal(plain []byte) (application, error) {
	var w sealedJSON
	if err := json.Unmarshal(plain, &w, json.RejectUnknownMembers(true)); err != nil {
		return application{}, ErrSeal
	}
	birth, err := cert.ParseDate(w.BirthDate)
	if err != nil {
		return application{}, ErrSeal
	}
	a := application{
		Issuance: cert.IssuanceID(w.Issuance), Subject: cert.SubjectRef(w.Subject), Version: w.Version, Kind: cert.Kind(w.Kind),
		Municipality: cert.MunicipalityCode(w.Municipality), Earlier: w.Earlier, Terms: w.Terms,
		Written: cert.Private(w.Written), Protected: w.Protected,
		Holder: cert.Holder{Name: cert.Private(w.Name), BirthDate: birth, Sex: cert.Sex(w.Sex)},
	}
	if w.Passport != nil {
		if a.Passport, err = w.Passport.passport(); err != nil {
			return application{}, ErrSeal
		}
	}
	for _, d := range w.Doses {
		date, err := cert.ParseDate(d.Date)
		if err != nil {
			return application{}, ErrSeal
		}
		a.Doses = append(a.Doses, cert.Dose{Number: d.Number, Administered: true, Date: date, Municipality: cert.MunicipalityCode(d.Municipality),
			Manufacturer: d.Manufacturer, Product: d.Product, Lot: d.Lot, Country: d.Country})
	}
	for _, f := range w.Notes {
		a.Notes = append(a.Notes, cert.Finding(f))
	}
	return a, nil
}

func fromPassport(p *cert.Passport) *passportJSON {
	if p == nil {
		return nil
	}
	return &passportJSON{p.Number.Reveal(), p.Primary.Reveal(), p.Secondary.Reveal(), p.Nationality, p.Issuer, p.BirthDate.String(), p.Sex, p.Expiry.String(),
		p.Others.Reveal()}
}

func (w *passportJSON) passport() (*cert.Passport, error) {
	birth, err := cert.ParseDate(w.BirthDate)
	if err != nil {
		return nil, err
	}
	expiry, err := cert.ParseDate(w.Expiry)
	if err != nil {
		return nil, err
	}
	return &cert.Passport{Number: cert.Private(w.Number), Primary: cert.Private(w.Primary), Secondary: cert.Private(w.Secondary),
		Nationality: w.Nationality, Issuer: w.Issuer, BirthDate: birth, Sex: w.Sex, Expiry: expiry, Others: cert.Private(w.Others)}, nil
}
