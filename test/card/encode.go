// SPDX-License-Identifier: Apache-2.0

package card

import (
	"encoding/binary"
	"slices"
)

// TLV writes a data object with the shortest length. The tag is the raw bytes,
// big-endian.
func TLV(tag uint32, value ...[]byte) []byte {
	v := slices.Concat(value...)
	return append(header(tag, len(v), false), v...)
}

// LongTLV writes a data object whose length has two bytes and perhaps leading
// zeros, as seen on a real card.
func LongTLV(tag uint32, value ...[]byte) []byte {
	v := slices.Concat(value...)
	return append(header(tag, len(v), true), v...)
}

func header(tag uint32, n int, long bool) []byte {
	var b []byte
	if tag > 0xFF {
		b = append(b, byte(tag>>8))
	}
	b = append(b, byte(tag))
	switch {
	case long || n > 0xFF:
		return append(b, 0x82, byte(n>>8), byte(n))
	case n > 0x7F:
		return append(b, 0x81, byte(n))
	}
	return append(b, byte(n))
}

// EncodeEF0001 writes the My Number file, 17 bytes: the object and two FF. It
// does not look at the digits.
func EncodeEF0001(myNumber string) []byte {
	return append(TLV(0xFF10, []byte(myNumber)), 0xFF, 0xFF)
}

// EncodeEF0002 writes name, address, birth date and sex of h as they are; for
// a NonMinimal card with leading zeros in three lengths and filler at the end.
func EncodeEF0002(h Holder) []byte {
	write := TLV
	if h.NonMinimal {
		write = LongTLV
	}
	fields := [][]byte{
		write(0xDF22, []byte(h.Name)), write(0xDF23, []byte(h.Address)),
		TLV(0xDF24, []byte(h.BirthDate)), TLV(0xDF25, []byte(h.Sex)),
	}
	size := len(slices.Concat(fields...)) + 11 // DF21 08 and four offsets
	headerSize := len(header(0xFF20, size, h.NonMinimal))
	var offsets []byte
	at := headerSize + 11
	for _, f := range fields {
		offsets = binary.BigEndian.AppendUint16(offsets, uint16(at))
		at += len(f)
	}
	file := write(0xFF20, TLV(0xDF21, offsets), slices.Concat(fields...))
	for h.NonMinimal && len(file)%16 != 0 {
		file = append(file, 0xFF)
	}
	return file
}

// attrSigned returns DF22 to DF25 of a file that EncodeEF0002 wrote, possibly
// with changed bytes: what its digest covers.
func attrSigned(file []byte) []byte {
	if len(file) < 3 {
		return nil
	}
	start, n := 3, int(file[2])
	switch file[2] {
	case 0x81:
		start, n = 4, int(file[3])
	case 0x82:
		start, n = 5, int(file[3])<<8|int(file[4])
	}
	end := min(start+n, len(file))
	return file[min(start+11, end):end]
}

// encodeEF0005 writes the file about the application: versions, a key id and
// 128 bytes of unknown meaning. No signature covers it.
func encodeEF0005(id KeyID, nonMinimal bool) []byte {
	write := TLV
	if nonMinimal {
		write = LongTLV
	}
	unknown := slices.Concat(make([]byte, 32), slices.Repeat([]byte{0xFF}, 96))
	return write(0xFF40,
		TLV(0xDF41, []byte{0x01, 0x03, 0x0E, 0x01}),
		TLV(0xDF42, id[:]),
		write(0xDF43, unknown),
	)
}
