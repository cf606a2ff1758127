// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"time"
	"unicode"
	"unicode/utf8"

	"kofu/cert"
)

// wireRecord is a record on the wire. Members whose zero value says something
// are pointers, so that a missing one is told from it.
type wireRecord struct {
	Subject      string         `json:"subject"`
	Version      string         `json:"version"`
	Holder       *wireHolder    `json:"holder"`
	Deceased     *bool          `json:"deceased"`
	MovedOut     *bool          `json:"moved_out"`
	Doses        []wireDose     `json:"doses"`
	LastOverseas *wireLastIssue `json:"last_overseas"`
}

type wireHolder struct {
	Name      string `json:"name"`
	BirthDate string `json:"birth_date"`
	Sex       string `json:"sex"`
}

type wireDose struct {
	Number       *int    `json:"number"`
	Administered *bool   `json:"administered"`
	Date         *string `json:"date"`
	Municipality string  `json:"municipality"`
	Manufacturer *string `json:"manufacturer"`
	Product      *string `json:"product"`
	Lot          *string `json:"lot"`
	Country      *string `json:"country"`
}

type wireLastIssue struct {
	IssuedOn string        `json:"issued_on"`
	Passport *wirePassport `json:"passport"`
}

type wirePassport struct {
	Number      string  `json:"number"`
	Primary     string  `json:"primary"`
	Secondary   *string `json:"secondary"`
	Nationality string  `json:"nationality"`
	Issuer      string  `json:"issuer"`
	BirthDate   string  `json:"birth_date"`
	Sex         string  `json:"sex"`
	Expiry      string  `json:"expiry"`
	Others      string  `json:"others,omitzero"`
}

// record maps what came over the wire to the domain: the only place that
// does. It judges shape alone; whether doses make sense is for the rules of
// package cert. It returns a cause, or "": CauseRecord and CauseNoDoses, which
// leave the breaker closed, for it is one person's record that is wrong.
func (w *wireRecord) record(m cert.MunicipalityCode, asOf time.Time) (*cert.Record, string) {
	if w.Holder == nil || w.Deceased == nil || w.MovedOut == nil ||
		!token.MatchString(w.Subject) || !token.MatchString(w.Version) {
		return nil, CauseRecord
	}
	holder, ok := w.Holder.holder()
	if !ok {
		return nil, CauseRecord
	}
	if len(w.Doses) == 0 {
		return nil, CauseNoDoses
	}
	r := &cert.Record{
		Municipality: m,
		Subject:      cert.SubjectRef(w.Subject),
		Version:      w.Version,
		AsOf:         asOf,
		Holder:       holder,
		Deceased:     *w.Deceased,
		MovedOut:     *w.MovedOut,
	}
	for _, d := range w.Doses {
		dose, ok := d.dose()
		if !ok {
			return nil, CauseRecord
		}
		r.Doses = append(r.Doses, dose)
	}
	if w.LastOverseas != nil {
		if r.LastOverseas, ok = w.LastOverseas.issue(); !ok {
			return nil, CauseRecord
		}
	}
	return r, ""
}

func (w *wireHolder) holder() (h cert.Holder, ok bool) {
	birth, ok := date(w.BirthDate)
	if !ok || birth.IsZero() || !text(w.Name, 1) || len(w.Sex) != 1 {
		return h, false
	}
	switch w.Sex[0] {
	case '0', '1', '2', '3', '9': // ISO/IEC 5218, and 3 as cards have it
	default:
		return h, false
	}
	return cert.Holder{Name: cert.Private(w.Name), BirthDate: birth, Sex: cert.Sex(w.Sex[0] - '0')}, true
}

func (w *wireDose) dose() (d cert.Dose, ok bool) {
	if w.Number == nil || *w.Number < 0 || w.Administered == nil || w.Date == nil {
		return d, false
	}
	for _, s := range []*string{w.Manufacturer, w.Product, w.Lot, w.Country} {
		if s == nil || !text(*s, 0) {
			return d, false
		}
	}
	day, ok := date(*w.Date)
	owner, err := cert.ParseMunicipalityCode(w.Municipality)
	if !ok || err != nil {
		return d, false
	}
	return cert.Dose{
		Number:       *w.Number,
		Administered: *w.Administered,
		Date:         day,
		Municipality: owner,
		Manufacturer: *w.Manufacturer,
		Product:      *w.Product,
		Lot:          *w.Lot,
		Country:      *w.Country,
	}, true
}

func (w *wireLastIssue) issue() (*cert.OverseasIssue, bool) {
	day, ok := date(w.IssuedOn)
	if !ok || !day.Full() || w.Passport == nil {
		return nil, false
	}
	p, ok := w.Passport.passport()
	if !ok {
		return nil, false
	}
	return &cert.OverseasIssue{Passport: *p, IssuedOn: day}, true
}

func (w *wirePassport) passport() (*cert.Passport, bool) {
	birth, okBirth := date(w.BirthDate)
	expiry, okExpiry := date(w.Expiry)
	if !okBirth || !okExpiry || birth.IsZero() || !expiry.Full() || w.Secondary == nil || !text(*w.Secondary, 0) || !text(w.Others, 0) {
		return nil, false
	}
	for _, s := range []string{w.Number, w.Primary, w.Nationality, w.Issuer} {
		if !text(s, 1) {
			return nil, false
		}
	}
	if w.Sex != "M" && w.Sex != "F" && w.Sex != "X" {
		return nil, false
	}
	return &cert.Passport{
		Number:      cert.Private(w.Number),
		Primary:     cert.Private(w.Primary),
		Secondary:   cert.Private(*w.Secondary),
		Nationality: w.Nationality,
		Issuer:      w.Issuer,
		BirthDate:   birth,
		Sex:         w.Sex[0],
		Expiry:      expiry,
		Others:      cert.Private(w.Others),
	}, true
}

// fromPassport is the way back, for confirm.
func fromPassport(p *cert.Passport) *wirePassport {
	if p == nil {
		return nil
	}
	return &wirePassport{
		Number:      p.Number.Reveal(),
		Primary:     p.Primary.Reveal(),
		Secondary:   new(p.Secondary.Reveal()),
		Nationality: p.Nationality,
		Issuer:      p.Issuer,
		BirthDate:   p.BirthDate.String(),
		Sex:         string(rune(p.Sex)),
		Expiry:      p.Expiry.String(),
		Others:      p.Others.Reveal(),
	}
}

// date reads the one form that [cert.Date.String] writes: YYYY-MM-DD, YYYY-MM,
// YYYY, or "" for none.
func date(s string) (cert.Date, bool) {
	if s == "" {
		return cert.Date{}, true
	}
	d, err := cert.ParseDate(s)
	return d, err == nil && d.String() == s
}

// text accepts at least least and at most 300 characters, none of them a
// control character or the mark of a character already lost (U+FFFD).
func text(s string, least int) bool {
	n := utf8.RuneCountInString(s)
	if n < least || n > 300 {
		return false
	}
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return false
		}
	}
	return true
}
