// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"errors"
	"fmt"

	"kofu/cert"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/shc"
	"kofu/cert/vaccine"
	"kofu/cert/vdsnc"
	"kofu/test/vrs"
)

// pages knows what a whole page has to look like, down to the outlines of the
// characters: a font that is another document's shows the right text to a
// program, and another to a person.
type pages struct {
	renderer *pdf.Renderer
	towns    *municipality.Registry
}

func newPages() (*pages, error) {
	r, err := pdf.New(pdf.Config{})
	if err != nil {
		return nil, err
	}
	towns, err := municipality.Parse(vrs.MunicipalitiesJSON())
	return &pages{r, towns}, err
}

// whole judges a page against all that it should have for who asked. Of the
// page itself only what nobody else can know is believed: certificate ID, time
// and identifiers, each of which stands in a symbol too where there is one.
func (p *pages) whole(a *asking, file []byte, page *pdf.Page, symbols []string) error {
	c := &cert.Certificate{Kind: a.kind, Channel: a.door, Earlier: len(a.Doses) > cert.MaxDoses,
		Holder: cert.Holder{Name: cert.Private(a.Name), BirthDate: a.Birth, Sex: a.Sex}}
	for _, r := range page.Runs {
		if idForm.MatchString(r.Text) {
			c.ID = cert.ID(r.Text)
		}
	}
	town, known := p.towns.Lookup(a.Municipality)
	if !known || c.ID == "" || c.ID.Municipality() != a.Municipality {
		return differs("the certificate ID on paper", c.ID, a.Municipality)
	}
	c.Issuer = town.Issuer()
	d := pdf.Document{Certificate: c, SHC: symbols[0], Specimen: true, CopyEvident: a.door == cert.Kiosk}
	if a.kind == cert.Overseas {
		c.Passport, d.VDSNC = a.Passport, symbols[1]
		if symbols[0][0] == '{' {
			d.SHC, d.VDSNC = symbols[1], symbols[0]
		}
		doc, err := vdsnc.Parse([]byte(d.VDSNC))
		if err != nil {
			return err
		}
		c.UVCI = doc.UVCI
	}
	jws, err := shc.FromNumeric(d.SHC)
	if err != nil {
		return err
	}
	card, err := shc.Parse(jws)
	if err != nil {
		return err
	}
	c.IssuedAt, c.RID = card.NotBefore, card.RID
	if c.Doses, err = a.certified(cert.DateOf(c.IssuedAt)); err != nil {
		return err
	}
	if err := p.renderer.Check(file, d); err != nil {
		return fmt.Errorf("the page is not what it should be: %w", err)
	}
	return nil
}

// certified are the doses as a certificate names them.
func (a *asking) certified(on cert.Date) ([]cert.CertifiedDose, error) {
	shots := a.shown()
	list := make([]cert.CertifiedDose, len(shots))
	for i, s := range shots {
		day, err := cert.ParseDate(s.Date)
		d := cert.Dose{Number: len(a.Doses) - len(shots) + i + 1, Date: day, Administered: true, Municipality: a.Municipality,
			Manufacturer: vrs.CrowdMaker, Product: vrs.CrowdProduct, Lot: s.Lot, Country: cert.Country}
		v, err2 := vaccine.Resolve(d, on)
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		list[i] = cert.CertifiedDose{Dose: d, Vaccine: v}
	}
	return list, nil
}
