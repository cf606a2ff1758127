// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"strconv"
	"strings"
)

// Numeric returns the text of a card's QR code: "shc:/" and two digits for
// each character of the JWS, its code less 45. It fails with a
// [*MalformedError] for characters that no JWS has.
func Numeric(jws string) (string, error) {
	var b strings.Builder
	b.Grow(len(scheme) + 2*len(jws))
	b.WriteString(scheme)
	for i := range len(jws) {
		if !inJWS(jws[i]) {
			return "", malformed("JWS: character outside base64url")
		}
		n := jws[i] - '-'
		b.WriteByte('0' + n/10)
		b.WriteByte('0' + n%10)
	}
	return b.String(), nil
}

// space is what may stand around a text that is read.
const space = " \t\r\n"

// Limits on what is read. A card in one QR code has at most 1195 characters;
// chunks and files may hold more.
const (
	maxJWS     = 256 << 10
	maxPayload = 1 << 20 // inflated
	maxChunks  = 99
)

// FromNumeric returns the JWS of a card from the texts of its QR code, or of
// its QR codes ("shc:/C/N/…", deprecated) in any order and however often each
// was scanned. White space around a text is let pass (files end in a line
// break), inside it is not; so is the chunk header on the only chunk of a card
// ("shc:/1/1/…"), which nobody should write and older writers did. It fails
// with a [*MalformedError].
func FromNumeric(texts ...string) (string, error) {
	if len(texts) == 0 {
		return "", malformed("numeric: no text")
	}
	var parts []string
	size := 0
	for _, text := range texts {
		if size += len(text); size > 2*maxJWS {
			return "", malformed("numeric: too long")
		}
		index, count, digits, err := chunk(strings.Trim(text, space))
		if err != nil {
			return "", err
		}
		if parts == nil {
			parts = make([]string, count)
		}
		switch {
		case count != len(parts):
			return "", malformed("numeric: chunks of different cards")
		case parts[index-1] != "" && parts[index-1] != digits:
			return "", malformed("numeric: two different texts for one chunk")
		}
		parts[index-1] = digits
	}
	var jws strings.Builder
	for _, digits := range parts {
		if digits == "" {
			return "", malformed("numeric: a chunk is missing")
		}
		for i := 0; i < len(digits); i += 2 {
			c := (digits[i]-'0')*10 + digits[i+1] - '0' + '-'
			if !inJWS(c) {
				return "", malformed("numeric: pair of digits outside base64url")
			}
			jws.WriteByte(c)
		}
	}
	return jws.String(), nil
}

// chunk takes a text apart; one that is not a chunk is the first of one.
func chunk(text string) (index, count int, digits string, err error) {
	digits, ok := strings.CutPrefix(text, scheme)
	if !ok {
		return 0, 0, "", malformed("numeric: does not begin with shc:/")
	}
	index, count = 1, 1
	if f := strings.Split(digits, "/"); len(f) > 1 {
		if len(f) != 3 {
			return 0, 0, "", malformed("numeric: chunk header")
		}
		if index, err = ordinal(f[0]); err != nil {
			return 0, 0, "", err
		}
		if count, err = ordinal(f[1]); err != nil {
			return 0, 0, "", err
		}
		if index > count {
			return 0, 0, "", malformed("numeric: chunk number beyond the count")
		}
		digits = f[2]
	}
	if digits == "" || len(digits)%2 != 0 || strings.Trim(digits, "0123456789") != "" {
		return 0, 0, "", malformed("numeric: not pairs of digits")
	}
	return index, count, digits, nil
}

func ordinal(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxChunks || strconv.Itoa(n) != s {
		return 0, malformed("numeric: chunk header")
	}
	return n, nil
}
