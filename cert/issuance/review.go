// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"cmp"
	"context"
	"crypto/rand"
	"time"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/lint"
	"kofu/cert/municipality"
	"kofu/cert/shc"
	"kofu/cert/vaccine"
	"kofu/cert/vdsnc"
)

// Application is what a door has established: who, and what is wanted.
type Application struct {
	cert.Redacted
	Who          Who
	Kind         cert.Kind
	Municipality cert.MunicipalityCode
	Applicant    cert.Applicant
	Passport     *cert.Passport // overseas only
}

// Preview is what the certificate will say.
type Preview struct {
	cert.Redacted
	Kind         cert.Kind
	Municipality municipality.Municipality
	Holder       cert.Holder
	Passport     *cert.Passport
	Doses        []cert.CertifiedDose
	Earlier      bool // doses beyond the latest five exist
	Substituted  bool // the paper shows a variation sequence of the name in its usual form

	// Notes look wrong and hinder nothing: who applies is told, and whom to call.
	Notes []cert.Finding

	// At the counter only.
	Written   cert.Private // what the paper says in the place of the name; empty: the name
	Protected bool         // the person is under a protective measure
}

// Sealed is an application that only this service can open, and only for the
// one who made it.
type Sealed struct {
	Token   string // JWE, compact
	KID     string // its key's name, for Shred
	Expires time.Time
}

// Review applies every rule that needs no record, asks the record service, and
// applies the rest. Nothing is signed, and nothing but a sealing key is kept.
func (s *Service) Review(ctx context.Context, a Application) (*Preview, Sealed, error) {
	now := s.Now()
	town, err := s.admit(ctx, a, now)
	if err != nil {
		return nil, Sealed{}, err
	}
	signers, err := s.signers(a.Who.Channel, a.Kind)
	if err != nil {
		return nil, Sealed{}, err
	}
	id := cert.IssuanceID(rand.Text())
	record, err := s.Records.FindForCertificate(ctx, cert.Query{
		Municipality: a.Municipality, MyNumber: a.Applicant.MyNumber, Purpose: cert.PurposeCertificate, Issuance: id,
	}).Record()
	if err != nil {
		return nil, Sealed{}, askedOf(town, err)
	}
	return s.preview(ctx, a, town, signers, id, record, wish{})
}

// wish is what only the counter may add to an application.
type wish struct {
	cert.Redacted
	written   cert.Private // see DeskApplication
	protected bool         // the person is under a protective measure
	kana      cert.Private // of the name, as the record has it
}

// preview applies the rules on the record, which are the same at every door,
// and seals what Issue needs.
func (s *Service) preview(ctx context.Context, a Application, town municipality.Municipality, signers map[keys.Format]keys.Signer, id cert.IssuanceID,
	record *cert.Record, w wish) (*Preview, Sealed, error) {
	now := s.Now()
	doses, earlier, err := certifiable(a, record)
	if err != nil {
		return nil, Sealed{}, err
	}
	p, noPassport := passport(a, record, now)
	a.Passport = p
	notes, err := checked(town, lint.Input{Record: record, Name: a.Applicant.Holder.Name, Kana: w.kana, Passport: p, Today: cert.DateOf(now)})
	if err != nil {
		return nil, Sealed{}, err
	}
	named, err := name(doses, cert.DateOf(now))
	if err = cmp.Or(err, noPassport); err != nil {
		return nil, Sealed{}, err
	}
	if err := s.encodable(draft(a, w, town, named, earlier, now)); err != nil {
		return nil, Sealed{}, err
	}
	sealed, err := s.sealApplication(ctx, a.Who, application{
		Issuance: id, Subject: record.Subject, Version: record.Version, Kind: a.Kind, Municipality: a.Municipality,
		Holder: a.Applicant.Holder, Passport: a.Passport, Doses: doses, Earlier: earlier, Terms: s.terms(town, a.Who.Channel, signers),
		Written: w.written, Protected: w.protected, Notes: notes,
	})
	if err != nil {
		return nil, Sealed{}, err
	}
	return &Preview{Kind: a.Kind, Municipality: town, Holder: a.Applicant.Holder, Passport: a.Passport, Doses: named, Earlier: earlier,
		Substituted: s.Paper.Substituted(cmp.Or(w.written, a.Applicant.Holder.Name)), Written: w.written, Protected: w.protected, Notes: notes}, sealed, nil
}

