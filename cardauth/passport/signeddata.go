// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"bytes"
	"crypto"
	"crypto/subtle"
	"slices"
)

const (
	oidSignedData    oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02" // 1.2.840.113549.1.7.2
	oidContentType   oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x03" // 1.2.840.113549.1.9.3
	oidMessageDigest oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04" // 1.2.840.113549.1.9.4
	oidLDS           oid = "\x67\x81\x08\x01\x01\x01"             // 2.23.136.1.1.1
	oidMasterList    oid = "\x67\x81\x08\x01\x01\x02"             // 2.23.136.1.1.2
)

// mostCertificates is how many certificates one signature may bring along.
const mostCertificates = 16

// signedData is CMS SignedData (RFC 5652, 5) as Doc 9303-10, 4.6.2 and Doc
// 9303-12 narrow it: one signer, signed attributes, its certificate inside.
// What no signature covers and nobody here reads, revocation lists and
// unsigned attributes, is passed over.
type signedData struct {
	digests      []crypto.Hash
	contentType  oid
	content      []byte
	certificates [][]byte
	signer       signerInfo
}

// signerInfo is SignerInfo (RFC 5652, 5.3).
type signerInfo struct {
	issuer, serial []byte // of the signer's certificate, or
	keyID          []byte // its subject key identifier
	digest         crypto.Hash
	attributes     []byte // as DER of a SET, nil if there are none
	scheme         scheme
	signature      []byte
}

// readSignedData reads a ContentInfo with SignedData over content of the given
// type. The code is empty if all is well.
func readSignedData(der []byte, contentType oid) (*signedData, Code) {
	r := newReader(der)
	info := r.within(tagSequence)
	r.end()
	kind := info.oid()
	outer := info.within(tagConstructed)
	info.end()
	s := outer.within(tagSequence)
	outer.end()
	d := new(signedData)
	version := s.small()
	algorithms := s.within(tagSet)
	known := true
	for algorithms.more() {
		h := hashOf(algorithms.algorithm())
		known = known && h != 0
		d.digests = append(d.digests, h)
	}
	d.readContent(s.within(tagSequence))
	if s.has(tagConstructed) {
		for certs := s.within(tagConstructed); certs.more(); {
			d.certificates = append(d.certificates, certs.take(tagSequence).raw)
		}
	}
	if s.has(tagConstructed + 1) {
		s.take(tagConstructed + 1)
	}
	signers := s.within(tagSet)
	s.end()
	var first *reader
	count := 0
	for ; signers.more(); count++ {
		if one := signers.within(tagSequence); first == nil {
			first = one
		}
	}
	switch {
	case !r.ok() || kind != oidSignedData || len(d.certificates) > mostCertificates:
		return nil, CodeCMSMalformed
	case version != 3: // the content is not id-data (RFC 5652, 5.1)
		return nil, CodeCMSVersion
	case d.contentType != contentType:
		return nil, CodeCMSContent
	case count != 1:
		return nil, CodeSignerCount
	case !known:
		return nil, CodeAlgorithm
	}
	if code := d.signer.read(first); code != "" {
		return nil, code
	}
	if !slices.Contains(d.digests, d.signer.digest) {
		return nil, CodeAlgorithmMismatch
	}
	return d, d.checkAttributes()
}

func (d *signedData) readContent(e *reader) {
	d.contentType = e.oid()
	content := e.within(tagConstructed)
	d.content = content.take(tagOctets).value
	content.end()
	e.end()
}

func (i *signerInfo) read(r *reader) Code {
	version := r.small()
	byKey := r.has(tagContext)
	if byKey {
		i.keyID = r.take(tagContext).value
	} else {
		id := r.within(tagSequence)
		i.issuer, i.serial = id.take(tagSequence).raw, id.take(tagInteger).value
		id.end()
	}
	hash := r.algorithm()
	if r.has(tagConstructed) {
		i.attributes = bytes.Clone(r.take(tagConstructed).raw)
	}
	signing := r.algorithm()
	i.signature = r.take(tagOctets).value
	if r.has(tagConstructed + 1) {
		r.take(tagConstructed + 1)
	}
	r.end()
	i.digest, i.scheme = hashOf(hash), schemeOf(signing)
	switch {
	case !r.ok():
		return CodeCMSMalformed
	case byKey != (version == 3) || !byKey && version != 1:
		return CodeCMSVersion
	case i.digest == 0 || i.scheme.family == unknownFamily:
		return CodeAlgorithm
	case i.scheme.hash == 0:
		i.scheme.hash = i.digest
	}
	if i.scheme.hash != i.digest {
		return CodeAlgorithmMismatch
	}
	if i.attributes == nil {
		return CodeAttrsMissing
	}
	i.attributes[0] = tagSet // what is signed (RFC 5652, 5.4)
	return ""
}

// checkAttributes holds the signed attributes against the content. Content
// that is no id-data must have both attributes, once and with one value
// (RFC 5652, 11.1 and 11.2). Others, such as the time of signing, are signed
// and say nothing here.
func (d *signedData) checkAttributes() Code {
	r := newReader(d.signer.attributes)
	set := r.within(tagSet)
	values := make(map[oid]element)
	for set.more() {
		a := set.within(tagSequence)
		name := a.oid()
		value := a.take(tagSet)
		a.end()
		if _, twice := values[name]; twice {
			return CodeAttrsMalformed
		}
		values[name] = value
	}
	kind := &reader{values[oidContentType].value, r.bad}
	contentType := kind.oid()
	kind.end()
	sum := &reader{values[oidMessageDigest].value, r.bad}
	messageDigest := sum.take(tagOctets).value
	sum.end()
	switch {
	case !r.ok():
		return CodeAttrsMalformed
	case contentType != d.contentType:
		return CodeAttrsContent
	case subtle.ConstantTimeCompare(messageDigest, digest(d.signer.digest, d.content)) != 1:
		return CodeAttrsDigest
	}
	return ""
}

// certificate returns the signer's certificate.
func (d *signedData) certificate() (*certificate, Code) {
	if len(d.certificates) == 0 {
		return nil, CodeCertificateNone
	}
	var found *certificate
	for _, der := range d.certificates {
		c, ok := readCertificate(der)
		if !ok {
			return nil, CodeCertificate
		}
		named := bytes.Equal(c.issuer, d.signer.issuer) && bytes.Equal(c.serial, d.signer.serial)
		if d.signer.keyID != nil {
			named = c.subjectKey != nil && bytes.Equal(c.subjectKey, d.signer.keyID)
		}
		if named && found == nil {
			found = c
		}
	}
	if found == nil {
		return nil, CodeSignerUnknown
	}
	return found, ""
}

// signedBy reports whether key signed the attributes.
func (d *signedData) signedBy(key publicKey) bool {
	return d.signer.scheme.verify(key, d.signer.attributes, d.signer.signature)
}
