// SPDX-License-Identifier: Apache-2.0

// Package wiping has TLS connections whose memory does not keep what came over
// them. A request with a My Number in it passes two buffers that are not ours:
//
//	socket ─▶ record of crypto/tls ─▶ buffer of net/http ─▶ our own, which is wiped
//
// Neither is overwritten before the connection is used again. But both are
// lent to the connection they read from, as the slice that Read is to fill, and
// so the connection can wipe them:
//
//   - [records], below crypto/tls, hands it one record at a time and keeps hold
//     of the memory the record was read into, where it is decrypted, too. That
//     crypto/tls asks for the next record says that the last one is used up.
//   - [Conn], above it, knows the buffer of net/http by being the first that is
//     to be filled. It is wiped when a request ends ([Conn.Wipe]), and before
//     anything is read into it. Nothing of the next request is in it then, for
//     what is handed on ends with the head, and with the body, whose length the
//     head has told. After a body in chunks the connection is closed.
//
// Of HTTP there is version 1.1 only: version 2 reads bodies into buffers of its
// own, which it shares between connections.
package wiping
