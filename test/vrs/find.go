// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"time"
)

// find looks one person up. The proof is made from the number that the record
// is kept under, not from the one asked for: were the wrong record ever
// fetched, the proof would say so (A6).
func (p *Partition) find(ctx context.Context, q *findRequest) (*findAnswer, error) {
	now := p.now()
	a := &findAnswer{
		RequestID:    q.RequestID,
		Municipality: string(p.code),
		AsOf:         now.UTC().Format(time.RFC3339Nano),
	}
	h, err := p.lookup(ctx, p.db, p.vault.person([]byte(q.Number)))
	if errors.Is(err, ErrNobody) {
		p.open(p.decoy) // a blocked person must not take longer than nobody
		a.Outcome, a.Proof = "none", prove(q.Nonce, q.Number)
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	a.Proof = prove(q.Nonce, h.Number)
	switch {
	case h.blocked(now):
		a.Outcome = "blocked"
		return a, nil
	case h.Check != "":
		a.Outcome = "needs_check"
		return a, nil
	}
	last, err := p.lastOverseas(ctx, h.row)
	if err != nil {
		return nil, err
	}
	a.Outcome = "found"
	a.Record = p.record(h, last, q.Issuance)
	return a, nil
}

func prove(nonce []byte, number string) []byte {
	mac := hmac.New(sha256.New, nonce)
	mac.Write([]byte(number))
	return mac.Sum(nil)
}
