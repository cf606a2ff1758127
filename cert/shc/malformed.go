// SPDX-License-Identifier: Apache-2.0

package shc

import "errors"

// ErrMalformed is what every [*MalformedError] is to errors.Is.
var ErrMalformed = errors.New("shc: malformed")

// MalformedError says which part of a card, key set or list is malformed and
// how. It never quotes the part.
type MalformedError struct {
	What string // such as "header: alg is not ES256"
}

// Error returns the text with the package's name before it.
func (e *MalformedError) Error() string { return "shc: malformed " + e.What }

// Is makes e an [ErrMalformed].
func (e *MalformedError) Is(target error) bool { return target == ErrMalformed }

func malformed(what string) error { return &MalformedError{What: what} }
