// SPDX-License-Identifier: Apache-2.0

package appattest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"

	"github.com/fxamacker/cbor/v2"

	"kofu/cardauth/attest"
)

const maxAssertion = 1 << 10 // bytes; devices send about 220

// assertion is the CBOR of DCAppAttestService.generateAssertion.
type assertion struct {
	Signature cbor.ByteString `cbor:"signature"`
	AuthData  cbor.ByteString `cbor:"authenticatorData"`
}

// VerifyAssertion implements [attest.Asserter] for iOS. The signature is
// checked before anything that was signed is believed.
func (v *Verifier) VerifyAssertion(d attest.Device, clientDataHash [32]byte, object []byte) (err error) {
	defer contain(&err)
	switch {
	case d.Platform != attest.IOS:
		return refuse("assertion", attest.CodePlatform)
	case d.Key == nil || d.Key.Curve != elliptic.P256():
		return refuse("assertion", attest.CodeDeviceKey)
	case d.Development && !v.development:
		return refuse("assertion", attest.CodeEnvironment)
	case len(object) == 0:
		return refuse("assertion", attest.CodeAssertionMissing)
	case len(object) > maxAssertion:
		return refuse("assertion", attest.CodeAssertionSize)
	}
	var a assertion
	if v.strict.Unmarshal(object, &a) != nil {
		return refuse("assertion", attest.CodeAssertionMalformed)
	}
	auth, rest, ok := parsePlain([]byte(a.AuthData))
	if !ok {
		return refuse("assertion", attest.CodeAssertionMalformed)
	}
	message := nonce([]byte(a.AuthData), clientDataHash)
	digest := sha256.Sum256(message[:]) // the nonce is the message, and ECDSA hashes it once more
	if !ecdsa.VerifyASN1(d.Key, digest[:], []byte(a.Signature)) {
		return refuse("assertion", attest.CodeAssertionSig)
	}
	if auth.launch, ok = v.parseLaunch(rest); !ok {
		return refuse("assertion", attest.CodeAssertionMalformed)
	}
	switch {
	case !v.ours(auth.app):
		return refuse("assertion", attest.CodeAssertionApp)
	case auth.counter == 0:
		return refuse("assertion", attest.CodeAssertionCounter)
	}
	return v.admit(auth.launch)
}
