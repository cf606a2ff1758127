// SPDX-License-Identifier: Apache-2.0

// Package filekey reads a key ring from files: a manifest, keys.json, and the
// PEM files it names, in one directory that nothing read from it can leave.
//
//	{
//	  "environment": "test",
//	  "issuer": "https://vc.example.jp/issuer",
//	  "keys": [
//	    {"format": "shc", "channels": ["app", "kiosk"], "state": "active",
//	     "private": "shc-2026.key.pem", "chain": ["shc-2026.crt.pem"]},
//	    {"format": "vdsnc", "channels": ["app"], "state": "active",
//	     "private": "bsc-2026.key.pem", "chain": ["bsc-2026.crt.pem"]},
//	    {"format": "shc", "state": "archived", "public": "shc-2025.pub.pem"}
//	  ],
//	  "csca": ["csca.pem"]
//	}
//
// The manifest is read strictly: unknown and duplicate members and trailing
// data are refused.
//
//   - environment is "production" or "test", and must be what the program was
//     started as.
//   - issuer is optional; if given, the certificate of every SHC key must name
//     it as a URI.
//   - format is "shc" or "vdsnc"; channels of "app", "kiosk", "counter": the
//     doors for which an active key signs. At most one key is active for a
//     format and channel.
//   - state is "active" (private required) or "archived" (chain or public
//     required; a private half does not belong there and is refused).
//   - private is a PKCS #8 key, public a PKIX key; both P-256.
//   - chain lists certificate files, the key's own first; a file may hold
//     several. Required for vdsnc, optional for shc.
//   - csca lists the CSCA certificates: the one that issued a vdsnc
//     certificate is found among them and need not stand in its chain; one that
//     issued none is not published.
//
// In production a private key that others than owner and group can read is
// refused.
package filekey
