// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"crypto"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"slices"
	"time"

	"kofu/cardauth"
	"kofu/cert"
)

// MaxSize is the most that is read of EF.SOD, in bytes.
const MaxSize = 64 << 10

// Chip is what a passport's chip holds, as read: EF.SOD (short file identifier
// 1D) and EF.DG1 (01), whole, without what a reader pads them with.
type Chip struct {
	cert.Redacted
	SOD cardauth.Secret
	DG1 cardauth.Secret
	MRZ []string // the two printed lines, if they were sent beside; they must be those in DG1
}

// Wipe overwrites the files. A nil Chip may be wiped.
func (c *Chip) Wipe() {
	if c != nil {
		c.SOD.Wipe()
		c.DG1.Wipe()
	}
}

// ChipPolicy says what is accepted beyond what Doc 9303 wants today. The zero
// value accepts nothing more.
type ChipPolicy struct {
	// SHA1 accepts SHA-1, in the digests of the data groups, the signature and
	// the signer's certificate. Passports of before about 2010 have it; the
	// last of them expired about 2020.
	SHA1 bool
	// ExpiredSigner accepts a signer whose certificate has ended. A State gives
	// it the time that the passports signed with it are valid (Doc 9303-12,
	// 4.1.1), so that an ended one on a valid passport is the State's mistake or
	// somebody's with an old key.
	ExpiredSigner bool
	// Withdrawn holds the SHA-256 of public keys (SubjectPublicKeyInfo, DER) of
	// signers, and of authorities, that are not trusted any more, whatever
	// certificate they come in: a master list cannot be edited. No revocation
	// list is read.
	Withdrawn map[[sha256.Size]byte]bool
}

// ChipVerifier proves chips by passive authentication (Doc 9303-11, 5.1): the
// State signed what data group 1 says. It does not prove that the chip is the
// one the State made: a copy of the two files passes, as a photograph of the
// zone would. It says who the document is about, not who sent it.
type ChipVerifier struct {
	CSCAs  *CSCAs           // required
	Now    func() time.Time // required
	Policy ChipPolicy
}

// Verify returns the passport that the chip is of. Every error is an [Error];
// one with [CodeMRZ] wraps an [*MRZError], too. The passport may have expired
// ([Expired]).
//
// Validity: when the passport was signed is not known; the time of signing in
// the security object is the signer's own word, and optional. So the signer
// must be valid now, as States make it (see [ChipPolicy].ExpiredSigner), and
// must have begun while the authority was valid; whether the authority still
// is does not matter, since it signs new signers for a part of its time only.
// The signer's private key usage period is not looked at.
func (v *ChipVerifier) Verify(c Chip) (*cert.Passport, error) {
	if v.CSCAs == nil || v.Now == nil {
		return nil, refuse("chip", CodeNotConfigured)
	}
	sod, code := readSOD(c.SOD)
	if code != "" {
		return nil, refuse("EF.SOD", code)
	}
	object, code := readSecurityObject(sod.content)
	if code != "" {
		return nil, refuse("security object", code)
	}
	line1, line2, code := readDG1(c.DG1)
	if code != "" {
		return nil, refuse("EF.DG1", code)
	}
	if subtle.ConstantTimeCompare(object.dg1, digest(object.hash, c.DG1)) != 1 {
		return nil, refuse("EF.DG1", CodeDG1Digest)
	}
	if !v.accepts(object.hash) || !v.accepts(sod.signer.digest) {
		return nil, refuse("EF.SOD", CodeSHA1)
	}
	now := v.Now()
	signer, authority, code := v.signer(sod, now)
	if code != "" {
		return nil, refuse("signer", code)
	}
	if !sod.signedBy(signer.key) {
		return nil, refuse("EF.SOD", CodeSignature)
	}
	p, err := ParseMRZ(line1, line2, cert.DateOf(now))
	if err != nil {
		return nil, fmt.Errorf("passport: verify EF.DG1: %w: %w", Error{CodeMRZ}, err)
	}
	switch {
	case !signer.allows(line1):
		return nil, refuse("signer", CodeType)
	case !sameState(authority.country, p.Issuer):
		return nil, refuse("authority", CodeState)
	case len(c.MRZ) > 0 && !slices.Equal(c.MRZ, []string{line1, line2}):
		return nil, refuse("zone", CodeMRZDiffers)
	}
	return p, nil
}

func (v *ChipVerifier) accepts(h crypto.Hash) bool { return h != crypto.SHA1 || v.Policy.SHA1 }

// signer returns the certificate of the signer of sod and that of the
// authority that signed it.
func (v *ChipVerifier) signer(sod *signedData, now time.Time) (signer, authority *certificate, code Code) {
	signer, code = sod.certificate()
	switch {
	case code != "":
		return nil, nil, code
	case v.Policy.Withdrawn[signer.keySum()]:
		return nil, nil, CodeSignerWithdrawn
	case !signer.signsDocuments():
		return nil, nil, CodeSignerPurpose
	case !signer.keyKnown:
		return nil, nil, CodeSignerKey
	case signer.signedBy.family == unknownFamily || signer.signedBy.hash == 0:
		return nil, nil, CodeAlgorithm
	case !v.accepts(signer.signedBy.hash):
		return nil, nil, CodeSHA1
	}
	authority, code = v.CSCAs.issuer(signer)
	switch {
	case code != "":
		return nil, nil, code
	case v.Policy.Withdrawn[authority.keySum()]:
		return nil, nil, CodeSignerWithdrawn
	case now.Before(signer.notBefore):
		return nil, nil, CodeSignerNotYet
	case now.After(signer.until) && !v.Policy.ExpiredSigner:
		return nil, nil, CodeSignerExpired
	}
	return signer, authority, ""
}

// signsDocuments reports whether c is a document signer (Doc 9303-12, 7.1.1):
// no authority, with the key usage digitalSignature, and no extended key
// usage, which is for those who sign master lists, deviation lists and visible
// seals under the same authority.
func (c *certificate) signsDocuments() bool {
	return !c.ca && !c.strange && c.purposes == nil && c.hasUsage && c.usage&usageSignature != 0
}

// allows reports whether the signer's list of document types has this zone's,
// or there is no list.
func (c *certificate) allows(line1 string) bool {
	return !c.hasDocTypes || slices.Contains(c.docTypes, "P") || slices.Contains(c.docTypes, line1[:2]) && line1[1] != '<'
}
