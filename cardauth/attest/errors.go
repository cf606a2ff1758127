// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"errors"
	"fmt"
)

// Code names one reason for refusing a device, its credential or its
// assertion. Codes are for metrics and tests; the public learns one wording
// for all of them (package api).
type Code string

// What stops before any platform is asked.
const (
	CodePlatform    Code = "PLATFORM_UNKNOWN"        // no platform of that name is configured
	CodeDeviceKey   Code = "DEVICE_KEY_UNSUITABLE"   // not a point of P-256
	CodeEnvironment Code = "ENVIRONMENT_DEVELOPMENT" // a development device where none is accepted
	CodeInternal    Code = "VERIFIER_PANIC"          // a library gave up on the input; never expected
)

// The device credential, in the order in which it is looked at.
const (
	CodeCredentialMissing   Code = "CREDENTIAL_MISSING"       // none was sent
	CodeCredentialMalformed Code = "CREDENTIAL_MALFORMED"     // not the one spelling of a token that is issued, or an unknown member
	CodeCredentialAlgorithm Code = "CREDENTIAL_ALG"           // any algorithm but ES256
	CodeCredentialType      Code = "CREDENTIAL_TYPE"          // a token made for something else
	CodeCredentialWithdrawn Code = "CREDENTIAL_KID_WITHDRAWN" // signed by a key that is trusted no more
	CodeCredentialKey       Code = "CREDENTIAL_KID_UNKNOWN"   // signed by a key that never was
	CodeCredentialSig       Code = "CREDENTIAL_SIG_INVALID"   // the signature
	CodeCredentialIssuer    Code = "CREDENTIAL_ISSUER"        // another issuer
	CodeCredentialAudience  Code = "CREDENTIAL_AUDIENCE"      // another audience
	CodeCredentialLifetime  Code = "CREDENTIAL_LIFETIME"      // longer than [MaxLifetime], or ends before it begins
	CodeCredentialEarly     Code = "CREDENTIAL_NOT_YET"       // issued in the future
	CodeCredentialExpired   Code = "CREDENTIAL_EXPIRED"       // over
)

// Assertions, of either platform.
const (
	CodeAssertionMissing   Code = "ASSERTION_MISSING"     // none was sent
	CodeAssertionSize      Code = "ASSERTION_OVERSIZED"   // more bytes than any device sends
	CodeAssertionMalformed Code = "ASSERTION_MALFORMED"   // not the format
	CodeAssertionApp       Code = "ASSERTION_APP"         // made by another app (iOS)
	CodeAssertionCounter   Code = "ASSERTION_COUNTER"     // counter is zero (iOS)
	CodeAssertionSig       Code = "ASSERTION_SIG_INVALID" // the signature; also when another challenge, file or passport was signed
)

// Attestations of App Attest, in the order in which they are found.
const (
	CodeAppleSize         Code = "APPLE_OVERSIZED"       // more bytes than any device sends
	CodeAppleMalformed    Code = "APPLE_MALFORMED"       // not CBOR, not strict, or not these members
	CodeAppleFormat       Code = "APPLE_FORMAT"          // fmt is not apple-appattest
	CodeAppleChainLength  Code = "APPLE_CHAIN_LENGTH"    // x5c is not two certificates
	CodeAppleCertificate  Code = "APPLE_CERT_MALFORMED"  // a certificate that cannot be read
	CodeAppleAlgorithm    Code = "APPLE_CERT_ALG"        // a certificate that is not all ECDSA with SHA-2
	CodeAppleExpired      Code = "APPLE_CERT_EXPIRED"    // a certificate that is not valid yet, or any more
	CodeAppleChain        Code = "APPLE_CHAIN_INVALID"   // does not lead to the root
	CodeAppleKey          Code = "APPLE_KEY_UNSUITABLE"  // the credential certificate's key is not on P-256
	CodeAppleNonceMissing Code = "APPLE_NONCE_MISSING"   // no nonce in the credential certificate, or two, or not one
	CodeAppleNonce        Code = "APPLE_NONCE_MISMATCH"  // another challenge, or other authenticator data
	CodeAppleKeyID        Code = "APPLE_KEY_ID"          // the key id sent is not the certificate's key's
	CodeAppleAuthData     Code = "APPLE_AUTHDATA"        // authenticator data of another shape
	CodeAppleApp          Code = "APPLE_APP_ID"          // another app
	CodeAppleCounter      Code = "APPLE_COUNTER"         // counter is not zero
	CodeAppleAAGUID       Code = "APPLE_AAGUID"          // neither of the two authenticators
	CodeAppleCredentialID Code = "APPLE_CREDENTIAL_ID"   // is not the key id
	CodeApplePublicKey    Code = "APPLE_PUBLIC_KEY"      // the authenticator data's key is not the certificate's
	CodeAppleCategory     Code = "APPLE_LAUNCH_CATEGORY" // installed by a way that is not accepted
	CodeAppleVersion      Code = "APPLE_BUNDLE_VERSION"  // an older app than is accepted
)

