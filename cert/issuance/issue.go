// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
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

	RID string // the revocation identifier of the health card; of a paper without symbols, the one it would have

	// At the counter only. A paper with a name in characters that the applicant
	// insists on has no signed form: SHC, SHCText and VDSNC are empty.
	Written   bool
	Protected bool // the person is under a protective measure
}

// Issue opens a sealed application, reserves, signs, looks at what it made,
// confirms, and returns it. Called again with the same token it returns the
// same bytes. paper asks for the PDF as well.
func (s *Service) Issue(ctx context.Context, token string, w Who, paper bool) (*Issued, error) {
	a, issued, err := s.finish(ctx, token, w, paper)
	if err != nil {
		return nil, err
	}
	return s.handOver(ctx, w.Channel, a, issued)
}

// finish opens a sealed application, reserves, signs, and looks at what it
// made. Nothing has left yet.
func (s *Service) finish(ctx context.Context, token string, w Who, paper bool) (application, *Issued, error) {
	var none application
	if err := w.check(); err != nil {
		return none, nil, err
	}
	if err := s.flight.open(w.Channel); err != nil {
		return none, nil, err
	}
	a, err := s.openApplication(ctx, token, w)
	if err != nil {
		return none, nil, err
	}
	town, err := s.Municipalities.Admit(ctx, a.Municipality, w.Channel, s.Now())
	if err != nil {
		return none, nil, err
	}
	signers, err := s.signers(w.Channel, a.Kind)
	if err != nil {
		return none, nil, err
	}
	if s.terms(town, w.Channel, signers) != a.Terms {
		return none, nil, ErrStartAgain
	}
	r, err := s.reserve(ctx, w.Channel, a)
	if err != nil {
		return none, nil, err
	}
	issued, err := s.inTurn(ctx, w.Channel, func() (*Issued, error) { return s.make(w.Channel, a, r, signers, paper) })
	if errors.Is(err, ErrMismatch) {
		s.giveBack(ctx, a)
	}
	if err != nil {
		return none, nil, err
	}
	return a, issued, nil
}

// inTurn makes a certificate when it is its turn.
func (s *Service) inTurn(ctx context.Context, ch cert.Channel, do func() (*Issued, error)) (*Issued, error) {
	if s.Turns == nil {
		return do()
	}
	end, err := s.Turns(ctx, ch)
	if err != nil {
		return nil, err
	}
	defer end()
	return do()
}

// handOver confirms a finished certificate and lets it go, unless the request
// is over (R1.2) or the door was stopped while it was made.
func (s *Service) handOver(ctx context.Context, ch cert.Channel, a application, issued *Issued) (*Issued, error) {
	if err := s.late(ctx, ch); err != nil {
		return nil, err
	}
	if err := s.confirm(ctx, a.confirmation(issued)); err != nil {
		return nil, err
	}
	if err := s.late(ctx, ch); err != nil {
		return nil, err
	}
	return issued, nil
}

// late reports a request that is over, or a door that was stopped, before
// something leaves.
func (s *Service) late(ctx context.Context, ch cert.Channel) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.flight.open(ch)
}

// reserve believes no reservation that is not this application's and today's,
// and no passport that has expired since the preview.
func (s *Service) reserve(ctx context.Context, ch cert.Channel, a application) (cert.Reservation, error) {
	r, err := s.Register.Reserve(ctx, cert.ReserveRequest{
		Municipality: a.Municipality, Subject: a.Subject, Version: a.Version, Kind: a.Kind, Issuance: a.Issuance,
		Desk: ch == cert.Counter,
	})
	if err != nil {
		return r, err
	}
	day := cert.DateOf(r.IssuedAt)
	if id, err := cert.ParseID(string(r.ID)); err != nil || id.Municipality() != a.Municipality || id.Day() != day || r.IssuedAt.Nanosecond() != 0 {
		return r, cert.ErrUnavailable
	}
	return r, cert.CheckPassport(a.Kind, a.Passport, a.Holder, day)
}

func (s *Service) confirm(ctx context.Context, c cert.Confirmation) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmTimeout)
	defer cancel()
	return s.Register.Confirm(ctx, c)
}

// confirmation is what the record service is told of a finished certificate.
func (a application) confirmation(issued *Issued) cert.Confirmation {
	c := cert.Confirmation{Municipality: a.Municipality, Issuance: a.Issuance, ID: issued.ID, IssuedOn: cert.DateOf(issued.IssuedAt)}
	if a.Kind == cert.Overseas {
		c.Passport = a.Passport
	}
	return c
}

// giveBack gives a certificate ID back that will not be used. If that fails it
// lapses by itself.
func (s *Service) giveBack(ctx context.Context, a application) {
	_ = s.Void(ctx, a.Municipality, a.Issuance)
}

// Void gives up an issuance whose certificate never left. What is not given up
// lapses 30 minutes after it was reserved.
func (s *Service) Void(ctx context.Context, m cert.MunicipalityCode, id cert.IssuanceID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmTimeout)
	defer cancel()
	return s.Register.Void(ctx, m, id)
}

