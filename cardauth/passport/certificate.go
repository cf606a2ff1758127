// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"time"
)

const (
	oidCountry      oid = "\x55\x04\x06"                 // 2.5.4.6
	oidKeyID        oid = "\x55\x1D\x0E"                 // 2.5.29.14, subjectKeyIdentifier
	oidKeyUsage     oid = "\x55\x1D\x0F"                 // 2.5.29.15
	oidUsagePeriod  oid = "\x55\x1D\x10"                 // 2.5.29.16, privateKeyUsagePeriod
	oidSubjectNames oid = "\x55\x1D\x11"                 // 2.5.29.17
	oidIssuerNames  oid = "\x55\x1D\x12"                 // 2.5.29.18
	oidConstraints  oid = "\x55\x1D\x13"                 // 2.5.29.19
	oidRevocations  oid = "\x55\x1D\x1F"                 // 2.5.29.31
	oidPolicies     oid = "\x55\x1D\x20"                 // 2.5.29.32
	oidAuthorityKey oid = "\x55\x1D\x23"                 // 2.5.29.35
	oidExtKeyUsage  oid = "\x55\x1D\x25"                 // 2.5.29.37
	oidNameChange   oid = "\x67\x81\x08\x01\x01\x06\x01" // 2.23.136.1.1.6.1
	oidDocTypes     oid = "\x67\x81\x08\x01\x01\x06\x02" // 2.23.136.1.1.6.2
	usageSignature      = 0x80                           // digitalSignature, the first bit of key usage
	usageCertSign       = 0x04                           // keyCertSign
)

// certificate is X.509 version 3 (RFC 5280) as far as Doc 9303-12 uses it.
//
// It is read by hand, all of it and every one: crypto/x509 refuses those with
// a curve that is spelled out, and two readers would be two opinions of what a
// certificate says.
type certificate struct {
	raw              []byte
	tbs              []byte
	serial           []byte // content of the INTEGER
	issuer, subject  []byte // Name, raw
	notBefore, until time.Time
	signedBy         scheme
	signature        []byte
	spki             []byte // SubjectPublicKeyInfo, raw
	key              publicKey
	keyKnown         bool // key is of a kind known here
	country          string

	subjectKey, authorityKey []byte // key identifiers, nil if there are none
	ca                       bool
	usage                    byte // first byte of key usage
	hasUsage                 bool
	purposes                 []oid    // extended key usage, nil if there is none
	hasDocTypes              bool     // documentTypeList is there
	docTypes                 []string // what it lists
	strange                  bool     // a critical extension that is not known
}

// sum names the certificate.
func (c *certificate) sum() [sha256.Size]byte { return sha256.Sum256(c.raw) }

// keySum names the certificate's key. Unlike sum it is of signed bytes alone: who
// has a certificate signed with ECDSA can write its signature in another way
// that is as good (n - s for s), and so give it another sum.
func (c *certificate) keySum() [sha256.Size]byte { return sha256.Sum256(c.spki) }

// signs reports whether c's key made the signature of child.
func (c *certificate) signs(child *certificate) bool {
	return c.keyKnown && child.signedBy.verify(c.key, child.tbs, child.signature)
}

// readCertificate reads one certificate. Strict as it is, it says nothing
// about who signed it.
func readCertificate(der []byte) (*certificate, bool) {
	r := newReader(der)
	s := r.within(tagSequence)
	r.end()
	c := &certificate{raw: der}
	body := s.take(tagSequence)
	signed := s.take(tagSequence).raw
	c.tbs, c.signature = body.raw, s.bits()
	s.end()

	t := &reader{body.value, r.bad}
	version := t.within(tagConstructed)
	if version.small() != 2 {
		r.fail()
	}
	version.end()
	c.serial = t.take(tagInteger).value
	if inner := t.take(tagSequence).raw; !bytes.Equal(inner, signed) {
		return nil, false
	}
	c.issuer = t.take(tagSequence).raw
	validity := t.within(tagSequence)
	c.notBefore, c.until = validity.time(), validity.time()
	validity.end()
	c.subject = t.take(tagSequence).raw
	c.spki = t.take(tagSequence).raw
	for _, unique := range []byte{tagContext + 1, tagContext + 2} {
		if t.has(unique) {
			t.take(unique)
		}
	}
	if t.has(tagConstructed + 3) {
		x := t.within(tagConstructed + 3)
		c.readExtensions(x.within(tagSequence))
		x.end()
	}
	t.end()
	name := &reader{c.subject, r.bad}
	c.country = name.country()
	algorithms := &reader{signed, r.bad}
	a := algorithms.algorithm()
	if !r.ok() || len(c.serial) == 0 {
		return nil, false
	}
	c.signedBy = schemeOf(a)
	c.key, c.keyKnown = readPublicKey(c.spki)
	return c, true
}

