// SPDX-License-Identifier: Apache-2.0

package terminal

import "errors"

// Account is where all coins are, in yen. What was inserted lies in escrow, was
// captured or was returned.
type Account struct {
	Inserted, Escrow, Captured, Returned int
	Refused                              int // fell through: the slot was closed or broken
}

// CoinUnit takes coins into escrow, and from there into the cash box or back
// to the person. It makes change of any sum.
type CoinUnit struct {
	// Broken makes the slot refuse coins, and the unit report a fault.
	Broken bool
	// StuckYen is what the unit fails to move when it settles next: it stays in
	// escrow.
	StuckYen int

	open    bool
	account Account
}

var errCoinSum = errors.New("terminal: coins to be moved are not those in escrow")

// Account returns the true account.
func (u *CoinUnit) Account() Account { return u.account }

// Insert drops coins into the slot and reports whether they were taken.
func (u *CoinUnit) Insert(yen int) bool {
	if !u.open || u.Broken || yen <= 0 {
		u.account.Refused += max(yen, 0)
		return false
	}
	u.account.Inserted += yen
	u.account.Escrow += yen
	return true
}

// settle moves coins out of escrow and returns what really moved. Returning
// comes last and suffers first from a unit that sticks.
func (u *CoinUnit) settle(capture, back int) (captured, returned int, err error) {
	if capture < 0 || back < 0 || capture+back > u.account.Escrow {
		return 0, 0, errCoinSum
	}
	stuck := u.StuckYen
	u.StuckYen = 0
	returned = max(back-stuck, 0)
	captured = max(capture-max(stuck-back, 0), 0)
	u.account.Escrow -= captured + returned
	u.account.Captured += captured
	u.account.Returned += returned
	return captured, returned, nil
}
