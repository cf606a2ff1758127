// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"kofu/cert"
	"kofu/cert/shc"
	"kofu/cert/vaccine"
	"kofu/cert/vdsnc"
)

// Judge judges by what it trusts.
type Judge struct {
	Trust Trust            // whom to believe
	Now   func() time.Time // time.Now if nil
}

func (j Judge) now() time.Time {
	if j.Now == nil {
		return time.Now()
	}
	return j.Now()
}

// Files judges files, in their order. Files that hold chunks of one SMART
// Health Card get one verdict together, in the place of the first.
func (j Judge) Files(files ...File) []Verdict {
	inputs := make([]input, len(files))
	single := make([]Verdict, len(files))
	for i, f := range files {
		inputs[i] = f.read()
		single[i] = Verdict{Files: []string{f.Name}, Source: inputs[i].source, Unusable: inputs[i].unusable}
		if inputs[i].unread > 0 && inputs[i].unusable == "" {
			single[i].Reasons = append(single[i].Reasons, ReasonUnread)
		}
	}
	joined := make(map[int][]Verdict) // by the first file
	for _, c := range gather(inputs) {
		judged := j.text(c.texts)
		if len(c.files) == 1 {
			v := &single[c.files[0]]
			v.Certificates = append(v.Certificates, judged)
			continue
		}
		v := Verdict{Source: inputs[c.files[0]].source, Certificates: []Certificate{judged}}
		for _, f := range c.files {
			v.Files = append(v.Files, files[f].Name)
		}
		joined[c.files[0]] = append(joined[c.files[0]], v)
	}
	var out []Verdict
	for i, v := range single {
		if len(v.Certificates) > 0 || v.Unusable != "" {
			if v.Source != SourceText && disagree(v.Certificates) {
				v.Reasons = append(v.Reasons, ReasonDisagree)
			}
			out = append(out, v)
		}
		out = append(out, joined[i]...)
	}
	return out
}

// disagree reports whether a VDS-NC among certs is of another person, or of
// other doses, than a SMART Health Card among them: symbols of two genuine
// certificates put on one page.
func disagree(certs []Certificate) bool {
	for _, a := range certs {
		for _, b := range certs {
			if a.Format == SHC && b.Format == VDSNC && a.Malformed == "" && b.Malformed == "" &&
				(b.Content.BirthDate != "" && a.Content.BirthDate != b.Content.BirthDate || !sameDoses(a.Content.Doses, b.Content.Doses)) {
				return true
			}
		}
	}
	return false
}

func sameDoses(a, b []Dose) bool {
	order := func(in []Dose) []Dose {
		return slices.SortedFunc(slices.Values(in), func(a, b Dose) int {
			return cmp.Or(strings.Compare(a.Date, b.Date), strings.Compare(a.Lot, b.Lot))
		})
	}
	return slices.EqualFunc(order(a), order(b), func(a, b Dose) bool { return a.Date == b.Date && a.Lot == b.Lot })
}

// text judges one certificate, given as one text or as the chunks of one.
func (j Judge) text(texts []string) Certificate {
	text := texts[0]
	switch formatOf(text) {
	case VDSNC:
		return j.vdsnc([]byte(text))
	case SHC:
	default:
		return Certificate{Malformed: "neither a SMART Health Card nor a VDS-NC"}
	}
	if digits.MatchString(text) {
		texts = []string{"shc:/" + text}
	}
	if jws := text; !strings.HasPrefix(texts[0], "shc:/") {
		return j.shc(jws)
	}
	jws, err := shc.FromNumeric(texts...)
	if err != nil {
		return Certificate{Format: SHC, Malformed: what(err)}
	}
	return j.shc(jws)
}

// what tells what is malformed; packages shc and vdsnc quote nothing.
func what(err error) string {
	if m, ok := errors.AsType[*shc.MalformedError](err); ok {
		return m.What
	}
	if m, ok := errors.AsType[*vdsnc.MalformedError](err); ok {
		return m.What
	}
	return "cannot be read"
}

