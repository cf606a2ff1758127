// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// key derives the key for one purpose from the secret (RFC 5869). No part but
// the first comes from outside, and that is one of ours.
func (s *Service) key(purpose string, parts ...string) []byte {
	info := "kofu counter " + purpose + "\x00" + strings.Join(parts, "\x00")
	k, err := hkdf.Key(sha256.New, s.Config.Secret, nil, info, 32)
	if err != nil { // only for keys longer than any here
		panic("staff: derive a key: " + err.Error())
	}
	return k
}

// framed writes the length before each part, so that no two lists read alike.
func framed(parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(p)))
		b = append(b, p...)
	}
	return b
}

func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(framed(parts...))
	return h.Sum(nil)
}

// seal encrypts under AES-256-GCM with a random nonce in front. bound is not
// in the result, and must be told again to open.
func seal(key, plain []byte, bound ...string) []byte {
	return gcm(key).Seal(nil, nil, plain, framed(bound...))
}

func open(key, sealed []byte, bound ...string) ([]byte, bool) {
	plain, err := gcm(key).Open(nil, nil, sealed, framed(bound...))
	return plain, err == nil
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("staff: a key of another length: " + err.Error())
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("staff: AES-GCM: " + err.Error())
	}
	return a
}

const day = 24 * time.Hour

// tally counts once more under a name that says nothing: a MAC under a key of
// the day. The day is that of Unix time, as the windows of [Tally] are.
func (s *Service) tally(ctx context.Context, window time.Duration, parts ...string) (int, error) {
	today := strconv.FormatInt(s.Now().Unix()/int64(day/time.Second), 10)
	n, err := s.Tally.Count(ctx, "counter:"+hex.EncodeToString(mac(s.key("tally", today), parts...)[:16]), window)
	if err != nil {
		return 0, fmt.Errorf("staff: count: %w", err)
	}
	return n, nil
}

// once reports whether nobody has asked for the same since ttl. undo makes it
// as if nobody had. It is an entry among the sessions that no token leads to.
func (s *Service) once(ctx context.Context, ttl time.Duration, parts ...string) (first bool, undo func(), err error) {
	id := hex.EncodeToString(mac(s.key("once"), parts...))
	err = s.Sessions.Save(ctx, id, []byte(`{}`), 0, ttl)
	switch {
	case errors.Is(err, ErrConflict):
		return false, nil, nil
	case err != nil:
		return false, nil, fmt.Errorf("staff: do once: %w", err)
	}
	return true, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = s.Sessions.Delete(ctx, id) // else it ends by itself
	}, nil
}