// time reads UTCTime or GeneralizedTime, to the second and in UTC (RFC 5280,
// 4.1.2.5).
func (r *reader) time() time.Time {
	layout, tag := "060102150405Z", byte(tagUTCTime)
	if r.has(tagTime) {
		layout, tag = "20060102150405Z", tagTime
	}
	v := string(r.take(tag).value)
	at, err := time.Parse(layout, v)
	if err != nil || len(v) != len(layout) {
		r.fail()
		return time.Time{}
	}
	if tag == tagUTCTime && at.Year() >= 2050 {
		at = at.AddDate(-100, 0, 0)
	}
	return at
}

// country reads a Name and returns its country in capitals, empty if it has
// none. Only what is read for it is looked at.
func (r *reader) country() (found string) {
	name := r.within(tagSequence)
	for name.more() {
		set := name.within(tagSet)
		for set.more() {
			attribute := set.within(tagSequence)
			kind, value := attribute.oid(), attribute.any()
			attribute.end()
			if kind == oidCountry && len(value.value) == 2 {
				found = strings.ToUpper(string(value.value))
			}
		}
	}
	return found
}

func (c *certificate) readExtensions(list *reader) {
	seen := make(map[oid]bool)
	for list.more() {
		e := list.within(tagSequence)
		name, critical := e.oid(), false
		if e.has(tagBoolean) {
			v := e.take(tagBoolean).value // some States write the default, FALSE
			critical = len(v) == 1 && v[0] == 0xFF
		}
		value := &reader{e.take(tagOctets).value, e.bad}
		e.end()
		if seen[name] {
			e.fail()
		}
		seen[name] = true
		if known := c.readExtension(name, value); !known && critical {
			c.strange = true
		}
	}
}

// readExtension reports whether it knows the extension.
func (c *certificate) readExtension(name oid, value *reader) bool {
	switch name {
	case oidKeyID:
		c.subjectKey = value.take(tagOctets).value
		value.end()
	case oidAuthorityKey:
		s := value.within(tagSequence)
		if s.has(tagContext) {
			c.authorityKey = s.take(tagContext).value
		}
	case oidKeyUsage:
		v := value.take(tagBitString).value
		value.end()
		if len(v) < 2 || len(v) > 3 || v[0] > 7 {
			value.fail()
			break
		}
		c.usage, c.hasUsage = v[1], true
	case oidConstraints:
		s := value.within(tagSequence)
		value.end()
		if s.has(tagBoolean) {
			v := s.take(tagBoolean).value
			c.ca = len(v) == 1 && v[0] == 0xFF
		}
		if s.more() {
			s.small()
		}
		s.end()
	case oidExtKeyUsage:
		s := value.within(tagSequence)
		value.end()
		c.purposes = []oid{}
		for s.more() {
			c.purposes = append(c.purposes, s.oid())
		}
	case oidDocTypes:
		c.readDocTypes(value)
	case oidUsagePeriod, oidSubjectNames, oidIssuerNames, oidRevocations, oidPolicies, oidNameChange:
	default:
		return false
	}
	return true
}

// readDocTypes reads the list of document types (Doc 9303-12, 7.1.1.6).
func (c *certificate) readDocTypes(value *reader) {
	s := value.within(tagSequence)
	value.end()
	s.small()
	set := s.within(tagSet)
	s.end()
	c.hasDocTypes = true
	for set.more() {
		c.docTypes = append(c.docTypes, string(set.take(tagPrintable).value))
	}
}
