// SPDX-License-Identifier: Apache-2.0

package cert

import "time"

// Sex is an ISO/IEC 5218 code as the card writes it: 1 male, 2 female, 0 not
// known, 9 not applicable; 3 is also seen on cards.
type Sex byte

// Holder is the person certified.
type Holder struct {
	Redacted
	Name      Private // original characters, family and given name usually split by U+3000
	BirthDate Date
	Sex       Sex
}

// Applicant is a person whom a door has identified: by the card (app, kiosk)
// or by a clerk (counter).
type Applicant struct {
	Redacted
	MyNumber *MyNumber // wiped by the door when the request ends
	Holder   Holder    // as the card has it
}

// Passport is what a passport's machine-readable zone (ICAO 9303-4, TD3)
// says, without check digits.
type Passport struct {
	Redacted
	Number      Private
	Primary     Private // primary identifier, Latin, spaces for fillers
	Secondary   Private // secondary identifier, may be empty
	Nationality string  // ISO 3166-1 alpha-3 or an ICAO code
	Issuer      string  // issuing State, likewise
	BirthDate   Date    // may have unknown parts
	Sex         byte    // 'M', 'F' or 'X'
	Expiry      Date

	// Others are names that the passport shows beside its machine-readable
	// zone (旧姓・別姓・別名), in Latin letters, without parentheses; usually
	// empty. A clerk types them, only the paper of the counter shows them, and
	// no signed form does.
	Others Private
}

// Latin returns the name as the passport writes it: primary identifier, a
// space, secondary identifier if there is one.
func (p *Passport) Latin() Private {
	if p.Secondary == "" {
		return p.Primary
	}
	return p.Primary + " " + p.Secondary
}

// Dose is one administration as the record holds it (接種記録).
type Dose struct {
	Redacted
	Number       int              // 接種回, 1 or more, without an upper bound (E6)
	Administered bool             // 実施; false is 未実施 and is never certified (E2)
	Date         Date             // 接種日
	Municipality MunicipalityCode // 接種自治体コード: who owns the dose
	Manufacturer string           // as recorded, such as ファイザー
	Product      string           // 製品名 as recorded, such as コミナティ(BA.1)
	Lot          string
	Country      string // ISO 3166-1 alpha-3
}

// OverseasIssue is the latest overseas certificate that the record service
// remembers (旅券関係情報, 証明書発行年月日).
type OverseasIssue struct {
	Redacted
	Passport Passport
	IssuedOn Date
}

// SubjectRef stands for a person toward the record service for 15 minutes,
// bound to one municipality and one issuance. It is random and says nothing.
type SubjectRef string

// IssuanceID names one issuance toward the record service: 128 random bits,
// never logged, and never the request's own id.
type IssuanceID string

// Record is what one municipality holds of one person.
type Record struct {
	Redacted
	Municipality MunicipalityCode
	Subject      SubjectRef
	Version      string    // changes with every change of the record
	AsOf         time.Time // when the service read it
	Holder       Holder
	Deceased     bool // 死亡
	MovedOut     bool // 転出: still certified by the municipality of the dose
	Doses        []Dose
	LastOverseas *OverseasIssue
}

// Query asks the record service for one person.
type Query struct {
	Redacted
	Municipality MunicipalityCode
	MyNumber     *MyNumber
	Purpose      Purpose
	Issuance     IssuanceID
}

// ReserveRequest asks for a certificate ID.
type ReserveRequest struct {
	Redacted
	Municipality MunicipalityCode
	Subject      SubjectRef
	Version      string
	Kind         Kind
	Issuance     IssuanceID
	Desk         bool // at the counter: a protective measure is no hindrance, a stop is
}

// Reservation is a certificate ID with its time of issue. The same issuance
// always gets the same one, until it lapses after 30 minutes.
type Reservation struct {
	Redacted
	ID       ID
	IssuedAt time.Time // whole seconds
}

// Confirmation tells the record service that the certificate has been made.
type Confirmation struct {
	Redacted
	Municipality MunicipalityCode
	Issuance     IssuanceID
	ID           ID
	IssuedOn     Date      // 発行年月日
	Passport     *Passport // overseas only (E4)
}
