// SPDX-License-Identifier: Apache-2.0

// Package cardauth answers "who is asking?" from a My Number card: it verifies
// the files of the card's 券面事項入力補助AP (the text application, AID
// D3921000310001010408), where the 券面事項確認AP (the surface application,
// D3921000310001010402) ties card and person its record too, and the signature
// that the card made for one request.
//
//	phone or terminal                             kofu
//	    |  may I have a challenge?  ------------->  |  NewChallenge: 32 random bytes,
//	    |  <------------ id, challenge, expiry      |  120 s, one channel, one purpose
//	    |                                           |
//	  card: SELECT text application, VERIFY PIN     |
//	  card: READ EF0001 0002 0003 0004 (0007)       |
//	                                                |
//	  where Surface binds:                          |
//	  card: SELECT surface application,             |
//	        VERIFY My Number (照合番号A, EF0013)    |
//	  card: READ EF0002 0004                        |
//	  card: COMPUTE DIGITAL SIGNATURE over          |
//	        SurfaceMessage(challenge, EF0003,       |
//	        DF22, DF23, DF24)                       |
//	  where Attested:                               |
//	  card: COMPUTE DIGITAL SIGNATURE over          |
//	        BoundMessage(challenge, EF0003, EF0007) |
//	    |                                           |
//	    |  files, signature, challenge id  ------>  |  Verify, below
//
// The PIN goes to the card and nowhere else. Verify works in this order, and
// each step that fails has a [Code] of its own:
//
//	 1  the challenge is taken from the store, before anything is looked at
//	 2  EF0004, the certificate of the municipality's signing key:
//	    its issuer is found by all 16 bytes of the key id among the text
//	    application's anchors, which also choose the suite (algorithms and sizes)
//	 3  EF0004's signature, by the anchor
//	 4  EF0007, the card's own public key, by the municipality's key
//	    (Surface: if it was sent)
//	 5  Surface: the surface application's EF0004, by its own anchors, as 2 and 3
//	 6  Surface: the record and its signature over three digests, by that EF0004's key
//	 7  the challenge signature, by the card's key: EF0007's, Surface: DF24's
//	 8  EF0003, two digests, by the municipality's key
//	 9  EF0001 and EF0002 against the digests
//	10  offsets, digits, date, sex
//	11  the My Number's check digit
//	12  Surface: the record's birth date and sex against the text application's
//	13  the Person
//
// What the text application's files hold (tags are BER; lengths may have
// leading zeros; a file may end in filler, 00 or FF):
//
//	EF0001  FF10 { 12 digits } FF FF
//	EF0002  FF20 { DF21 offsets | DF22 name | DF23 address | DF24 birth | DF25 sex }
//	EF0003  FF30 { DF31 digest of EF0001 | DF32 digest of DF22..DF25 | DF33 signature }
//	EF0004  7F21 { 5F4E issuer id, subject id, key | 5F37 signature }
//	EF0007  FF50 { DF51 key | DF52 signature }
//
// EF0001's digest covers its two bytes of filler. DF21 is not signed, so its
// offsets are checked against the places where the objects are. And the surface
// application's:
//
//	EF0002  FF20 { DF21 offsets | DF22 birth | DF23 sex | DF24 key | DF25 picture of the name |
//	        DF26 picture of the address | DF27 photograph | DF28 signature | DF29 expiry |
//	        DF2A picture of the security code }
//	EF0004  as above
//
// DF28 is over SHA-256(DF22..DF24) | SHA-256(DF25, DF26) | SHA-256(DF27): one
// DigestInfo with 96 bytes. So the pictures and the photograph need not be sent
// for it to be verified, and are not: [SurfaceFiles] holds their digests.
// Personal data comes from the text application alone; birth date and sex of
// the surface application are compared, and nothing else of it is used.
//
// # What this proves, and what it does not
//
// The files are genuine, and a card of the authority's was present after the
// challenge was made. That the PIN was typed is not proved: EF0001 also opens
// with the My Number (照合番号A), EF0002 with birth date, year of expiry and
// security code (照合番号B), the surface application with either, all printed on
// the card, and the signatures need none; TestFilesOpenWithoutThePIN shows it.
// The files do not change, so a copy of them stays good. Nothing in them tells
// lost or expired cards. A card held to another phone far away is present all
// the same: neither binding tells a relay.
//
// Whether the card that was present is the person's is what [Binding] decides.
//
// [Attested]: nothing in the text application's files ties EF0003 (whose data)
// to EF0007 (which card). Somebody with a card of the same municipality and a
// copy of a neighbour's files passes; TestMixAndMatchPassesWhereAttested shows
// it. The bound message makes sure that at least the two that were sent are the
// two that were signed. So Attested is for readers that are known to send the
// files of one card.
//
// [Surface]: the key that signed the challenge, a birth date and a sex are
// under one signature, and the text application's files are about somebody with
// this birth date and sex. Copied files pass only with a card of such a person,
// of any municipality: TestMixAndMatchFailsWhereSurfaceBinds and
// TestMixAndMatchOfTheSameBirthDateAndSexPasses show the two sides. Where the
// register does not know the whole birth date, it ties by so much less. The
// name, the address and the number would tie more, but the record has them as
// pictures only.
//
// Under Surface, EF0007 need not be sent. Its key signs nothing then, so all
// that it could show is that some card of the municipality once existed, which a
// copy shows as well; asking for it would look like a check and be none. If a
// reader sends it, it has to verify, so that nothing that was sent goes
// unlooked at.
package cardauth
