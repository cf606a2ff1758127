// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cert/issuance"
)

// applicationForm is what the clerk states of an application. All but MRZ,
// Others and Written is also what the log is told.
type applicationForm struct {
	cert.Redacted
	Kind, Document, Applicant, Authority, Purpose, Reason string
	MRZ, Others, Written                                  string
}

// documents are the kinds of identity document (A7, 番号法16条). The kind is
// noted, never the number on it.
func documents() []string {
	return []string{
		"mynumber_card", "drivers_licence", "passport", "residence_card", "disability_handbook",
		"other_photo",       // 官公署発行の顔写真付き
		"two_without_photo", // 顔写真のないもの2点
	}
}

// applicants are who stands at the counter. For the last two their authority
// has been looked at: 法定代理人の資格, 委任状.
func applicants() []string { return []string{"self", "guardian", "proxy"} }

// reasons are those of a second certificate.
func reasons() []string {
	return []string{"lost", "damaged", "passport_renewed", "name_changed", "more_doses", "correction", "other"}
}

// statement goes with a sealed application, itself sealed: what was said of it
// cannot be changed between the look and the issue.
type statement struct {
	Kind      string    `json:"k"`
	Document  string    `json:"d"`
	Applicant string    `json:"a"`
	Authority string    `json:"p"` // "seen", or empty
	Purpose   string    `json:"u"`
	Reason    string    `json:"r"`
	Record    string    `json:"f"` // the record as the log names it
	Token     string    `json:"t"` // hash of the application it belongs to
	Written   bool      `json:"w"`
	Until     time.Time `json:"e"`
	Warned    string    `json:"n"` // codes of what looks wrong, as the clerk was shown it
	Checked   bool      `json:"c"` // and has confirmed
}

// pairs is what the log is told.
func (s statement) pairs() []string {
	written := ""
	if s.Written {
		written = "paper_only"
	}
	return []string{"kind", s.Kind, "document", s.Document, "applicant", s.Applicant, "authority", s.Authority,
		"purpose", s.Purpose, "reason", s.Reason, "record", s.Record, "form", written, "warned", s.Warned}
}

// details is pairs as a map.
func (s statement) details() map[string]string {
	return staff.Session{}.Act("", "", s.pairs()...).Details
}

// review shows what a certificate will say, and seals the application.
func (v *visit) review() error {
	file, err := v.openFile(v.form.raw("file"))
	if err != nil {
		return err
	}
	form := applicationForm{
		Kind: v.form.text("kind"), Document: v.form.text("document"), Applicant: v.form.text("applicant"), Authority: v.form.text("authority"),
		Purpose: v.form.text("purpose"), Reason: v.form.text("reason"),
		MRZ: v.form.text("mrz"), Others: v.form.text("others"), Written: v.form.text("written"),
	}
	a := issuance.DeskApplication{Who: v.who(), Kind: cert.Kind(form.Kind), Municipality: v.own(), Ref: file.ref, Entitled: v.entitled()}
	faults := v.readStatement(form)
	faults = append(faults, v.readNames(form, file, &a)...)
	if len(faults) > 0 {
		return v.reviewAgain(file, form, faults)
	}
	p, sealed, err := v.Desk.ReviewDesk(v.ctx(), a)
	if field := fieldOf(err); field != "" {
		return v.reviewAgain(file, form, []fault{{field, v.told(err)}})
	}
	if err != nil {
		return err
	}
	said := statement{Kind: form.Kind, Document: form.Document, Applicant: form.Applicant, Purpose: form.Purpose, Reason: form.Reason,
		Record: file.record, Token: tokenHash(sealed.Token), Written: a.Written != "", Until: sealed.Expires, Warned: codesOf(p.Notes)}
	if form.Authority != "" {
		said.Authority = "seen"
	}
	return v.preview(p, sealed, said)
}

