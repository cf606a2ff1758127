// SPDX-License-Identifier: Apache-2.0

// Package cardauth answers "who is asking?" from a My Number card: it verifies
// the files of the card's 券面事項入力補助AP (the text application, AID
// D3921000310001010408) and the signature that the card made for one request.
//
//	phone or terminal                             kofu
//	    |  may I have a challenge?  ------------->  |  NewChallenge: 32 random bytes,
//	    |  <------------ id, challenge, expiry      |  120 s, one channel, one purpose
//	    |                                           |
//	  card: SELECT, VERIFY PIN                      |
//	  card: READ EF0001 0002 0003 0004 0007         |
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
//	    its issuer is found by all 16 bytes of the key id among the anchors,
//	    which also choose the suite (algorithms and sizes)
//	 3  EF0004's signature, by the anchor
//	 4  EF0007, the card's own public key, by the municipality's key
//	 5  the challenge signature, by the card's key
//	 6  EF0003, two digests, by the municipality's key
//	 7  EF0001 and EF0002 against the digests
//	 8  offsets, digits, date, sex
//	 9  the My Number's check digit
//	10  the Person
//
// What the files hold (tags are BER; lengths may have leading zeros; a file
// may end in filler, 00 or FF):
//
//	EF0001  FF10 { 12 digits } FF FF
//	EF0002  FF20 { DF21 offsets | DF22 name | DF23 address | DF24 birth | DF25 sex }
//	EF0003  FF30 { DF31 digest of EF0001 | DF32 digest of DF22..DF25 | DF33 signature }
//	EF0004  7F21 { 5F4E issuer id, subject id, key | 5F37 signature }
//	EF0007  FF50 { DF51 key | DF52 signature }
//
// EF0001's digest covers its two bytes of filler. DF21 is not signed, so its
// offsets are checked against the places where the objects are.
//
// # What this proves, and what it does not
//
// The files are genuine, and a card of the same municipality was present after
// the challenge was made. That the PIN was typed is not proved: EF0001 also opens
// with the My Number (照合番号A), EF0002 with birth date, year of expiry and
// security code (照合番号B), all printed on the card, and the signature needs
// neither; TestFilesOpenWithoutThePIN shows it. The files do not change, so a
// copy of them stays good. Nothing in the files ties EF0003 (whose data) to
// EF0007 (which card): somebody with a card of the same municipality and a copy
// of a neighbour's files passes. The test
// TestMixAndMatchPassesUntilSurfaceBinding shows it. The bound message makes
// sure that at least the two that were sent are the two that were signed.
// Nothing in the files tells lost or expired cards.
package cardauth
