// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"time"
)

// effects carries out what a turn has decided, outside the session and before
// it is kept: each can be done again, and a turn that fails here is.
func (t *turn) effects(from *Session) error {
	s := t.s
	if s.Voided && s.Issuance != "" {
		// One that is not given up lapses by itself.
		_ = t.Press.Void(t.ctx, s.Municipality, s.Issuance)
		s.Issuance = ""
	}
	if err := t.book(from); err != nil {
		return err
	}
	if err := t.shred(from); err != nil {
		return err
	}
	if s.Inside && s.settling() && !t.choosable() {
		if err := t.Gate.Leave(t.ctx, s.ID); err != nil {
			return storeError(err)
		}
		s.Inside = false
	}
	return nil
}

// shred destroys the keys that the session does not know any more.
func (t *turn) shred(from *Session) error {
	known := map[string]bool{t.s.ApplicationKID: true, t.s.CertificateKID: true, t.s.ReceiptKID: true}
	var gone []string
	for _, old := range []*Session{from, t.superseded} {
		if old == nil {
			continue
		}
		for _, kid := range []string{old.ApplicationKID, old.CertificateKID, old.ReceiptKID} {
			if !known[kid] {
				gone = append(gone, kid)
			}
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := t.Desk.Shred(t.ctx, gone...); err != nil {
		return storeError(err)
	}
	return nil
}

// book writes what has changed of a transaction to the ledger.
func (t *turn) book(from *Session) error {
	if t.s.Transaction == "" {
		return nil
	}
	now := t.s.entry(t.e.Number, t.at)
	if from != nil && from.Transaction == t.s.Transaction {
		before := from.entry(now.Step, now.At)
		if before == now {
			return nil
		}
	}
	if err := t.Ledger.Note(t.ctx, now); err != nil {
		return storeError(err)
	}
	return nil
}

// entry is what the books say of a session.
func (s *Session) entry(step int, at time.Time) Entry {
	e := Entry{
		Transaction: s.Transaction, Step: step, At: at, PreparedAt: s.PreparedAt, Terminal: s.Terminal, Store: s.Store, Operator: s.Operator,
		Municipality: s.Municipality, Kind: s.Kind, Copies: s.Copies, FeeYen: s.FeeYen, EscrowYen: s.EscrowYen, Released: s.released(),
		Printed: len(s.Printed), Jams: s.Jams, Voided: s.Voided, Settled: s.Settled,
	}
	if s.Settled {
		e.CapturedYen, e.ReturnedYen = s.CaptureYen, s.ReturnYen
	}
	return e
}
