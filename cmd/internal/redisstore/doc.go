// SPDX-License-Identifier: Apache-2.0

// Package redisstore keeps in Redis the little that several replicas of the
// server must agree on: which challenges are out and which have been taken,
// and the keys of sealed applications. keys.go lists every key there is.
//
// Redis is trusted to forget. Losing it loses two minutes of challenges and
// five of applications, all of which can be had again; so it runs without
// persistence, and with an eviction nothing worse happens than that somebody
// starts anew. It is not trusted with data: there is none in it.
//
// Taking a challenge and shredding a key must not be undone by a failover.
// Where there are replicas ([Config.Replicas]), both wait until every replica
// has them too, or fail.
package redisstore
