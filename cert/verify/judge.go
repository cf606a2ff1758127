// SPDX-License-Identifier: Apache-2.0

package verify

import (
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
// Health Card get one verdict together, in the place of the first; an array
// of VDS-NC documents gets one for each.
func (j Judge) Files(files ...File) []Verdict { return j.inputs(files, readAll(files)) }

// inputs judges what files came to.
func (j Judge) inputs(files []File, inputs []input) []Verdict {
	single := make([]Verdict, len(files))
	for i, f := range files {
		single[i] = Verdict{Files: []string{f.Name}, Source: inputs[i].source, Unusable: inputs[i].unusable}
	}
	extra := make([][]Verdict, len(files))     // by the first file
	found := make([][]Certificate, len(files)) // in each, chunks of one included
	for _, c := range gather(inputs) {
		judged, first := j.text(c.texts), c.files[0]
		for _, f := range c.files {
			found[f] = append(found[f], judged)
		}
		v := Verdict{Source: inputs[first].source, Certificates: []Certificate{judged}}
		switch {
		case len(c.files) > 1:
			for _, f := range c.files {
				v.Files = append(v.Files, files[f].Name)
			}
			v.files = c.files
		case inputs[first].array:
			v.Files, v.Element = single[first].Files, len(found[first])
		default:
			single[first].Certificates = append(single[first].Certificates, judged)
			continue
		}
		extra[first] = append(extra[first], v)
	}
	var out []Verdict
	for i, v := range single {
		if len(v.Certificates) > 0 || v.Unusable != "" {
			v.files = []int{i}
			out = append(out, v)
		}
		out = append(out, extra[i]...)
	}
	for i := range out {
		for _, f := range out[i].files {
			out[i].note(inputs[f], found[f])
		}
	}
	return out
}

// note adds the reasons that lie with a file as a whole to v, whose file it
// is, or one of whose.
func (v *Verdict) note(in input, found []Certificate) {
	var reasons []string
	if in.unread > 0 && in.unusable == "" {
		reasons = append(reasons, ReasonUnread)
	}
	if in.source != SourceText {
		reasons = append(reasons, disagree(found))
	}
	for _, r := range reasons {
		if r != "" && !slices.Contains(v.Reasons, r) {
			v.Reasons = append(v.Reasons, r)
		}
	}
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
	if err != nil && slices.ContainsFunc(j.Trust.keys, func(k issuerKeys) bool { return shc.Altered(jws, k.set) }) {
		return Certificate{Format: SHC, Signature: Invalid, Chain: vdsnc.ChainUntrusted, Reasons: []string{ReasonSignature}}
	}
	if err != nil {
		return Certificate{Format: SHC, Malformed: what(err)}
	}
	out := Certificate{Format: SHC, Content: cardContent(card)}
	var reason string
	if out.Signature, out.Chain, reason = j.Trust.cardSigner(card); reason != "" {
		out.Reasons = append(out.Reasons, reason)
	}
	if j.Trust.stale(card.KID) {
		out.Reasons = append(out.Reasons, ReasonStale)
	}
	out.Asked = slices.ContainsFunc(j.Trust.crls, func(l shc.CRL) bool { return l.KID == card.KID })
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

// stale reports whether the revocation lists given for a key are older than a
// key set says: its crlVersion is greater than the counter of each. A card that
// is not on them may have been revoked since. Where no list is given for the
// key nobody has asked.
func (t *Trust) stale(kid string) bool {
	newest, given := int64(0), false
	for _, l := range t.crls {
		if l.KID == kid {
			newest, given = max(newest, l.Counter), true
		}
	}
	return given && slices.ContainsFunc(t.keys, func(k issuerKeys) bool { return k.set.CRLVersion(kid) > newest })
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
		BirthDate: c.Patient.BirthDate, names: c.Patient.Names,
	}
	names := make([]string, len(c.Patient.Names))
	for i, n := range c.Patient.Names {
		names[i] = n.Reveal()
	}
	out.Name = cert.Private(strings.Join(names, " / "))
	if c.Expires != nil {
		out.Expires = c.Expires.Format(time.RFC3339)
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
	out.Asked = j.Trust.revoked != nil
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
