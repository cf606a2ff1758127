// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"regexp"
	"time"

	"kofu/api/counter/staff"
)

// Browsers keep the body of a form whose answer they show, to send it again
// after a restart, whatever the headers say. What is typed about an applicant
// is therefore answered by a redirection (303) to a page that is read once:
// no form is left in the history, and nothing can be read a second time.

// answerTTL is how long a page waits to be read, at most.
const answerTTL = 2 * time.Minute

// late is how long is given to what has to be done when the request's own time
// is over.
const late = 3 * time.Second

var answerForm = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// answerHead is what stands before a page that is kept: status and language.
const answerHead = 4

// afterwards is a context for what has to be done when that of the request may
// have ended.
func (v *visit) afterwards() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(v.ctx()), late)
}

// keep puts a finished page where it can be read once, and leads there. The
// key is derived from the token of the session, of which the server has the
// hash alone: what is kept opens with the cookie, and not without.
func (v *visit) keep(status int, page []byte) error {
	id := rand.Text()
	plain := binary.BigEndian.AppendUint16(make([]byte, 0, answerHead+len(page)), uint16(status))
	plain = append(append(plain, v.lang[:2]...), page...)
	defer clear(plain)
	seal, err := v.answerSeal(id)
	if err == nil {
		ctx, cancel := v.afterwards()
		defer cancel()
		err = storeError(v.Staff.Sessions.Save(ctx, v.answerName(id), seal.Seal(nil, nil, plain, v.answerBound()), 0, answerTTL))
	}
	if err != nil {
		return errors.Join(v.goTo("/counter/search?notice=lost"), err)
	}
	return v.goTo("/counter/answer/" + id)
}

// answer shows a page that was kept, to the session and on the terminal it was
// made for. It is gone before anything of it is sent; of two that ask at once
// one has it.
func (v *visit) answer() error {
	id := v.c.Param("answer")
	if !answerForm.MatchString(id) {
		return errEnded
	}
	name := v.answerName(id)
	sealed, version, err := v.Staff.Sessions.Load(v.ctx(), name)
	if err == nil {
		err = v.Staff.Sessions.Save(v.ctx(), name, []byte(`{}`), version, answerTTL)
	}
	if errors.Is(err, staff.ErrNoSession) || errors.Is(err, staff.ErrConflict) {
		return errEnded
	}
	if err == nil {
		err = v.Staff.Sessions.Delete(v.ctx(), name)
	}
	if err != nil {
		return storeError(err)
	}
	seal, err := v.answerSeal(id)
	if err != nil {
		return err
	}
	plain, err := seal.Open(nil, nil, sealed, v.answerBound())
	if err != nil || len(plain) < answerHead {
		return errEnded
	}
	defer clear(plain)
	v.c.Header("Content-Language", string(plain[2:answerHead]))
	v.c.Data(int(binary.BigEndian.Uint16(plain)), "text/html; charset=utf-8", plain[answerHead:])
	return nil
}

// answerName is that of a page among the sessions: no token leads to it, and no
// other session.
func (v *visit) answerName(id string) string {
	sum := sha256.Sum256([]byte("answer\x00" + v.session.ID + "\x00" + id))
	return "answer:" + hex.EncodeToString(sum[:])
}

func (v *visit) answerBound() []byte {
	return []byte(v.session.ID + "\x00" + v.terminal.ID)
}

// answerSeal is AES-256-GCM under HKDF (RFC 5869) of the token and the page's
// own random id.
func (v *visit) answerSeal(id string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(v.token), []byte(id), "kofu counter answer", 32)
	if err != nil {
		return nil, errors.New("counter: derive the key of a page")
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.New("counter: key of a page")
	}
	return cipher.NewGCMWithRandomNonce(block)
}
