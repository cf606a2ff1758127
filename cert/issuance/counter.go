// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"unicode"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/lint"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
	"kofu/cert/verify"
)

// What only the counter may answer.
var (
	ErrWritten   = errors.New("issuance: not another spelling of the name in the record")
	ErrOthers    = errors.New("issuance: other names of the passport not in Latin letters")
	ErrNoCounter = errors.New("issuance: there is no counter")
)

// Desk is what only the counter asks of the record service. All calls honour
// ctx and are safe for concurrent use. Whatever is not an answer is
// [cert.ErrUnavailable].
type Desk interface {
	// Search may answer [cert.ErrNoRecord] and [cert.ErrTooMany].
	Search(ctx context.Context, q cert.Search) ([]cert.Candidate, error)
	// Open answers [cert.ErrNoRecord] for a reference that has ended or is of
	// another municipality.
	Open(ctx context.Context, q cert.FileQuery) (*cert.File, error)
	// Invalidate is idempotent, and answers [cert.ErrNoIssue] for what the
	// municipality never issued.
	Invalidate(ctx context.Context, m cert.MunicipalityCode, id cert.ID) error
}

// Dossier is a person's file, with what the rules say of it.
type Dossier struct {
	cert.Redacted
	File    *cert.File
	Doses   []cert.CertifiedDose // what a certificate would show today
	Earlier bool
	Notes   []cert.Finding // what looks wrong and does not hinder
	Cannot  error          // why nothing can be certified, as Review would answer; nil: it can
}

// DeskApplication is an application at the counter: a clerk has identified the
// person, and names the one found by reference.
type DeskApplication struct {
	cert.Redacted
	Who          Who
	Kind         cert.Kind
	Municipality cert.MunicipalityCode
	Ref          cert.PersonRef
	Passport     *cert.Passport // overseas only, from its machine-readable zone; Others may be set
	Written      cert.Private   // 旧字・俗字 of the name, where the applicant insists: paper without symbols
	Entitled     bool           // the clerk serves persons under protective measures
}

// Search finds persons for a clerk, when the counter of their municipality is
// open.
func (s *Service) Search(ctx context.Context, q cert.Search) ([]cert.Candidate, error) {
	if err := s.counter(ctx, q.Municipality); err != nil {
		return nil, err
	}
	q.Purpose = cert.PurposeCertificate
	return s.Desk.Search(ctx, q)
}

// counter reports why nothing is done at the counter of a municipality now.
func (s *Service) counter(ctx context.Context, m cert.MunicipalityCode) error {
	if s.Desk == nil {
		return ErrNoCounter
	}
	if err := s.flight.open(cert.Counter); err != nil {
		return err
	}
	_, err := s.Municipalities.Admit(ctx, m, cert.Counter, s.Now())
	return err
}

// Dossier opens the file of a person found. One under a protective measure is
// [cert.ErrBlocked] to who is not entitled.
func (s *Service) Dossier(ctx context.Context, m cert.MunicipalityCode, ref cert.PersonRef, entitled bool) (*Dossier, error) {
	if err := s.counter(ctx, m); err != nil {
		return nil, err
	}
	f, err := s.file(ctx, m, ref, cert.IssuanceID(rand.Text()), entitled)
	if err != nil {
		return nil, err
	}
	d := &Dossier{File: f}
	town, _ := s.Municipalities.Lookup(m)
	d.Cannot = s.certifies(d, town)
	return d, nil
}

// file asks for the file of a person found, and believes none but this
// municipality's (A6, D4).
func (s *Service) file(ctx context.Context, m cert.MunicipalityCode, ref cert.PersonRef, id cert.IssuanceID, entitled bool) (*cert.File, error) {
	f, err := s.Desk.Open(ctx, cert.FileQuery{Municipality: m, Purpose: cert.PurposeCertificate, Ref: ref, Issuance: id})
	switch {
	case err != nil:
		return nil, err
	case f == nil || f.Municipality != m:
		return nil, cert.ErrUnavailable
	case f.Block != nil && !entitled:
		return nil, cert.ErrBlocked
	}
	return f, nil
}

// certifies applies the rules on a file that do not depend on the application,
// and returns why nothing can be certified.
func (s *Service) certifies(d *Dossier, town municipality.Municipality) error {
	today := cert.DateOf(s.Now())
	doses, earlier, err := cert.Certifiable(&d.File.Record)
	if err != nil {
		return err
	}
	notes, err := checked(town, lint.Input{Record: &d.File.Record, Name: d.File.Holder.Name, Kana: d.File.Kana, Today: today})
	if err != nil {
		return err
	}
	named, err := name(doses, today)
	if err != nil {
		return err
	}
	d.Doses, d.Earlier, d.Notes = named, earlier, notes
	return askedOf(town, hindrance(d.File))
}

// hindrance is why nothing is issued to a person whose record is in order.
func hindrance(f *cert.File) error {
	switch {
	case f.Block != nil && f.Block.Class != cert.Protective: // a class nobody knows stops, too
		return cert.ErrStopped
	case f.Check != "":
		return cert.ErrNeedsCheck
	}
	return nil
}

