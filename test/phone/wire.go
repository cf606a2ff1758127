// SPDX-License-Identifier: Apache-2.0

package phone

import "time"

// Challenge is the answer of POST /app/v1/challenges.
type Challenge struct {
	ID        string    `json:"challenge_id"`
	Challenge []byte    `json:"challenge"`
	ExpiresAt time.Time `json:"expires_at"`
	Binding   string    `json:"binding"`
}

// Registration is the body of POST /app/v1/devices.
type Registration struct {
	Platform    string `json:"platform"`
	Challenge   string `json:"challenge_id"`
	Attestation []byte `json:"attestation"`
	KeyID       []byte `json:"key_id,omitzero"`
	Key         []byte `json:"key,omitzero"`
}

// Credential is the answer of POST /app/v1/devices.
type Credential struct {
	Token     string    `json:"credential"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Application is the body of POST /app/v1/applications.
type Application struct {
	Challenge    string    `json:"challenge_id"`
	Device       string    `json:"device"`
	Card         CardFiles `json:"card"`
	Kind         string    `json:"kind"`
	Municipality string    `json:"municipality"`
	MRZ          []string  `json:"mrz,omitzero"`
	Chip         *Chip     `json:"passport_chip,omitzero"`
	Credential   string    `json:"credential,omitzero"`
	Assertion    []byte    `json:"assertion,omitzero"`
}

// Chip is what was read from a passport's chip.
type Chip struct {
	SOD []byte `json:"sod"`
	DG1 []byte `json:"dg1"`
}

// CardFiles are what was read from the card, and its signature.
type CardFiles struct {
	EF0001    []byte `json:"ef0001"`
	EF0002    []byte `json:"ef0002"`
	EF0003    []byte `json:"ef0003"`
	EF0004    []byte `json:"ef0004"`
	EF0007    []byte `json:"ef0007,omitzero"`
	Signature []byte `json:"signature"`

	Surface *Surface `json:"surface,omitzero"`
}

// Surface is what is sent of the card's surface application.
type Surface struct {
	Birth     []byte `json:"birth"`
	Sex       []byte `json:"sex"`
	Key       []byte `json:"key"`
	Pictures  []byte `json:"pictures"`
	Photo     []byte `json:"photo"`
	Signature []byte `json:"signature"`
	EF0004    []byte `json:"ef0004"`
}

// Reviewed is the answer of POST /app/v1/applications.
type Reviewed struct {
	Preview   Preview   `json:"preview"`
	Sealed    string    `json:"sealed_application"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Preview is what the certificate will say.
type Preview struct {
	Kind            string       `json:"kind"`
	Municipality    Municipality `json:"municipality"`
	Name            string       `json:"name"`
	BirthDate       string       `json:"birth_date"`
	Passport        *Passport    `json:"passport"`
	Doses           []Dose       `json:"doses"`
	Earlier         bool         `json:"earlier_doses"`
	NameSubstituted bool         `json:"name_substituted"`
	Notes           []Note       `json:"notes"`
	Contact         *Text        `json:"contact"`
}

// Note is what looks wrong in a record and does not hinder.
type Note struct {
	Code string `json:"code"`
	Dose int    `json:"dose"`
	Text Text   `json:"text"`
}

// Passport is what is shown of the passport.
type Passport struct {
	Name        string `json:"name"`
	Number      string `json:"number"`
	Nationality string `json:"nationality"`
	Source      string `json:"source"`

	Warnings []string `json:"warnings"`
}

// Dose is one vaccination as the certificate will name it.
type Dose struct {
	Number         int    `json:"number"`
	Date           string `json:"date"`
	Vaccine        string `json:"vaccine"`
	VaccineEn      string `json:"vaccine_en"`
	Manufacturer   string `json:"manufacturer"`
	ManufacturerEn string `json:"manufacturer_en"`
	Product        string `json:"product"`
	ProductEn      string `json:"product_en"`
	Lot            string `json:"lot"`
	Country        string `json:"country"`
}

// Municipality is one that issues by app.
type Municipality struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	NameEn string `json:"name_en"`
}

type issueRequest struct {
	Sealed string `json:"sealed_application"`
	Device string `json:"device"`
	PDF    bool   `json:"pdf,omitzero"`

	Credential string `json:"credential,omitzero"`
	Assertion  []byte `json:"assertion,omitzero"`
}

type discardRequest struct {
	Sealed string `json:"sealed_application"`
	Device string `json:"device"`

	Credential string `json:"credential,omitzero"`
	Assertion  []byte `json:"assertion,omitzero"`
}

// Certificate is the answer of POST /app/v1/certificates.
type Certificate struct {
	ID       string    `json:"certificate_id"`
	Kind     string    `json:"kind"`
	IssuedAt time.Time `json:"issued_at"`
	SHC      SHC       `json:"shc"`
	VDSNC    string    `json:"vdsnc"`
	PDF      []byte    `json:"pdf"`
}

// SHC is a SMART Health Card in its four forms.
type SHC struct {
	JWS      string `json:"jws"`
	QR       string `json:"qr"`
	File     string `json:"file"`
	DeepLink string `json:"deep_link"`
}

// Status is the answer of GET /app/v1/status.
type Status struct {
	Open              bool      `json:"open"`
	Hours             [2]string `json:"hours"`
	Maintenance       *Text     `json:"maintenance"`
	MinimumAppVersion string    `json:"minimum_app_version"`
	Accepting         bool      `json:"accepting"`
	PassportChip      string    `json:"passport_chip"`
	Reissue           []string  `json:"reissue"`
}

// Text is said in Japanese and in English.
type Text struct {
	Ja string `json:"ja"`
	En string `json:"en"`
}
