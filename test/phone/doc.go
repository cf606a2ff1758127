// SPDX-License-Identifier: Apache-2.0

// Package phone is the phone app without a screen. It plays the whole journey
// over HTTP, as api/openapi.yaml describes it and from nothing else:
//
//	key: attested ─▶  POST /app/v1/devices ──▶ credential, for a day
//
//	card: files  ─┐   POST /app/v1/challenges
//	card: signs  ─┴─▶ POST /app/v1/applications ──▶ preview, sealed application
//	                  POST /app/v1/certificates ──▶ certificate
//	              or  POST /app/v1/applications/discard
//
// A phone with a [Handset] has its key attested when it first needs a
// credential, and its key signs each of the last three; one without sends
// neither. What the card is to sign, and which of its files are sent, the
// challenge tells.
//
// Answers are read strictly: a member that the contract does not have is an
// error, and so is a problem document that is not one.
package phone
