// SPDX-License-Identifier: Apache-2.0

// Package admission decides who may begin, so that whoever has begun gets a
// certificate in good time, whatever stands outside (R4.3).
//
//	                        ┌ judge ┐                           ┌ pool ┐
//	POST /app/v1/challenges ─▶ Admit ─ yes ─▶ challenge … ─▶ card proof ─▶ record ─▶ certificate
//	kiosk: first screen     ─▶   │                              ▲                        ▲
//	counter                 ─────┼──────────────────────────────┴── a lane of its own ───┘
//	                             └ no ─▶ 503, Retry-After; "come again in n minutes"
//
// A person who was admitted thinks, types a PIN and holds a card still before
// the work comes: seconds to minutes later. To wait until lines are long would
// therefore be too late, and to bound the number of those who are inside would
// bound the thinking, not the work. So the [Judge] gives out work in advance: it
// knows what an issue costs of this machine's computing, and of the connections
// to the record service, because it measures both all the time, and admits as
// many in a second as can be finished in a second. What it has misjudged shows
// in how long turns of the [Pool] are waited for, and is corrected: quickly
// downwards, slowly upwards, since the effect comes so late.
//
// There is nothing to tune: more processors, a quicker program or a slower
// record service change what is measured.
//
// When there is not enough for all, doors share by weight, and municipalities
// equally: who asks for less than an equal share gets it all, however much the
// others ask for. A judge keeps nothing about a person, and knows none.
package admission
