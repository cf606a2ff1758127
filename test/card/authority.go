// SPDX-License-Identifier: Apache-2.0

package card

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
)

// Authority certifies municipalities' keys for one application of the card.
type Authority struct {
	ID  KeyID
	alg algorithm
	key crypto.Signer
}

func newAuthority(number string, alg algorithm) (*Authority, error) {
	id, err := NewKeyID(number, "001")
	if err != nil {
		return nil, err
	}
	key, err := alg.generate()
	if err != nil {
		return nil, fmt.Errorf("card: make an authority's key: %w", err)
	}
	return &Authority{id, alg, key}, nil
}

// PublicKeyPEM returns the authority's public key (SubjectPublicKeyInfo).
func (a *Authority) PublicKeyPEM() string {
	der, err := x509.MarshalPKIXPublicKey(a.key.Public())
	if err != nil { // not with keys made here
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// Certificate returns an EF0004 that certifies a key field for subject, in the
// name of issuer, whatever these are: tests make bad ones with it.
func (a *Authority) Certificate(issuer, subject KeyID, keyField []byte) ([]byte, error) {
	body := slices.Concat(issuer[:], subject[:], keyField)
	sig, err := a.Sign(body)
	if err != nil {
		return nil, err
	}
	return TLV(0x7F21, TLV(0x5F4E, body), TLV(0x5F37, sig)), nil
}

// Sign signs anything as the authority.
func (a *Authority) Sign(data []byte) ([]byte, error) {
	sig, err := a.alg.sign(a.key, a.alg.digest(data))
	if err != nil {
		return nil, fmt.Errorf("card: sign as the authority: %w", err)
	}
	return sig, nil
}

// certify makes a key for a municipality and its EF0004.
func (a *Authority) certify(id KeyID) (key crypto.Signer, ef0004 []byte, err error) {
	if key, err = a.alg.generate(); err != nil {
		return nil, nil, fmt.Errorf("card: make a municipality's key: %w", err)
	}
	ef0004, err = a.Certificate(a.ID, id, a.alg.field(key.Public()))
	return key, ef0004, err
}
