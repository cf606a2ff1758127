// SPDX-License-Identifier: Apache-2.0

// Package passport reads the machine-readable zone of a passport (ICAO Doc
// 9303-4, TD3: two lines of 44 characters).
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
// The zone is not signed: the check digits find misreading, not forgery. They
// do not cover the first line, so names are held to their alphabet strictly.
package passport
