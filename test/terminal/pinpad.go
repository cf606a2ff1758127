// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"errors"

	"kofu/test/card"
)

// PINPad takes four digits and shows them to the card. It has no memory: a PIN
// is an argument here, never a field.
type PINPad struct{}

var errPINForm = errors.New("terminal: a PIN has four digits")

// Enter shows pin to the card in the slot. left is what the card says it has
// left; it holds where refused is true.
func (PINPad) Enter(s *CardSlot, pin string) (refused bool, left int, err error) {
	if len(pin) != 4 {
		return false, 0, errPINForm
	}
	for _, c := range []byte(pin) {
		if c < '0' || c > '9' {
			return false, 0, errPINForm
		}
	}
	err = s.verify(pin)
	if wrong, ok := errors.AsType[card.PINError](err); ok {
		return true, wrong.TriesLeft, nil
	}
	if errors.Is(err, card.ErrPINBlocked) {
		return true, 0, nil
	}
	return false, 0, err
}
