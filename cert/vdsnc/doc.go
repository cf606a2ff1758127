// SPDX-License-Identifier: Apache-2.0

// Package vdsnc writes and reads Visible Digital Seals for Non-Constrained
// environments of type icao.vacc: ICAO Technical Report VDS-NC v1.1, and
// ICAO Doc 9303-12 for the certificates.
//
//	{"data": {"hdr": {is, t, v}, "msg": {uvci, pid, ve}},
//	 "sig":  {"alg": "ES256", "cer": …, "sigvl": …}}
//
// The signed bytes are the UTF-8 of the RFC 8785 form of the value of "data";
// "cer" is the barcode signer's certificate (DER), "sigvl" the signature as
// r‖s, both base64url. [Encode] writes the whole object in RFC 8785 form, in
// one line: that text is what the symbol holds.
//
// The reader ([Parse], [Document.Verify]) shares no code with the writer: it
// has its own canonical form, its own certificate and key parser (which knows
// the explicit elliptic-curve parameters of passport authorities, that
// crypto/x509 refuses) and its own view of the members. It takes what issuers
// in the world have written: base64 in both alphabets with or without
// padding, any white space and member order, members it does not know, and an
// object wrapped in an array of one.
//
// # Trust
//
// A document is trusted if its signer is under a country signing authority
// that was given ([ChainTrusted]) or is itself among the signers given, byte
// for byte ([ChainPinned]). Both are judged at the time of issue. VDS-NC does
// not carry that time. Where "ai" is a certificate ID of Japan's form, the
// date in it is taken; else the document can have been issued at any time
// between its latest vaccination and now, and it is enough that the signer's
// certificate was valid, and its key in use, at some moment of that span.
package vdsnc
