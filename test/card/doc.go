// SPDX-License-Identifier: Apache-2.0

// Package card is a simulated My Number card: the 券面事項入力補助AP (text
// application) and the 券面事項確認AP (surface application) as a phone or terminal
// sees them, one APDU after the other (ISO/IEC 7816-4), with the authorities
// and the municipalities that issue it.
//
//	PKI          authorities "9000033" (text) and "9000023" (surface): certify municipalities (EF0004)
//	Municipality signs what its cards hold (EF0003, EF0007; the surface application's EF0001, EF0002, EF0005)
//	Card         answers APDUs; counts wrong PINs; signs
//	Reader       drives a card by APDUs alone, as a phone does
//
// The files have the form of real ones, byte for byte; the persons in them and
// all keys are made up. It shares no code with package cardauth, which
// verifies what it makes.
//
// What the simulated card knows:
//
//	00 A4 04 0C  SELECT the application by its AID
//	00 A4 02 0C  SELECT a file by its identifier
//	00 20 00 80  VERIFY; without data: how many tries are left (63Cx, 6984)
//	00 B0        READ BINARY at a 15-bit offset; 6B00 past the end
//	80 2A 00 00  COMPUTE DIGITAL SIGNATURE over what is sent, 1 to 245 bytes
//	00 88        INTERNAL AUTHENTICATE answers 6985, as the real one does
//
// The text application:
//
//	file  what                      to be read after
//	0001  My Number                 PIN or 照合番号A
//	0002  name, address, …          PIN or 照合番号B
//	0003  digests                   PIN, A or B
//	0004  municipality's key        nothing
//	0005  about the application     nothing
//	0007  card's key                PIN, A or B
//	0008  sixteen FF                nothing (assumed)
//	0011  PIN, 3 tries; 0014 照合番号A, 10 tries (assumed); 0015 照合番号B, 10 tries
//
// The surface application, which signs with a key of its own:
//
//	file  what                      to be read after
//	0001  birth date, card's key    the birth date, YYMMDD of the era
//	0002  the card's face           照合番号A or B
//	0003  about the application     nothing
//	0004  municipality's key        nothing
//	0005  My Number, a picture      照合番号A
//	0011  birth date; 0012 照合番号B; 0013 照合番号A; 10 tries each (assumed)
//
// The face is birth date, sex, the card's key, pictures of name and address, a
// photograph, the municipality's signature, day of expiry and a picture of the
// security code. The pictures are patterns, and the photograph is no picture at
// all. Whether a municipality signs for both applications with one key is not
// public; here it has two.
package card
