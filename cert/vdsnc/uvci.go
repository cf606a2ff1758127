// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"

	"kofu/cert"
)

// UVCI returns the identifier of a document, 12 characters: the first eleven
// base32 characters (RFC 4648, A–Z and 2–7, 55 bits) of HMAC-SHA-256(secret,
// id), and a check digit of the kind that machine-readable zones use (ICAO
// Doc 9303-3, 4.9: weights 7, 3, 1). It says nothing of the certificate ID to
// those who lack the secret. Japan's rule is not published; this one is ours.
func UVCI(secret []byte, id cert.ID) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id))
	s := base32.StdEncoding.EncodeToString(mac.Sum(nil))[:11]
	return s + string(CheckDigit(s))
}

// CheckDigit computes the check digit of ICAO Doc 9303-3, 4.9, over digits
// and capital letters (A is 10, Z is 35); every other character counts 0, as
// a filler does.
func CheckDigit(s string) byte {
	sum := 0
	for i := range len(s) {
		v := 0
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10)
}
