// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"errors"
	"fmt"
)

// Code names one reason for refusing a chip. Codes are for metrics and tests;
// the public learns less (package api).
type Code string

// The reasons, in the order in which they are found.
const (
	CodeRequired      Code = "CHIP_REQUIRED"       // only the printed zone was sent, where the chip is asked for
	CodeNotConfigured Code = "CHIP_NOT_CONFIGURED" // a chip was sent, and there is nothing to judge it by

	CodeSODMissing        Code = "CHIP_SOD_MISSING"        // no bytes
	CodeSODSize           Code = "CHIP_SOD_OVERSIZED"      // more than [MaxSize]
	CodeSODMalformed      Code = "CHIP_SOD_MALFORMED"      // not one object with tag 77, or cut short
	CodeSODTrailing       Code = "CHIP_SOD_TRAILING"       // something after it
	CodeCMSMalformed      Code = "CHIP_CMS_MALFORMED"      // not SignedData in DER
	CodeCMSVersion        Code = "CHIP_CMS_VERSION"        // a version that does not go with the contents
	CodeCMSContent        Code = "CHIP_CMS_CONTENT_TYPE"   // not an LDS security object
	CodeSignerCount       Code = "CHIP_SIGNER_COUNT"       // not exactly one signature
	CodeCertificateNone   Code = "CHIP_CERT_MISSING"       // no certificate in it
	CodeCertificate       Code = "CHIP_CERT_MALFORMED"     // one that is not X.509 version 3
	CodeSignerUnknown     Code = "CHIP_SIGNER_ID"          // none is the signer's
	CodeAlgorithm         Code = "CHIP_ALGORITHM"          // one that is not known here
	CodeAlgorithmMismatch Code = "CHIP_ALGORITHM_MISMATCH" // two places name different ones
	CodeSHA1              Code = "CHIP_SHA1"               // SHA-1, and the policy does not accept it
	CodeAttrsMissing      Code = "CHIP_ATTRS_MISSING"      // no signed attributes
	CodeAttrsMalformed    Code = "CHIP_ATTRS_MALFORMED"    // one of the two needed is missing or has no single value, or one comes twice
	CodeAttrsContent      Code = "CHIP_ATTRS_CONTENT_TYPE" // they say another content type
	CodeAttrsDigest       Code = "CHIP_ATTRS_DIGEST"       // they are about another content

	CodeLDSMalformed Code = "CHIP_LDS_MALFORMED" // not an LDS security object of version 0 or 1
	CodeLDSCount     Code = "CHIP_LDS_COUNT"     // not 2 to 16 digests
	CodeLDSNumber    Code = "CHIP_LDS_NUMBER"    // no data group 1 to 16
	CodeLDSTwice     Code = "CHIP_LDS_TWICE"     // a data group twice
	CodeLDSLength    Code = "CHIP_LDS_LENGTH"    // a digest of the wrong length
	CodeDG1Unlisted  Code = "CHIP_DG1_UNLISTED"  // no digest of data group 1
	CodeDG1Missing   Code = "CHIP_DG1_MISSING"   // no bytes
	CodeDG1Size      Code = "CHIP_DG1_OVERSIZED" // more than any document has
	CodeDG1Malformed Code = "CHIP_DG1_MALFORMED" // not one object with tags 61 and 5F1F
	CodeDG1NotTD3    Code = "CHIP_DG1_NOT_TD3"   // a card's zone: three lines of 30 or two of 36
	CodeDG1Digest    Code = "CHIP_DG1_DIGEST"    // not the one signed

	CodeSignerWithdrawn Code = "CHIP_SIGNER_WITHDRAWN"   // configuration names it, or its authority
	CodeSignerPurpose   Code = "CHIP_SIGNER_PURPOSE"     // a certificate for something else
	CodeSignerKey       Code = "CHIP_SIGNER_KEY"         // a key that is not accepted
	CodeCSCAUnknown     Code = "CHIP_CSCA_UNKNOWN"       // no authority of its issuer's name or key
	CodeSignerSig       Code = "CHIP_SIGNER_SIG_INVALID" // no such authority signed it
	CodeCSCANotValid    Code = "CHIP_CSCA_NOT_VALID"     // the authority was not valid when the signer began to be
	CodeSignerNotYet    Code = "CHIP_SIGNER_NOT_YET"     // not valid yet
	CodeSignerExpired   Code = "CHIP_SIGNER_EXPIRED"     // not valid any more, and the policy does not accept it
	CodeSignature       Code = "CHIP_SIG_INVALID"        // not signed by the signer

	CodeMRZ        Code = "CHIP_MRZ_INVALID"    // signed, but no passport's zone; wraps an [*MRZError]
	CodeType       Code = "CHIP_DOCUMENT_TYPE"  // the signer signs other documents
	CodeState      Code = "CHIP_STATE_MISMATCH" // another State's authority
	CodeMRZDiffers Code = "CHIP_MRZ_DIFFERS"    // not the zone that was sent beside
)

// Codes lists every code, for tables that must know them all.
func Codes() []Code {
	return []Code{
		CodeRequired, CodeNotConfigured,
		CodeSODMissing, CodeSODSize, CodeSODMalformed, CodeSODTrailing, CodeCMSMalformed, CodeCMSVersion, CodeCMSContent,
		CodeSignerCount, CodeCertificateNone, CodeCertificate, CodeSignerUnknown, CodeAlgorithm, CodeAlgorithmMismatch, CodeSHA1,
		CodeAttrsMissing, CodeAttrsMalformed, CodeAttrsContent, CodeAttrsDigest,
		CodeLDSMalformed, CodeLDSCount, CodeLDSNumber, CodeLDSTwice, CodeLDSLength,
		CodeDG1Unlisted, CodeDG1Missing, CodeDG1Size, CodeDG1Malformed, CodeDG1NotTD3, CodeDG1Digest,
		CodeSignerWithdrawn, CodeSignerPurpose, CodeSignerKey, CodeCSCAUnknown, CodeSignerSig, CodeCSCANotValid,
		CodeSignerNotYet, CodeSignerExpired, CodeSignature,
		CodeMRZ, CodeType, CodeState, CodeMRZDiffers,
	}
}

// Error says that a chip was refused, and why. It holds nothing of the chip;
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
	return fmt.Errorf("passport: verify %s: %w", what, Error{c})
}
