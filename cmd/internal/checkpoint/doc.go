// SPDX-License-Identifier: Apache-2.0

// Package checkpoint writes down, outside of the host, how the operation log
// ended at a moment, and reads it again. The log is chained by hashes: whoever
// has all rights on the database could still write the whole chain anew, or
// cut its end off, and it would agree with itself. It would not agree with
// what was signed and sent away before (R3.2).
//
// # Form
//
// A checkpoint is a signed note (https://c2sp.org/signed-note), Ed25519, of
// five lines:
//
//	vc.example.jp/log                   origin: the name of the key
//	4711                                number of the last row of the log; 0: none yet
//	9f86d081…                           its hash, 64 hexadecimal digits
//	2026-04-01T00:00:00.000000Z         when it was read, UTC
//	kofu-1                              instance: which process signed, such as the host's name
//
//	— vc.example.jp/log Az3grl…         signature; over all lines above the empty one
//
// In a file, and to syslog, it is one line:
//
//	kofu-checkpoint ORIGIN SEQ HASH TIME INSTANCE SIGNATURE
//
// which [Read] makes a note of again; what a log server put before the word
// kofu-checkpoint is passed over. In a folder it is a file of its own.
//
// # Order
//
// Each instance writes about once a minute, also when nothing has changed:
// silence is to be noticed. From one of its checkpoints to the next neither
// the time nor the number falls. Those of several instances may be mixed.
package checkpoint
