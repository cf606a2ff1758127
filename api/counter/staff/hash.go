// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// What a new password hash costs: argon2id with 19 MiB and two passes (OWASP
// Password Storage Cheat Sheet). Older hashes say themselves what they cost.
const (
	hashMemory = 19456 // KiB
	hashTime   = 2
	hashLanes  = 1
	hashSalt   = 16
	hashKey    = 32
)

// Hashing is kept to two at a time and a short queue: sign-ins of strangers
// take neither the memory nor the processors of the whole service.
const (
	hashesAtOnce  = 2
	hashesWaiting = 24
)

// phc is a PHC string of argon2id, taken apart.
type phc struct {
	memory, time uint32
	lanes        uint8
	salt, key    []byte
}

var phcForm = regexp.MustCompile(`^\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=([1-9])\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$`)

// parsePHC reads what [phc.String] wrote, and refuses what would cost more
// than a server gives for one hash.
func parsePHC(s string) (p phc, ok bool) {
	m := phcForm.FindStringSubmatch(s)
	if m == nil {
		return p, false
	}
	memory, _ := strconv.Atoi(m[1])
	time, _ := strconv.Atoi(m[2])
	lanes, _ := strconv.Atoi(m[3])
	p.memory, p.time, p.lanes = uint32(memory), uint32(time), uint8(lanes)
	var err, other error
	p.salt, err = base64.RawStdEncoding.Strict().DecodeString(m[4])
	p.key, other = base64.RawStdEncoding.Strict().DecodeString(m[5])
	return p, err == nil && other == nil && memory <= 1<<17 && memory >= 8*lanes && time <= 16
}

func (p phc) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.memory, p.time, p.lanes, b.EncodeToString(p.salt), b.EncodeToString(p.key))
}

// hashes makes and verifies password hashes.
type hashes struct {
	slots   chan struct{}
	waiting atomic.Int32
	nobody  phc // no password has it: for accounts that do not exist
}

func newHashes() *hashes {
	h := &hashes{slots: make(chan struct{}, hashesAtOnce)}
	h.nobody = phc{memory: hashMemory, time: hashTime, lanes: hashLanes, salt: make([]byte, hashSalt), key: make([]byte, hashKey)}
	_, _ = rand.Read(h.nobody.salt)
	_, _ = rand.Read(h.nobody.key)
	return h
}

// derive waits for its turn. A queue that is full is [ErrBusy].
func (h *hashes) derive(ctx context.Context, password []byte, p phc) ([]byte, error) {
	if h.waiting.Add(1) > hashesWaiting+hashesAtOnce {
		h.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("staff: wait to hash a password: %w", ctx.Err())
	}
	return argon2.IDKey(password, p.salt, p.time, p.memory, p.lanes, uint32(len(p.key))), nil
}

// verify does the same work whether there is a hash or not.
func (h *hashes) verify(ctx context.Context, hash string, password []byte) (bool, error) {
	p, there := parsePHC(hash)
	if !there {
		p = h.nobody
	}
	key, err := h.derive(ctx, password, p)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1 && there, nil
}

// create hashes a new password into a PHC string.
func (h *hashes) create(ctx context.Context, password []byte) (string, error) {
	p := phc{memory: hashMemory, time: hashTime, lanes: hashLanes, salt: make([]byte, hashSalt), key: make([]byte, hashKey)}
	_, _ = rand.Read(p.salt) // never fails
	var err error
	p.key, err = h.derive(ctx, password, p)
	if err != nil {
		return "", err
	}
	return p.String(), nil
}
