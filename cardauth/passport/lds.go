// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"bytes"
	"crypto"
)

// Tags of the files (Doc 9303-10, 4.6).
const (
	tagSOD = 0x77
	tagDG1 = 0x61
)

// readSOD reads EF.SOD, the document security object.
func readSOD(file []byte) (*signedData, Code) {
	switch {
	case len(file) == 0:
		return nil, CodeSODMissing
	case len(file) > MaxSize:
		return nil, CodeSODSize
	}
	r := newReader(file)
	content := r.take(tagSOD).value
	if !r.ok() {
		return nil, CodeSODMalformed
	}
	if r.more() {
		return nil, CodeSODTrailing
	}
	return readSignedData(content, oidLDS)
}

// securityObject is LDSSecurityObject (Doc 9303-10, 4.6.2.3), as far as it is
// about data group 1.
type securityObject struct {
	hash crypto.Hash
	dg1  []byte // digest
}

func readSecurityObject(der []byte) (securityObject, Code) {
	r := newReader(der)
	s := r.within(tagSequence)
	r.end()
	version := s.small()
	a := s.algorithm()
	list := s.within(tagSequence)
	if version == 1 && s.more() {
		info := s.within(tagSequence)
		info.take(tagPrintable)
		info.take(tagPrintable)
		info.end()
	}
	s.end()
	o := securityObject{hash: hashOf(a)}
	if o.hash == 0 && r.ok() {
		return o, CodeAlgorithm
	}
	code := o.readDigests(list)
	if !r.ok() || version > 1 {
		return o, CodeLDSMalformed
	}
	return o, code
}

func (o *securityObject) readDigests(list *reader) Code {
	seen := make(map[int]bool)
	count := 0
	for ; list.more(); count++ {
		one := list.within(tagSequence)
		number, sum := one.small(), one.take(tagOctets).value
		one.end()
		switch {
		case !one.ok():
			return CodeLDSMalformed
		case number < 1 || number > 16:
			return CodeLDSNumber
		case seen[number]:
			return CodeLDSTwice
		case len(sum) != o.hash.Size():
			return CodeLDSLength
		}
		seen[number] = true
		if number == 1 {
			o.dg1 = sum
		}
	}
	switch {
	case count < 2 || count > 16:
		return CodeLDSCount
	case o.dg1 == nil:
		return CodeDG1Unlisted
	}
	return ""
}

// readDG1 reads EF.DG1 of a passport: 61 5B 5F 1F 58 and the two lines.
func readDG1(file []byte) (line1, line2 string, code Code) {
	switch {
	case len(file) == 0:
		return "", "", CodeDG1Missing
	case len(file) > 256:
		return "", "", CodeDG1Size
	}
	r := newReader(file)
	content := r.take(tagDG1).value
	r.end()
	zone, ok := bytes.CutPrefix(content, []byte{0x5F, 0x1F})
	if !r.ok() || !ok || len(zone) < 1 || int(zone[0]) != len(zone)-1 {
		return "", "", CodeDG1Malformed
	}
	switch zone = zone[1:]; len(zone) {
	case 2 * lineLength:
		return string(zone[:lineLength]), string(zone[lineLength:]), ""
	case 3 * 30, 2 * 36: // TD1, TD2
		return "", "", CodeDG1NotTD3
	}
	return "", "", CodeDG1Malformed
}
