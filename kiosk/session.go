// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"slices"
	"time"

	"kofu/cert"
)

// Session is what the centre remembers between two events. It has no personal
// data: what is known of the person lies, sealed, in the terminal's memory,
// and the keys to it under random names beside this state.
type Session struct {
	ID       string `json:"id"` // 26 characters, 128 random bits
	Terminal string `json:"terminal"`
	Store    string `json:"store"`
	Operator string `json:"operator"`
	Protocol string `json:"protocol"`

	Number   int       `json:"number"` // of the last event
	State    State     `json:"state"`
	Outcome  Outcome   `json:"outcome,omitzero"`  // in Failed, FailedReminder and Over; in Refund and ReturnCoins what follows
	Resume   State     `json:"resume,omitzero"`   // in SecondCard: where it goes on
	At       time.Time `json:"at"`                // of the last event, when it came first
	Deadline time.Time `json:"deadline"`          // the next event comes before it, or never
	Started  time.Time `json:"started"`           //
	Draw     []byte    `json:"draw"`              // 32 random bytes for whatever the next event needs at random
	Body     []byte    `json:"body,omitzero"`     // SHA-256 of the last event's body under Salt
	Settings Settings  `json:"settings"`          //
	Reminded int       `json:"reminded,omitzero"` // how often this state has reminded
	Inside   bool      `json:"inside,omitzero"`   // holds a place (Gate)
	Place    int       `json:"place,omitzero"`    // in Busy: how many wait, up to and including it; after ComeAgain: minutes

	Kind         cert.Kind             `json:"kind,omitzero"`
	Prefecture   string                `json:"prefecture,omitzero"` // two digits
	Page         int                   `json:"page,omitzero"`
	Municipality cert.MunicipalityCode `json:"municipality,omitzero"`
	CardIn       bool                  `json:"card_in,omitzero"`
	Tries        *int                  `json:"tries,omitzero"` // what the card has left
	Challenge    []byte                `json:"challenge,omitzero"`
	Until        time.Time             `json:"until,omitzero"`    // of the challenge
	Failures     int                   `json:"failures,omitzero"` // of what may be tried again
	Doubt        int                   `json:"doubt,omitzero"`    // the number of the dose to ask the municipality about

	ApplicationKID string          `json:"application_kid,omitzero"`
	CertificateKID string          `json:"certificate_kid,omitzero"`
	ReceiptKID     string          `json:"receipt_kid,omitzero"`
	Issuance       cert.IssuanceID `json:"issuance,omitzero"` // to void; empty once released, or voided
	Voided         bool            `json:"voided,omitzero"`

	Transaction string    `json:"transaction,omitzero"`
	PreparedAt  time.Time `json:"prepared_at,omitzero"`
	Copies      int       `json:"copies,omitzero"`
	FeeYen      int       `json:"fee_yen,omitzero"` // of one copy
	EscrowYen   int       `json:"escrow_yen,omitzero"`
	ReleasedAt  time.Time `json:"released_at,omitzero"`
	Printed     []int     `json:"printed,omitzero"` // sheets confirmed, rising
	Jams        int       `json:"jams,omitzero"`
	CaptureYen  int       `json:"capture_yen,omitzero"`
	ReturnYen   int       `json:"return_yen,omitzero"`
	Settled     bool      `json:"settled,omitzero"`
}

// record is what lies in [Sessions]: the state, and the one before it, from
// which the last event is run again when the terminal repeats it.
type record struct {
	Before *Session `json:"before,omitzero"`
	Now    *Session `json:"now"`
}

// released reports whether the key to the paper was given out.
func (s *Session) released() bool { return !s.ReleasedAt.IsZero() }

// totalYen is the fee of all copies.
func (s *Session) totalYen() int { return s.FeeYen * s.Copies }

// unprinted are the sheets that are not confirmed.
func (s *Session) unprinted() []int {
	var rest []int
	for n := 1; n <= s.Copies; n++ {
		if !slices.Contains(s.Printed, n) {
			rest = append(rest, n)
		}
	}
	return rest
}
