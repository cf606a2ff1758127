// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"crypto"
	"crypto/sha256"
	"errors"

	"kofu/cert"
)

// Tags of the text application's files.
const (
	tagNumber     = 0xFF10 // EF0001
	tagAttributes = 0xFF20 // EF0002
	tagOffsets    = 0xDF21
	tagName       = 0xDF22
	tagAddress    = 0xDF23
	tagBirthDate  = 0xDF24
	tagSex        = 0xDF25
	tagContent    = 0xFF30 // EF0003
	tagNumberSum  = 0xDF31
	tagAttrSum    = 0xDF32
	tagContentSig = 0xDF33
	tagCert       = 0x7F21 // EF0004
	tagCertBody   = 0x5F4E
	tagCertSig    = 0x5F37
	tagAuthKey    = 0xFF50 // EF0007
	tagCardKey    = 0xDF51
	tagCardKeySig = 0xDF52
)

// Tags of the surface application's EF0002 that are sent. The numbers are the
// text application's over again, with other meanings.
const (
	tagSurfaceBirthDate = 0xDF22
	tagSurfaceSex       = 0xDF23
	tagSurfaceKey       = 0xDF24
	tagSurfaceSig       = 0xDF28
)

// maxFile bounds a file that comes in. Names and addresses have no published
// maximum; the files seen are a tenth of this.
const maxFile = 4096

// errForm is what a parser says of a file that has not the right form.
var errForm = errors.New("cardauth: malformed")

// certificate is a verified EF0004: the municipality's signing key.
type certificate struct {
	issuer, subject KeyID
	scheme          scheme
	key             crypto.PublicKey
}

// certFile is EF0004 taken apart, before anything is known to be true.
type certFile struct {
	issuer, subject KeyID
	body            []byte // value of 5F4E: what is signed, without its header
	key             []byte
	signature       []byte
}

// parseCertFile takes EF0004 apart. How long key and signature must be
// depends on the anchor, and is checked by [Verifier.verifyCertificate].
func parseCertFile(file []byte) (certFile, error) {
	if len(file) > maxFile {
		return certFile{}, errForm
	}
	outer := objects{file}
	all, ok := outer.next(tagCert)
	if !ok || len(outer.rest) != 0 {
		return certFile{}, errForm
	}
	inner := objects{all.value}
	body, ok1 := inner.next(tagCertBody)
	sig, ok2 := inner.next(tagCertSig)
	if !ok1 || !ok2 || len(inner.rest) != 0 || len(body.value) < 32 {
		return certFile{}, errForm
	}
	return certFile{
		issuer: KeyID(body.value[:16]), subject: KeyID(body.value[16:32]),
		body: body.value, key: body.value[32:], signature: sig.value,
	}, nil
}

// certCodes are the reasons for refusing one application's EF0004.
type certCodes struct {
	what                                                 string
	malformed, caUnknown, environment, caNotValid, suite Code
	keyUnsuitable, certSig                               Code
}

func (app Application) codes() certCodes {
	if app == SurfaceAP {
		return certCodes{
			"surface EF0004", CodeSurfaceMalformed, CodeSurfaceCAUnknown, CodeSurfaceEnvironment, CodeSurfaceCANotValid,
			CodeSurfaceSuiteEnded, CodeSurfaceKeyUnsuitable, CodeSurfaceCertSig,
		}
	}
	return certCodes{
		"EF0004", CodeMalformed, CodeCAUnknown, CodeEnvironment, CodeCANotValid,
		CodeSuiteEnded, CodeKeyUnsuitable, CodeCertSig,
	}
}

// verifyCertificate returns the municipality's key in an application's EF0004,
// on day.
func (v *Verifier) verifyCertificate(app Application, file []byte, day cert.Date) (certificate, error) {
	codes := app.codes()
	k := cacheKey{sha256.Sum256(file), v.Anchors.version}
	if crt, hit := v.Cache.get(k); hit {
		_, err := v.anchorFor(app, crt.issuer, day)
		return crt, err
	}
	f, err := parseCertFile(file)
	if err != nil {
		return certificate{}, refuse(codes.what, codes.malformed)
	}
	a, err := v.anchorFor(app, f.issuer, day)
	if err != nil {
		return certificate{}, err
	}
	s := a.scheme
	if len(f.key) != s.keySize || len(f.signature) != s.sigSize {
		return certificate{}, refuse(codes.what, codes.malformed)
	}
	key, ok := s.parseKey(f.key)
	if !ok {
		return certificate{}, refuse(codes.what, codes.keyUnsuitable)
	}
	if !s.verify(a.key, s.digest(f.body), f.signature) {
		return certificate{}, refuse(codes.what, codes.certSig)
	}
	crt := certificate{f.issuer, f.subject, s, key}
	v.Cache.put(k, crt)
	return crt, nil
}

// anchorFor finds the application's anchor, if it and its suite are good on
// day. The other application's anchor is as good as none.
func (v *Verifier) anchorFor(app Application, issuer KeyID, day cert.Date) (anchor, error) {
	codes := app.codes()
	a, ok := v.Anchors.byID[issuer]
	if !ok || a.application != app {
		if env, known := issuer.environment(); known && env != v.Anchors.environment {
			return anchor{}, refuse(codes.what, codes.environment)
		}
		return anchor{}, refuse(codes.what, codes.caUnknown)
	}
	if !a.validOn(day) {
		return anchor{}, refuse(codes.what, codes.caNotValid)
	}
	if !v.Policy.allows(a.scheme.suite, day) {
		return anchor{}, refuse(codes.what, codes.suite)
	}
	return a, nil
}

// authKeyFile is EF0007 taken apart.
type authKeyFile struct {
	signed    []byte // DF51 with its header
	key       []byte
	signature []byte
}

func parseAuthKeyFile(file []byte) (authKeyFile, error) {
	if len(file) > maxFile {
		return authKeyFile{}, errForm
	}
	outer := objects{file}
	all, ok := outer.next(tagAuthKey)
	if !ok || !outer.end() {
		return authKeyFile{}, errForm
	}
	inner := objects{all.value}
	key, ok1 := inner.next(tagCardKey)
	sig, ok2 := inner.next(tagCardKeySig)
	if !ok1 || !ok2 || !inner.end() {
		return authKeyFile{}, errForm
	}
	return authKeyFile{key.raw, key.value, sig.value}, nil
}

// authKey returns the card's public key in EF0007 and the SHA-256 of its
// object.
func (c certificate) authKey(file []byte) (crypto.PublicKey, [sha256.Size]byte, error) {
	var none [sha256.Size]byte
	f, err := parseAuthKeyFile(file)
	if err != nil || len(f.key) != c.scheme.keySize || len(f.signature) != c.scheme.sigSize {
		return nil, none, refuse("EF0007", CodeMalformed)
	}
	key, ok := c.scheme.parseKey(f.key)
	if !ok {
		return nil, none, refuse("EF0007", CodeKeyUnsuitable)
	}
	if !c.scheme.verify(c.key, c.scheme.digest(f.signed), f.signature) {
		return nil, none, refuse("EF0007", CodeAuthKeySig)
	}
	return key, sha256.Sum256(f.signed), nil
}
