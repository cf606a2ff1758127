// SPDX-License-Identifier: Apache-2.0

// Package verify judges certificates without a network: is one authentic, by
// a key that is trusted, neither revoked nor expired?
//
//	file → texts (of lines, symbols on a picture or page, a wallet file)
//	     → SMART Health Card or VDS-NC → signature, chain, time, revocation
//	     → Verdict
//
// Judged is what is signed. The printed words of a page are not: whoever
// relies on paper compares them with what the verdict says the symbols hold.
// A page or picture with several symbols is good only if all are, and if they
// can be one person's: two of one format must have the name and birth date in
// common, a SMART Health Card and a VDS-NC the birth date, the doses and, if
// both have it in ASCII, the name. (A kanji name cannot be compared with a
// passport's.) Files of text may hold certificates of many persons.
//
// # Trust
//
// Nobody is trusted by default. A [Trust] is filled from files: key sets
// (JWKS) and card revocation lists of SMART Health Cards, certificates of
// country signing authorities and of single barcode signers for VDS-NC, and
// two forms of our own. The trust bundle ([TrustBundle]) has all of it in one
// JSON file, every member optional, none but these allowed:
//
//	{
//	  "issuer":       "https://…",   // the only issuer that "jwks" speaks for
//	  "jwks":         {"keys": […]},
//	  "crls":         [{"kid": …, "method": "rid", "ctr": 1, "rids": […]}],
//	  "csca":         ["-----BEGIN CERTIFICATE-----…"],
//	  "signers":      ["-----BEGIN CERTIFICATE-----…"],
//	  "revoked_uvci": ["9f86d081…"]  // see HashUVCI
//	}
//
// An empty list says that nothing is revoked; without one, revocation has not
// been asked about.
//
// A card is not authentic if the revocation lists given for its key are older
// than a key set given says ("crlVersion" greater than "ctr"). If there is no
// list for its key at all, revocation has not been asked about.
//
// The revocation list of VDS-NC (the standard has none, and foreign readers
// will not see it) is
//
//	{"format": "vdsnc", "uvci_sha256": ["9f86d081…"]}
package verify
