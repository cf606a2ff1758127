// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"crypto/hmac"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kofu/cert"
)

// maxIssues is how many past issues a file may tell of.
const maxIssues = 100

type open struct {
	about
	Purpose  string `json:"purpose"`
	Issuance string `json:"issuance_id"`
	Nonce    []byte `json:"nonce"` // base64 on the wire; not echoed
	Ref      string `json:"ref"`   // not echoed either
}

func newOpen(q cert.FileQuery, ref string) open {
	return open{newAbout(q.Municipality), string(q.Purpose), string(q.Issuance), newNonce(), ref}
}

// openAnswer is the answer of open but for the file, which is read once the
// rest is known to be right.
type openAnswer struct {
	about
	Issuance string         `json:"issuance_id"`
	Outcome  string         `json:"outcome"`
	AsOf     string         `json:"as_of"`
	Proof    string         `json:"person_proof"`
	File     jsontext.Value `json:"file"`
}

func (a *openAnswer) hasFile() bool { return len(a.File) > 0 && a.File.Kind() != 'n' }

// read takes data for an answer only if it is about this request, and the file
// in it that of the person whom mark was made of.
func (o open) read(data []byte, mark string, now time.Time, maxAge time.Duration) (v verdict[*cert.File], err error) {
	v, cause := o.judge(data, mark, now, maxAge)
	if cause != "" {
		return verdict[*cert.File]{}, &failure{"open", cause}
	}
	return v, nil
}

func (o open) judge(data []byte, mark string, now time.Time, maxAge time.Duration) (v verdict[*cert.File], cause string) {
	var got openAnswer
	if !unmarshalAround(data, &got) {
		return v, CauseMalformed
	}
	defer clear(got.File)
	if cause := o.echoed(got.about); cause != "" {
		return v, cause
	}
	if got.Issuance != o.Issuance {
		return v, CauseOtherIssuance
	}
	asOf, cause := fresh(got.AsOf, now, maxAge)
	switch {
	case cause != "":
		return v, cause
	case got.Outcome != "found" && got.Outcome != "none":
		return v, CauseUnknown
	case got.hasFile() != (got.Outcome == "found"):
		return v, CauseMalformed
	case got.Outcome == "none" && !equalProof(got.Proof, textProof(o.Nonce, o.Ref)):
		return v, CauseOtherPerson
	case got.Outcome == "none":
		v.refusal = cert.ErrNoRecord
		return v, ""
	}
	var w wireFile
	if !unmarshal(got.File, &w) {
		return v, CauseRecord
	}
	if !handleForm.MatchString(w.Handle) || !equalProof(got.Proof, textProof(o.Nonce, w.Handle)) {
		return v, CauseOtherPerson
	}
	f, cause := w.file(cert.MunicipalityCode(o.Municipality), asOf)
	switch {
	case cause != "":
		return v, cause
	case !o.shown(mark, f):
		return v, CauseOtherPerson
	}
	v.value = f
	return v, ""
}

// shown reports whether f is of the person whom the clerk was shown under the
// reference: the same record, and the same holder in it.
func (o open) shown(m string, f *cert.File) bool {
	return hmac.Equal([]byte(m), []byte(mark(o.Ref, f.Handle, f.Holder)))
}

// wireFile is a file on the wire.
type wireFile struct {
	Handle string      `json:"handle"`
	Kana   *string     `json:"kana"`
	Check  *string     `json:"check"`
	Block  *wireBlock  `json:"block"`
	Issues []wireIssue `json:"issues"`
	Record *wireRecord `json:"record"`
}

type wireIssue struct {
	ID       string `json:"certificate_id"`
	Kind     string `json:"kind"`
	IssuedOn string `json:"issued_on"`
	State    string `json:"state"`
}

// file maps what came over the wire to the domain. It returns a cause, or "":
// what is wrong here is one person's trouble.
func (w *wireFile) file(m cert.MunicipalityCode, asOf time.Time) (*cert.File, string) {
	if w.Record == nil || w.Kana == nil || !text(*w.Kana, 0) || w.Check == nil || w.Issues == nil || len(w.Issues) > maxIssues {
		return nil, CauseRecord
	}
	switch *w.Check {
	case "", "要確認", "要修正":
	default:
		return nil, CauseRecord
	}
	r, cause := w.Record.record(m, asOf)
	if cause != "" {
		return nil, cause
	}
	f := &cert.File{Record: *r, Kana: cert.Private(*w.Kana), Handle: w.Handle, Check: *w.Check}
	if w.Block != nil {
		b, ok := w.Block.block()
		if !ok {
			return nil, CauseRecord
		}
		f.Block = &b
	}
	for _, i := range w.Issues {
		past, ok := i.issue(m)
		if !ok {
			return nil, CauseRecord
		}
		f.Issues = append(f.Issues, past)
	}
	return f, ""
}

func (w *wireIssue) issue(m cert.MunicipalityCode) (p cert.PastIssue, ok bool) {
	day, ok := date(w.IssuedOn)
	p = cert.PastIssue{ID: cert.ID(w.ID), Kind: cert.Kind(w.Kind), IssuedOn: day, State: cert.IssueState(w.State)}
	switch p.State {
	case cert.IssueReserved, cert.IssueConfirmed, cert.IssueInvalidated:
	default:
		return p, false
	}
	return p, ok && p.Kind.Valid() && owns(m, p.ID) && p.ID.Day() == day
}
