// SPDX-License-Identifier: Apache-2.0

// Package playintegrity judges what Google's Play Integrity API says of an
// Android device, by "Make a classic API request" and "Integrity verdicts" of
// https://developer.android.com/google/play/integrity. Nobody is asked:
// classic tokens can be opened here, with the two keys that the Play Console
// gives an app that manages its response encryption itself. Standard tokens
// can be opened by Google alone, and are refused.
//
//	phone                                        kofu
//	  |  may I have a challenge?  ------------->  |
//	  |  <----------------------------- challenge |
//	a key of P-256 in the Android Keystore        |
//	requestIntegrityToken(nonce)                  |  nonce = base64url(SHA-256(challenge, SPKI of the key))
//	  |  key, token  -------------------------->  |  Attest: once a day, a device credential comes back
//	  |                                           |
//	SHA256withECDSA over clientDataHash           |  clientDataHash = attest.ApplicationHash or attest.SealedHash
//	  |  request, credential, assertion  ------>  |  VerifyAssertion, each time
//
// # The key and the nonce
//
// SPKI is the key as PublicKey.getEncoded gives it: SubjectPublicKeyInfo (RFC
// 5480) in DER with the point uncompressed, 91 bytes. challenge is 32 bytes,
// base64 decoded. The nonce has 43 characters, web-safe and without padding.
// [Nonce] makes it; testdata/token.json is an example of it all.
//
//	val generator = KeyPairGenerator.getInstance("EC", "AndroidKeyStore")
//	generator.initialize(KeyGenParameterSpec.Builder("kofu", PURPOSE_SIGN)
//	    .setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
//	    .setDigests(DIGEST_SHA256).build())
//	val spki = generator.generateKeyPair().public.encoded
//	val digest = MessageDigest.getInstance("SHA-256")
//	digest.update(challenge)
//	val nonce = Base64.encodeToString(digest.digest(spki), URL_SAFE or NO_PADDING or NO_WRAP)
//
// # The assertion
//
// The message that is signed is the 32 bytes of clientDataHash, and the
// algorithm SHA256withECDSA, which hashes them once more: the digest in ECDSA
// is SHA-256 of clientDataHash, as it is of App Attest's nonce. So a key that
// may be used with SHA-256 only will do, and "NONEwithECDSA" will not. The
// assertion is the signature as the Keystore gives it, ASN.1 DER:
//
//	val signature = Signature.getInstance("SHA256withECDSA")
//	signature.initSign(privateKey)
//	signature.update(clientDataHash)
//	val assertion = signature.sign()
//
// # The token
//
// A token is a compact JWE (RFC 7516; A256KW, A256GCM, no compression), in it
// a compact JWS (RFC 7515; ES256), in it JSON. Attest works in this order, and
// each step that fails has a code of its own:
//
//	1  the Keystore key: 91 bytes, P-256
//	2  size; five parts in the one spelling that base64url has
//	3  JWE header: algorithms, then members: alg, enc, and if they must kid,
//	   typ (JWT or JOSE) and cty (JWT); "zip" is none of them
//	4  decryption; the same for the JWS, then its signature
//	5  JSON: no member twice, nothing behind it
//	6  requestDetails: package, nonce, and the time, not too long ago nor in
//	   the future
//	7  no answer made for testers (testingDetails)
//	8  appIntegrity: recognised, package, signing certificates, version
//	9  deviceIntegrity, then accountDetails
//
// Members of the JSON that are judged have to be of the documented type. Null,
// or spelled otherwise, they count as missing; all but testingDetails must be
// there. Numbers may stand in quotes, as documented, or without; nonce and
// certificate digests may be in either alphabet of base64, with padding or
// without, for Google has been seen to give a nonce back in another one than
// it was given. All other members are let pass, wherever they are:
// Google has signed them, adds new ones as it sees fit (recentDeviceActivity,
// deviceAttributes, deviceRecall, environmentDetails and guidanceDetails came
// that way), and among those it documents only testingDetails takes back what
// the judged ones say.
//
// # What this proves, and what it does not
//
// That a genuine app on a sound device has asked for a token about this key
// and this challenge. That the key is in hardware, is what the genuine app
// has done; Google does not say so, and the certificates of a Keystore key
// (key attestation) are not looked at. An app that is being run against its
// will, on a device whose break-in Google does not see, is not seen here.
//
// Google learns that the app has asked, and the nonce, which tells it nothing.
// Nothing is left at Google for this service: device recall is not used.
package playintegrity
