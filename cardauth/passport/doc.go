// SPDX-License-Identifier: Apache-2.0

// Package passport reads a passport: its machine-readable zone (ICAO Doc
// 9303-4, TD3: two lines of 44 characters), and the chip's proof of it (Doc
// 9303-10, 9303-11 and 9303-12).
//
//	P<JPNYAMADA<<HANAKO<<<<<<<<<<<<<<<<<<<<<<<<<
//	||  |
//	||  primary identifier << secondary identifier, 39 characters
//	|issuing State, 3, after a letter for the type
//	document
//
//	TK00000003JPN8503149F3001019<<<<<<<<<<<<<<04
//
//	 1- 9  passport number       20     check digit of 14-19   29-42  personal number, optional
//	10     check digit of 1-9    21     sex: M, F or <         43     check digit of 29-42, or < if they are empty
//	11-13  nationality           22-27  expiry, YYMMDD         44     check digit of 1-10, 14-20, 22-43
//	14-19  birth date, YYMMDD    28     check digit of 22-27
//
// # The zone
//
// The printed zone is not signed: the check digits find misreading, not
// forgery. They do not cover the first line, nationality and sex, so these are
// held to their alphabet strictly. They count modulo 10, in which A is 0, L is
// 1, G is 6 and K is a filler: a reader that takes those for each other is not
// found out by them; see [WarningNumberForm]. What is wrong is told by field,
// with the likely misreading ([MRZError]).
//
// Names are kept as the zone has them. It writes A-Z and fillers only (Doc
// 9303-3, 4.6 and 6): letters with marks are transliterated, hyphens become
// fillers, apostrophes are left out, and what has no room in 39 characters is
// cut (Doc 9303-4, 4.2.3). None of it can be undone, and nothing here tries:
// names say nothing about whose passport it is ([Agrees]).
//
// # The chip
//
//	EF.SOD  77 { CMS SignedData {                    EF.DG1  61 { 5F1F: the two lines }
//	        content: LDS security object { digest of DG1, ... }
//	        certificate of the document signer, signed by the State's CSCA
//	        signature over the attributes { content type, digest of the content } } }
//
// [ChipVerifier] goes from the lines to the digest, from there to the
// signature, to the signer, and to a country signing authority on the operator's
// list ([ParseCSCAs]); the authority must be that of the State that the lines
// name. RSA from 2048 bits (PKCS #1 v1.5 and PSS) and ECDSA on P-256, P-384 and
// P-521, named or spelled out, are verified, with SHA-256, SHA-384 and SHA-512.
// Passports signed otherwise (brainpool curves, SHA-224, DSA) are refused with
// [CodeAlgorithm], [CodeSignerKey] or [CodeCSCAUnknown], and are left with their
// printed zone. Revocation lists are not read; [ChipPolicy] has a list of
// signers.
//
// [Acceptance] is one call for both, and says which of them it was.
package passport
