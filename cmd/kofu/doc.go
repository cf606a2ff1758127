// SPDX-License-Identifier: Apache-2.0

// Kofu issues vaccination certificates, and judges them.
//
//	kofu serve -config FILE    serve phones, the public, kiosks and municipal counters; exit 78 with every reason when it may not
//	kofu staff …               close and open municipalities, admit and revoke terminals, write the books, name administrators,
//	                           recall certificates, hand on lists of blocks, read and verify the operation log
//	kofu resume -config FILE   open a door of the replica again that it has stopped after a mismatch
//	kofu check -config FILE    tell everything that is wrong with a configuration; exit 1 if anything is
//	kofu verify …  FILE…       judge certificates offline; exit 0 authentic, 1 not, 2 unusable
//	kofu version               what was built, from what, by which Go
//
// There is one configuration file and nothing else: no environment variable,
// and no flag but its path, says how the server behaves. [Config] is its
// manual. Nothing issues by default: without keys, trust anchors and the
// vaccination record service's gateway, serve does not start.
package main
