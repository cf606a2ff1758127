// SPDX-License-Identifier: Apache-2.0

// Package attest answers "is this our app, untampered, on a real device?" for
// a server that remembers nothing about devices.
//
//	phone                                             kofu
//	  |  may I have a challenge?  ------------------>  |
//	  |  <---------------------------------- challenge |
//	 a key that the phone has made and keeps,          |
//	 and the platform's word for it                    |
//	  |  attestation  ------------------------------>  |  packages appattest, playintegrity: a Device
//	  |  <------------------------ device credential   |  Credentials.Issue: good for a day
//	  |                                                |
//	  |  may I have a challenge?  ------------------>  |
//	  |  <---------------------------------- challenge |
//	 the card signs the challenge;                     |
//	 the phone's key signs ApplicationHash             |
//	  |  application, credential, assertion  ------->  |  Guard.Admit, then the card
//	  |  <------------------------ sealed application  |
//	 the phone's key signs SealedHash                  |
//	  |  sealed application, credential, assertion ->  |  Guard.Admit, then the certificate
//
// # The credential
//
// A JWS (RFC 7515, compact, ES256) of the service's own key, which signs
// nothing else. Its header has alg, kid (the key's RFC 7638 thumbprint) and
// typ "kofu-device+jwt"; its claims iss, aud, iat, exp, cnf with the device's
// key (RFC 7800), plat ("ios" or "android"), dev (true for an environment of
// developers) and app (the version, if the platform vouches for one). Nothing
// else is accepted in either. It is worth nothing without the device's key. A
// key is changed by having both verify for a day; it is withdrawn by its kid,
// and then all devices attest again.
//
// A device cannot be struck off before its credential ends, at the latest 24
// hours and a minute after it was issued: that would take a memory.
//
// # What is hashed
//
// field(b) is the length of b in bytes, as four bytes with the highest first,
// and b. list(b1 .. bn) is n, as four bytes with the highest first, and
// field(b1) .. field(bn). [AttestationHash], [ApplicationHash] and
// [SealedHash] say what they are made of; testdata/hashes.json has examples.
//
// # What this proves, and what it does not
//
// The key about which the platform was asked has signed this application, and
// when it was asked, at most a day ago, the platform took phone and app for
// sound. On iOS the key is in the Secure Enclave, says Apple, and each
// signature is made from within the app. On Android the genuine app asks for a
// key in hardware; nothing proves that it has got one, and who has taken a key
// from a phone can sign until its credential ends. Whose phone it is, is not
// proved, nor that the phone and the card are in one hand. What a platform
// cannot see (a phone that is broken into without its noticing) is not seen
// here.
package attest
