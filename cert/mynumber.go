// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"crypto/subtle"
	"errors"
)

// ErrMyNumber is returned for twelve bytes that are not a My Number.
var ErrMyNumber = errors.New("cert: not a My Number")

// MyNumber is an Individual Number (個人番号): 12 digits, the last a check
// digit (ministerial order 85 of 2014, article 5). It lives for one request,
// in one place: hand it on as a pointer and call [MyNumber.Wipe] when done.
type MyNumber struct {
	Redacted
	digits [12]byte
}

// ParseMyNumber copies 12 ASCII digits whose check digit is right.
func ParseMyNumber(b []byte) (*MyNumber, error) {
	if len(b) != 12 {
		return nil, ErrMyNumber
	}
	sum := 0
	for i, c := range b {
		if c < '0' || c > '9' {
			return nil, ErrMyNumber
		}
		if i < 11 {
			n := 11 - i // the n-th digit from the right of the first eleven
			q := n + 1
			if n >= 7 {
				q = n - 5
			}
			sum += q * int(c-'0')
		}
	}
	check := 0
	if r := sum % 11; r > 1 {
		check = 11 - r
	}
	if int(b[11]-'0') != check {
		return nil, ErrMyNumber
	}
	n := new(MyNumber)
	copy(n.digits[:], b)
	return n, nil
}

// Digits returns the 12 ASCII digits themselves, not a copy: they are zeroed
// by [MyNumber.Wipe], and must not be turned into a string.
func (n *MyNumber) Digits() []byte { return n.digits[:] }

// Equal compares in constant time.
func (n *MyNumber) Equal(o *MyNumber) bool {
	return subtle.ConstantTimeCompare(n.digits[:], o.digits[:]) == 1
}

// Wipe overwrites the digits. A nil number may be wiped.
func (n *MyNumber) Wipe() {
	if n != nil {
		clear(n.digits[:])
	}
}