// formats are the signed forms of a kind of certificate.
func formats(k cert.Kind) []keys.Format {
	if k == cert.Overseas {
		return []keys.Format{keys.SHC, keys.VDSNC}
	}
	return []keys.Format{keys.SHC}
}

// signers are the keys that sign now.
func (s *Service) signers(ch cert.Channel, k cert.Kind) (map[keys.Format]keys.Signer, error) {
	signers := make(map[keys.Format]keys.Signer, 2)
	for _, f := range formats(k) {
		key, err := s.Keys.Active(f, ch)
		if err != nil {
			return nil, fmt.Errorf("issuance: choose the %s key: %w", f, err)
		}
		signers[f] = key
	}
	return signers, nil
}

// terms names everything besides application and reservation that a
// certificate is made from: keys and certificates, issuer line, secrets, fonts,
// program. It is sealed, so that two calls of Issue, even on two replicas while
// something is being changed, never make two papers of one certificate ID.
func (s *Service) terms(town municipality.Municipality, ch cert.Channel, signers map[keys.Format]keys.Signer) string {
	sum := sha256.New()
	add := func(b []byte) { // with its length, so that no two lists read the same
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		sum.Write(b)
	}
	for _, text := range []string{s.release, s.Paper.Version(), s.Issuer, string(town.Code), town.IssuerJa, town.IssuerEn} {
		add([]byte(text))
	}
	if s.copyEvident(ch) {
		add([]byte("copy-evident"))
	}
	add(s.UVCISecret)
	add(s.RIDSecret)
	for _, f := range []keys.Format{keys.SHC, keys.VDSNC} {
		k := signers[f]
		add([]byte(k.KID))
		for _, c := range k.Chain {
			add(c.Raw)
		}
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// make writes the certificate and looks at it before it leaves (R1.4).
func (s *Service) make(ch cert.Channel, a application, r cert.Reservation, signers map[keys.Format]keys.Signer, paper bool) (*Issued, error) {
	landed := s.flight.enter(a.signed(), a.Holder)
	defer landed()
	issued, err := s.write(ch, a, r, signers, paper)
	if err != nil {
		return nil, err
	}
	if blind {
		return issued, nil
	}
	err = s.look(ch, issued, a, r, signers)
	if err == nil {
		return issued, nil
	}
	// A fault that does not come again did not come from this record: stop the
	// door. One that does is this record's own, unless what came out is
	// somebody else's.
	again, writeErr := s.write(ch, a, r, signers, paper)
	crossed := writeErr == nil && s.look(ch, again, a, r, signers) == nil || s.flight.others(err, a.signed(), a.Holder)
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
		Issuer: town.Issuer(), Written: a.Written,
		RID: shc.RID(s.RIDSecret, signers[keys.SHC].KID, string(r.ID)),
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
	out := &Issued{ID: r.ID, Kind: a.Kind, IssuedAt: r.IssuedAt, RID: c.RID, Written: a.Written != "", Protected: a.Protected}
	if !out.Written {
		if err := s.sign(out, c, signers); err != nil {
			return nil, err
		}
	}
	if paper {
		out.PDF, err = s.writer.paper(s.document(c, out, signers))
		if err != nil {
			return nil, fmt.Errorf("issuance: write the paper: %w", err)
		}
	}
	out.own()
	return out, nil
}

// own takes what the writer made into memory that nobody else has, before it is
// looked at: what is looked at is what leaves, whatever becomes of a writer's
// buffers (R1.4).
func (out *Issued) own() {
	out.SHC, out.SHCText = strings.Clone(out.SHC), strings.Clone(out.SHCText)
	out.VDSNC, out.PDF = bytes.Clone(out.VDSNC), bytes.Clone(out.PDF)
}

// sign makes the signed forms of c.
func (s *Service) sign(out *Issued, c *cert.Certificate, signers map[keys.Format]keys.Signer) (err error) {
	if out.SHC, err = s.writer.shc(c, signers[keys.SHC]); err != nil {
		return fmt.Errorf("issuance: write the health card: %w", err)
	}
	if out.SHCText, err = shc.Numeric(out.SHC); err != nil {
		return fmt.Errorf("issuance: write the health card's symbol: %w", err)
	}
	if c.Kind == cert.Overseas {
		if out.VDSNC, err = s.writer.vdsnc(c, signers[keys.VDSNC]); err != nil {
			return fmt.Errorf("issuance: write the VDS-NC: %w", err)
		}
	}
	return nil
}

// document is what the paper of c is made from, and held against.
func (s *Service) document(c *cert.Certificate, out *Issued, signers map[keys.Format]keys.Signer) pdf.Document {
	return pdf.Document{Certificate: c, SHC: out.SHCText, VDSNC: string(out.VDSNC), Specimen: specimen(signers), CopyEvident: s.copyEvident(c.Channel)}
}

// copyEvident reports whether the paper of a door has a background that shows
// 複写 when it is copied: what a machine prints for anybody's hands has.
func (s *Service) copyEvident(ch cert.Channel) bool { return s.CopyEvident && ch == cert.Kiosk }

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
