// SPDX-License-Identifier: Apache-2.0

package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"kofu/cert"
)

// check completes p's id and refuses what does not fit together.
func (p *Public) check(env cert.Environment) error {
	if !p.Format.Valid() {
		return fmt.Errorf("unknown format: %w", ErrKey)
	}
	if p.Environment != env {
		return ErrEnvironment
	}
	print := Thumbprint(p.Key)
	switch {
	case print == "":
		return ErrKey
	case p.KID == "":
		p.KID = print
	case p.KID != print:
		return ErrKID
	}
	return p.checkChain()
}

func (p *Public) checkChain() error {
	if p.Format == VDSNC && len(p.Chain) < 2 {
		return fmt.Errorf("barcode signer needs its certificate and the CSCA: %w", ErrCertificate)
	}
	for i, c := range p.Chain {
		if c == nil {
			return ErrCertificate
		}
		if i == 0 && !p.Key.Equal(c.PublicKey) {
			return ErrCertificate
		}
		if i > 0 && p.Chain[i-1].CheckSignatureFrom(c) != nil {
			return fmt.Errorf("chain is not in order: %w", ErrCertificate)
		}
	}
	return nil
}

// trial has the key sign, so that a token with the wrong object behind it is
// noticed at start and not by the first applicant.
func trial(key crypto.Signer, pub *ecdsa.PublicKey) error {
	digest := sha256.Sum256([]byte("kofu key ring: trial signature"))
	sig, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil || !ecdsa.VerifyASN1(pub, digest[:], sig) {
		return ErrKey
	}
	return nil
}

func sameChain(a, b []*x509.Certificate) bool {
	return slices.EqualFunc(a, b, func(x, y *x509.Certificate) bool { return bytes.Equal(x.Raw, y.Raw) })
}

// CheckTime refuses active keys with a certificate that is not valid at now,
// naming them by key id.
func (r *Ring) CheckTime(now time.Time) error {
	var problems []error
	for _, p := range r.public {
		if p.Archived {
			continue
		}
		for _, c := range p.Chain {
			if now.Before(c.NotBefore) || now.After(c.NotAfter) {
				problems = append(problems, fmt.Errorf("keys: %s key %s: certificate not valid now: %w", p.Format, p.KID, ErrCertificate))
				break
			}
		}
	}
	return errors.Join(problems...)
}

// CheckIssuer refuses SMART Health Cards keys whose certificate does not name
// iss as a URI in its subject alternative names, as the standard demands of
// a key with x5c. Keys without a certificate pass.
func (r *Ring) CheckIssuer(iss string) error {
	var problems []error
	for _, p := range r.public {
		if p.Format != SHC || len(p.Chain) == 0 {
			continue
		}
		named := false
		for _, u := range p.Chain[0].URIs {
			named = named || u.String() == iss
		}
		if !named {
			problems = append(problems, fmt.Errorf("keys: shc key %s: %w", p.KID, ErrIssuer))
		}
	}
	return errors.Join(problems...)
}
