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
// A page or picture with both kinds of symbol is good only if both are, and
// if they agree on birth date and doses.
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
// The revocation list of VDS-NC (the standard has none, and foreign readers
// will not see it) is
//
//	{"format": "vdsnc", "uvci_sha256": ["9f86d081…"]}
package verify
