// SPDX-License-Identifier: Apache-2.0

package passport

import "math/big"

// Tags of DER that are used here.
const (
	tagBoolean     = 0x01
	tagInteger     = 0x02
	tagBitString   = 0x03
	tagOctets      = 0x04
	tagOID         = 0x06
	tagUTF8        = 0x0C
	tagPrintable   = 0x13
	tagUTCTime     = 0x17
	tagTime        = 0x18
	tagSequence    = 0x30
	tagSet         = 0x31
	tagContext     = 0x80 // [0], primitive
	tagConstructed = 0xA0 // [0], constructed
)

// element is one object of DER.
type element struct {
	raw   []byte // with tag and length
	value []byte
}

// reader reads DER strictly: definite lengths in their shortest form, tags of
// one byte, and nothing left over where [reader.end] says so. encoding/asn1 is
// not strict enough for bytes that no signature covers: it lets pass what
// follows the last member of a SEQUENCE.
//
// Whatever is wrong makes the reader bad, with all readers taken from it; it
// then gives empty values. So a caller asks once, at the end.
type reader struct {
	rest []byte
	bad  *bool
}

func newReader(b []byte) *reader { return &reader{b, new(bool)} }

func (r *reader) fail() { *r.bad, r.rest = true, nil }

// ok reports that nothing has been wrong.
func (r *reader) ok() bool { return !*r.bad }

// more reports whether there is something left to read.
func (r *reader) more() bool { return !*r.bad && len(r.rest) > 0 }

// has reports whether the next object has this tag.
func (r *reader) has(tag byte) bool { return r.more() && r.rest[0] == tag }

// end wants nothing to be left.
func (r *reader) end() {
	if len(r.rest) > 0 {
		r.fail()
	}
}

// take reads the next object, which must have this tag.
func (r *reader) take(tag byte) element {
	if !r.has(tag) {
		r.fail()
		return element{}
	}
	return r.any()
}

// any reads the next object, whatever it is.
func (r *reader) any() element {
	length, n, ok := derLength(r.rest)
	if *r.bad || !ok || r.rest[0]&0x1F == 0x1F || length > len(r.rest)-n {
		r.fail()
		return element{}
	}
	e := element{r.rest[: n+length : n+length], r.rest[n : n+length : n+length]}
	r.rest = r.rest[n+length:]
	return e
}

// within returns a reader of what is in the next object, which must have this
// tag.
func (r *reader) within(tag byte) *reader { return &reader{r.take(tag).value, r.bad} }

// derLength reads the length that follows a tag of one byte and returns where
// the value begins.
func derLength(b []byte) (length, n int, ok bool) {
	switch {
	case len(b) < 2:
		return 0, 0, false
	case b[1] < 0x80:
		return int(b[1]), 2, true
	}
	count := int(b[1] & 0x7F)
	if count < 1 || count > 3 || len(b) < 2+count || b[2] == 0 {
		return 0, 0, false
	}
	for _, c := range b[2 : 2+count] {
		length = length<<8 | int(c)
	}
	return length, 2 + count, length >= 0x80
}

// oid reads an object identifier as its raw bytes: they are only compared.
func (r *reader) oid() oid { return oid(r.take(tagOID).value) }

// integer reads a number that is not negative.
func (r *reader) integer() *big.Int {
	v := r.take(tagInteger).value
	if len(v) == 0 || v[0]&0x80 != 0 || len(v) > 1 && v[0] == 0 && v[1]&0x80 == 0 {
		r.fail()
		return new(big.Int)
	}
	return new(big.Int).SetBytes(v)
}

// small reads a number below 2^31.
func (r *reader) small() int {
	n := r.integer()
	if n.BitLen() > 31 {
		r.fail()
		return 0
	}
	return int(n.Int64())
}

// bits reads a BIT STRING of whole bytes.
func (r *reader) bits() []byte {
	v := r.take(tagBitString).value
	if len(v) == 0 || v[0] != 0 {
		r.fail()
		return nil
	}
	return v[1:]
}

// algorithm is AlgorithmIdentifier (RFC 5280, 4.1.1.2).
type algorithm struct {
	oid    oid
	params []byte // one object, nil if there is none
}

func (r *reader) algorithm() algorithm {
	s := r.within(tagSequence)
	a := algorithm{oid: s.oid()}
	if s.more() {
		a.params = s.any().raw
	}
	s.end()
	return a
}

// bare reports that a has no parameters, or NULL for them.
func (a algorithm) bare() bool { return a.params == nil || string(a.params) == "\x05\x00" }
