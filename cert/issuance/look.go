// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"slices"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/pdf"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
)

// A mismatch says which item of a finished certificate is not what the
// application and the reservation say. It is [ErrMismatch].
type mismatch struct {
	item string        // a constant of this file
	said []cert.Holder // whom the finished certificate names, as far as it was read
}

func (m *mismatch) Error() string        { return ErrMismatch.Error() + ": " + m.item }
func (m *mismatch) Is(target error) bool { return target == ErrMismatch }

// look reads the finished forms back with readers that share no code with the
// writers, and compares them with what was asked (R1.4, R5.1).
func (s *Service) look(ch cert.Channel, out *Issued, a application, r cert.Reservation, signers map[keys.Format]keys.Signer) error {
	want, err := s.compose(ch, a, r, signers)
	if err != nil {
		return err
	}
	if out.ID != want.ID || out.Kind != want.Kind || !out.IssuedAt.Equal(want.IssuedAt) || out.RID != want.RID {
		return &mismatch{item: "reservation"}
	}
	if want.Written != "" {
		if !out.Written || out.SHC+out.SHCText != "" || out.VDSNC != nil {
			return &mismatch{item: "forms"}
		}
	} else if err := s.lookSigned(out, want, a.signed(), signers); err != nil {
		return err
	}
	if out.PDF != nil {
		if err := s.Paper.Check(out.PDF, s.document(want, out, signers)); err != nil {
			return &mismatch{item: "paper", said: printed(out.PDF)}
		}
	}
	return nil
}

// lookSigned reads the signed forms back.
func (s *Service) lookSigned(out *Issued, want *cert.Certificate, person cert.Holder, signers map[keys.Format]keys.Signer) error {
	if err := s.lookSHC(out, want, person, signers[keys.SHC].KID); err != nil {
		return err
	}
	if out.Written || (want.Kind == cert.Overseas) != (out.VDSNC != nil) {
		return &mismatch{item: "forms"}
	}
	if out.VDSNC == nil {
		return nil
	}
	return lookVDSNC(out.VDSNC, want, signers[keys.VDSNC])
}

func (s *Service) lookSHC(out *Issued, want *cert.Certificate, person cert.Holder, kid string) error {
	jws, err := shc.FromNumeric(out.SHCText)
	if err != nil || jws != out.SHC {
		return &mismatch{item: "shc symbol"}
	}
	card, err := shc.Parse(jws)
	if err != nil {
		return &mismatch{item: "shc form"}
	}
	if card.KID != kid || card.Verify(s.published) != nil {
		return &mismatch{item: "shc signature"}
	}
	holder := cert.Holder{Name: cert.Private(shcName(card, want.Kind))}
	holder.BirthDate, _ = cert.ParseDate(card.Patient.BirthDate)
	said := []cert.Holder{holder}
	switch {
	case holder.Name != person.Name:
		return &mismatch{item: "shc name", said: said}
	case holder.BirthDate != person.BirthDate:
		return &mismatch{item: "shc birth date", said: said}
	case card.Issuer != s.Issuer, !card.NotBefore.Equal(want.IssuedAt), card.Expires != nil, card.RID != want.RID:
		return &mismatch{item: "shc claims", said: said}
	case !sameDoses(card, want):
		return &mismatch{item: "shc doses", said: said}
	}
	return nil
}

func shcName(card *shc.Card, k cert.Kind) string {
	p := card.Patient
	if p.Text != "" {
		return p.Text.Reveal()
	}
	between := "\u3000"
	if k == cert.Overseas {
		between = " "
	}
	return p.Family.Reveal() + between + p.Given.Reveal()
}

func sameDoses(card *shc.Card, want *cert.Certificate) bool {
	return slices.EqualFunc(card.Doses, want.Doses, func(got shc.Dose, w cert.CertifiedDose) bool {
		return got.Date == w.Date.String() && got.Lot == w.Lot && got.CVX == w.Vaccine.CVX && got.Performer == cert.Authority
	})
}

// printed is every text on a page, each of which may be somebody's name.
func printed(file []byte) []cert.Holder {
	page, err := pdf.Read(file)
	if err != nil {
		return nil
	}
	var said []cert.Holder
	for _, r := range page.Runs {
		said = append(said, cert.Holder{Name: cert.Private(r.Text)})
	}
	return said
}

func lookVDSNC(text []byte, want *cert.Certificate, k keys.Signer) error {
	doc, err := vdsnc.Parse(text)
	if err != nil {
		return &mismatch{item: "vdsnc form"}
	}
	if len(k.Chain) == 0 {
		return &mismatch{item: "vdsnc signer"}
	}
	res := doc.Verify(vdsnc.Trust{Signers: [][]byte{k.Chain[0].Raw}}, want.IssuedAt)
	if !res.Signature || res.Chain != vdsnc.ChainPinned {
		return &mismatch{item: "vdsnc signature"}
	}
	said := []cert.Holder{{Name: doc.Person.Name}}
	if !doc.RFC8785 {
		return &mismatch{item: "vdsnc canonical form", said: said}
	}
	name, err := vdsnc.Name(want.Passport.Primary, want.Passport.Secondary)
	switch {
	case err != nil, doc.Person.Name.Reveal() != name, doc.Person.Number != want.Passport.Number:
		return &mismatch{item: "vdsnc passport", said: said}
	case doc.Person.OtherID != string(want.ID), doc.UVCI != want.UVCI, doc.Issuer != cert.Country:
		return &mismatch{item: "vdsnc identifiers", said: said}
	case want.Passport.BirthDate.Full() && doc.Person.BirthDate.Reveal() != want.Passport.BirthDate.String(),
		!want.Passport.BirthDate.Full() && doc.Person.BirthDate != "":
		return &mismatch{item: "vdsnc birth date", said: said}
	case !slices.EqualFunc(doc.Doses, want.Doses, func(got vdsnc.Dose, w cert.CertifiedDose) bool {
		return got.Date == w.Date && got.Sequence == w.Number && got.Lot == w.Lot && got.Prophylaxis == w.Vaccine.ICD11 &&
			got.Brand == w.Vaccine.Brand && got.Country == w.Country && got.Authority == cert.Authority
	}):
		return &mismatch{item: "vdsnc doses", said: said}
	}
	return nil
}
