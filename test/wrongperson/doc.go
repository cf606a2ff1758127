// SPDX-License-Identifier: Apache-2.0

// Package wrongperson asks for very many certificates at once, each for a
// person of its own, while everything that can go wrong goes wrong, and holds
// every paper, symbol and answer that comes out against whoever asked.
//
//	phones ─┐             ┌─ kofu ─┐   ┌ Redis, its replica, a Sentinel
//	kiosks ─┼─▶ HAProxy ──┼─ kofu ─┼───┼ PostgreSQL
//	clerks ─┘    (tcp)    └─ kofu ─┘   └ VRS stand-in
//
// All of it is real: the program as it is built, its TLS and client
// certificates, a load balancer that knows nothing of what passes through, and
// each part a process of its own on the loopback.
//
// What goes wrong ([Chaos]): replicas are killed and come again, Redis fails
// over, the record service answers late, twice, with another person's record
// or with two callers' answers exchanged; clocks jump; every stage is slow for
// some; people leave in the middle.
//
// Among the persons many are alike: same name, same birthday, served in the
// same moment. What tells them apart is what they were given.
//
// The judge ([judge.go]) knows only who asked. It reads what came with the
// readers of package cert, and looks at one paper in two hundred as somebody
// would who has it in hand, by a picture of it. Anything of anybody else, or
// an answer after its deadline, is a mismatch. There must be none.
package wrongperson
