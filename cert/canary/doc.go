// SPDX-License-Identifier: Apache-2.0

// Package canary looks for people in bytes. A made-up [Person] is sent through
// the service, and afterwards whatever the service may have left behind is
// searched: keys, tables, logs, memory. What is looked for is each thing known
// of that person, in each way in which programs write it:
//
//	as it is       UTF-8, UTF-16 in both orders
//	escaped        JSON's \u in either case, percent in either case
//	as text        hexadecimal in either case; base64 and base64url, whatever stands before
//	packed         gzip, zlib and DEFLATE, and whatever is inside them
//	in a symbol    the digits of a SMART Health Card; the payload of a JWS
//	in a trace     the words of a struct, as a crash of a Go program prints them
//
// and one inside another, four deep. What is encrypted or hashed is not found,
// which is the point of encrypting it.
//
// A [Searcher] reads streams of any length with bounded memory. [Shapes] looks
// for what has the form of personal data without knowing whose it is.
//
// It stands among the rooms of the domain, and not with the tests, because the
// program that ships searches its own stores with it (kofu check -retention).
package canary
