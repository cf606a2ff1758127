// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"errors"
	"fmt"
	"regexp"
)

// Kind is what the certificate is for.
type Kind string

// The two kinds of certificate.
const (
	Domestic Kind = "domestic" // 日本国内用: no passport data (E4), SHC only
	Overseas Kind = "overseas" // 海外用及び日本国内用: passport data, SHC and VDS-NC
)

// Valid reports whether k is one of the two kinds.
func (k Kind) Valid() bool { return k == Domestic || k == Overseas }

// Channel is the door by which an applicant came.
type Channel string

// The three doors.
const (
	App     Channel = "app"
	Kiosk   Channel = "kiosk"
	Counter Channel = "counter"
)

// Environment separates what is real from what is not. It has no default.
type Environment string

// The two environments.
const (
	Production Environment = "production"
	Test       Environment = "test"
)

// Purpose is the scene in which a record may be looked up. The law names
// three (A5); kofu uses one, and has no name for the others.
type Purpose string

// PurposeCertificate is 証明書交付, the issuing of a certificate.
const PurposeCertificate Purpose = "certificate"

// ErrMunicipalityCode is returned for text that is not a municipality code.
var ErrMunicipalityCode = errors.New("cert: not a municipality code")

// MunicipalityCode is a 全国地方公共団体コード: five digits and a check digit
// (JIS X 0402).
type MunicipalityCode string

// ParseMunicipalityCode checks form and check digit.
func ParseMunicipalityCode(s string) (MunicipalityCode, error) {
	if len(s) != 6 {
		return "", ErrMunicipalityCode
	}
	sum := 0
	for i := range 6 {
		if s[i] < '0' || s[i] > '9' {
			return "", ErrMunicipalityCode
		}
		if i < 5 {
			sum += (6 - i) * int(s[i]-'0')
		}
	}
	if int(s[5]-'0') != (11-sum%11)%10 {
		return "", ErrMunicipalityCode
	}
	return MunicipalityCode(s), nil
}

// ErrID is returned for text that is not a certificate ID.
var ErrID = errors.New("cert: not a certificate ID")

var idForm = regexp.MustCompile(`^JPN([0-9]{6})([0-9]{8})([0-9]{6})$`)

// ID is a certificate ID (証明書ID): "JPN", the municipality's six digits, the
// date of issue as yyyymmdd and a six-digit serial, 23 characters. The form
// is inferred from the one published specimen, and so assumed. The vaccination
// record service allots it.
type ID string

// NewID puts an ID together. serial is 1 to 999999.
func NewID(m MunicipalityCode, day Date, serial int) (ID, error) {
	if !day.Full() || serial < 1 || serial > 999999 {
		return "", ErrID
	}
	return ParseID(fmt.Sprintf("JPN%s%s%06d", m, day.Compact(), serial))
}

// ParseID checks the form of s and the date in it.
func ParseID(s string) (ID, error) {
	m := idForm.FindStringSubmatch(s)
	if m == nil {
		return "", ErrID
	}
	if d, err := ParseDate(m[2]); err != nil || !d.Full() {
		return "", ErrID
	}
	return ID(s), nil
}

// Municipality returns the six digits of the owner.
func (id ID) Municipality() MunicipalityCode { return MunicipalityCode(id[3:9]) }

// Day returns the date of issue.
func (id ID) Day() Date {
	d, _ := ParseDate(string(id[9:17])) // ParseID has checked it
	return d
}
