// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kofu/cert"
)

// The protected header of a sealed application. It says nothing about the
// person, and all of it is checked before the key is fetched.
const (
	sealType      = "kofu-application" // "typ": one key, one purpose
	headerChannel = "kofu-ch"
	headerDevice  = "kofu-dev" // base64url SHA-256 of the device's secret
	headerExpiry  = "exp"      // seconds since the epoch (RFC 7519 section 4.1.4)
	maxSealed     = 48 << 10   // characters; five doses need about 4,000
)

func deviceHash(w Who) string {
	sum := sha256.Sum256([]byte("kofu-device-v1\x00" + string(w.Channel) + "\x00" + w.Device))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// seal encrypts a (JWE, alg dir, enc A256GCM) under a new key and keeps the
// key for SealTTL.
func (s *Service) seal(ctx context.Context, w Who, a application) (Sealed, error) {
	var key [32]byte
	rand.Read(key[:])
	defer clear(key[:])
	kid := rand.Text()
	expires := s.Now().Add(SealTTL).Truncate(time.Second)
	opts := new(jose.EncrypterOptions).WithType(sealType).
		WithHeader(headerChannel, string(w.Channel)).WithHeader(headerDevice, deviceHash(w)).WithHeader(headerExpiry, expires.Unix())
	enc, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: key[:], KeyID: kid}, opts)
	if err != nil {
		return Sealed{}, fmt.Errorf("issuance: make a sealing cipher: %w", err)
	}
	plain, err := a.marshal()
	if err != nil {
		return Sealed{}, errors.New("issuance: encode the application")
	}
	defer clear(plain)
	obj, err := enc.Encrypt(plain)
	if err != nil {
		return Sealed{}, errors.New("issuance: seal the application")
	}
	token, err := obj.CompactSerialize()
	if err != nil {
		return Sealed{}, errors.New("issuance: serialise the application")
	}
	if err := s.Seals.Put(ctx, kid, key, SealTTL); err != nil {
		return Sealed{}, fmt.Errorf("issuance: keep a sealing key: %w: %w", ErrSealStore, err)
	}
	return Sealed{Token: token, Expires: expires}, nil
}

// wellFormed takes one spelling of a token only: five parts of base64url, the
// second empty (RFC 7518 section 4.5: "dir" has no encrypted key), no unused
// bits set and no line breaks in between. An altered token never opens.
func wellFormed(token string) bool {
	parts := strings.Split(token, ".")
	if len(token) > maxSealed || len(parts) != 5 || parts[1] != "" || strings.ContainsAny(token, "\r\n") {
		return false
	}
	for _, p := range parts {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(p); err != nil {
			return false
		}
	}
	return true
}

// header checks everything of token that is not secret, and returns the key's
// name. Whatever is wrong is ErrSeal.
func (s *Service) header(token string, w Who) (*jose.JSONWebEncryption, string, error) {
	if !wellFormed(token) {
		return nil, "", ErrSeal
	}
	obj, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return nil, "", ErrSeal
	}
	h := obj.Header
	channel, _ := h.ExtraHeaders[headerChannel].(string)
	device, _ := h.ExtraHeaders[headerDevice].(string)
	typ, _ := h.ExtraHeaders[jose.HeaderType].(string)
	expiry, _ := h.ExtraHeaders[headerExpiry].(float64)
	switch {
	case typ != sealType, channel != string(w.Channel), h.KeyID == "", len(h.KeyID) > 64,
		subtle.ConstantTimeCompare([]byte(device), []byte(deviceHash(w))) != 1,
		!s.Now().Before(time.Unix(int64(expiry), 0)):
		return nil, "", ErrSeal
	}
	return obj, h.KeyID, nil
}

// open is the reverse of seal.
func (s *Service) open(ctx context.Context, token string, w Who) (application, error) {
	obj, kid, err := s.header(token, w)
	if err != nil {
		return application{}, err
	}
	key, err := s.Seals.Get(ctx, kid)
	if errors.Is(err, ErrNoSealKey) {
		return application{}, ErrSeal
	}
	if err != nil {
		return application{}, fmt.Errorf("issuance: fetch a sealing key: %w: %w", ErrSealStore, err)
	}
	defer clear(key[:])
	plain, err := obj.Decrypt(key[:])
	if err != nil {
		return application{}, ErrSeal
	}
	defer clear(plain)
	a, err := unmarshal(plain)
	if err != nil {
		return application{}, ErrSeal
	}
	return a, nil
}

// Discard destroys a sealed application, here and wherever it lies: without
// its key it is noise. A key that has gone already is no error.
func (s *Service) Discard(ctx context.Context, token string, w Who) error {
	if err := w.check(); err != nil {
		return err
	}
	_, kid, err := s.header(token, w)
	if err != nil {
		return err
	}
	if err := s.Seals.Delete(ctx, kid); err != nil {
		return fmt.Errorf("issuance: shred a sealing key: %w: %w", ErrSealStore, err)
	}
	return nil
}

// application is the plaintext of a sealed application: all that Issue needs,
// and no My Number.
type application struct {
	cert.Redacted
	Issuance     cert.IssuanceID
	Subject      cert.SubjectRef
	Version      string
	Kind         cert.Kind
	Municipality cert.MunicipalityCode
	Holder       cert.Holder
	Passport     *cert.Passport
	Doses        []cert.Dose
	Earlier      bool
	Terms        string // what else the certificate is made from; see terms
}
