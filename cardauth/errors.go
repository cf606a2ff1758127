// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"errors"
	"fmt"
)

// Code names one reason for refusing a card. Codes are for metrics and
// tests; the public learns less (package api).
type Code string

// The reasons, in the order in which they are found.
const (
	CodeNonceUnknown   Code = "NONCE_UNKNOWN"            // never given out, or long gone
	CodeNonceReused    Code = "NONCE_REUSED"             // already taken
	CodeNonceExpired   Code = "NONCE_EXPIRED"            // older than [ChallengeTTL]
	CodeNonceChannel   Code = "NONCE_CHANNEL"            // given out at another door
	CodeNoncePurpose   Code = "NONCE_PURPOSE"            // given out for another purpose
	CodeMalformed      Code = "MALFORMED_TLV"            // a file is missing, or is not what it has to be
	CodeCAUnknown      Code = "CA_UNKNOWN"               // no anchor with the issuer's 16 bytes
	CodeEnvironment    Code = "ENV_MISMATCH"             // a test card in production, or a real one in a test
	CodeCANotValid     Code = "CA_NOT_VALID_NOW"         // outside the anchor's dates
	CodeSuiteEnded     Code = "SUITE_ENDED"              // the policy's end date of the suite has passed, or it has none
	CodeKeyUnsuitable  Code = "KEY_UNSUITABLE"           // a public key that the suite does not allow
	CodeCertSig        Code = "CERT_SIG_INVALID"         // EF0004
	CodeAuthKeySig     Code = "AUTHKEY_SIG_INVALID"      // EF0007
	CodeChallengeSig   Code = "CHALLENGE_SIG_INVALID"    // the card's signature, [Attested]
	CodeContentSig     Code = "CONTENT_SIG_INVALID"      // EF0003
	CodeNumberDigest   Code = "MYNUMBER_DIGEST_MISMATCH" // EF0001 is not the one signed
	CodeAttrDigest     Code = "ATTR_DIGEST_MISMATCH"     // EF0002 is not the one signed
	CodeAttrOffsets    Code = "ATTR_OFFSETS_INVALID"     // DF21 points elsewhere
	CodeNumberDigits   Code = "MYNUMBER_DIGITS_INVALID"  // not twelve digits
	CodeAttrText       Code = "ATTR_TEXT_INVALID"        // name or address is not UTF-8, or no name
	CodeAttrBirthDate  Code = "ATTR_BIRTHDATE_INVALID"   // a full date that no calendar has
	CodeAttrSex        Code = "ATTR_SEX_INVALID"         // none of 0, 1, 2, 3, 9
	CodeNumberCheckSum Code = "MYNUMBER_CHECKDIGIT"      // the check digit is wrong
)

// The reasons that [Surface] adds. All but the last two are found between
// EF0007 and EF0003, those two at the very end.
const (
	CodeSurfaceMissing       Code = "SURFACE_MISSING"               // no file of the surface application was sent
	CodeSurfaceMalformed     Code = "SURFACE_MALFORMED"             // an object is not what it has to be
	CodeSurfaceCAUnknown     Code = "SURFACE_CA_UNKNOWN"            // no surface anchor with the issuer's 16 bytes
	CodeSurfaceEnvironment   Code = "SURFACE_ENV_MISMATCH"          // as [CodeEnvironment]
	CodeSurfaceCANotValid    Code = "SURFACE_CA_NOT_VALID_NOW"      // as [CodeCANotValid]
	CodeSurfaceSuiteEnded    Code = "SURFACE_SUITE_ENDED"           // as [CodeSuiteEnded]
	CodeSurfaceKeyUnsuitable Code = "SURFACE_KEY_UNSUITABLE"        // as [CodeKeyUnsuitable]
	CodeSurfaceCertSig       Code = "SURFACE_CERT_SIG_INVALID"      // the surface application's EF0004
	CodeSurfaceSig           Code = "SURFACE_SIG_INVALID"           // DF28, over the three digests
	CodeSurfaceChallengeSig  Code = "SURFACE_CHALLENGE_SIG_INVALID" // the card's signature
	CodeSurfaceBirthDate     Code = "SURFACE_BIRTHDATE_MISMATCH"    // not the text application's
	CodeSurfaceSex           Code = "SURFACE_SEX_MISMATCH"          // not the text application's
)

// Codes lists every code, for tables that must know them all.
func Codes() []Code {
	return []Code{
		CodeNonceUnknown, CodeNonceReused, CodeNonceExpired, CodeNonceChannel, CodeNoncePurpose,
		CodeMalformed, CodeCAUnknown, CodeEnvironment, CodeCANotValid, CodeSuiteEnded, CodeKeyUnsuitable,
		CodeCertSig, CodeAuthKeySig, CodeChallengeSig, CodeContentSig, CodeNumberDigest, CodeAttrDigest,
		CodeAttrOffsets, CodeNumberDigits, CodeAttrText, CodeAttrBirthDate, CodeAttrSex, CodeNumberCheckSum,
		CodeSurfaceMissing, CodeSurfaceMalformed, CodeSurfaceCAUnknown, CodeSurfaceEnvironment, CodeSurfaceCANotValid,
		CodeSurfaceSuiteEnded, CodeSurfaceKeyUnsuitable, CodeSurfaceCertSig, CodeSurfaceSig, CodeSurfaceChallengeSig,
		CodeSurfaceBirthDate, CodeSurfaceSex,
	}
}

// Error says that a card was refused, and why. It holds nothing of the card;
// errors.Is(err, Error{CodeX}) compares.
type Error struct{ Code Code }

// Error implements the error interface.
func (e Error) Error() string { return "refused: " + string(e.Code) }

// CodeOf returns the code of err, if it is or wraps an [Error].
func CodeOf(err error) (Code, bool) {
	e, ok := errors.AsType[Error](err)
	return e.Code, ok
}

// refuse wraps the code with what was being looked at.
func refuse(what string, c Code) error {
	return fmt.Errorf("cardauth: verify %s: %w", what, Error{c})
}
