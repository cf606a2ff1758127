// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"errors"

	"kofu/cert"
	"kofu/cert/lint"
	"kofu/cert/municipality"
)

// CheckError is an [cert.ErrNeedsCheck] that says at which doses to look, and
// which municipality to ask. Findings is empty where it is the record service
// that has marked the record.
type CheckError struct {
	Findings []cert.Finding // that refuse, in order of the doses
	Town     municipality.Municipality
}

// Error names the first finding's code.
func (e *CheckError) Error() string { return "issuance: refuse a record: " + e.Unwrap().Error() }

// Unwrap returns the first finding, or [cert.ErrNeedsCheck].
func (e *CheckError) Unwrap() error {
	if len(e.Findings) == 0 {
		return cert.ErrNeedsCheck
	}
	return &e.Findings[0]
}

// askedOf adds to an error that needs a check whom to ask.
func askedOf(town municipality.Municipality, err error) error {
	if errors.Is(err, cert.ErrNeedsCheck) {
		return &CheckError{Town: town}
	}
	return err
}

// checked holds a record against the rules, and each finding against what the
// municipality has set. What only warns is returned; what refuses is a
// [*CheckError].
func checked(town municipality.Municipality, in lint.Input) (notes []cert.Finding, err error) {
	var refused []cert.Finding
	for _, f := range lint.Check(in) {
		if town.Severity(f.Code) == cert.Warn {
			notes = append(notes, f)
		} else {
			refused = append(refused, f)
		}
	}
	if len(refused) > 0 {
		return nil, &CheckError{refused, town}
	}
	return notes, nil
}