// encodable tells now, and not after a fee, what none of the forms has room or
// a character for.
func (s *Service) encodable(c *cert.Certificate) error {
	if c.Written != "" { // paper alone
		return s.Paper.Fits(c)
	}
	if err := shc.Check(c, s.Issuer); err != nil {
		return err
	}
	if c.Kind == cert.Overseas {
		if err := vdsnc.Check(c); err != nil {
			return err
		}
	}
	return s.Paper.Fits(c)
}

// draft is the certificate as it would be made now, with identifiers of the
// right form.
func draft(a Application, w wish, town municipality.Municipality, doses []cert.CertifiedDose, earlier bool, now time.Time) *cert.Certificate {
	return &cert.Certificate{
		ID: cert.ID("JPN" + string(town.Code) + cert.DateOf(now).Compact() + "000000"), Kind: a.Kind, Channel: a.Who.Channel,
		IssuedAt: now.Truncate(time.Second), Issuer: town.Issuer(), Holder: a.Applicant.Holder, Passport: a.Passport, Doses: doses, Earlier: earlier,
		Written: w.written, UVCI: "AAAAAAAAAAAA", RID: "AAAAAAAAAAA",
	}
}

// admit holds the rules that are applied before the record service is asked.
func (s *Service) admit(ctx context.Context, a Application, now time.Time) (municipality.Municipality, error) {
	town, err := s.enter(ctx, a, now)
	if err != nil {
		return town, err
	}
	if err := s.admitPassport(a, now); err != nil {
		return municipality.Municipality{}, err
	}
	return town, s.Paper.Printable(a.Applicant.Holder.Name)
}

// enter holds the rules that do not depend on the person.
func (s *Service) enter(ctx context.Context, a Application, now time.Time) (municipality.Municipality, error) {
	var none municipality.Municipality
	if err := s.flight.open(a.Who.Channel); err != nil {
		return none, err
	}
	if err := a.Who.check(); err != nil {
		return none, err
	}
	if !a.Kind.Valid() {
		return none, ErrKind
	}
	return s.Municipalities.Admit(ctx, a.Municipality, a.Who.Channel, now)
}

// admitPassport applies the passport rules where the door brings the passport.
// A kiosk brings none: it never reads one.
func (s *Service) admitPassport(a Application, now time.Time) error {
	if a.Who.Channel != cert.Kiosk {
		return cert.CheckPassport(a.Kind, a.Passport, a.Applicant.Holder, cert.DateOf(now))
	}
	if a.Passport != nil {
		return cert.ErrPassportRefused
	}
	return nil
}

// passport is the one the certificate will name: the one that was read, or, at
// a kiosk, the one of the latest overseas certificate.
func passport(a Application, r *cert.Record, now time.Time) (*cert.Passport, error) {
	if a.Who.Channel != cert.Kiosk || a.Kind != cert.Overseas {
		return a.Passport, nil
	}
	p, err := cert.KnownPassport(r)
	if err != nil {
		return nil, err
	}
	p.Others = "" // for the counter's paper alone
	return p, cert.CheckPassport(a.Kind, p, a.Applicant.Holder, cert.DateOf(now))
}

// certifiable holds the rules on the record found.
func certifiable(a Application, r *cert.Record) ([]cert.Dose, bool, error) {
	if r.Municipality != a.Municipality { // the client has refused it already; refuse it here too (A6)
		return nil, false, cert.ErrUnavailable
	}
	if err := cert.SamePerson(a.Applicant.Holder, r.Holder); err != nil {
		return nil, false, err
	}
	if r.Deceased && a.Who.Channel != cert.Counter {
		return nil, false, cert.ErrDeceased
	}
	return cert.Certifiable(r)
}

// name finds how each dose is named on the day of issue. A product nobody
// knows is for the municipality to look at, not to be guessed.
func name(doses []cert.Dose, issuedOn cert.Date) ([]cert.CertifiedDose, error) {
	named := make([]cert.CertifiedDose, len(doses))
	for i, d := range doses {
		v, err := vaccine.Resolve(d, issuedOn)
		if err != nil {
			return nil, &cert.Finding{Code: cert.FindingDoseProduct, Dose: d.Number}
		}
		named[i] = cert.CertifiedDose{Dose: d, Vaccine: v}
	}
	return named, nil
}
