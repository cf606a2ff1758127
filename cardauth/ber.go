// SPDX-License-Identifier: Apache-2.0

package cardauth

// object is one BER data object. Tags are kept as the raw bytes they are
// written with, big-endian (0xDF21, 0x5F4E, 0x90): the card uses the high-tag
// form for numbers that would not need it, which encoding/asn1 refuses.
type object struct {
	tag   uint32
	raw   []byte // tag, length and value, as received
	value []byte
}

// objects reads data objects one after the other.
type objects struct{ rest []byte }

// next reads the next object, which must have this tag.
func (o *objects) next(tag uint32) (object, bool) {
	obj, n, ok := readObject(o.rest)
	if !ok || obj.tag != tag {
		return object{}, false
	}
	o.rest = o.rest[n:]
	return obj, true
}

// end reports whether nothing but filler, 00 or FF, is left.
func (o *objects) end() bool {
	for _, c := range o.rest {
		if c != 0x00 && c != 0xFF {
			return false
		}
	}
	return true
}

// readObject reads one object at the start of b and returns how long it is.
func readObject(b []byte) (obj object, n int, ok bool) {
	tag, n, ok := readTag(b)
	if !ok {
		return object{}, 0, false
	}
	length, m, ok := readLength(b[n:])
	if n += m; !ok || length > len(b)-n {
		return object{}, 0, false
	}
	end := n + length
	return object{tag, b[:end:end], b[n:end:end]}, end, true
}

// readTag reads a tag of one to three bytes. 00 is filler, not a tag.
func readTag(b []byte) (tag uint32, n int, ok bool) {
	if len(b) == 0 || b[0] == 0x00 {
		return 0, 0, false
	}
	tag = uint32(b[0])
	if b[0]&0x1F != 0x1F {
		return tag, 1, true
	}
	for n = 1; n < min(len(b), 3); n++ {
		tag = tag<<8 | uint32(b[n])
		if b[n]&0x80 == 0 {
			return tag, n + 1, true
		}
	}
	return 0, 0, false
}

// readLength reads a definite length: short, or 81 and 82 with one and two
// bytes. Leading zeros are accepted because real cards write them
// (FF40 82 00 9F); BER allows them, DER would not.
func readLength(b []byte) (length, n int, ok bool) {
	switch {
	case len(b) >= 1 && b[0] < 0x80:
		return int(b[0]), 1, true
	case len(b) >= 2 && b[0] == 0x81:
		return int(b[1]), 2, true
	case len(b) >= 3 && b[0] == 0x82:
		return int(b[1])<<8 | int(b[2]), 3, true
	}
	return 0, 0, false
}
