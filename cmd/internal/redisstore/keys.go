// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"kofu/cardauth"
	"kofu/cert"
)

// The keyspace. Nothing else is in this Redis, nothing in it is personal, and
// every key is set with an expiry. That of a challenge is never extended; that
// of a sealing key is set once more when a kiosk's paper is released.
//
//	key                        value                                      until
//	kofu:1:challenge:<id>      "app certificate 1700000000000 <base64>"   120 s from the challenge's making
//	                           channel, purpose, expiry in ms, 32 bytes
//	  "                        "used": taken; says replay, not unknown     the same instant
//	kofu:1:seal:<kid>          32 bytes, the key of one sealed thing       5 min; at kiosk or counter 12 min, a paper's
//	                                                                       30 min from its release; or its shredding
//	kofu:1:session:<id>        "7 {...}": version, state of a session      set at each save by the kiosk
//	                           at a kiosk, without personal data
//	kofu:1:desk:<hash>         the same of a session of the staff at the   set at each save by the counter
//	                           counter: who works where, no applicant;
//	                           SHA-256 of the token the browser has
//	kofu:1:gate:inside         sorted set: session id by its end in ms     the last of these ends
//	kofu:1:gate:waiting        sorted set: session id by its turn, 1 up    60 s from the last question
//	kofu:1:gate:asked          sorted set: the same ids by when they       the same instant
//	                           asked last, in ms
//	kofu:1:count:<ms>:<name>   how many in this window of so many ms       the window's end
//	                           (sign-ins and what the counter watches, too)
//	kofu:1:fence               empty; written before each WAIT             1 s
//
// Instants of the gate and of windows are by the clock of Redis.
//
// "1" is the version of what is written here: a program that writes otherwise
// uses another, so that two of them can run side by side during a change.
//
// An ACL for the server, on the Redis and each of its replicas, of which none
// may write to disk. It needs all of it and no more: +info and +config|get are
// for [Store.Check], and only production asks them; +eval and what follows it
// are for sessions, windows and the gate, whose scripts have no more rights
// than their user.
//
//	user kofu on ><password> ~kofu:1:* +set +get +del +wait +ping +info +config|get +eval +time +incr +pexpireat +zadd +zrem +zcard +zscore +zrank +zrange +zrangebyscore
//
// [Store.Inspect] has the line of a second user, who reads only.
//
// An ACL on each Sentinel, for Config.SentinelUsername:
//
//	user kofu on ><password> &* +ping +subscribe +unsubscribe +sentinel|get-master-addr-by-name +sentinel|sentinels +sentinel|replicas
const (
	challengePrefix = "kofu:1:challenge:"
	sealPrefix      = "kofu:1:seal:"
	sessionPrefix   = "kofu:1:session:"
	deskPrefix      = "kofu:1:desk:"
	gateInside      = "kofu:1:gate:inside"
	gateWaiting     = "kofu:1:gate:waiting"
	gateAsked       = "kofu:1:gate:asked"
	countPrefix     = "kofu:1:count:"
	fenceKey        = "kofu:1:fence"
	tombstone       = "used"
)

// errValue is a value that this package did not write.
var errValue = errors.New("value of another form")

func challengeKey(id cardauth.ChallengeID) string { return challengePrefix + string(id) }

func sealKey(kid string) string { return sealPrefix + kid }

// countKey has the name last: whatever it is, it names no other window.
func countKey(name string, window time.Duration) string {
	return countPrefix + strconv.FormatInt(window.Milliseconds(), 10) + ":" + name
}

func formatSession(data []byte, version int) []byte {
	return append(append(strconv.AppendInt(nil, int64(version), 10), ' '), data...)
}

func parseSession(value []byte) (data []byte, version int, err error) {
	number, data, ok := bytes.Cut(value, []byte(" "))
	version, err = strconv.Atoi(string(number))
	// One spelling of a version only: Save compares it as text.
	if !ok || err != nil || version < 1 || strconv.Itoa(version) != string(number) {
		return nil, 0, errValue
	}
	return data, version, nil
}

func formatChallenge(c cardauth.Challenge) string {
	return strings.Join([]string{
		string(c.Channel), string(c.Purpose), strconv.FormatInt(c.Expires.UnixMilli(), 10), base64.StdEncoding.EncodeToString(c.Bytes[:]),
	}, " ")
}

func parseChallenge(id cardauth.ChallengeID, value string) (cardauth.Challenge, error) {
	f := strings.Split(value, " ")
	if len(f) != 4 {
		return cardauth.Challenge{}, errValue
	}
	ms, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil {
		return cardauth.Challenge{}, errValue
	}
	c := cardauth.Challenge{ID: id, Channel: cert.Channel(f[0]), Purpose: cert.Purpose(f[1]), Expires: time.UnixMilli(ms)}
	b, err := base64.StdEncoding.Strict().DecodeString(f[3])
	if err != nil || len(b) != len(c.Bytes) {
		return cardauth.Challenge{}, errValue
	}
	copy(c.Bytes[:], b)
	return c, nil
}