// Attestations of Play Integrity.
const (
	CodePlaySize          Code = "PLAY_OVERSIZED"       // more bytes than any device sends
	CodePlayMalformed     Code = "PLAY_MALFORMED"       // not JWE over JWS over the known JSON
	CodePlayAlgorithm     Code = "PLAY_ALG"             // any algorithms but A256KW, A256GCM and ES256
	CodePlayHeader        Code = "PLAY_HEADER"          // compressed, of another type, or with a member that has no business there
	CodePlayDecrypt       Code = "PLAY_DECRYPT"         // not for this decryption key
	CodePlaySig           Code = "PLAY_SIG_INVALID"     // not signed by the configured key
	CodePlayKey           Code = "PLAY_KEY_UNSUITABLE"  // the Keystore key is not on P-256
	CodePlayRequest       Code = "PLAY_REQUEST_PACKAGE" // requested by another package
	CodePlayNonce         Code = "PLAY_NONCE"           // another challenge or another Keystore key
	CodePlayEarly         Code = "PLAY_NOT_YET"         // requested in the future
	CodePlayExpired       Code = "PLAY_EXPIRED"         // requested too long ago
	CodePlayAppVerdict    Code = "PLAY_APP_VERDICT"     // not an app that Play recognises
	CodePlayPackage       Code = "PLAY_PACKAGE"         // another package
	CodePlayCertificate   Code = "PLAY_CERT_DIGEST"     // signed by somebody else
	CodePlayVersion       Code = "PLAY_VERSION"         // an older app than is accepted
	CodePlayDeviceVerdict Code = "PLAY_DEVICE_VERDICT"  // a device that Play does not vouch for
	CodePlayLicence       Code = "PLAY_LICENSING"       // not installed by Play
)

// Codes lists every code, for tables that must know them all.
func Codes() []Code {
	return []Code{
		CodePlatform, CodeDeviceKey, CodeEnvironment, CodeInternal,
		CodeCredentialMissing, CodeCredentialMalformed, CodeCredentialAlgorithm, CodeCredentialType,
		CodeCredentialWithdrawn, CodeCredentialKey, CodeCredentialSig, CodeCredentialIssuer,
		CodeCredentialAudience, CodeCredentialLifetime, CodeCredentialEarly, CodeCredentialExpired,
		CodeAssertionMissing, CodeAssertionSize, CodeAssertionMalformed, CodeAssertionApp,
		CodeAssertionCounter, CodeAssertionSig,
		CodeAppleSize, CodeAppleMalformed, CodeAppleFormat, CodeAppleChainLength, CodeAppleCertificate,
		CodeAppleAlgorithm, CodeAppleExpired, CodeAppleChain, CodeAppleKey, CodeAppleNonceMissing, CodeAppleNonce, CodeAppleKeyID,
		CodeAppleAuthData, CodeAppleApp, CodeAppleCounter, CodeAppleAAGUID, CodeAppleCredentialID,
		CodeApplePublicKey, CodeAppleCategory, CodeAppleVersion,
		CodePlaySize, CodePlayMalformed, CodePlayAlgorithm, CodePlayHeader, CodePlayDecrypt, CodePlaySig, CodePlayKey,
		CodePlayRequest, CodePlayNonce, CodePlayEarly, CodePlayExpired, CodePlayAppVerdict, CodePlayPackage,
		CodePlayCertificate, CodePlayVersion, CodePlayDeviceVerdict, CodePlayLicence,
	}
}

// Error says that a device was refused, and why. It holds nothing of the
// device; errors.Is(err, Error{CodeX}) compares.
type Error struct{ Code Code }

// Error implements the error interface.
func (e Error) Error() string { return "refused: " + string(e.Code) }

// CodeOf returns the code of err, if it is or wraps an [Error].
func CodeOf(err error) (Code, bool) {
	e, ok := errors.AsType[Error](err)
	return e.Code, ok
}

// ErrConfig is wrapped by what the constructors return for a configuration
// that cannot work. It is for whoever starts the program, never for a device.
var ErrConfig = errors.New("attest: configuration")

// Refuse wraps c with what was being looked at.
func Refuse(what string, c Code) error {
	return fmt.Errorf("attest: verify %s: %w", what, Error{c})
}
