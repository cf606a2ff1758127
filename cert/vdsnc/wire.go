// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"fmt"
	"regexp"

	"kofu/cert"
)

// The writer's members, with the greatest lengths of the technical report.
type (
	wireDocument struct {
		Data wireData      `json:"data"`
		Sig  wireSignature `json:"sig"`
	}
	wireData struct {
		Hdr wireHeader  `json:"hdr"`
		Msg wireMessage `json:"msg"`
	}
	wireHeader struct {
		T  string `json:"t"`
		V  int    `json:"v"`
		Is string `json:"is"`
	}
	wireMessage struct {
		UVCI string      `json:"uvci"` // 12
		PID  wirePerson  `json:"pid"`
		VE   []wireEvent `json:"ve"`
	}
	wirePerson struct {
		N   string `json:"n"`             // 39
		DOB string `json:"dob,omitempty"` // 10
		I   string `json:"i"`             // 11
		AI  string `json:"ai"`            // 24
	}
	wireEvent struct {
		Des string     `json:"des"` // 6, ICD-11 extension code
		Nam string     `json:"nam"`
		Dis string     `json:"dis"` // 6
		VD  []wireDose `json:"vd"`
	}
	wireDose struct {
		DVC string `json:"dvc"` // 10
		Seq int    `json:"seq"` // 2 digits, a JSON integer as all issuers write it
		Ctr string `json:"ctr"` // 3
		Adm string `json:"adm"` // 20
		Lot string `json:"lot"` // 20
	}
	wireSignature struct {
		Alg   string `json:"alg"`
		Cer   string `json:"cer"`
		Sigvl string `json:"sigvl"`
	}
)

// disease is COVID-19 in ICD-11. The length of Japan's published specimen (589
// bytes for three doses) leaves no room for entries without it.
const disease = "RA01.0"

var (
	printable   = regexp.MustCompile(`^[ -~]+$`)
	alnum       = regexp.MustCompile(`^[0-9A-Z]+$`)
	countryCode = regexp.MustCompile(`^[A-Z]{3}$`)
	icd11       = regexp.MustCompile(`^X[0-9A-Z]+$`)
)

// statement builds "data". Japan's specimen is the model: no sex, one entry
// for each dose, the certificate ID in "ai".
func statement(c *cert.Certificate) (wireData, error) {
	if c.Kind != cert.Overseas || c.Passport == nil {
		return wireData{}, ErrNotOverseas
	}
	name, err := Name(c.Passport.Primary, c.Passport.Secondary)
	if err != nil {
		return wireData{}, err
	}
	p := wirePerson{N: name, I: c.Passport.Number.Reveal(), AI: string(c.ID)}
	if c.Passport.BirthDate.Full() { // may be left out, since "i" is there
		p.DOB = c.Passport.BirthDate.String()
	}
	m := wireMessage{UVCI: c.UVCI, PID: p}
	for _, check := range []field{
		{"msg.uvci", m.UVCI, 12, alnum}, {"msg.pid.i", p.I, 11, alnum}, {"msg.pid.ai", p.AI, 24, alnum},
	} {
		if err := check.err(); err != nil {
			return wireData{}, err
		}
	}
	if len(c.Doses) == 0 {
		return wireData{}, fmt.Errorf("vdsnc: encode: no doses: %w", ErrCharacter)
	}
	for _, d := range c.Doses {
		e, err := event(d)
		if err != nil {
			return wireData{}, err
		}
		m.VE = append(m.VE, e)
	}
	return wireData{Hdr: wireHeader{T: "icao.vacc", V: 1, Is: cert.Country}, Msg: m}, nil
}

func event(d cert.CertifiedDose) (wireEvent, error) {
	e := wireEvent{Des: d.Vaccine.ICD11, Nam: d.Vaccine.Brand, Dis: disease, VD: []wireDose{{
		DVC: d.Date.String(), Seq: d.Number, Ctr: d.Country, Adm: cert.Authority, Lot: d.Lot,
	}}}
	if !d.Administered || !d.Date.Full() || d.Number < 1 {
		return e, fmt.Errorf("vdsnc: encode msg.ve.vd: %w", ErrCharacter)
	}
	if d.Number > 99 {
		return e, fmt.Errorf("vdsnc: encode msg.ve.vd.seq: %w", ErrTooLong)
	}
	for _, check := range []field{
		{"msg.ve.des", e.Des, 6, icd11}, {"msg.ve.nam", e.Nam, maxBrand, printable},
		{"msg.ve.vd.ctr", d.Country, 3, countryCode}, {"msg.ve.vd.lot", d.Lot, 20, printable},
	} {
		if err := check.err(); err != nil {
			return e, err
		}
	}
	return e, nil
}

// maxBrand bounds "nam", for which the public restatements of the report give
// no length (assumed).
const maxBrand = 40

// field is one text of the document with its limits.
type field struct {
	path, value string
	length      int
	form        *regexp.Regexp
}

func (f field) err() error {
	switch {
	case len(f.value) > f.length:
		return fmt.Errorf("vdsnc: encode %s: %w", f.path, ErrTooLong)
	case !f.form.MatchString(f.value):
		return fmt.Errorf("vdsnc: encode %s: %w", f.path, ErrCharacter)
	}
	return nil
}