func (v *visit) preview(p *issuance.Preview, sealed issuance.Sealed, said statement) error {
	if err := v.log(staff.OpReview, said.Record, said.pairs()...); err != nil {
		return err
	}
	text, err := json.Marshal(said)
	if err != nil {
		return errors.New("counter: encode a statement")
	}
	view := viewPreview(p, v.lang)
	view.Application, view.Said, view.File = sealed.Token, said, string(v.form.raw("file"))
	view.Statement = v.Staff.SealHandle(v.session, "statement", string(text))
	return v.show("preview", "preview.title", view)
}

// readStatement holds what a clerk states to what there is to choose from.
func (v *visit) readStatement(f applicationForm) (faults []fault) {
	wrong := func(bad bool, field string) {
		if bad {
			faults = append(faults, v.faultOf(field, field))
		}
	}
	wrong(!cert.Kind(f.Kind).Valid(), "kind")
	wrong(!slices.Contains(documents(), f.Document), "document")
	wrong(!slices.Contains(applicants(), f.Applicant), "applicant")
	wrong(f.Applicant != "self" && f.Authority != "seen" || f.Authority != "" && f.Authority != "seen", "authority")
	wrong(f.Purpose != "new" && f.Purpose != "reissue", "purpose")
	wrong(f.Purpose == "reissue" && !slices.Contains(reasons(), f.Reason) || f.Purpose == "new" && f.Reason != "", "reason")
	return faults
}

// readNames reads the passport and the other spellings into a.
func (v *visit) readNames(f applicationForm, file fileRef, a *issuance.DeskApplication) (faults []fault) {
	if a.Kind == cert.Overseas {
		passport, code := readMRZ(f.MRZ, file.birth, cert.DateOf(v.Now()))
		if code != "" {
			faults = append(faults, v.faultOf("mrz", code))
		}
		a.Passport = passport
	} else if f.MRZ != "" || f.Others != "" {
		faults = append(faults, v.faultOf("mrz", "mrz_domestic"))
	}
	others, ok := readOthers(f.Others)
	if !ok {
		faults = append(faults, v.faultOf("others", "others"))
	}
	if a.Passport != nil {
		a.Passport.Others = others
	}
	if a.Written, ok = readWritten(f.Written); !ok {
		faults = append(faults, v.faultOf("written", "written"))
	}
	return faults
}

// fieldOf names the field an error of issuing is about.
func fieldOf(err error) string {
	if f, ok := errors.AsType[*cert.Finding](err); ok && f.OfPassport() {
		return "mrz"
	}
	for _, r := range []struct {
		target error
		field  string
	}{
		{cert.ErrPassportExpired, "mrz"}, {cert.ErrPassportMismatch, "mrz"}, {cert.ErrPassportRequired, "mrz"}, {cert.ErrPassportRefused, "mrz"},
		{issuance.ErrWritten, "written"}, {issuance.ErrOthers, "others"},
	} {
		if errors.Is(err, r.target) {
			return r.field
		}
	}
	return ""
}

// reviewAgain shows the person and the form once more. Text that cannot be
// what its field is for, and so may be anything, is not shown again.
func (v *visit) reviewAgain(file fileRef, f applicationForm, faults []fault) error {
	d, err := v.dossier(file.ref)
	if err != nil {
		return err
	}
	if line1, line2 := cleanMRZ(f.MRZ); !nearMRZ(line1) || line2 != "" && !nearMRZ(line2) {
		f.MRZ = ""
	}
	if _, ok := readOthers(f.Others); !ok {
		f.Others = ""
	}
	if _, ok := readWritten(f.Written); !ok {
		f.Written = ""
	}
	return v.showFaults("person", "person.title", v.viewPerson(d, file.ref, f), faults)
}

// nearMRZ reports what is nearly a line of an MRZ, for somebody to mend.
func nearMRZ(line string) bool { return len(line) >= mrzLine-6 && len(line) <= mrzLine+6 }