// ReviewDesk is Review at the counter: the same rules on the same record, the
// name being the record's. Besides Review's errors there are
// [cert.ErrBlocked] (not entitled), [cert.ErrStopped] and [ErrWritten].
func (s *Service) ReviewDesk(ctx context.Context, a DeskApplication) (*Preview, Sealed, error) {
	switch {
	case s.Desk == nil:
		return nil, Sealed{}, ErrNoCounter
	case a.Who.Channel != cert.Counter:
		return nil, Sealed{}, ErrDevice
	}
	town, err := s.enter(ctx, Application{Who: a.Who, Kind: a.Kind, Municipality: a.Municipality}, s.Now())
	if err != nil {
		return nil, Sealed{}, err
	}
	signers, err := s.signers(cert.Counter, a.Kind)
	if err != nil {
		return nil, Sealed{}, err
	}
	id := cert.IssuanceID(rand.Text())
	f, err := s.file(ctx, a.Municipality, a.Ref, id, a.Entitled)
	if err != nil {
		return nil, Sealed{}, err
	}
	if err := hindrance(f); err != nil {
		return nil, Sealed{}, askedOf(town, err)
	}
	in := Application{Who: a.Who, Kind: a.Kind, Municipality: a.Municipality, Passport: a.Passport, Applicant: cert.Applicant{Holder: f.Holder}}
	if err := s.admitDesk(in, a.Written); err != nil {
		return nil, Sealed{}, err
	}
	return s.preview(ctx, in, town, signers, id, &f.Record, wish{written: a.Written, protected: f.Block != nil, kana: f.Kana})
}

// admitDesk holds the rules on what a clerk typed.
func (s *Service) admitDesk(a Application, written cert.Private) error {
	if err := s.admitPassport(a, s.Now()); err != nil {
		return err
	}
	texts := []cert.Private{a.Applicant.Holder.Name}
	if written != "" {
		if !sameSpelling(a.Applicant.Holder.Name, written) {
			return ErrWritten
		}
		if s.Paper.Substituted(written) { // the paper would show the usual form, which is what was not wanted
			return ErrWritten
		}
		texts = []cert.Private{written}
	}
	if a.Passport != nil && a.Passport.Others != "" && !pdf.OthersPrintable(a.Passport.Others) {
		return ErrOthers
	}
	return s.Paper.Printable(texts...)
}

// sameSpelling reports whether written may be name with other forms of its
// kanji (旧字・俗字): as many characters, every one that is no kanji the same
// and in its place, and at least half of the kanji the same. There is no table
// that has all the forms names are written in, so the rest is for a second
// person to see.
func sameSpelling(name, written cert.Private) bool {
	a, b := bare(name), bare(written)
	if len(a) != len(b) || name == written {
		return false
	}
	kanji, same := 0, 0
	for i := range a {
		switch {
		case unicode.Is(unicode.Han, a[i]) && unicode.Is(unicode.Han, b[i]):
			kanji++
			if a[i] == b[i] {
				same++
			}
		case a[i] != b[i]:
			return false
		}
	}
	return kanji > 0 && 2*same >= kanji
}

// bare is a text without variation selectors.
func bare(text cert.Private) []rune {
	return slices.DeleteFunc([]rune(text.Reveal()), func(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) })
}

// IssueDesk is Issue with the paper, at the counter. witness is called when
// the certificate is finished and looked at, before it is confirmed: if it
// fails, nothing leaves, and its error is returned as it is.
func (s *Service) IssueDesk(ctx context.Context, token string, w Who, witness func(ctx context.Context, i *Issued) error) (*Issued, error) {
	if w.Channel != cert.Counter {
		return nil, ErrDevice
	}
	a, issued, err := s.finish(ctx, token, w, true)
	if err != nil {
		return nil, err
	}
	if err := s.late(ctx, w.Channel); err != nil {
		return nil, err
	}
	if err := witness(ctx, issued); err != nil {
		return nil, err
	}
	return s.handOver(ctx, w.Channel, a, issued)
}

// Withdrawal is what the published lists say of a certificate that was
// withdrawn: a revocation identifier for each key that may have signed it, and
// the hash of its VDS-NC identifier.
func (s *Service) Withdrawal(id cert.ID) (rids map[string][]string, uvci string) {
	rids = map[string][]string{}
	for _, k := range s.Keys.Publics() {
		if k.Format == keys.SHC {
			rids[k.KID] = []string{shc.RID(s.RIDSecret, k.KID, string(id))}
		}
	}
	return rids, verify.HashUVCI(vdsnc.UVCI(s.UVCISecret, id))
}

// Invalidate tells the record service that a certificate was withdrawn.
func (s *Service) Invalidate(ctx context.Context, m cert.MunicipalityCode, id cert.ID) error {
	if s.Desk == nil {
		return ErrNoCounter
	}
	return s.Desk.Invalidate(ctx, m, id)
}
