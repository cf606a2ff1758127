// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"slices"
	"strconv"
	"strings"

	"kofu/cert"
	"kofu/cert/issuance"
)

// holderView is a person on a page. The types here are where personal data
// leaves the domain for a template, and nothing else does.
type holderView struct {
	cert.Redacted
	Name, Kana, BirthDate string
	Sex                   string // key of a text
}

func viewHolder(h cert.Holder, kana cert.Private) holderView {
	sex := "unknown"
	switch h.Sex {
	case 1:
		sex = "male"
	case 2:
		sex = "female"
	}
	return holderView{Name: h.Name.Reveal(), Kana: kana.Reveal(), BirthDate: h.BirthDate.String(), Sex: sex}
}

// candidateView is a person found. Handle opens in this session only.
type candidateView struct {
	holderView
	Handle    string
	Protected bool // told to those entitled
}

// doseView is a row of doses. Maker and product are as recorded, or as
// certified.
type doseView struct {
	cert.Redacted
	Number                    int
	Date, Maker, Product, Lot string
	Given, Own                bool
}

func viewDose(d cert.Dose, own cert.MunicipalityCode) doseView {
	return doseView{Number: d.Number, Date: d.Date.String(), Maker: d.Manufacturer, Product: d.Product, Lot: d.Lot,
		Given: d.Administered, Own: d.Municipality == own}
}

func viewCertified(doses []cert.CertifiedDose, lang string) (list []doseView) {
	for _, d := range doses {
		view := viewDose(d.Dose, d.Municipality)
		view.Maker, view.Product = d.Vaccine.MakerJa, d.Vaccine.ProductJa
		if lang == "en" {
			view.Maker, view.Product = d.Vaccine.MakerEn, d.Vaccine.ProductEn
		}
		list = append(list, view)
	}
	return list
}

// pastView is a certificate issued before.
type pastView struct {
	cert.Redacted
	ID, Kind, IssuedOn, State string
	Handle                    string
	Live                      bool // can be withdrawn
}

// blockView is a measure in force.
type blockView struct {
	cert.Redacted
	Class, From, Until string
}

// personView is the page of a person: the record on one side, the application
// on the other.
type personView struct {
	holderView
	File               string // handle
	Deceased, MovedOut bool
	Check              string
	Block              *blockView
	Doses              []doseView
	Certified          int // of them would be on a certificate
	Earlier            bool
	Issues             []pastView
	Cannot             string // what the table says of why not
	Doubts             []doubtView
	Contact            string // whom to call about them
	Form               applicationForm
	Documents, Reasons []string
}

// passportView is what was read of a passport.
type passportView struct {
	cert.Redacted
	Name, Number, Nationality, BirthDate, Expiry, Others string
}

// previewView is what the certificate will say.
type previewView struct {
	holderView
	Kind                            string
	Issuer                          string
	Passport                        *passportView
	Doses                           []doseView
	Earlier, Substituted, Protected bool
	Written                         string
	Doubts                          []doubtView
	Contact                         string

	File, Application, Statement string // handles and the sealed application
	Said                         statement
	Approval                     *approvalView // at an approver's
}

func viewPreview(p *issuance.Preview, lang string) previewView {
	view := previewView{
		holderView: viewHolder(p.Holder, ""), Kind: string(p.Kind), Issuer: p.Municipality.IssuerJa,
		Doses: viewCertified(p.Doses, lang), Earlier: p.Earlier, Substituted: p.Substituted, Protected: p.Protected, Written: p.Written.Reveal(),
	}
	view.Contact = p.Municipality.ContactJa
	if lang == "en" {
		view.Issuer, view.Contact = p.Municipality.IssuerEn, p.Municipality.ContactEn
	}
	view.Doubts = viewDoubts(p.Notes, lang)
	if t := p.Passport; t != nil {
		view.Passport = &passportView{Name: t.Latin().Reveal(), Number: t.Number.Reveal(), Nationality: t.Nationality,
			BirthDate: t.BirthDate.String(), Expiry: t.Expiry.String(), Others: t.Others.Reveal()}
	}
	return view
}

// doubtView is something in a record that looks wrong.
type doubtView struct {
	cert.Redacted
	Dose       int // 0: it lies with no dose
	Text, Code string
}

func viewDoubts(found []cert.Finding, lang string) (list []doubtView) {
	for _, f := range found {
		r, _ := cert.FindingRuleOf(f.Code)
		view := doubtView{Dose: max(f.Dose, 0), Text: r.Ja, Code: f.Code}
		if lang == "en" {
			view.Text = r.En
		}
		list = append(list, view)
	}
	return list
}

// codesOf is what the log is told of findings: codes alone, each once.
func codesOf(found []cert.Finding) string {
	var codes []string
	for _, f := range found {
		if !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	return strings.Join(codes, " ")
}

// family is the family name, for the count of many of one name: what stands
// before the first space, or the whole name.
func family(name cert.Private) cert.Private {
	first, _, _ := strings.Cut(strings.ReplaceAll(name.Reveal(), "\u3000", " "), " ")
	return cert.Private(first)
}

// fileRef is what is sealed into the handle of a file: enough to open it again,
// and to name it in the log.
type fileRef struct {
	ref    cert.PersonRef
	record string    // the record as the log names it
	birth  cert.Date // for the century of a passport's birth date
}

func (f fileRef) String() string {
	return string(f.ref) + " " + f.record + " " + f.birth.Compact()
}

func parseFileRef(s string) (fileRef, bool) {
	parts := strings.Split(s, " ")
	if len(parts) != 3 || parts[0] == "" {
		return fileRef{}, false
	}
	f := fileRef{ref: cert.PersonRef(parts[0]), record: parts[1]}
	f.birth, _ = cert.ParseDate(parts[2]) // no date in the register: nothing to align with
	return f, true
}

func itoa(n int) string { return strconv.Itoa(n) }
