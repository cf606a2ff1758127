// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"kofu/cardauth"
	"kofu/cert"
)

// The keyspace. Nothing else is in this Redis, nothing in it is personal, and
// every key is set with an expiry that is never extended.
//
//	key                     value                                     until
//	kofu:1:challenge:<id>   "app certificate 1700000000000 <base64>"  120 s from the challenge's making
//	                        channel, purpose, expiry in ms, 32 bytes
//	  "                     "used": taken; says replay, not unknown    the same instant
//	kofu:1:seal:<kid>       32 bytes, the key of one application       5 min, or its shredding
//
// "1" is the version of what is written here: a program that writes otherwise
// uses another, so that two of them can run side by side during a change.
//
// An ACL for the server, on the Redis and each of its replicas, of which none
// may write to disk (it needs no more; the last two are for [Store.Check] and
// only production asks them):
//
//	user kofu on ><password> ~kofu:1:* +set +get +del +wait +ping +info +config|get
//
// An ACL on each Sentinel, for Config.SentinelUsername:
//
//	user kofu on ><password> &* +ping +subscribe +unsubscribe +sentinel|get-master-addr-by-name +sentinel|sentinels +sentinel|replicas
const (
	challengePrefix = "kofu:1:challenge:"
	sealPrefix      = "kofu:1:seal:"
	tombstone       = "used"
)

// errValue is a value that this package did not write.
var errValue = errors.New("value of another form")

func challengeKey(id cardauth.ChallengeID) string { return challengePrefix + string(id) }

func sealKey(kid string) string { return sealPrefix + kid }

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
