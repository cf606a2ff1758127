// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"regexp"

	"github.com/go-json-experiment/json"

	"kofu/cert"
)

// The wire structs say what vrsclient/openapi.yaml says, written down a
// second time: client and stand-in share no code, so that a fault in one
// cannot hide in the other.

type findRequest struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	Purpose      string `json:"purpose"`
	Issuance     string `json:"issuance_id"`
	Nonce        []byte `json:"nonce"`
	Number       string `json:"individual_number"`
}

type findAnswer struct {
	RequestID    string  `json:"request_id"`
	Municipality string  `json:"municipality"`
	Outcome      string  `json:"outcome"`
	AsOf         string  `json:"as_of"`
	Proof        []byte  `json:"person_proof"`
	Record       *record `json:"record,omitzero"`
}

type record struct {
	Subject      string     `json:"subject"`
	Version      string     `json:"version"`
	Holder       holder     `json:"holder"`
	Deceased     bool       `json:"deceased"`
	MovedOut     bool       `json:"moved_out"`
	Doses        []entry    `json:"doses"`
	LastOverseas *lastIssue `json:"last_overseas,omitzero"`
}

type holder struct {
	Name      string `json:"name"`
	BirthDate string `json:"birth_date"`
	Sex       string `json:"sex"`
}

type entry struct {
	Number       int    `json:"number"`
	Administered bool   `json:"administered"`
	Date         string `json:"date"`
	Municipality string `json:"municipality"`
	Manufacturer string `json:"manufacturer"`
	Product      string `json:"product"`
	Lot          string `json:"lot"`
	Country      string `json:"country"`
}

type lastIssue struct {
	IssuedOn string `json:"issued_on"`
	Passport travel `json:"passport"`
}

type reserveRequest struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	Issuance     string `json:"issuance_id"`
	Subject      string `json:"subject"`
	Version      string `json:"version"`
	Kind         string `json:"kind"`
	Desk         bool   `json:"desk"`
}

type reserveAnswer struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	Issuance     string `json:"issuance_id"`
	Kind         string `json:"kind"`
	Outcome      string `json:"outcome"`
	ID           string `json:"certificate_id,omitzero"`
	IssuedAt     string `json:"issued_at,omitzero"`
}

type confirmRequest struct {
	RequestID    string  `json:"request_id"`
	Municipality string  `json:"municipality"`
	Issuance     string  `json:"issuance_id"`
	ID           string  `json:"certificate_id"`
	IssuedOn     string  `json:"issued_on"`
	Passport     *travel `json:"passport"`
}

type confirmAnswer struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	Issuance     string `json:"issuance_id"`
	ID           string `json:"certificate_id"`
	Outcome      string `json:"outcome"`
}

type voidRequest struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	Issuance     string `json:"issuance_id"`
}

type voidAnswer struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	Issuance     string `json:"issuance_id"`
	Outcome      string `json:"outcome"`
}

var token = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// A request is valid if its members have the form that the contract says;
// whether they agree with what is held is another question.
type request interface {
	valid() bool
	about() (requestID, municipality string)
}

func (r *findRequest) about() (string, string)    { return r.RequestID, r.Municipality }
func (r *reserveRequest) about() (string, string) { return r.RequestID, r.Municipality }
func (r *confirmRequest) about() (string, string) { return r.RequestID, r.Municipality }
func (r *voidRequest) about() (string, string)    { return r.RequestID, r.Municipality }

func (r *findRequest) valid() bool {
	n, err := cert.ParseMyNumber([]byte(r.Number))
	n.Wipe()
	return err == nil && token.MatchString(r.Issuance) && validNonce(r.Nonce) && r.Purpose != ""
}

func (r *reserveRequest) valid() bool {
	return token.MatchString(r.Issuance) && token.MatchString(r.Subject) && token.MatchString(r.Version) && cert.Kind(r.Kind).Valid()
}

func (r *confirmRequest) valid() bool {
	id, err := cert.ParseID(r.ID)
	return err == nil && token.MatchString(r.Issuance) && id.Day().String() == r.IssuedOn &&
		(r.Passport == nil || r.Passport.valid())
}

func (r *voidRequest) valid() bool { return token.MatchString(r.Issuance) }

func (t *travel) valid() bool {
	birth, err1 := cert.ParseDate(t.BirthDate)
	expiry, err2 := cert.ParseDate(t.Expiry)
	return err1 == nil && err2 == nil && birth.String() == t.BirthDate && expiry.String() == t.Expiry && expiry.Full() &&
		t.Number != "" && t.Primary != "" && t.Nationality != "" && t.Issuer != "" &&
		(t.Sex == "M" || t.Sex == "F" || t.Sex == "X")
}

// decode reads one request, strictly.
func decode(data []byte, r request) bool {
	if json.Unmarshal(data, r, json.RejectUnknownMembers(true)) != nil {
		return false
	}
	id, m := r.about()
	_, err := cert.ParseMunicipalityCode(m)
	return err == nil && token.MatchString(id) && r.valid()
}
