// SPDX-License-Identifier: Apache-2.0

package keys

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"kofu/cert"
)

// Why a ring is refused, or a key not given.
var (
	ErrNoKey       = errors.New("keys: no such key")
	ErrRetired     = errors.New("keys: key signs no more")
	ErrKey         = errors.New("keys: not a working P-256 key")
	ErrKID         = errors.New("keys: key id is not the key's thumbprint")
	ErrCertificate = errors.New("keys: certificate does not belong to the key")
	ErrDuplicate   = errors.New("keys: two keys for one use")
	ErrEnvironment = errors.New("keys: key of another environment")
	ErrIssuer      = errors.New("keys: certificate is for another issuer")
	ErrCRLVersion  = errors.New("keys: revocation lists are counted from 1")
)

type use struct {
	format  Format
	channel cert.Channel
}

// Ring is the set of keys of one deployment. See the package comment.
type Ring struct {
	active map[use]Signer
	public []Public // active first, then archived, each key once
	jwks   []byte
}

// New checks every key and puts the ring together. It fails with the errors
// of this package, wrapped with the key's id and use, all of them joined.
// A ring without any signer is refused with [ErrNoKey].
func New(env cert.Environment, signers []Signer, archived []Public) (*Ring, error) {
	if env != cert.Production && env != cert.Test {
		return nil, fmt.Errorf("keys: new ring: %w", ErrEnvironment)
	}
	if len(signers) == 0 {
		return nil, fmt.Errorf("keys: new ring: %w", ErrNoKey)
	}
	r := &Ring{active: make(map[use]Signer)}
	var problems []error
	for _, s := range signers {
		if err := r.addSigner(env, s); err != nil {
			problems = append(problems, fmt.Errorf("keys: %s key for %s: %w", s.Format, s.Channel, err))
		}
	}
	for _, p := range archived {
		if err := r.addArchived(env, p); err != nil {
			problems = append(problems, fmt.Errorf("keys: archived %s key %s: %w", p.Format, p.KID, err))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	var err error
	if r.jwks, err = jwks(r.public, 0); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Ring) addSigner(env cert.Environment, s Signer) error {
	if s.Channel != cert.App && s.Channel != cert.Kiosk && s.Channel != cert.Counter {
		return fmt.Errorf("unknown channel: %w", ErrNoKey)
	}
	if s.Key == nil {
		return ErrKey
	}
	pub, err := s.public()
	if err != nil {
		return err
	}
	if err := pub.check(env); err != nil {
		return err
	}
	s.KID = pub.KID
	if err := trial(s.Key, pub.Key); err != nil {
		return err
	}
	u := use{s.Format, s.Channel}
	if _, taken := r.active[u]; taken {
		return ErrDuplicate
	}
	switch known, err := r.Public(s.KID); {
	case err != nil:
		r.public = append(r.public, pub)
	case known.Format != s.Format || !sameChain(known.Chain, s.Chain):
		return ErrDuplicate // one key, one format, one certificate
	}
	r.active[u] = s
	return nil
}

func (r *Ring) addArchived(env cert.Environment, p Public) error {
	if err := p.check(env); err != nil {
		return err
	}
	if _, err := r.Public(p.KID); err == nil {
		return ErrDuplicate
	}
	p.Archived = true
	r.public = append(r.public, p)
	return nil
}

// Active returns the key that signs f for ch, or [ErrNoKey].
func (r *Ring) Active(f Format, ch cert.Channel) (Signer, error) {
	s, ok := r.active[use{f, ch}]
	if !ok {
		return Signer{}, fmt.Errorf("keys: %s for %s: %w", f, ch, ErrNoKey)
	}
	return s, nil
}

// ByKID returns a signer by its key id: [ErrRetired] for an archived key,
// [ErrNoKey] for one never held. The signer of a key that serves several
// channels comes with any one of them.
func (r *Ring) ByKID(kid string) (Signer, error) {
	for _, s := range r.active {
		if s.KID == kid {
			return s, nil
		}
	}
	if _, err := r.Public(kid); err == nil {
		return Signer{}, fmt.Errorf("keys: by id: %w", ErrRetired)
	}
	return Signer{}, fmt.Errorf("keys: by id: %w", ErrNoKey)
}

// Public returns the public half of an active or archived key, or [ErrNoKey].
func (r *Ring) Public(kid string) (Public, error) {
	for _, p := range r.public {
		if p.KID == kid {
			return p, nil
		}
	}
	return Public{}, fmt.Errorf("keys: by id: %w", ErrNoKey)
}

// Publics returns every key that may have signed, active ones first.
func (r *Ring) Publics() []Public { return slices.Clone(r.public) }

// JWKS returns the key set document of the SMART Health Cards keys, active
// and archived (SMART Health Cards 1.4.0, "Determining keys associated with
// an issuer"). It holds no private member, and says nothing of revocation.
func (r *Ring) JWKS() []byte { return bytes.Clone(r.jwks) }

// RevocableJWKS is JWKS with the counter of the card revocation lists as
// "crlVersion" in each key (SMART Health Cards 1.4.0, "Revocation"): readers
// then ask for the list of the key. The lists of all keys have one counter
// together, 1 or more.
func (r *Ring) RevocableJWKS(crlVersion int64) ([]byte, error) {
	if crlVersion < 1 {
		return nil, fmt.Errorf("keys: write key set: %w", ErrCRLVersion)
	}
	return jwks(r.public, crlVersion)
}

// BarcodeSigners returns the certificates of the VDS-NC keys, active first.
func (r *Ring) BarcodeSigners() []*x509.Certificate {
	var list []*x509.Certificate
	for _, p := range r.public {
		if p.Format == VDSNC {
			list = append(list, p.Chain[0])
		}
	}
	return list
}

// CSCAs returns the certificates at the end of the VDS-NC chains, each once.
func (r *Ring) CSCAs() []*x509.Certificate {
	var list []*x509.Certificate
	for _, p := range r.public {
		if p.Format != VDSNC {
			continue
		}
		last := p.Chain[len(p.Chain)-1]
		if !slices.ContainsFunc(list, last.Equal) {
			list = append(list, last)
		}
	}
	return list
}
