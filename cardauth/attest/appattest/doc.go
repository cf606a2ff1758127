// SPDX-License-Identifier: Apache-2.0

// Package appattest judges what Apple's App Attest says of an iOS device, by
// Apple's "Validating apps that connect to your server" and "Attestation
// Object Validation Guide".
//
//	phone                                        kofu
//	  |  may I have a challenge?  ------------->  |
//	  |  <----------------------------- challenge |
//	DCAppAttestService.generateKey -> key id      |
//	attestKey(key id, clientDataHash)             |  clientDataHash = attest.AttestationHash(challenge)
//	  |  key id, attestation  ----------------->  |  Attest: once a day, a device credential comes back
//	  |                                           |
//	generateAssertion(key id, clientDataHash)     |  clientDataHash = attest.ApplicationHash or attest.SealedHash
//	  |  request, credential, assertion  ------>  |  VerifyAssertion, each time
//
// An attestation is CBOR (RFC 8949), with what it is about in WebAuthn's
// authenticator data (WebAuthn level 2, section 6.1):
//
//	{ fmt: "apple-appattest", attStmt: { x5c: [credCert, intermediate], receipt }, authData }
//
//	authData   32 SHA-256 of the App ID | 1 flags | 4 counter | 16 AAGUID | 2 length | 32 credential id |
//	           key, COSE | extensions, from iOS 27 on
//
// Attest works in this order, and each step that fails has a code of its own:
//
//	1  size, then strict CBOR: definite lengths, no tag, no member twice, none
//	   unknown, nothing behind it
//	2  x5c: two certificates, ECDSA and SHA-2 throughout, to a configured root
//	   at the configured clock
//	3  SHA-256(authData, clientDataHash) is in credCert's extension
//	   1.2.840.113635.100.8.2
//	4  the key id sent is the SHA-256 of credCert's key, uncompressed
//	5  authData: App ID, counter 0, AAGUID of the environment, credential id =
//	   key id, the same key
//	6  extensions: how the app was installed, and its version
//
// An assertion is { signature, authenticatorData }; the device signs the
// nonce SHA-256(authenticatorData, clientDataHash) with ECDSA and SHA-256, so
// that the digest is SHA-256 of the nonce.
//
// # Extensions
//
// From iOS 27 on, one CBOR map stands behind the rest of the authenticator
// data, of attestations and assertions; WebAuthn's flag for it may be set or
// not. apple_validation_category_01 (validationCategory in Apple's text on
// assertions) is how the app was signed for the device: four bytes,
// little-endian, or a number. apple_bundle_version_01 (bundleVersion) is its
// CFBundleVersion. They are judged if they are there; a device with an older
// iOS sends none, and cannot be made to. Others are let pass: all of them are
// covered by the nonce or the signature.
//
// # What is not done
//
// The counter of an assertion has to grow from one to the next, says Apple,
// which takes a memory of each device. There is none here: the counter has
// only to be above 0, and what keeps an assertion from being used twice is the
// challenge in what it signs, which is taken once. Two copies of one key, which
// the Secure Enclave rules out, would not be noticed.
//
// The receipt (Apple's "Assessing fraud risk") is not looked at, and never
// sent to Apple: it would tell how many keys a device has made in 30 days, at
// the price of a call to Apple about each applicant.
//
// No list of withdrawn certificates exists for App Attest. A root is
// configuration: Apple publishes its "Apple App Attestation Root CA" at
// https://www.apple.com/certificateauthority/private/, and whoever deploys
// compares its fingerprint.
//
// # Why not a library
//
// The one public Go library that is kept up cannot be given a clock and does
// not survive an attestation with an empty x5c; what is left to write around
// it is more than this package.
package appattest
