// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"errors"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/cert/issuance"
)

// person opens the file of a person found, or opens it again by the handle of
// its own page.
func (v *visit) person() error {
	var ref cert.PersonRef
	if handle := v.form.raw("file"); len(handle) > 0 {
		f, err := v.openFile(handle)
		if err != nil {
			return err
		}
		ref = f.ref
	} else {
		text, err := v.open("person", v.form.raw("person"))
		if err != nil {
			return err
		}
		ref = cert.PersonRef(text)
	}
	d, err := v.dossier(ref)
	if err != nil {
		return err
	}
	v.watch(staff.OpOpen, "")
	return v.show("person", "person.title", v.viewPerson(d, ref, applicationForm{Kind: "domestic", Applicant: "self", Purpose: "new"}))
}

func (v *visit) openFile(handle []byte) (fileRef, error) {
	text, err := v.open("file", handle)
	if err != nil {
		return fileRef{}, err
	}
	f, ok := parseFileRef(text)
	if !ok {
		return fileRef{}, staff.ErrHandle
	}
	return f, nil
}

// dossier opens a file, and has it in the log before it is shown.
func (v *visit) dossier(ref cert.PersonRef) (*issuance.Dossier, error) {
	d, err := v.Persons.Dossier(v.ctx(), v.own(), ref, v.entitled())
	if errors.Is(err, cert.ErrBlocked) { // has a row of its own: access.refused
		return nil, err
	}
	if err != nil {
		found := "unavailable"
		if errors.Is(err, cert.ErrNoRecord) {
			found = "0"
		}
		return nil, v.logFailed(err, staff.OpOpen, "purpose", string(cert.PurposeCertificate), "found", found)
	}
	protected := ""
	if d.File.Block != nil {
		protected = string(d.File.Block.Class)
	}
	return d, v.log(staff.OpOpen, v.recordName(d.File), "purpose", string(cert.PurposeCertificate), "measure", protected)
}

// recordName is the record as the log has it, which is not as the record
// service names it: the log leads nobody back to a person.
func (v *visit) recordName(f *cert.File) string {
	if f.Handle == "" {
		return ""
	}
	return string(v.Staff.RecordHandle(v.own(), f.Handle))
}

func (v *visit) viewPerson(d *issuance.Dossier, ref cert.PersonRef, form applicationForm) personView {
	f := d.File
	p := personView{
		holderView: viewHolder(f.Holder, f.Kana), Deceased: f.Deceased, MovedOut: f.MovedOut, Check: f.Check,
		Certified: len(d.Doses), Earlier: d.Earlier, Form: form, Documents: documents(), Reasons: reasons(),
		File: v.Staff.SealHandle(v.session, "file", fileRef{ref, v.recordName(f), f.Holder.BirthDate}.String()),
	}
	if f.Block != nil {
		p.Block = &blockView{Class: string(f.Block.Class), From: f.Block.From.String(), Until: f.Block.Until.String()}
	}
	for _, dose := range f.Doses {
		p.Doses = append(p.Doses, viewDose(dose, f.Municipality))
	}
	for _, i := range f.Issues {
		p.Issues = append(p.Issues, pastView{ID: string(i.ID), Kind: string(i.Kind), IssuedOn: i.IssuedOn.String(), State: string(i.State),
			Handle: v.Staff.SealHandle(v.session, "issue", string(i.ID)), Live: i.State == cert.IssueConfirmed})
	}
	p.Doubts, p.Contact = viewDoubts(d.Notes, v.lang), v.town.ContactJa
	if v.lang == "en" {
		p.Contact = v.town.ContactEn
	}
	if d.Cannot != nil {
		p.Cannot = v.told(d.Cannot)
		if check, ok := errors.AsType[*issuance.CheckError](d.Cannot); ok {
			p.Doubts = viewDoubts(check.Findings, v.lang)
		}
	}
	return p
}

// told is what the table says of an error, in the language of the page.
func (v *visit) told(err error) string {
	found, _ := v.refusals.Find(err)
	if v.lang == "en" {
		return found.Title.En + " " + found.Next.En
	}
	return found.Title.Ja + found.Next.Ja
}
