// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"crypto/subtle"
	"encoding/binary"
	"unicode/utf8"

	"kofu/cert"
)

// contentFile is EF0003 taken apart.
type contentFile struct {
	signed    [2][]byte // DF31 and DF32 with their headers
	numberSum []byte
	attrSum   []byte
	signature []byte
}

func parseContentFile(file []byte) (contentFile, error) {
	if len(file) > maxFile {
		return contentFile{}, errForm
	}
	outer := objects{file}
	all, ok := outer.next(tagContent)
	if !ok || !outer.end() {
		return contentFile{}, errForm
	}
	inner := objects{all.value}
	number, ok1 := inner.next(tagNumberSum)
	attr, ok2 := inner.next(tagAttrSum)
	sig, ok3 := inner.next(tagContentSig)
	if !ok1 || !ok2 || !ok3 || !inner.end() {
		return contentFile{}, errForm
	}
	return contentFile{[2][]byte{number.raw, attr.raw}, number.value, attr.value, sig.value}, nil
}

// content returns the digests in EF0003.
func (c certificate) content(file []byte) (contentFile, error) {
	f, err := parseContentFile(file)
	if err != nil || len(f.signature) != c.scheme.sigSize {
		return contentFile{}, refuse("EF0003", CodeMalformed)
	}
	if size := len(c.scheme.digest()); len(f.numberSum) != size || len(f.attrSum) != size {
		return contentFile{}, refuse("EF0003", CodeMalformed)
	}
	if !c.scheme.verify(c.key, c.scheme.digest(f.signed[0], f.signed[1]), f.signature) {
		return contentFile{}, refuse("EF0003", CodeContentSig)
	}
	return f, nil
}

// numberFile is EF0001 taken apart.
type numberFile struct {
	digits []byte // 12 bytes, still to be judged
	bare   bool   // nothing after the object: the filler may have been cut
}

func parseNumberFile(file []byte) (numberFile, error) {
	if len(file) > maxFile {
		return numberFile{}, errForm
	}
	outer := objects{file}
	number, ok := outer.next(tagNumber)
	if !ok || !outer.end() || len(number.value) != 12 {
		return numberFile{}, errForm
	}
	return numberFile{number.value, len(outer.rest) == 0}, nil
}

// matches compares EF0001 with its digest, which covers the two bytes of
// filler; if they were cut off, with the filler put back.
func (f numberFile) matches(file []byte, s scheme, sum []byte) bool {
	ok := subtle.ConstantTimeCompare(s.digest(file), sum)
	if f.bare {
		ok |= subtle.ConstantTimeCompare(s.digest(file, []byte{0xFF, 0xFF}), sum)
	}
	return ok == 1
}

// number returns the My Number. Only its check digit is left to be wrong.
func (f numberFile) number() (*cert.MyNumber, error) {
	for _, c := range f.digits {
		if c < '0' || c > '9' {
			return nil, refuse("EF0001", CodeNumberDigits)
		}
	}
	n, err := cert.ParseMyNumber(f.digits)
	if err != nil {
		return nil, refuse("EF0001", CodeNumberCheckSum)
	}
	return n, nil
}

// attrFile is EF0002 taken apart.
type attrFile struct {
	signed                    []byte // DF22 to DF25 with their headers
	offsets                   []byte // value of DF21: 4 big-endian uint16
	at                        [4]int // where DF22 to DF25 are, from the start of the file
	name, address, birth, sex []byte
}

func parseAttrFile(file []byte) (attrFile, error) {
	if len(file) > maxFile {
		return attrFile{}, errForm
	}
	outer := objects{file}
	all, ok := outer.next(tagAttributes)
	if !ok || !outer.end() {
		return attrFile{}, errForm
	}
	start := len(all.raw) - len(all.value)
	inner := objects{all.value}
	offsets, ok := inner.next(tagOffsets)
	if !ok || len(offsets.value) != 8 {
		return attrFile{}, errForm
	}
	signed := inner.rest
	f := attrFile{offsets: offsets.value}
	fields := [4]*[]byte{&f.name, &f.address, &f.birth, &f.sex}
	for i, tag := range [4]uint32{tagName, tagAddress, tagBirthDate, tagSex} {
		f.at[i] = start + len(all.value) - len(inner.rest)
		field, ok := inner.next(tag)
		if !ok {
			return attrFile{}, errForm
		}
		*fields[i] = field.value
	}
	if !inner.end() || len(f.birth) != 8 || len(f.sex) != 1 {
		return attrFile{}, errForm
	}
	f.signed = signed[:len(signed)-len(inner.rest)]
	return f, nil
}

// checkOffsets compares DF21, which nobody signed, with what is there.
func (f attrFile) checkOffsets() error {
	for i, at := range f.at {
		if int(binary.BigEndian.Uint16(f.offsets[2*i:])) != at {
			return refuse("EF0002", CodeAttrOffsets)
		}
	}
	return nil
}

// holder reads name, birth date and sex, and the address. Text is any valid
// UTF-8 and keeps its bytes: cards hold characters beyond every older set.
func (f attrFile) holder() (cert.Holder, cert.Private, error) {
	if len(f.name) == 0 || !utf8.Valid(f.name) || !utf8.Valid(f.address) {
		return cert.Holder{}, "", refuse("EF0002", CodeAttrText)
	}
	birth, ok := parseBirthDate(f.birth)
	if !ok {
		return cert.Holder{}, "", refuse("EF0002", CodeAttrBirthDate)
	}
	switch f.sex[0] {
	case '0', '1', '2', '3', '9':
	default:
		return cert.Holder{}, "", refuse("EF0002", CodeAttrSex)
	}
	h := cert.Holder{Name: cert.Private(f.name), BirthDate: birth, Sex: cert.Sex(f.sex[0] - '0')}
	return h, cert.Private(f.address), nil
}

// parseBirthDate reads YYYYMMDD. How a card writes a birth date that the
// register does not know in full is not public; assumed: zeros, or something
// that is not a digit. Such a date is no reason to refuse a card, so what is
// known is kept, from the year on. A full date must exist.
func parseBirthDate(b []byte) (cert.Date, bool) {
	year, month, day := digits(b[:4]), digits(b[4:6]), digits(b[6:8])
	switch {
	case year == 0:
		return cert.Date{}, true
	case month > 12 || day > 31:
		return cert.Date{}, false
	case month == 0:
		return cert.Date{Year: year}, true
	case day == 0:
		return cert.Date{Year: year, Month: month}, true
	}
	d, err := cert.ParseDate(string(b))
	return d, err == nil
}

// digits reads decimal digits; 0 stands for anything else.
func digits(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
