// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Profile says whose certificate it is and how long it is valid.
type Profile struct {
	Country      string // ISO 3166-1 alpha-2 in capitals, such as JP; required
	Organization string // may be empty; every byte of it is in every symbol
	CommonName   string // required, short
	NotBefore    time.Time
	NotAfter     time.Time
}

func (p Profile) template() (*x509.Certificate, error) {
	if len(p.Country) != 2 || p.Country != strings.ToUpper(p.Country) || p.CommonName == "" || !p.NotAfter.After(p.NotBefore) {
		return nil, fmt.Errorf("vdsnc: certificate profile: country, common name or dates: %w", ErrCharacter)
	}
	name := pkix.Name{Country: []string{p.Country}, CommonName: p.CommonName}
	if p.Organization != "" {
		name.Organization = []string{p.Organization}
	}
	var serial [8]byte // short, and unique in practice: an authority signs a handful of signers
	_, _ = rand.Read(serial[:])
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetUint64(binary.BigEndian.Uint64(serial[:])>>1 | 1),
		Subject:      name,
		NotBefore:    p.NotBefore,
		NotAfter:     p.NotAfter,
	}, nil
}

// NewCSCA makes a self-signed country signing authority (ICAO Doc 9303-12,
// 7.1.1): CA with path length 0, keyCertSign and cRLSign, both critical. The
// key is P-256 (ecdsa-with-SHA256) or P-384 (ecdsa-with-SHA384) on a named
// curve.
func NewCSCA(p Profile, key crypto.Signer) (*x509.Certificate, error) {
	t, err := p.template()
	if err != nil {
		return nil, err
	}
	pub, ok := key.Public().(*ecdsa.PublicKey)
	if !ok || pub.Curve != elliptic.P256() && pub.Curve != elliptic.P384() {
		return nil, fmt.Errorf("vdsnc: make CSCA: %w", ErrKey)
	}
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return create(t, t, pub, key)
}

// NewBarcodeSigner makes the certificate of a VDS-NC barcode signer (ICAO Doc
// 9303-12, 7.1.3) under csca: authority key identifier, the extended key usage
// of VDS-NC signers (critical) and the document type "NV"; no other extension,
// since subject key identifier, key usage, private key usage period,
// alternative names and CRL distribution points are prohibited, and the whole
// certificate is printed in every symbol. pub is P-256.
func NewBarcodeSigner(p Profile, csca Key, pub *ecdsa.PublicKey) (*x509.Certificate, error) {
	t, err := p.template()
	if err != nil {
		return nil, err
	}
	if _, err := csca.check(); err != nil || !csca.Certificate.IsCA || pub == nil || pub.Curve != elliptic.P256() {
		return nil, fmt.Errorf("vdsnc: make barcode signer: %w", ErrKey)
	}
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{2, 23, 136, 1, 1, 14, 2}})
	if err != nil {
		return nil, fmt.Errorf("vdsnc: make barcode signer: %w", err)
	}
	docTypes, err := asn1.Marshal(struct {
		Version int
		Types   []string `asn1:"set"`
	}{0, []string{"NV"}})
	if err != nil {
		return nil, fmt.Errorf("vdsnc: make barcode signer: %w", err)
	}
	t.ExtraExtensions = []pkix.Extension{
		{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage},
		{Id: asn1.ObjectIdentifier{2, 23, 136, 1, 1, 6, 2}, Value: docTypes},
	}
	return create(t, csca.Certificate, pub, csca.Signer)
}

func create(t, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, parent, pub, key)
	if err != nil {
		return nil, fmt.Errorf("vdsnc: make certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}

// PEM returns c as one CERTIFICATE block.
func PEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
