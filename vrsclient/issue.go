// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"time"

	"kofu/cert"
)

type reserve struct {
	about
	Issuance string `json:"issuance_id"`
	Subject  string `json:"subject"`
	Version  string `json:"version"`
	Kind     string `json:"kind"`
	Desk     bool   `json:"desk,omitzero"`
}

func newReserve(r cert.ReserveRequest) reserve {
	return reserve{newAbout(r.Municipality), string(r.Issuance), string(r.Subject), r.Version, string(r.Kind), r.Desk}
}

type reserveAnswer struct {
	about
	Issuance string `json:"issuance_id"`
	Kind     string `json:"kind"`
	Outcome  string `json:"outcome"`
	ID       string `json:"certificate_id"`
	IssuedAt string `json:"issued_at"`
}

func (r reserve) read(data []byte, now time.Time) (cert.Reservation, error) {
	got, cause := r.judge(data, now)
	switch cause {
	case "":
		return got, nil
	case CauseRecordChanged:
		return got, cert.ErrRecordChanged
	}
	return cert.Reservation{}, &failure{"reserve", cause}
}

func (r reserve) judge(data []byte, now time.Time) (none cert.Reservation, cause string) {
	var got reserveAnswer
	if !unmarshal(data, &got) {
		return none, CauseMalformed
	}
	if cause := r.echoed(got.about); cause != "" {
		return none, cause
	}
	switch {
	case got.Issuance != r.Issuance, got.Kind != r.Kind:
		return none, CauseOtherIssuance
	case got.Outcome == "record_changed" && got.ID == "" && got.IssuedAt == "":
		return none, CauseRecordChanged
	case got.Outcome == "record_changed":
		return none, CauseMalformed
	case got.Outcome != "reserved":
		return none, CauseUnknown
	}
	at, err := time.Parse(time.RFC3339, got.IssuedAt)
	switch {
	case err != nil || at.Nanosecond() != 0:
		return none, CauseMalformed
	case now.Sub(at) > ReservationLife:
		return none, CauseStale
	case at.Sub(now) > clockSkew:
		return none, CauseFuture
	}
	id := cert.ID(got.ID)
	if !owns(cert.MunicipalityCode(r.Municipality), id) || id.Day() != cert.DateOf(at) {
		return none, CauseBadID
	}
	return cert.Reservation{ID: id, IssuedAt: at}, ""
}

type confirm struct {
	about
	Issuance string        `json:"issuance_id"`
	ID       string        `json:"certificate_id"`
	IssuedOn string        `json:"issued_on"`
	Passport *wirePassport `json:"passport,omitzero"`
}

func newConfirm(f cert.Confirmation) confirm {
	return confirm{newAbout(f.Municipality), string(f.Issuance), string(f.ID), f.IssuedOn.String(), fromPassport(f.Passport)}
}

type confirmAnswer struct {
	about
	Issuance string `json:"issuance_id"`
	ID       string `json:"certificate_id"`
	Outcome  string `json:"outcome"`
}

func (f confirm) read(data []byte) (none struct{}, err error) {
	var got confirmAnswer
	if !unmarshal(data, &got) {
		return none, &failure{"confirm", CauseMalformed}
	}
	cause := f.echoed(got.about)
	switch {
	case cause != "":
	case got.Issuance != f.Issuance, got.ID != f.ID:
		cause = CauseOtherIssuance
	case got.Outcome == "lapsed":
		return none, cert.ErrRecordChanged
	case got.Outcome != "confirmed":
		cause = CauseUnknown
	default:
		return none, nil
	}
	return none, &failure{"confirm", cause}
}

// void is the body of void, and, with an outcome, its answer.
type void struct {
	about
	Issuance string `json:"issuance_id"`
	Outcome  string `json:"outcome,omitzero"`
}

func newVoid(m cert.MunicipalityCode, id cert.IssuanceID) void {
	return void{about: newAbout(m), Issuance: string(id)}
}

func (v void) read(data []byte) (none struct{}, err error) {
	var got void
	if !unmarshal(data, &got) {
		return none, &failure{"void", CauseMalformed}
	}
	cause := v.echoed(got.about)
	switch {
	case cause != "":
	case got.Issuance != v.Issuance:
		cause = CauseOtherIssuance
	case got.Outcome != "voided":
		cause = CauseUnknown
	default:
		return none, nil
	}
	return none, &failure{"void", cause}
}
