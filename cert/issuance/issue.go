// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
)

// Issued is a finished certificate. It is the return value of the request that
// asked for it, and is kept nowhere.
type Issued struct {
	cert.Redacted
	ID       cert.ID
	Kind     cert.Kind
	IssuedAt time.Time
	SHC      string // JWS, compact
	SHCText  string // what the symbol holds: "shc:/" and digits
	VDSNC    []byte // what the symbol holds: canonical JSON; overseas only
	PDF      []byte // when asked for
}

// Issue opens a sealed application, reserves, signs, looks at what it made,
// confirms, and returns it. Called again with the same token it returns the
// same bytes. paper asks for the PDF as well.
func (s *Service) Issue(ctx context.Context, token string, w Who, paper bool) (*Issued, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	if err := s.flight.open(w.Channel); err != nil {
		return nil, err
	}
	a, err := s.open(ctx, token, w)
	if err != nil {
		return nil, err
	}
	signers, err := s.signers(w.Channel, a)
	if err != nil {
		return nil, err
	}
	r, err := s.Register.Reserve(ctx, cert.ReserveRequest{
		Municipality: a.Municipality, Subject: a.Subject, Version: a.Version, Kind: a.Kind, Issuance: a.Issuance,
	})
	if err != nil {
		return nil, err
	}
	issued, err := s.make(w.Channel, a, r, signers, paper)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil { // R1.2: too late is too late, and nothing has been confirmed
		return nil, context.Cause(ctx)
	}
	if err := s.confirm(ctx, a, r); err != nil {
		return nil, err
	}
	return issued, nil
}

func (s *Service) confirm(ctx context.Context, a application, r cert.Reservation) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmTimeout)
	defer cancel()
	c := cert.Confirmation{Municipality: a.Municipality, Issuance: a.Issuance, ID: r.ID, IssuedOn: cert.DateOf(r.IssuedAt)}
	if a.Kind == cert.Overseas {
		c.Passport = a.Passport
	}
	return s.Register.Confirm(ctx, c)
}

// signers finds the keys that the application was sealed with. One that has
// been retired since means starting again.
func (s *Service) signers(ch cert.Channel, a application) (map[keys.Format]keys.Signer, error) {
	signers := make(map[keys.Format]keys.Signer, 2)
	for i, f := range formats(a.Kind) {
		key, err := s.Keys.Active(f, ch)
		if err != nil || i >= len(a.KIDs) || key.KID != a.KIDs[i] {
			return nil, ErrStartAgain
		}
		signers[f] = key
	}
	return signers, nil
}

// make writes the certificate and looks at it before it leaves (R1.4).
func (s *Service) make(ch cert.Channel, a application, r cert.Reservation, signers map[keys.Format]keys.Signer, paper bool) (*Issued, error) {
	person := a.signed()
	landed := s.flight.enter(person)
	defer landed()
	issued, err := s.write(ch, a, r, signers, paper)
	if err != nil {
		return nil, err
	}
	err = s.look(ch, issued, a, r, signers)
	if err == nil {
		return issued, nil
	}
	// A fault that does not come again did not come from this record: stop the
	// door. One that does is this record's own, unless what came out is
	// somebody else's.
	again, writeErr := s.write(ch, a, r, signers, paper)
	crossed := writeErr == nil && s.look(ch, again, a, r, signers) == nil || s.flight.others(err, person)
	if crossed {
		s.flight.stop(ch)
	}
	s.Lookout.Mismatch(ch, crossed)
	return nil, err
}

// signed is the holder under the name that the signed forms carry: the card's
// for a domestic certificate, the passport's for an overseas one (for SMART
// Health Cards that is assumed).
func (a application) signed() cert.Holder {
	h := a.Holder
	if a.Kind == cert.Overseas && a.Passport != nil {
		h.Name = a.Passport.Latin()
	}
	return h
}

// compose is a pure function of the sealed application and the reservation.
// The writer and the check each call it for themselves.
func (s *Service) compose(ch cert.Channel, a application, r cert.Reservation, signers map[keys.Format]keys.Signer) (*cert.Certificate, error) {
	doses, err := name(a.Doses, cert.DateOf(r.IssuedAt))
	if err != nil {
		return nil, err
	}
	town, known := s.Municipalities.Lookup(a.Municipality)
	if !known {
		return nil, municipality.ErrUnknown
	}
	c := &cert.Certificate{
		ID: r.ID, Kind: a.Kind, Channel: ch, IssuedAt: r.IssuedAt, Holder: a.Holder, Doses: doses, Earlier: a.Earlier,
		Issuer: town.Issuer(),
		RID:    shc.RID(s.RIDSecret, signers[keys.SHC].KID, string(r.ID)),
	}
	if a.Kind == cert.Overseas {
		c.Passport = a.Passport
		c.UVCI = vdsnc.UVCI(s.UVCISecret, r.ID)
	}
	return c, nil
}

func (s *Service) write(ch cert.Channel, a application, r cert.Reservation, signers map[keys.Format]keys.Signer, paper bool) (*Issued, error) {
	c, err := s.compose(ch, a, r, signers)
	if err != nil {
		return nil, err
	}
	out := &Issued{ID: r.ID, Kind: a.Kind, IssuedAt: r.IssuedAt}
	if out.SHC, err = s.writer.shc(c, signers[keys.SHC]); err != nil {
		return nil, fmt.Errorf("issuance: write the health card: %w", err)
	}
	if out.SHCText, err = shc.Numeric(out.SHC); err != nil {
		return nil, fmt.Errorf("issuance: write the health card's symbol: %w", err)
	}
	if a.Kind == cert.Overseas {
		if out.VDSNC, err = s.writer.vdsnc(c, signers[keys.VDSNC]); err != nil {
			return nil, fmt.Errorf("issuance: write the VDS-NC: %w", err)
		}
	}
	if paper {
		out.PDF, err = s.writer.paper(pdf.Document{Certificate: c, SHC: out.SHCText, VDSNC: string(out.VDSNC), Specimen: specimen(signers)})
		if err != nil {
			return nil, fmt.Errorf("issuance: write the paper: %w", err)
		}
	}
	return out, nil
}

// specimen reports whether any key is a test key: then 見本 / SPECIMEN runs
// across the paper.
func specimen(signers map[keys.Format]keys.Signer) bool {
	for _, k := range signers {
		if k.Environment != cert.Production {
			return true
		}
	}
	return false
}

// writer makes the signed forms and the paper.
type writer interface {
	shc(c *cert.Certificate, k keys.Signer) (string, error)
	vdsnc(c *cert.Certificate, k keys.Signer) ([]byte, error)
	paper(d pdf.Document) ([]byte, error)
}

type encoders struct {
	renderer *pdf.Renderer
	issuer   string
}

func (e encoders) shc(c *cert.Certificate, k keys.Signer) (string, error) {
	return shc.Encode(c, e.issuer, shc.Key{ID: k.KID, Signer: k.Key})
}

func (e encoders) vdsnc(c *cert.Certificate, k keys.Signer) ([]byte, error) {
	if len(k.Chain) == 0 {
		return nil, errors.New("no barcode-signer certificate")
	}
	return vdsnc.Encode(c, vdsnc.Key{Signer: k.Key, Certificate: k.Chain[0]})
}

func (e encoders) paper(d pdf.Document) ([]byte, error) { return e.renderer.Render(d) }
