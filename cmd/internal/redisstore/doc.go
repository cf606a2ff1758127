// SPDX-License-Identifier: Apache-2.0

// Package redisstore keeps in Redis the little that several replicas of the
// server must agree on: which challenges are out and which have been taken,
// the keys of what is sealed, where each session at a kiosk or the counter
// stands, how many are at work, and how often something was tried. keys.go
// lists every key there is.
//
// Redis is trusted to forget. Losing it loses two minutes of challenges, some
// more of what is sealed, and the sessions that kiosks and staff are in, so it
// runs without persistence. It should be told not to evict either (noeviction):
// coins may lie in a kiosk whose session is evicted. It is not trusted with
// data: there is none in it about an applicant.
//
// Taking a challenge, shredding a key and the steps of a session must not be
// undone by a failover. Where there are replicas ([Config.Replicas]), all
// three wait until every replica has them too, or fail. The gate and the
// windows do not wait: after a failover a few more may be inside for a while.
package redisstore
