// SPDX-License-Identifier: Apache-2.0

package appattest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"errors"

	"github.com/fxamacker/cbor/v2"

	"kofu/cardauth/attest"
)

const (
	maxAttestation = 16 << 10 // bytes; devices send about 6,000, most of it the receipt
	maxCertificate = 4 << 10  // bytes; credential certificates have about 1,100
	formatName     = "apple-appattest"
)

// attestation is the CBOR of DCAppAttestService.attestKey.
type attestation struct {
	Format    string `cbor:"fmt"`
	Statement struct {
		X5C     []cbor.ByteString `cbor:"x5c"`
		Receipt cbor.ByteString   `cbor:"receipt"`
	} `cbor:"attStmt"`
	AuthData cbor.ByteString `cbor:"authData"`
}

// Attest judges an attestation of the key called keyID (32 bytes) that was
// made for clientDataHash. It returns the device, or an [attest.Error].
func (v *Verifier) Attest(object, keyID []byte, clientDataHash [32]byte) (d attest.Device, err error) {
	defer contain(&err)
	if len(object) > maxAttestation {
		return attest.Device{}, refuse("attestation", attest.CodeAppleSize)
	}
	var a attestation
	if v.strict.Unmarshal(object, &a) != nil {
		return attest.Device{}, refuse("attestation", attest.CodeAppleMalformed)
	}
	if a.Format != formatName {
		return attest.Device{}, refuse("attestation", attest.CodeAppleFormat)
	}
	leaf, err := v.chain(a.Statement.X5C)
	if err != nil {
		return attest.Device{}, err
	}
	authData := []byte(a.AuthData)
	if err := checkNonce(leaf, nonce(authData, clientDataHash)); err != nil {
		return attest.Device{}, err
	}
	key, err := credentialKey(leaf, keyID)
	if err != nil {
		return attest.Device{}, err
	}
	return v.judge(authData, key, keyID)
}

// judge holds the authenticator data of an attestation against the key that
// was certified.
func (v *Verifier) judge(data []byte, key *ecdsa.PublicKey, keyID []byte) (attest.Device, error) {
	auth, err := v.parseAttested(data)
	if err != nil {
		return attest.Device{}, err
	}
	d := attest.Device{Platform: attest.IOS, Key: key}
	switch {
	case !v.ours(auth.app):
		return attest.Device{}, refuse("attestation", attest.CodeAppleApp)
	case auth.counter != 0:
		return attest.Device{}, refuse("attestation", attest.CodeAppleCounter)
	case string(auth.aaguid) == "appattestdevelop":
		d.Development = true
	case string(auth.aaguid) != "appattest\x00\x00\x00\x00\x00\x00\x00":
		return attest.Device{}, refuse("attestation", attest.CodeAppleAAGUID)
	}
	switch {
	case d.Development && !v.development:
		return attest.Device{}, refuse("attestation", attest.CodeEnvironment)
	case !bytes.Equal(auth.credentialID, keyID):
		return attest.Device{}, refuse("attestation", attest.CodeAppleCredentialID)
	case !key.Equal(auth.key):
		return attest.Device{}, refuse("attestation", attest.CodeApplePublicKey)
	}
	if err := v.admit(auth.launch); err != nil {
		return attest.Device{}, err
	}
	d.AppVersion = auth.launch.version
	return d, nil
}

// chain verifies x5c and returns the credential certificate. Everything in it
// is checked to be small and on an elliptic curve before a signature is: what
// a stranger's key costs is bounded.
func (v *Verifier) chain(x5c []cbor.ByteString) (*x509.Certificate, error) {
	if len(x5c) != 2 {
		return nil, refuse("certificates", attest.CodeAppleChainLength)
	}
	var certs [2]*x509.Certificate
	for i, der := range x5c {
		if len(der) > maxCertificate {
			return nil, refuse("certificates", attest.CodeAppleSize)
		}
		c, err := x509.ParseCertificate([]byte(der))
		if err != nil {
			return nil, refuse("certificates", attest.CodeAppleCertificate)
		}
		if !ecdsaOnly(c) {
			return nil, refuse("certificates", attest.CodeAppleAlgorithm)
		}
		certs[i] = c
	}
	between := x509.NewCertPool()
	between.AddCert(certs[1])
	_, err := certs[0].Verify(x509.VerifyOptions{
		Roots: v.roots, Intermediates: between, CurrentTime: v.now(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, // App Attest's name none; from iOS 27 on one of Apple's, 1.2.840.113635.100.4.24
	})
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return nil, refuse("certificates", attest.CodeAppleExpired)
	}
	if err != nil || certs[0].IsCA { // an authority's own certificate leads to the root, too
		return nil, refuse("certificates", attest.CodeAppleChain)
	}
	return certs[0], nil
}

func ecdsaOnly(c *x509.Certificate) bool {
	_, ok := c.PublicKey.(*ecdsa.PublicKey)
	switch c.SignatureAlgorithm {
	case x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		return ok
	}
	return false
}

// nonceOID is the extension of the credential certificate that holds the
// nonce.
func nonceOID() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 8, 2}
}

// nonce ties authenticator data to what the server asked for.
func nonce(authData []byte, clientDataHash [32]byte) [32]byte {
	h := sha256.New()
	h.Write(authData)
	h.Write(clientDataHash[:])
	return [32]byte(h.Sum(nil))
}

// checkNonce takes SEQUENCE { [1] { OCTET STRING of 32 bytes } } in DER, of
// which there is one spelling. crypto/x509 has refused a second extension of
// the same name.
func checkNonce(leaf *x509.Certificate, want [32]byte) error {
	prefix := []byte{0x30, 0x24, 0xA1, 0x22, 0x04, 0x20}
	for _, e := range leaf.Extensions {
		if !e.Id.Equal(nonceOID()) {
			continue
		}
		got, ok := bytes.CutPrefix(e.Value, prefix)
		if !ok || len(got) != len(want) {
			return refuse("nonce", attest.CodeAppleNonceMissing)
		}
		if subtle.ConstantTimeCompare(got, want[:]) != 1 {
			return refuse("nonce", attest.CodeAppleNonce)
		}
		return nil
	}
	return refuse("nonce", attest.CodeAppleNonceMissing)
}

// credentialKey returns the certified key, if keyID is its name.
func credentialKey(leaf *x509.Certificate, keyID []byte) (*ecdsa.PublicKey, error) {
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, refuse("key", attest.CodeAppleKey)
	}
	point, err := key.Bytes()
	if err != nil {
		return nil, refuse("key", attest.CodeAppleKey)
	}
	if sum := sha256.Sum256(point); !bytes.Equal(sum[:], keyID) {
		return nil, refuse("key", attest.CodeAppleKeyID)
	}
	return key, nil
}
