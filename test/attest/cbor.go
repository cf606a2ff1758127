// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"encoding/binary"
	"slices"
)

// Text encodes a CBOR text string (RFC 8949 section 3.1).
func Text(s string) []byte { return append(cborHead(3, len(s)), s...) }

// Bytes encodes a CBOR byte string.
func Bytes(b []byte) []byte { return append(cborHead(2, len(b)), b...) }

// Array encodes a CBOR array of items that are encoded already.
func Array(items ...[]byte) []byte {
	return append(cborHead(4, len(items)), slices.Concat(items...)...)
}

// Member is a name and a value of a CBOR map, the value encoded already.
type Member struct {
	Name  string
	Value []byte
}

// Map encodes a CBOR map with members in the order given, doubled ones and
// all.
func Map(members ...Member) []byte {
	out := cborHead(5, len(members))
	for _, m := range members {
		out = append(append(out, Text(m.Name)...), m.Value...)
	}
	return out
}

// cborHead encodes a major type and its argument in the shortest way.
func cborHead(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return []byte{major<<5 | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(n))
	}
	return binary.BigEndian.AppendUint32([]byte{major<<5 | 26}, uint32(n))
}
