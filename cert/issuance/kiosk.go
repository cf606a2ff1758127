// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/cert"
)

// Prepared is a finished certificate as it may leave a kiosk's centre before
// the fee is in: as ciphertext, whose key stays here.
type Prepared struct {
	cert.Redacted
	Certificate    string // JWE of the paper (PDF), for the terminal to open
	Receipt        string // JWE, for Release alone
	CertificateKID string // for Shred
	ReceiptKID     string // likewise
	Issuance       cert.IssuanceID
	FeeYen         int // of one copy
	Expires        time.Time
}

// Preview opens a sealed application and shows it again. [ErrSeal] is a token
// that has ended, was altered, or is another session's.
func (s *Service) Preview(ctx context.Context, token string, w Who) (*Preview, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	a, err := s.openApplication(ctx, token, w)
	if err != nil {
		return nil, err
	}
	town, known := s.Municipalities.Lookup(a.Municipality)
	if !known {
		return nil, ErrStartAgain
	}
	named, err := name(a.Doses, cert.DateOf(s.Now()))
	if err != nil {
		return nil, err
	}
	return &Preview{Kind: a.Kind, Municipality: town, Holder: a.Holder, Passport: a.Passport, Doses: named, Earlier: a.Earlier,
		Substituted: s.Paper.Substituted(cmp.Or(a.Written, a.Holder.Name)), Written: a.Written, Protected: a.Protected, Notes: a.Notes}, nil
}

// Prepare opens a sealed application, reserves, issues, looks at what it made,
// and seals the paper: everything that can fail has not failed before anybody
// pays. Nothing is confirmed. Called again with the same token it seals the
// same paper, under another key.
func (s *Service) Prepare(ctx context.Context, token string, w Who) (*Prepared, error) {
	a, issued, err := s.finish(ctx, token, w, true)
	if err != nil {
		return nil, err
	}
	defer clear(issued.PDF)
	if err := s.late(ctx, w.Channel); err != nil {
		return nil, err
	}
	town, known := s.Municipalities.Lookup(a.Municipality)
	if !known {
		return nil, ErrStartAgain
	}
	paper, err := s.seal(ctx, typeCertificate, w, issued.PDF, CertificateTTL)
	if err != nil {
		return nil, err
	}
	receipt, err := s.sealReceipt(ctx, w, paper.KID, a.confirmation(issued))
	if err != nil {
		return nil, errors.Join(err, s.Shred(context.WithoutCancel(ctx), paper.KID))
	}
	return &Prepared{Certificate: paper.Token, Receipt: receipt.Token, CertificateKID: paper.KID, ReceiptKID: receipt.KID,
		Issuance: a.Issuance, FeeYen: town.FeeYen, Expires: receipt.Expires}, nil
}

// Release confirms a prepared certificate at the record service and gives out
// the key to its paper, which from then on is kept for ReleasedTTL at most.
// Called again it does the same. [ErrSeal] is a receipt, or a paper, that has
// ended; [cert.ErrRecordChanged] one whose reservation has lapsed or whose
// holder was blocked in between; [cert.ErrUnavailable] says that nothing is
// known, and may be tried again.
func (s *Service) Release(ctx context.Context, receipt string, w Who) (key [32]byte, err error) {
	if err := w.check(); err != nil {
		return key, err
	}
	if err := s.late(ctx, w.Channel); err != nil {
		return key, err
	}
	kid, c, err := s.openReceipt(ctx, receipt, w)
	if err != nil {
		return key, err
	}
	paper, err := s.sealKey(ctx, kid)
	if err != nil {
		return key, err
	}
	defer clear(paper[:])
	if err := s.confirm(ctx, c); err != nil {
		return key, err
	}
	if err := s.Seals.Put(ctx, kid, paper, ReleasedTTL); err != nil {
		return key, fmt.Errorf("issuance: keep a released key: %w: %w", ErrSealStore, err)
	}
	if err := s.late(ctx, w.Channel); err != nil {
		return key, err
	}
	return paper, nil
}

// receiptJSON is the plaintext of a receipt: what the confirmation needs,
// which for an overseas certificate is personal and therefore lies with the
// terminal, where it cannot be read.
type receiptJSON struct {
	Paper        string        `json:"k"` // kid of the paper
	Municipality string        `json:"m"`
	Issuance     string        `json:"i"`
	ID           string        `json:"id"`
	IssuedOn     string        `json:"d"`
	Passport     *passportJSON `json:"p,omitzero"`
}

func (s *Service) sealReceipt(ctx context.Context, w Who, kid string, c cert.Confirmation) (Sealed, error) {
	plain, err := json.Marshal(receiptJSON{kid, string(c.Municipality), string(c.Issuance), string(c.ID), c.IssuedOn.String(), fromPassport(c.Passport)})
	if err != nil {
		return Sealed{}, errors.New("issuance: encode the receipt")
	}
	defer clear(plain)
	return s.seal(ctx, typeReceipt, w, plain, CertificateTTL)
}

func (s *Service) openReceipt(ctx context.Context, token string, w Who) (kid string, c cert.Confirmation, err error) {
	plain, err := s.open(ctx, typeReceipt, token, w)
	if err != nil {
		return "", c, err
	}
	defer clear(plain)
	var r receiptJSON
	if err := json.Unmarshal(plain, &r, json.RejectUnknownMembers(true)); err != nil {
		return "", c, ErrSeal
	}
	c = cert.Confirmation{Municipality: cert.MunicipalityCode(r.Municipality), Issuance: cert.IssuanceID(r.Issuance), ID: cert.ID(r.ID)}
	if c.IssuedOn, err = cert.ParseDate(r.IssuedOn); err != nil {
		return "", c, ErrSeal
	}
	if r.Passport != nil {
		if c.Passport, err = r.Passport.passport(); err != nil {
			return "", c, ErrSeal
		}
	}
	return r.Paper, c, nil
}
