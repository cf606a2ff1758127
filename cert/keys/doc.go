// SPDX-License-Identifier: Apache-2.0

// Package keys holds what certificates are signed with: a [Ring] with one
// active signer per certificate format and channel, and the public keys that
// have signed before.
//
// Keys are split by channel so that one can be withdrawn without the others
// (R2.3). A key is named by its RFC 7638 thumbprint, whatever the format. The
// ring is put together once, at start, and checked there: a key that does not
// belong to its certificate, two active keys for one door, a key of another
// environment, a signer that does not sign are all refused (R2.4).
//
// A ring never changes and is safe for concurrent use. Where the private keys
// lie is not its business: package filekey reads them from files.
package keys