func (j Judge) shc(jws string) Certificate {
	card, err := shc.Parse(jws)
	if err != nil {
		return Certificate{Format: SHC, Malformed: what(err)}
	}
	out := Certificate{Format: SHC, Content: cardContent(card)}
	var reason string
	if out.Signature, out.Chain, reason = j.Trust.cardSigner(card); reason != "" {
		out.Reasons = append(out.Reasons, reason)
	}
	out.Revoked = slices.ContainsFunc(j.Trust.crls, func(l shc.CRL) bool { return l.Revokes(card) })
	if out.Revoked {
		out.Reasons = append(out.Reasons, ReasonRevoked)
	}
	switch err := card.CheckTime(j.now()); {
	case errors.Is(err, shc.ErrExpired):
		out.Expired = true
		out.Reasons = append(out.Reasons, ReasonExpired)
	case err != nil:
		out.Reasons = append(out.Reasons, ReasonNotYet)
	}
	return out
}

// cardSigner checks the signature with every key set that knows the key.
func (t *Trust) cardSigner(card *shc.Card) (Signature, vdsnc.Chain, string) {
	signature, reason := UnknownKey, ReasonUnknownKey
	for _, k := range t.keys {
		switch err := card.Verify(k.set); {
		case err == nil && (k.issuer == "" || k.issuer == card.Issuer):
			return Valid, vdsnc.ChainTrusted, ""
		case err == nil, errors.Is(err, shc.ErrForeignKey):
			signature, reason = Valid, ReasonIssuer
		case errors.Is(err, shc.ErrUnknownKey):
		case signature != Valid:
			signature, reason = Invalid, ReasonSignature
		}
	}
	return signature, vdsnc.ChainUntrusted, reason
}

func cardContent(c *shc.Card) Content {
	out := Content{
		Issuer: c.Issuer, Issued: c.NotBefore.Format(time.RFC3339), RID: c.RID, Other: c.Other,
		Name: c.Patient.Text, BirthDate: c.Patient.BirthDate,
	}
	if c.Expires != nil {
		out.Expires = c.Expires.Format(time.RFC3339)
	}
	if out.Name == "" {
		out.Name = cert.Private(strings.TrimSpace(c.Patient.Family.Reveal() + " " + c.Patient.Given.Reveal()))
	}
	for _, d := range c.Doses {
		dose := Dose{Date: d.Date, Code: d.CVX, Lot: d.Lot, Authority: d.Performer}
		if v, ok := vaccine.ByCVX(d.CVX, cert.DateOf(c.NotBefore)); ok && d.System == cvxSystem {
			dose.Vaccine = v.ProductEn
		}
		out.Doses = append(out.Doses, dose)
	}
	return out
}

const cvxSystem = "http://hl7.org/fhir/sid/cvx"

func (j Judge) vdsnc(data []byte) Certificate {
	d, err := vdsnc.Parse(data)
	if err != nil {
		return Certificate{Format: VDSNC, Malformed: what(err)}
	}
	r := d.Verify(j.Trust.vdsnc, j.now())
	out := Certificate{Format: VDSNC, Signature: Invalid, Chain: r.Chain, Content: documentContent(d)}
	if r.Signature {
		out.Signature = Valid
	}
	if r.Reason != "" {
		out.Reasons = append(out.Reasons, r.Reason)
	}
	if out.Revoked = j.Trust.revoked[HashUVCI(d.UVCI)]; out.Revoked {
		out.Reasons = append(out.Reasons, ReasonRevoked)
	}
	return out // a VDS-NC does not expire
}

func documentContent(d *vdsnc.Document) Content {
	out := Content{
		Issuer: d.Issuer, Issued: d.IssuedOn().String(), UVCI: d.UVCI, Name: d.Person.Name, BirthDate: d.Person.BirthDate.Reveal(),
		Sex: d.Person.Sex, Passport: d.Person.Number, CertificateID: d.Person.OtherID,
	}
	for _, v := range d.Doses {
		out.Doses = append(out.Doses, Dose{
			Number: v.Sequence, Date: v.Date.String(), Vaccine: v.Brand, Code: v.Prophylaxis, Lot: v.Lot, Country: v.Country, Authority: v.Authority,
		})
	}
	return out
}
