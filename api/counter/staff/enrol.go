// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	invitedFor = 7 * day
	codeLength = 20 // characters of five bits
)

// codeLetters are figures and capitals without I, L, O and U, which are read
// wrong from paper (Crockford's base32).
const codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newCode returns a one-time enrolment code, and what the server keeps of it.
// Its hundred bits need no slow hash.
func newCode() (code string, hash []byte) {
	b := make([]byte, codeLength)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = codeLetters[b[i]&31]
	}
	groups := slices.Collect(slices.Chunk(b, 5))
	parts := make([]string, len(groups))
	for i, g := range groups {
		parts[i] = string(g)
	}
	return strings.Join(parts, "-"), codeHash(string(b))
}

// codeHash forgives what is lost between paper and keyboard: case, width,
// groups, and the letters that codes do not have.
func codeHash(code string) []byte {
	if len(code) > 256 {
		return nil
	}
	plain := strings.ToUpper(strings.Map(func(r rune) rune {
		switch r = halfWidth(r); r {
		case ' ', '-', 'ー', '−', '‐', '―':
			return -1
		}
		return r
	}, code))
	plain = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(plain)
	if len(plain) != codeLength || strings.Trim(plain, codeLetters) != "" {
		return nil
	}
	sum := sha256.Sum256([]byte(plain))
	return sum[:]
}

// Enrol begins the enrolment of an invited account with its one-time code and
// the password it chose: a session of StageEnrol. password is wiped. Errors:
// [ErrSignIn], [ErrWeak] (only after the right code), [ErrWait], [ErrBusy].
func (s *Service) Enrol(ctx context.Context, t Terminal, login, code string, password []byte) (token string, v Session, err error) {
	defer clear(password)
	folded := foldWidth(password)
	defer clear(folded)
	login = foldLogin(login)
	if err := s.throttle(ctx, t, "enrol", login); err != nil {
		return "", Session{}, err
	}
	a, c, err := s.find(ctx, t, login)
	if err != nil {
		return "", Session{}, err
	}
	why := s.notInvited(t, a, c, codeHash(code))
	if why == "" && s.known.weak(folded, aboutAccount(a)...) {
		return "", Session{}, ErrWeak
	}
	hash, err := s.hashes.create(ctx, folded) // in any case: who is invited is not told by the time it takes
	if err != nil {
		return "", Session{}, err
	}
	if why != "" {
		return "", Session{}, s.refuse(ctx, Session{Account: a, Terminal: t}, why)
	}
	return s.enter(ctx, t, live{account: a, st: state{Stage: StageEnrol, Account: a.ID, Terminal: t.ID, Epoch: a.Epoch,
		Password: seal(s.key("pending password"), []byte(hash), a.ID)}})
}

// notInvited says, for the log alone, why there is nothing to enrol.
func (s *Service) notInvited(t Terminal, a Account, c Credentials, hash []byte) string {
	right := len(c.Enrolment) == sha256.Size && subtle.ConstantTimeCompare(c.Enrolment, hash) == 1
	switch {
	case a.ID == "":
		return "login"
	case !right:
		return "enrolment"
	case !s.Now().Before(c.EnrolmentTill):
		return "enrolment_ended"
	case !s.inForce(StageEnrol, a):
		return "account"
	case !t.Allows(a):
		return "not_allowed_here"
	}
	return ""
}

// Secret returns the TOTP secret of a session of StageEnrol, as an otpauth URI
// and in base32 to be typed. Asked again it is the same. Where the policy
// wants a passkey it is [ErrSecond].
func (s *Service) Secret(ctx context.Context, t Terminal, token string) (uri, base32 string, err error) {
	if !s.policy(t.Municipality).accepts(TOTP) {
		return "", "", ErrSecond
	}
	fresh := newTOTPSecret()
	l, err := s.amend(ctx, t, token, func(l *live) error {
		if l.st.Stage != StageEnrol {
			return ErrNoSession
		}
		if l.st.Secret == nil {
			l.st.Secret = s.sealTOTP(l.account.ID, fresh)
		}
		return nil
	})
	if err != nil {
		return "", "", err
	}
	secret, ok := s.openTOTP(l.account.ID, l.st.Secret)
	if !ok {
		return "", "", ErrNoSession
	}
	return totpURI(l.account, secret)
}

// enrolTOTP judges the first code of a new secret.
func (s *Service) enrolTOTP(ctx context.Context, l live, code string) (string, Session, error) {
	secret, ok := s.openTOTP(l.account.ID, l.st.Secret)
	if !ok {
		return "", Session{}, ErrSecond // it was never asked for
	}
	step, ok := s.totpStep(secret, code)
	clear(secret)
	if !ok {
		return "", Session{}, s.refuse(ctx, l.v, "code")
	}
	return s.enrolled(ctx, l, TOTP, Credentials{TOTP: l.st.Secret, TOTPStep: step})
}

// enrolled ends an enrolment with what was set. Of two that end with the same
// code at once, the epoch lets one through.
func (s *Service) enrolled(ctx context.Context, l live, factor Factor, c Credentials) (string, Session, error) {
	hash, ok := open(s.key("pending password"), l.st.Password, l.account.ID)
	if !ok {
		return "", Session{}, ErrNoSession
	}
	c.Password, c.PasswordAt, c.Epoch = string(hash), s.Now().UTC().Truncate(time.Second), l.st.Epoch
	by := Session{Account: l.account, Terminal: l.v.Terminal}.Act(OpAccountEnrol, l.account.ID, "factor", string(factor))
	err := s.Book.SetCredentials(ctx, by, l.account.ID, c, Active, true)
	switch {
	case errors.Is(err, ErrConflict), errors.Is(err, ErrState), errors.Is(err, ErrNoAccount):
		return "", Session{}, ErrNoSession
	case errors.Is(err, ErrPasskey): // it is somebody else's
		return "", Session{}, ErrPasskey
	case err != nil:
		return "", Session{}, fmt.Errorf("staff: end an enrolment: %w", err)
	}
	if err := s.Sessions.Delete(ctx, l.id); err != nil { // its epoch is gone, too
		return "", Session{}, fmt.Errorf("staff: end the session: %w", err)
	}
	l.v.Factor = string(factor)
	return "", l.v, nil
}
