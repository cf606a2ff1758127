// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1" // SHA-1 is still found in old passports; the policy refuses it unless told otherwise
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// oid is the content of an OBJECT IDENTIFIER.
type oid string

const (
	oidSHA1   oid = "\x2B\x0E\x03\x02\x1A"                 // 1.3.14.3.2.26
	oidSHA256 oid = "\x60\x86\x48\x01\x65\x03\x04\x02\x01" // 2.16.840.1.101.3.4.2.1
	oidSHA384 oid = "\x60\x86\x48\x01\x65\x03\x04\x02\x02"
	oidSHA512 oid = "\x60\x86\x48\x01\x65\x03\x04\x02\x03"

	oidRSA       oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01" // 1.2.840.113549.1.1.1
	oidRSASHA1   oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05"
	oidMGF1      oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x08"
	oidRSAPSS    oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A"
	oidRSASHA256 oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B"
	oidRSASHA384 oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C"
	oidRSASHA512 oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D"

	oidECDSASHA1   oid = "\x2A\x86\x48\xCE\x3D\x04\x01" // 1.2.840.10045.4.1
	oidECDSASHA256 oid = "\x2A\x86\x48\xCE\x3D\x04\x03\x02"
	oidECDSASHA384 oid = "\x2A\x86\x48\xCE\x3D\x04\x03\x03"
	oidECDSASHA512 oid = "\x2A\x86\x48\xCE\x3D\x04\x03\x04"
)

// hashOf returns the hash function that a names; 0 if it is none of SHA-1,
// SHA-256, SHA-384 and SHA-512.
func hashOf(a algorithm) crypto.Hash {
	if !a.bare() {
		return 0
	}
	switch a.oid {
	case oidSHA1:
		return crypto.SHA1
	case oidSHA256:
		return crypto.SHA256
	case oidSHA384:
		return crypto.SHA384
	case oidSHA512:
		return crypto.SHA512
	}
	return 0
}

func digest(h crypto.Hash, message []byte) []byte {
	f := h.New()
	f.Write(message)
	return f.Sum(nil)
}

// family is a way to sign.
type family int

const (
	unknownFamily family = iota
	pkcs1v15             // RSASSA-PKCS1-v1_5 (RFC 8017, 8.2)
	pss                  // RSASSA-PSS (RFC 8017, 8.1)
	ecdsaFamily          // ECDSA with a signature in DER (RFC 3279, 2.2.3)
)

// scheme is a signature algorithm with its hash function.
type scheme struct {
	family family
	hash   crypto.Hash // 0 where only the key's kind is named (rsaEncryption)
	salt   int         // bytes, of pss
}

// schemeOf returns the scheme that a names, an unknownFamily if it is none of
// those of Doc 9303-12, 4.1.6 on hash functions known here.
func schemeOf(a algorithm) scheme {
	if a.oid == oidRSAPSS {
		return pssScheme(a.params)
	}
	var s scheme
	switch a.oid {
	case oidRSA:
		s = scheme{family: pkcs1v15}
	case oidRSASHA1:
		s = scheme{pkcs1v15, crypto.SHA1, 0}
	case oidRSASHA256:
		s = scheme{pkcs1v15, crypto.SHA256, 0}
	case oidRSASHA384:
		s = scheme{pkcs1v15, crypto.SHA384, 0}
	case oidRSASHA512:
		s = scheme{pkcs1v15, crypto.SHA512, 0}
	case oidECDSASHA1:
		s = scheme{ecdsaFamily, crypto.SHA1, 0}
	case oidECDSASHA256:
		s = scheme{ecdsaFamily, crypto.SHA256, 0}
	case oidECDSASHA384:
		s = scheme{ecdsaFamily, crypto.SHA384, 0}
	case oidECDSASHA512:
		s = scheme{ecdsaFamily, crypto.SHA512, 0}
	}
	if !a.bare() {
		return scheme{}
	}
	return s
}

// pssScheme reads RSASSA-PSS-params (RFC 4055, 3.1). Both hash functions must
// be the same one.
func pssScheme(params []byte) scheme {
	r := newReader(params)
	p := r.within(tagSequence)
	r.end()
	s := scheme{pss, crypto.SHA1, 20}
	mask, trailer := crypto.SHA1, 1
	if p.has(tagConstructed) {
		h := p.within(tagConstructed)
		s.hash = hashOf(h.algorithm())
		h.end()
	}
	if p.has(tagConstructed + 1) {
		m := p.within(tagConstructed + 1)
		generator := m.algorithm()
		m.end()
		inner := newReader(generator.params)
		mask = hashOf(inner.algorithm())
		inner.end()
		if generator.oid != oidMGF1 || !inner.ok() {
			return scheme{}
		}
	}
	if p.has(tagConstructed + 2) {
		n := p.within(tagConstructed + 2)
		s.salt = n.small()
		n.end()
	}
	if p.has(tagConstructed + 3) {
		n := p.within(tagConstructed + 3)
		trailer = n.small()
		n.end()
	}
	p.end()
	if !p.ok() || s.hash == 0 || mask != s.hash || trailer != 1 || s.salt > 64 {
		return scheme{}
	}
	return s
}

// verify checks a signature of message by key.
func (s scheme) verify(key publicKey, message, signature []byte) bool {
	if s.family == unknownFamily || s.hash == 0 {
		return false
	}
	sum := digest(s.hash, message)
	switch k := key.key.(type) {
	case *rsa.PublicKey:
		switch {
		case s.family == pkcs1v15 && !key.pssOnly:
			return rsa.VerifyPKCS1v15(k, s.hash, sum, signature) == nil
		case s.family == pss && s.salt > 0 && (key.pss.family != pss || key.pss.hash == s.hash && key.pss.salt <= s.salt):
			return rsa.VerifyPSS(k, s.hash, sum, signature, &rsa.PSSOptions{SaltLength: s.salt}) == nil
		}
	case *ecdsa.PublicKey:
		return s.family == ecdsaFamily && ecdsa.VerifyASN1(k, sum, signature)
	}
	return false
}
