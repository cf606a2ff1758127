// SPDX-License-Identifier: Apache-2.0

package cert

import "time"

// Vaccine is how a product is named and coded on a certificate at the date of
// issue (package vaccine).
type Vaccine struct {
	TypeJa, TypeEn       string // ワクチンの種類
	MakerJa, MakerEn     string // メーカー
	ProductJa, ProductEn string // 製品名
	CVX                  string // code of http://hl7.org/fhir/sid/cvx
	ICD11                string // ICD-11 extension code, "des" of VDS-NC
	Brand                string // "nam" of VDS-NC
}

// CertifiedDose is a dose that may be printed, with its vaccine named.
type CertifiedDose struct {
	Redacted
	Dose
	Vaccine Vaccine
}

// Issuer is the line of the issuing municipality (発行者).
type Issuer struct {
	Municipality MunicipalityCode
	Ja, En       string
}

// Authority is the fixed "performer" of every dose: MHLW in the literal
// spelling of Japan's own certificates.
const Authority = "MHLW_Gov_of_JAPAN"

// Country is the country of every dose a municipality records.
const Country = "JPN"

// Certificate is everything that a certificate says, before it is encoded.
type Certificate struct {
	Redacted
	ID       ID
	Kind     Kind
	Channel  Channel
	IssuedAt time.Time // whole seconds, from the reservation
	Issuer   Issuer
	Holder   Holder
	Passport *Passport // overseas only
	Doses    []CertifiedDose
	Earlier  bool    // doses beyond the latest five exist: the note is printed
	Written  Private // the holder's name in characters the applicant insists on (旧字・俗字): the paper shows it in the place of Holder.Name, and bears no symbol
	UVCI     string  // VDS-NC identifier, 12 characters
	RID      string  // SMART Health Cards revocation identifier, at most 24 characters
}
