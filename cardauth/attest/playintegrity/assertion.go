// SPDX-License-Identifier: Apache-2.0

package playintegrity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"strconv"

	"kofu/cardauth/attest"
)

// maxAssertion is the longest DER of a signature on P-256: two integers of 32
// bytes, a zero before each, and the headers.
const maxAssertion = 72

// VerifyAssertion implements [attest.Asserter] for Android: assertion is the
// signature of SHA256withECDSA over clientDataHash as the message, ASN.1 DER.
func (v *Verifier) VerifyAssertion(d attest.Device, clientDataHash [32]byte, assertion []byte) (err error) {
	defer contain(&err)
	switch {
	case d.Platform != attest.Android:
		return refuse("assertion", attest.CodePlatform)
	case d.Key == nil || d.Key.Curve != elliptic.P256():
		return refuse("assertion", attest.CodeDeviceKey)
	case d.Development && !v.cfg.Development:
		return refuse("assertion", attest.CodeEnvironment)
	case len(assertion) == 0:
		return refuse("assertion", attest.CodeAssertionMissing)
	case len(assertion) > maxAssertion:
		return refuse("assertion", attest.CodeAssertionSize)
	}
	var signature struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(assertion, &signature); err != nil || len(rest) > 0 {
		return refuse("assertion", attest.CodeAssertionMalformed)
	}
	digest := sha256.Sum256(clientDataHash[:]) // the hash is the message, and ECDSA hashes it once more
	if !ecdsa.VerifyASN1(d.Key, digest[:], assertion) {
		return refuse("assertion", attest.CodeAssertionSig)
	}
	return v.checkVersion(d.AppVersion)
}

// checkVersion has a higher floor bite at once, and not when the credential
// ends that carries the version.
func (v *Verifier) checkVersion(text string) error {
	if v.cfg.MinVersion == 0 {
		return nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err != nil || n < v.cfg.MinVersion {
		return refuse("assertion", attest.CodePlayVersion)
	}
	return nil
}
