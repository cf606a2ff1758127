// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // a key identifier (RFC 5280, 4.2.1.2), no signature
	"encoding/pem"
	"fmt"
	"time"
)

// Profile is what goes into a certificate besides the key.
type Profile struct {
	Country, CommonName string
	From, Until         time.Time
	Serial              int64
	Extensions          [][]byte // after those that the kind of certificate has
	NoKeyIDs            bool     // no key identifiers
	Usage               byte     // key usage, 0 for that of the kind of certificate
	Version             int64    // less one; 0 stands for 2, that is version 3
}

// Certified is a key with its certificate.
type Certified struct {
	Key         Key
	Certificate []byte
	name        []byte
	serial      int64
}

// Extension is one extension of a certificate.
func Extension(dotted string, critical bool, value []byte) []byte {
	var c []byte
	if critical {
		c = []byte{1, 1, 0xFF}
	}
	return Seq(OID(dotted), c, Octets(value))
}

// DocTypes is the extension that lists the types of documents a signer signs.
func DocTypes(types ...string) []byte {
	var set [][]byte
	for _, t := range types {
		set = append(set, TLV(0x13, []byte(t)))
	}
	return Extension("2.23.136.1.1.6.2", false, Seq(Int(0), Set(set...)))
}

// KeyUsage is the extension of extended key usages.
func KeyUsage(dotted string) []byte { return Extension("2.5.29.37", true, Seq(OID(dotted))) }

func keyID(k Key) ([]byte, error) {
	info, err := k.PublicKeyInfo()
	sum := sha1.Sum(info) //nolint:gosec // see above
	return sum[:], err
}

// certify makes a certificate of subject, with extensions, signed by issuer.
func certify(p Profile, issuerName []byte, issuer, subject Key, extensions [][]byte) ([]byte, error) {
	info, err := subject.PublicKeyInfo()
	if err != nil {
		return nil, err
	}
	version := p.Version
	if version == 0 {
		version = 2
	}
	body := Seq(
		TLV(0xA0, Int(version)), Int(p.Serial), issuer.SignatureID(), issuerName, Seq(utc(p.From), utc(p.Until)),
		name(p.Country, p.CommonName), info, TLV(0xA3, Seq(append(extensions, p.Extensions...)...)),
	)
	signature, err := issuer.Sign(body)
	if err != nil {
		return nil, fmt.Errorf("passport: sign certificate: %w", err)
	}
	return Seq(body, issuer.SignatureID(), bitString(signature)), nil
}

func usage(p Profile, standard byte) []byte {
	if p.Usage != 0 {
		standard = p.Usage
	}
	unused := byte(0)
	for standard>>unused&1 == 0 {
		unused++
	}
	return Extension("2.5.29.15", true, TLV(0x03, []byte{unused, standard}))
}

// NewAuthority makes a country signing authority that signs itself.
func NewAuthority(p Profile, s Suite) (*Certified, error) {
	key, err := s.NewKey()
	if err != nil {
		return nil, err
	}
	return AuthorityOf(p, key)
}

// AuthorityOf makes one of a key.
func AuthorityOf(p Profile, key Key) (*Certified, error) {
	return authority(p, name(p.Country, p.CommonName), key, key)
}

func authority(p Profile, issuerName []byte, issuer, key Key) (*Certified, error) {
	extensions := [][]byte{Extension("2.5.29.19", true, Seq([]byte{1, 1, 0xFF}, Int(0))), usage(p, 0x06)}
	if !p.NoKeyIDs {
		id, err := keyID(key)
		if err != nil {
			return nil, err
		}
		extensions = append(extensions, Extension("2.5.29.14", false, Octets(id)))
	}
	der, err := certify(p, issuerName, issuer, key, extensions)
	return &Certified{key, der, name(p.Country, p.CommonName), p.Serial}, err
}

// Link makes the link certificate by which a vouches for the next authority.
func (a *Certified) Link(next *Certified, p Profile) (*Certified, error) {
	return authority(p, a.name, a.Key, next.Key)
}

// NewSigner makes a document signer.
func (a *Certified) NewSigner(p Profile, s Suite) (*Certified, error) {
	key, err := s.NewKey()
	if err != nil {
		return nil, err
	}
	return a.Certify(p, key)
}

// Certify makes a document signer of a key.
func (a *Certified) Certify(p Profile, key Key) (*Certified, error) {
	extensions := [][]byte{usage(p, 0x80)}
	if !p.NoKeyIDs {
		own, err := keyID(key)
		if err != nil {
			return nil, err
		}
		authority, err := keyID(a.Key)
		if err != nil {
			return nil, err
		}
		extensions = append(extensions, Extension("2.5.29.14", false, Octets(own)), Extension("2.5.29.35", false, Seq(TLV(0x80, authority))))
	}
	der, err := certify(p, a.name, a.Key, key, extensions)
	return &Certified{key, der, name(p.Country, p.CommonName), p.Serial}, err
}

// PEM is the certificates, one block each.
func PEM(all ...*Certified) []byte {
	var out bytes.Buffer
	for _, c := range all {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate}))
	}
	return out.Bytes()
}
