// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kofu/cert"
)

// maxCandidates is how many persons a clerk is shown.
const maxCandidates = 20

// searchable reports whether q asks by exactly one thing, of the right form.
func searchable(q cert.Search) bool {
	ticket, name := q.Ticket != "", q.Name != ""
	switch {
	case q.MyNumber != nil:
		return !ticket && !name
	case ticket:
		_, err := cert.ParseTicketNumber(q.Ticket.Reveal())
		return err == nil && !name
	}
	return name && text(q.Name.Reveal(), 1) && q.BirthDate.Full()
}

// search is the body of search but for the number, which is never a string.
type search struct {
	about
	Purpose   string `json:"purpose"`
	Nonce     []byte `json:"nonce"` // base64 on the wire; not echoed
	Ticket    string `json:"ticket_number,omitzero"`
	Name      string `json:"name,omitzero"`
	BirthDate string `json:"birth_date,omitzero"`
}

func newSearch(q cert.Search) search {
	s := search{about: newAbout(q.Municipality), Purpose: string(q.Purpose), Nonce: newNonce(), Ticket: q.Ticket.Reveal()}
	if q.Name != "" {
		s.Name, s.BirthDate = q.Name.Reveal(), q.BirthDate.String()
	}
	return s
}

func newNonce() []byte {
	nonce := make([]byte, 32)
	_, _ = rand.Read(nonce) // never fails
	return nonce
}

// body is the whole body, with the digits of n in front if there is a number.
func (s search) body(n *cert.MyNumber) ([]byte, error) {
	rest, err := marshal("search", s)
	if err != nil || n == nil {
		return rest, err
	}
	return withNumber(rest, n), nil
}

// searchAnswer is the answer of search but for the persons, who are read once
// the rest is known to be right.
type searchAnswer struct {
	about
	Outcome string         `json:"outcome"`
	AsOf    string         `json:"as_of"`
	Proof   string         `json:"person_proof"`
	Persons jsontext.Value `json:"persons"`
}

func (a *searchAnswer) hasPersons() bool { return len(a.Persons) > 0 && a.Persons.Kind() != 'n' }

// read takes data for an answer only if everything in it is about this
// request, and everybody in it somebody who was asked for.
func (s search) read(data []byte, q cert.Search, now time.Time, maxAge time.Duration) (v verdict[[]cert.Candidate], err error) {
	v, cause := s.judge(data, q, now, maxAge)
	if cause != "" {
		return verdict[[]cert.Candidate]{}, &failure{"search", cause}
	}
	return v, nil
}

func (s search) judge(data []byte, q cert.Search, now time.Time, maxAge time.Duration) (v verdict[[]cert.Candidate], cause string) {
	var got searchAnswer
	if !unmarshalAround(data, &got) {
		return v, CauseMalformed
	}
	defer clear(got.Persons)
	if cause := s.echoed(got.about); cause != "" {
		return v, cause
	}
	if !s.proves(got.Proof, q.MyNumber) {
		return v, CauseOtherPerson
	}
	if _, cause := fresh(got.AsOf, now, maxAge); cause != "" {
		return v, cause
	}
	switch {
	case got.Outcome == "found" && got.hasPersons():
		v.value, cause = s.candidates(got.Persons, q.BirthDate)
		return v, cause
	case got.Outcome != "found" && got.hasPersons():
		return v, CauseMalformed
	}
	switch {
	case got.Outcome == "found":
		return v, CauseMalformed
	case got.Outcome == "none":
		v.refusal = cert.ErrNoRecord
	case got.Outcome == "too_many" && s.Name != "":
		v.refusal = cert.ErrTooMany
	default:
		return v, CauseUnknown
	}
	return v, ""
}

// proves checks the proof of the number, or of the ticket number; a name has
// none.
func (s search) proves(proof string, n *cert.MyNumber) bool {
	switch {
	case n != nil:
		return equalProof(proof, personProof(sha256.New, s.Nonce, n))
	case s.Ticket != "":
		return equalProof(proof, textProof(s.Nonce, s.Ticket))
	}
	return proof == ""
}

func equalProof(proof string, want []byte) bool {
	got, err := base64.StdEncoding.Strict().DecodeString(proof)
	return err == nil && hmac.Equal(got, want)
}

// textProof is HMAC-SHA-256 over what, which is no number of a person.
func textProof(nonce []byte, what string) []byte {
	mac := hmac.New(sha256.New, nonce)
	mac.Write([]byte(what))
	return mac.Sum(nil)
}

// wireCandidate is a person found, on the wire.
type wireCandidate struct {
	Ref       string      `json:"ref"`
	Handle    string      `json:"handle"`
	Holder    *wireHolder `json:"holder"`
	Kana      *string     `json:"kana"`
	Protected *bool       `json:"protected"`
}

// candidates reads persons. One number, or ticket number, is one person's.
func (s search) candidates(persons jsontext.Value, birth cert.Date) ([]cert.Candidate, string) {
	var all []wireCandidate
	if !unmarshal(persons, &all) {
		return nil, CauseRecord
	}
	if len(all) == 0 || len(all) > maxCandidates || s.Name == "" && len(all) != 1 {
		return nil, CauseMalformed
	}
	list, seen := make([]cert.Candidate, 0, len(all)), make(map[string]bool)
	for _, w := range all {
		c, ok := w.candidate()
		switch {
		case !ok:
			return nil, CauseRecord
		case s.Name != "" && !c.Holder.BirthDate.Agrees(birth):
			return nil, CauseOtherPerson
		case seen[w.Ref] || seen[w.Handle]:
			return nil, CauseMalformed
		}
		seen[w.Ref], seen[w.Handle] = true, true
		list = append(list, c)
	}
	return list, ""
}

func (w *wireCandidate) candidate() (c cert.Candidate, ok bool) {
	if w.Holder == nil || w.Protected == nil || w.Kana == nil || !text(*w.Kana, 0) ||
		!refForm.MatchString(w.Ref) || !handleForm.MatchString(w.Handle) {
		return c, false
	}
	h, ok := w.Holder.holder()
	return cert.Candidate{
		Ref: personRef(w.Ref, w.Handle, h), Holder: h, Kana: cert.Private(*w.Kana), Protected: *w.Protected,
	}, ok
}
