// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"kofu/cert"
)

// What authenticator apps agree on (RFC 6238): SHA-1, six digits, 30 seconds,
// and one step before or after for clocks that differ.
const (
	totpPeriod = 30 // seconds
	totpSkew   = 1  // steps
	totpSecret = 20 // bytes
)

func newTOTPSecret() []byte {
	b := make([]byte, totpSecret)
	_, _ = rand.Read(b) // never fails
	return b
}

// totpURI returns the otpauth URI of a secret, and the secret in base32.
func totpURI(a Account, secret []byte) (uri, text string, err error) {
	k, err := totp.Generate(totp.GenerateOpts{Issuer: "kofu", AccountName: a.Login + "@" + string(a.Municipality),
		Period: totpPeriod, Secret: secret, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", "", fmt.Errorf("staff: make an otpauth URI: %w", err)
	}
	return k.URL(), k.Secret(), nil
}

// totpStep returns the time step a code is of, the earliest that fits.
func (s *Service) totpStep(secret []byte, code string) (step int64, ok bool) {
	code = strings.Map(func(r rune) rune {
		if r = halfWidth(r); r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code)
	if len(code) != 6 {
		return 0, false
	}
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	now := s.Now().Unix() / totpPeriod
	for step = now - totpSkew; step <= now+totpSkew; step++ {
		fits, err := hotp.ValidateCustom(code, uint64(step), text, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && fits {
			return step, true
		}
	}
	return 0, false
}

func (s *Service) sealTOTP(account string, secret []byte) []byte {
	return seal(s.key("totp secret"), secret, account)
}

func (s *Service) openTOTP(account string, sealed []byte) ([]byte, bool) {
	return open(s.key("totp secret"), sealed, account)
}

// accepts reports whether a policy takes a second factor.
func (p Policy) accepts(f Factor) bool { return p.SecondFactor == Either || p.SecondFactor == f }

// factors is what an account may use: [Session.Factor] before StageFull.
func (s *Service) factors(m cert.MunicipalityCode) string { return string(s.policy(m).SecondFactor) }
