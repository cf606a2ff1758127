// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"encoding/json"
	"fmt"
)

// The report of a verdict. For one certificate all of it is at the top; for
// several, as on a page with two symbols, the top has the worst of each and
// "certificates" has them one by one.
type (
	wireVerdict struct {
		Files     []string `json:"files"`
		Element   int      `json:"element,omitempty"` // of an array of VDS-NC documents, from 1
		Source    string   `json:"source"`
		Authentic bool     `json:"authentic"`
		Usable    bool     `json:"usable"` // false: not a certificate, or a malformed one
		Reason    string   `json:"reason"` // empty if authentic
		wireCertificate
		Certificates []wireCertificate `json:"certificates,omitempty"`
	}
	wireCertificate struct {
		Format    string       `json:"format"` // shc, vdsnc, shc+vdsnc; empty if neither
		Malformed string       `json:"malformed,omitempty"`
		Signature string       `json:"signature"` // valid, invalid, unknown_key; empty if malformed
		Chain     string       `json:"chain"`     // trusted, pinned, untrusted; likewise
		Revoked   bool         `json:"revoked"`
		Asked     bool         `json:"revocation_checked"` // false: no list for its key was given
		Expired   bool         `json:"expired"`
		Reasons   []string     `json:"reasons,omitempty"`
		Content   *wireContent `json:"content,omitempty"`
	}
	wireContent struct {
		Issuer        string     `json:"issuer"`
		Issued        string     `json:"issued,omitempty"`
		Expires       string     `json:"expires,omitempty"`
		Name          string     `json:"name"`
		BirthDate     string     `json:"birth_date,omitempty"`
		Sex           string     `json:"sex,omitempty"`
		Passport      string     `json:"passport_number,omitempty"`
		CertificateID string     `json:"certificate_id,omitempty"`
		UVCI          string     `json:"uvci,omitempty"`
		RID           string     `json:"rid,omitempty"`
		Doses         []wireDose `json:"doses"`
		Other         int        `json:"other_resources,omitempty"` // of a SMART Health Card that is more, or other, than vaccinations
	}
	wireDose struct {
		Number    int    `json:"number,omitempty"`
		Date      string `json:"date"`
		Vaccine   string `json:"vaccine,omitempty"`
		Code      string `json:"code"`
		Lot       string `json:"lot,omitempty"`
		Country   string `json:"country,omitempty"`
		Authority string `json:"authority,omitempty"`
	}
)

// JSON returns v as one JSON object on one line, what the certificates say
// included.
func (v Verdict) JSON() ([]byte, error) {
	out := wireVerdict{
		Files: v.Files, Element: v.Element, Source: string(v.Source), Authentic: v.Outcome() == Authentic, Usable: v.Outcome() != Unusable,
		Reason: v.Reason(), wireCertificate: v.sum().wire(),
	}
	if len(v.Certificates) > 1 {
		out.Content, out.Malformed, out.Reasons = nil, "", nil
		for _, c := range v.Certificates {
			out.Certificates = append(out.Certificates, c.wire())
		}
	}
	data, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("verify: write report: %w", err)
	}
	return data, nil
}

func (c Certificate) wire() wireCertificate {
	out := wireCertificate{
		Format: string(c.Format), Malformed: c.Malformed, Signature: string(c.Signature), Chain: string(c.Chain),
		Revoked: c.Revoked, Asked: c.Asked, Expired: c.Expired, Reasons: c.Reasons,
	}
	if c.Malformed != "" || c.Signature == "" || c.Content.Issuer == "" { // nothing could be read of an altered one
		return out
	}
	out.Content = &wireContent{
		Issuer: c.Content.Issuer, Issued: c.Content.Issued, Expires: c.Content.Expires, Name: c.Content.Name.Reveal(),
		BirthDate: c.Content.BirthDate, Sex: c.Content.Sex, Passport: c.Content.Passport.Reveal(),
		CertificateID: c.Content.CertificateID, UVCI: c.Content.UVCI, RID: c.Content.RID, Doses: []wireDose{}, Other: c.Content.Other,
	}
	for _, d := range c.Content.Doses {
		out.Content.Doses = append(out.Content.Doses, wireDose{d.Number, d.Date, d.Vaccine, d.Code, d.Lot, d.Country, d.Authority})
	}
	return out
}
