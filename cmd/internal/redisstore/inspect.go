// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Entry is one key, for [Store.Inspect].
type Entry struct {
	Key    string
	Known  string        // the part of the keyspace it belongs to, "" for none
	TTL    time.Duration // below zero: it never expires
	Values [][]byte      // all there is under the key
}

// Inspect tells every key there is, while the server works on. It needs a user
// with more rights than the server's ([ErrDenied]), and without any to write:
//
//	user audit on ><password> ~* -@all +ping +scan +type +pttl +get +zrange +lrange +smembers +hgetall +xrange
//
// An empty user stands for the server's own.
func (s *Store) Inspect(ctx context.Context, user, password string, tell func(Entry)) error {
	c := s.config
	if user != "" {
		c.Username, c.Password = user, password
	}
	client := connect(c)
	defer func() { _ = client.Close() }()
	scan := client.Scan(ctx, 0, "*", 256).Iterator()
	for scan.Next(ctx) {
		e := Entry{Key: scan.Val(), Known: known(scan.Val())}
		left, err := client.PTTL(ctx, e.Key).Result()
		if err != nil {
			return fmt.Errorf("redisstore: ask when a key ends: %w", denied(err))
		}
		if left == -2 {
			continue // it has expired meanwhile
		}
		e.TTL = left
		if e.Values, err = values(ctx, client, e.Key); err != nil {
			return fmt.Errorf("redisstore: read a key: %w", denied(err))
		}
		tell(e)
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("redisstore: list the keys: %w", denied(err))
	}
	return nil
}

// known returns the prefix of the keyspace that key has.
func known(key string) string {
	for _, p := range []string{challengePrefix, sealPrefix, sessionPrefix, deskPrefix, countPrefix} {
		if strings.HasPrefix(key, p) {
			return p
		}
	}
	switch key {
	case gateInside, gateWaiting, gateAsked, fenceKey:
		return key
	}
	return ""
}

// values reads what is under a key, of whatever type.
func values(ctx context.Context, client *redis.Client, key string) (list [][]byte, err error) {
	kind, err := client.Type(ctx, key).Result()
	if err != nil {
		return nil, err
	}
	var texts []string
	switch kind {
	case "string":
		var text string
		text, err = client.Get(ctx, key).Result()
		texts = []string{text}
	case "zset":
		texts, err = client.ZRange(ctx, key, 0, -1).Result()
	case "list":
		texts, err = client.LRange(ctx, key, 0, -1).Result()
	case "set":
		texts, err = client.SMembers(ctx, key).Result()
	case "hash":
		var fields map[string]string
		fields, err = client.HGetAll(ctx, key).Result()
		for name, value := range fields {
			texts = append(texts, name, value)
		}
	case "stream":
		var messages []redis.XMessage
		messages, err = client.XRange(ctx, key, "-", "+").Result()
		for _, m := range messages {
			texts = append(texts, fmt.Sprint(m.Values))
		}
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, err
	}
	for _, text := range texts {
		list = append(list, []byte(text))
	}
	return list, nil
}
