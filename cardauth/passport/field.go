// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"errors"
	"fmt"
)

// ErrMRZ is what every error of [ParseMRZ] and [MRZ] wraps. No error holds
// anything of what was read.
var ErrMRZ = errors.New("passport: not a passport's machine-readable zone")

// The single reasons.
var (
	ErrLength     = fmt.Errorf("%w: a line is not 44 characters long", ErrMRZ)
	ErrCharacter  = fmt.Errorf("%w: a character is not A-Z, 0-9 or <", ErrMRZ)
	ErrDocument   = fmt.Errorf("%w: the document is not a passport", ErrMRZ)
	ErrCheckDigit = fmt.Errorf("%w: a check digit is wrong", ErrMRZ)
	ErrState      = fmt.Errorf("%w: a State is not one to three letters", ErrMRZ)
	ErrName       = fmt.Errorf("%w: the name is not letters and fillers", ErrMRZ)
	ErrNumber     = fmt.Errorf("%w: no passport number", ErrMRZ)
	ErrDate       = fmt.Errorf("%w: a date does not exist", ErrMRZ)
	ErrSex        = fmt.Errorf("%w: sex is not M, F or <", ErrMRZ)
)

// Field names a field of the zone.
type Field string

// The fields, in their order.
const (
	FieldLine1       Field = "line_1" // the whole line
	FieldDocument    Field = "document"
	FieldIssuer      Field = "issuer"
	FieldName        Field = "name"
	FieldLine2       Field = "line_2" // the whole line
	FieldNumber      Field = "number"
	FieldNationality Field = "nationality"
	FieldBirthDate   Field = "birth_date"
	FieldSex         Field = "sex"
	FieldExpiry      Field = "expiry"
	FieldPersonal    Field = "personal_number"
	FieldComposite   Field = "composite" // the last check digit, over the whole line
)

// Class says what may stand at a place.
type Class string

// The classes.
const (
	ClassLetter Class = "letter" // A-Z or <
	ClassDigit  Class = "digit"  // 0-9, or < in a date that is not known
	ClassAny    Class = "any"    // A-Z, 0-9 or <
	ClassCheck  Class = "check"  // a check digit, 0-9
)

// Confusion is a pair of characters that a reader takes for each other. It
// does not say which of them was read.
type Confusion string

// The confusions that are looked for.
const (
	ConfusionO Confusion = "O/0"
	ConfusionQ Confusion = "Q/0"
	ConfusionD Confusion = "D/0"
	ConfusionI Confusion = "I/1"
	ConfusionL Confusion = "L/1"
	ConfusionZ Confusion = "Z/2"
	ConfusionS Confusion = "S/5"
	ConfusionG Confusion = "G/6"
	ConfusionB Confusion = "B/8"
	ConfusionK Confusion = "K/<"
	ConfusionC Confusion = "C/<"
)

// MRZError says which field of the zone is wrong, and where the likely
// misreading is. It wraps one of the reasons above.
//
// Its text names the field and the reason and goes anywhere. Position and
// Confusion tell, together, one of two characters of the person's passport:
// they are for the answer to the one who read it, and for no log.
type MRZError struct {
	Field     Field
	Position  int       // from 1, counted in the field, its check digit after its last character; 0: somewhere in the field
	Class     Class     // what may stand at Position; empty without one
	Confusion Confusion // the likely misreading; empty if there is no telling
	reason    error
}

// Error implements the error interface.
func (e *MRZError) Error() string { return e.reason.Error() + ": " + string(e.Field) }

// Unwrap returns the reason, such as [ErrCheckDigit].
func (e *MRZError) Unwrap() error { return e.reason }

// wrong is the error about a field as a whole.
func wrong(f Field, reason error) error { return &MRZError{Field: f, reason: reason} }

// span is a stretch of one line.
type span struct {
	field    Field
	from, to int // in the line
	start    int // of the field: a check digit is counted with it
	class    Class
}

func (s span) at(i int, c Confusion, reason error) error {
	return &MRZError{Field: s.field, Position: i - s.start + 1, Class: s.class, Confusion: c, reason: reason}
}

// layout1 is the first line (Doc 9303-4, 4.2.2).
func layout1() []span {
	return []span{
		{FieldDocument, 0, 2, 0, ClassLetter},
		{FieldIssuer, 2, 5, 2, ClassLetter},
		{FieldName, 5, 44, 5, ClassLetter},
	}
}

// layout2 is the second line.
func layout2() []span {
	return []span{
		{FieldNumber, 0, 9, 0, ClassAny},
		{FieldNumber, 9, 10, 0, ClassCheck},
		{FieldNationality, 10, 13, 10, ClassLetter},
		{FieldBirthDate, 13, 19, 13, ClassDigit},
		{FieldBirthDate, 19, 20, 13, ClassCheck},
		{FieldSex, 20, 21, 20, ClassLetter},
		{FieldExpiry, 21, 27, 21, ClassDigit},
		{FieldExpiry, 27, 28, 21, ClassCheck},
		{FieldPersonal, 28, 42, 28, ClassAny},
		{FieldPersonal, 42, 43, 28, ClassCheck},
		{FieldComposite, 43, 44, 43, ClassCheck},
	}
}

// spanAt returns the stretch that place i of a line lies in.
func spanAt(layout []span, i int) span {
	for _, s := range layout {
		if i < s.to {
			return s
		}
	}
	return layout[len(layout)-1]
}
