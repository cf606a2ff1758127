// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"math/big"
	"strconv"
	"strings"
	"time"
)

// TLV is one object of DER.
func TLV(tag byte, parts ...[]byte) []byte {
	var value []byte
	for _, p := range parts {
		value = append(value, p...)
	}
	out := []byte{tag}
	switch n := len(value); {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	case n < 0x10000:
		out = append(out, 0x82, byte(n>>8), byte(n))
	default:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, value...)
}

// Seq is a SEQUENCE, Set a SET in the order given.
func Seq(parts ...[]byte) []byte { return TLV(0x30, parts...) }

// Set is a SET in the order given.
func Set(parts ...[]byte) []byte { return TLV(0x31, parts...) }

// Octets is an OCTET STRING.
func Octets(b []byte) []byte { return TLV(0x04, b) }

// Int is an INTEGER that is not negative.
func Int(n int64) []byte { return bigInt(big.NewInt(n)) }

func bigInt(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return TLV(0x02, b)
}

func bitString(b []byte) []byte { return TLV(0x03, []byte{0}, b) }

// OID is an OBJECT IDENTIFIER, from its numbers with dots.
func OID(dotted string) []byte {
	var value []byte
	var first int
	for i, part := range strings.Split(dotted, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			panic("passport: an OID is numbers with dots")
		}
		switch i {
		case 0:
			first = n
			continue
		case 1:
			n += 40 * first
		}
		digits := []byte{byte(n & 0x7F)}
		for n >>= 7; n > 0; n >>= 7 {
			digits = append([]byte{byte(n&0x7F) | 0x80}, digits...)
		}
		value = append(value, digits...)
	}
	return TLV(0x06, value)
}

// Algorithm is an AlgorithmIdentifier; nil stands for absent parameters.
func Algorithm(dotted string, params []byte) []byte { return Seq(OID(dotted), params) }

// Null is NULL.
func Null() []byte { return []byte{5, 0} }

func utc(t time.Time) []byte {
	t = t.UTC()
	if t.Year() >= 2050 {
		return TLV(0x18, []byte(t.Format("20060102150405Z")))
	}
	return TLV(0x17, []byte(t.Format("060102150405Z")))
}

// name is a distinguished name of country and common name.
func name(country, common string) []byte {
	return Seq(
		Set(Seq(OID("2.5.4.6"), TLV(0x13, []byte(country)))),
		Set(Seq(OID("2.5.4.3"), TLV(0x0C, []byte(common)))),
	)
}
