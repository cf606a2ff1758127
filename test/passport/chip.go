// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"crypto"
	"fmt"
)

// The content types of what a State signs.
const (
	LDSContent  = "2.23.136.1.1.1"
	ListContent = "2.23.136.1.1.2"
)

// DG1 is data group 1 with these lines.
func DG1(line1, line2 string) []byte {
	zone := []byte(line1 + line2)
	return TLV(0x61, []byte{0x5F, 0x1F, byte(len(zone))}, zone)
}

// Digest is one digest of a security object.
type Digest struct {
	Number int64
	Sum    []byte
}

// Draft is a signed object before it is signed. Every member may be changed,
// and is then signed as it is.
type Draft struct {
	Tag             byte // around all of it; 0: none
	Version         int64
	Digests         [][]byte // AlgorithmIdentifiers
	ContentType     string
	Content         []byte
	Certificates    [][]byte
	SignerVersion   int64
	SignerID        []byte
	SignerDigest    []byte
	Hash            crypto.Hash // of the content, in the attributes
	Attributes      [][]byte    // nil: made by [Draft.Build]
	NoAttributes    bool        // the content is signed itself
	SignatureID     []byte
	Unsigned        []byte // unsigned attributes
	Revocations     []byte
	Copies          int // of the signature; 0 stands for 1, less for none
	key             Key
	SignedInstead   []byte // what is signed in the place of the attributes
	AlteredSigValue func([]byte) []byte
}

// Attribute is one signed attribute.
func Attribute(dotted string, values ...[]byte) []byte { return Seq(OID(dotted), Set(values...)) }

// SecurityObject is an LDS security object.
func SecurityObject(version int64, h crypto.Hash, digests ...Digest) []byte {
	var list [][]byte
	for _, d := range digests {
		list = append(list, Seq(Int(d.Number), Octets(d.Sum)))
	}
	var info []byte
	if version == 1 {
		info = Seq(TLV(0x13, []byte("0108")), TLV(0x13, []byte("040000")))
	}
	return Seq(Int(version), HashID(h), Seq(list...), info)
}

// Sum hashes.
func Sum(h crypto.Hash, b []byte) []byte {
	f := h.New()
	f.Write(b)
	return f.Sum(nil)
}

// Groups are the digests of data group 1, of a made-up picture (2), and of a
// made-up data group 14.
func Groups(h crypto.Hash, dg1 []byte) []Digest {
	return []Digest{{1, Sum(h, dg1)}, {2, Sum(h, []byte("picture"))}, {14, Sum(h, []byte("options"))}}
}

// Draft prepares the document security object over dg1.
func (c *Certified) Draft(dg1 []byte) *Draft {
	h := c.Key.Hash
	d := c.draft(LDSContent, SecurityObject(0, h, Groups(h, dg1)...))
	d.Tag = 0x77
	return d
}

// MasterList prepares a master list of authorities.
func (c *Certified) MasterList(authorities ...[]byte) *Draft {
	return c.draft(ListContent, Seq(Int(0), Set(authorities...)))
}

func (c *Certified) draft(contentType string, content []byte) *Draft {
	issuer := issuerOf(c.Certificate)
	return &Draft{
		Version: 3, Digests: [][]byte{HashID(c.Key.Hash)}, ContentType: contentType, Content: content,
		Certificates: [][]byte{c.Certificate}, SignerVersion: 1, SignerID: Seq(issuer, Int(c.serial)),
		SignerDigest: HashID(c.Key.Hash), Hash: c.Key.Hash, SignatureID: c.Key.SignatureID(), key: c.Key,
	}
}

// SignWith has another key sign.
func (d *Draft) SignWith(k Key) { d.key = k }

// ByKeyID names the signer by its key identifier.
func (d *Draft) ByKeyID(c *Certified) error {
	id, err := keyID(c.Key)
	d.SignerVersion, d.SignerID = 3, TLV(0x80, id)
	return err
}

// StandardAttributes are the two attributes that every signature has.
func (d *Draft) StandardAttributes() [][]byte {
	return [][]byte{
		Attribute("1.2.840.113549.1.9.3", OID(d.ContentType)),
		Attribute("1.2.840.113549.1.9.4", Octets(Sum(d.Hash, d.Content))),
	}
}

// Build signs.
func (d *Draft) Build() ([]byte, error) {
	attributes := d.Attributes
	if attributes == nil {
		attributes = d.StandardAttributes()
	}
	signed, sent := Set(attributes...), TLV(0xA0, attributes...)
	if d.NoAttributes {
		signed, sent = d.Content, nil
	}
	if d.SignedInstead != nil {
		signed = d.SignedInstead
	}
	signature, err := d.key.Sign(signed)
	if err != nil {
		return nil, fmt.Errorf("passport: sign: %w", err)
	}
	if d.AlteredSigValue != nil {
		signature = d.AlteredSigValue(signature)
	}
	one := Seq(Int(d.SignerVersion), d.SignerID, d.SignerDigest, sent, d.SignatureID, Octets(signature), d.Unsigned)
	var signers []byte
	for range max(1, d.Copies) {
		signers = append(signers, one...)
	}
	if d.Copies < 0 {
		signers = nil
	}
	var certificates []byte
	if d.Certificates != nil {
		certificates = TLV(0xA0, d.Certificates...)
	}
	out := Seq(OID("1.2.840.113549.1.7.2"), TLV(0xA0, Seq(
		Int(d.Version), Set(d.Digests...), Seq(OID(d.ContentType), TLV(0xA0, Octets(d.Content))),
		certificates, d.Revocations, Set(signers),
	)))
	if d.Tag != 0 {
		out = TLV(d.Tag, out)
	}
	return out, nil
}

// issuerOf takes the issuer's name out of a certificate made here.
func issuerOf(der []byte) []byte {
	open := func(b []byte) []byte { _, n := length(b); return b[n:] }
	skip := func(b []byte) []byte { l, n := length(b); return b[n+l:] }
	rest := open(open(der))
	rest = skip(skip(skip(rest))) // version, serial, algorithm
	l, n := length(rest)
	return rest[:n+l]
}

// length reads the length of the object at the start of b, and where its value
// begins.
func length(b []byte) (l, n int) {
	if b[1] < 0x80 {
		return int(b[1]), 2
	}
	n = 2 + int(b[1]&0x7F)
	for _, c := range b[2:n] {
		l = l<<8 | int(c)
	}
	return l, n
}
