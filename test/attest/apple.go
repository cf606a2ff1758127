// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

var errApple = errors.New("attest: not a key of P-256")

// Apple is an authority like Apple's for App Attest: a root and an
// intermediate on P-384.
type Apple struct {
	Root, Intermediate *x509.Certificate
	now                time.Time
	key                *ecdsa.PrivateKey // the intermediate's
}

// NewApple makes an authority whose certificates are good for a year before
// and ten years after now.
func NewApple(now time.Time) (*Apple, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &Apple{now: now, key: key}
	root := a.authority("Test App Attestation Root CA", 1)
	if a.Root, err = certify(root, root, &rootKey.PublicKey, rootKey); err != nil {
		return nil, err
	}
	a.Intermediate, err = certify(a.authority("Test App Attestation CA 1", 0), a.Root, &key.PublicKey, rootKey)
	return a, err
}

// RootPEM is the root as a configuration holds it.
func (a *Apple) RootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Root.Raw})
}

func (a *Apple) authority(name string, below int) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name, Organization: []string{"kofu test"}},
		NotBefore: a.now.AddDate(-1, 0, 0), NotAfter: a.now.AddDate(10, 0, 0),
		BasicConstraintsValid: true, IsCA: true, MaxPathLen: below, MaxPathLenZero: below == 0,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SignatureAlgorithm: x509.ECDSAWithSHA384,
	}
}

// leaf is a credential certificate before its nonce: three days, as Apple's.
func (a *Apple) leaf(key *ecdsa.PublicKey) (*x509.Certificate, error) {
	point, err := key.Bytes()
	if err != nil {
		return nil, errApple
	}
	return &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: fmt.Sprintf("%x", sha256.Sum256(point)), OrganizationalUnit: []string{"AAA Certification"}},
		NotBefore:    a.now.AddDate(0, 0, -1), NotAfter: a.now.AddDate(0, 0, 2),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
		SignatureAlgorithm: x509.ECDSAWithSHA256,
	}, nil
}

// Certify signs a certificate for key as this authority's intermediate.
func (a *Apple) Certify(template *x509.Certificate, key crypto.PublicKey) (*x509.Certificate, error) {
	return certify(template, a.Intermediate, key, a.key)
}

func certify(template, issuer *x509.Certificate, key crypto.PublicKey, by crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key, by)
	if err != nil {
		return nil, fmt.Errorf("attest: certify: %w", err)
	}
	return x509.ParseCertificate(der)
}

func serial() *big.Int {
	n, _ := rand.Int(rand.Reader, big.NewInt(1<<62)) // never fails (crypto/rand)
	return n
}

// NonceExtension is what a credential certificate holds of its nonce, as DER.
func NonceExtension(value []byte) pkix.Extension {
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 8, 2}, Value: value}
}

// NonceDER is SEQUENCE { [1] { OCTET STRING } } for a nonce of up to 100 bytes.
func NonceDER(nonce []byte) []byte {
	n := byte(len(nonce))
	return append([]byte{0x30, n + 4, 0xA1, n + 2, 0x04, n}, nonce...)
}
