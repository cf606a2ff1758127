// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"regexp"

	"kofu/cert"
)

// The counter's calls on the wire.

type searchRequest struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	Purpose      string `json:"purpose"`
	Nonce        []byte `json:"nonce"`
	Number       string `json:"individual_number"`
	Ticket       string `json:"ticket_number"`
	Name         string `json:"name"`
	BirthDate    string `json:"birth_date"`
}

type searchAnswer struct {
	RequestID    string      `json:"request_id"`
	Municipality string      `json:"municipality"`
	Outcome      string      `json:"outcome"`
	AsOf         string      `json:"as_of"`
	Proof        []byte      `json:"person_proof,omitzero"`
	Persons      []candidate `json:"persons,omitzero"`

	nonce []byte // for a fault to prove with
}

type candidate struct {
	Ref       string `json:"ref"`
	Handle    string `json:"handle"`
	Holder    holder `json:"holder"`
	Kana      string `json:"kana"`
	Protected bool   `json:"protected"`
}

type openRequest struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	Purpose      string `json:"purpose"`
	Issuance     string `json:"issuance_id"`
	Nonce        []byte `json:"nonce"`
	Ref          string `json:"ref"`
}

type openAnswer struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	Issuance     string `json:"issuance_id"`
	Outcome      string `json:"outcome"`
	AsOf         string `json:"as_of"`
	Proof        []byte `json:"person_proof"`
	File         *file  `json:"file,omitzero"`

	nonce []byte // for a fault to prove with
}

type file struct {
	Handle string   `json:"handle"`
	Kana   string   `json:"kana"`
	Check  string   `json:"check"`
	Block  *measure `json:"block,omitzero"`
	Issues []told   `json:"issues"`
	Record *record  `json:"record"`
}

type told struct {
	ID       string `json:"certificate_id"`
	Kind     string `json:"kind"`
	IssuedOn string `json:"issued_on"`
	State    string `json:"state"`
}

type invalidateRequest struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	ID           string `json:"certificate_id"`
}

type invalidateAnswer struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	ID           string `json:"certificate_id"`
	Outcome      string `json:"outcome"`
}

type blocksRequest struct {
	RequestID    string     `json:"request_id"`
	Municipality string     `json:"municipality"`
	DryRun       bool       `json:"dry_run"`
	Rows         []blockRow `json:"rows"`
}

type blockRow struct {
	Ticket string `json:"ticket_number"`
	Handle string `json:"handle"`
	measure
}

type blocksAnswer struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
	DryRun       bool   `json:"dry_run"`
	Count        int    `json:"count"`
	Outcome      string `json:"outcome"`
	Rejected     []int  `json:"rejected,omitzero"`
}

func (r *searchRequest) about() (string, string)     { return r.RequestID, r.Municipality }
func (r *openRequest) about() (string, string)       { return r.RequestID, r.Municipality }
func (r *invalidateRequest) about() (string, string) { return r.RequestID, r.Municipality }
func (r *blocksRequest) about() (string, string)     { return r.RequestID, r.Municipality }

func (r *searchRequest) scene() string { return r.Purpose }
func (r *openRequest) scene() string   { return r.Purpose }
func (r *findRequest) scene() string   { return r.Purpose }

func validNonce(b []byte) bool { return len(b) >= 16 && len(b) <= 64 }

func (r *searchRequest) valid() bool {
	if !validNonce(r.Nonce) || r.Purpose == "" {
		return false
	}
	switch {
	case r.Number != "":
		n, err := cert.ParseMyNumber([]byte(r.Number))
		n.Wipe()
		return err == nil && r.Ticket == "" && r.Name == "" && r.BirthDate == ""
	case r.Ticket != "":
		_, err := cert.ParseTicketNumber(r.Ticket)
		return err == nil && r.Name == "" && r.BirthDate == ""
	}
	return r.Name != "" && fullDate(r.BirthDate)
}

func fullDate(s string) bool {
	d, err := cert.ParseDate(s)
	return err == nil && d.Full() && d.String() == s
}

var refForm, handleForm = regexp.MustCompile(`^[A-Za-z0-9]{22,40}$`), regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

func (r *openRequest) valid() bool {
	return validNonce(r.Nonce) && r.Purpose != "" && token.MatchString(r.Issuance) && refForm.MatchString(r.Ref)
}

func (r *invalidateRequest) valid() bool {
	_, err := cert.ParseID(r.ID)
	return err == nil
}

const maxRows = 100_000

func (r *blocksRequest) valid() bool {
	if r.Rows == nil || len(r.Rows) > maxRows {
		return false
	}
	for _, row := range r.Rows {
		_, err := cert.ParseTicketNumber(row.Ticket)
		named := err == nil && row.Handle == "" || row.Ticket == "" && handleForm.MatchString(row.Handle)
		if !named || !row.measure.valid() {
			return false
		}
	}
	return true
}

func (b *measure) valid() bool {
	return cert.BlockClass(b.Class).Valid() && fullDate(b.From) && (b.Until == "" || fullDate(b.Until) && b.Until >= b.From)
}
