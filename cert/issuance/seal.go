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

// What is sealed ("typ"): one key, one purpose.
const (
	typeApplication = "kofu-application" // opened here, by Issue, Preview and Prepare
	typeCertificate = "kofu-certificate" // the paper, opened by a kiosk terminal after its release
	typeReceipt     = "kofu-receipt"     // opened here, by Release
)

// The protected header of what is sealed. It says nothing about the person,
// and all of it is checked before the key is fetched.
const (
	headerChannel = "kofu-ch"
	headerDevice  = "kofu-dev" // base64url SHA-256 of the device's secret
	headerExpiry  = "exp"      // seconds since the epoch (RFC 7519 section 4.1.4)
	maxSealed     = 48 << 10   // characters; five doses need about 4,000
)

func deviceHash(w Who) string {
	sum := sha256.Sum256([]byte("kofu-device-v1\x00" + string(w.Channel) + "\x00" + w.Device))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// sealApplication seals a for as long as its door needs.
func (s *Service) sealApplication(ctx context.Context, w Who, a application) (Sealed, error) {
	plain, err := a.marshal()
	if err != nil {
		return Sealed{}, errors.New("issuance: encode the application")
	}
	defer clear(plain)
	ttl := SealTTL
	switch w.Channel {
	case cert.Kiosk:
		ttl = KioskSealTTL
	case cert.Counter:
		ttl = CounterSealTTL
	}
	return s.seal(ctx, typeApplication, w, plain, ttl)
}

// seal encrypts plain (JWE, alg dir, enc A256GCM) under a new key, and keeps
// the key for ttl.
func (s *Service) seal(ctx context.Context, typ string, w Who, plain []byte, ttl time.Duration) (Sealed, error) {
	var key [32]byte
	rand.Read(key[:])
	defer clear(key[:])
	kid := rand.Text()
	expires := s.Now().Add(ttl).Truncate(time.Second)
	opts := new(jose.EncrypterOptions).WithType(jose.ContentType(typ)).
		WithHeader(headerChannel, string(w.Channel)).WithHeader(headerDevice, deviceHash(w)).WithHeader(headerExpiry, expires.Unix())
	enc, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: key[:], KeyID: kid}, opts)
	if err != nil {
		return Sealed{}, fmt.Errorf("issuance: make a sealing cipher: %w", err)
	}
	obj, err := enc.Encrypt(plain)
	if err != nil {
		return Sealed{}, errors.New("issuance: seal")
	}
	token, err := obj.CompactSerialize()
	if err != nil {
		return Sealed{}, errors.New("issuance: serialise what was sealed")
	}
	if err := s.Seals.Put(ctx, kid, key, ttl); err != nil {
		return Sealed{}, fmt.Errorf("issuance: keep a sealing key: %w: %w", ErrSealStore, err)
	}
	return Sealed{Token: token, KID: kid, Expires: expires}, nil
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
// name. Whatever is wrong is ErrSeal; [ErrSealDevice] if it is the device alone.
func (s *Service) header(typ, token string, w Who) (*jose.JSONWebEncryption, string, error) {
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
	said, _ := h.ExtraHeaders[jose.HeaderType].(string)
	expiry, _ := h.ExtraHeaders[headerExpiry].(float64)
	switch {
	case said != typ, channel != string(w.Channel), h.KeyID == "", len(h.KeyID) > 64,
		!s.Now().Before(time.Unix(int64(expiry), 0)):
		return nil, "", ErrSeal
	case subtle.ConstantTimeCompare([]byte(device), []byte(deviceHash(w))) != 1:
		return nil, "", ErrSealDevice
	}
	return obj, h.KeyID, nil
}

// open is the reverse of seal. The caller clears what it gets.
func (s *Service) open(ctx context.Context, typ, token string, w Who) ([]byte, error) {
	obj, kid, err := s.header(typ, token, w)
	if err != nil {
		return nil, err
	}
	key, err := s.sealKey(ctx, kid)
	if err != nil {
		return nil, err
	}
	defer clear(key[:])
	plain, err := obj.Decrypt(key[:])
	if err != nil {
		return nil, ErrSeal
	}
	return plain, nil
}

// sealKey fetches a key. One that has gone is ErrSeal.
func (s *Service) sealKey(ctx context.Context, kid string) ([32]byte, error) {
	key, err := s.Seals.Get(ctx, kid)
	switch {
	case errors.Is(err, ErrNoSealKey):
		return key, ErrSeal
	case err != nil:
		return key, fmt.Errorf("issuance: fetch a sealing key: %w: %w", ErrSealStore, err)
	}
	return key, nil
}

// openApplication is the reverse of sealApplication.
func (s *Service) openApplication(ctx context.Context, token string, w Who) (application, error) {
	plain, err := s.open(ctx, typeApplication, token, w)
	if err != nil {
		return application{}, err
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
	_, kid, err := s.header(typeApplication, token, w)
	if err != nil {
		return err
	}
	return s.Shred(ctx, kid)
}

// Shred destroys sealing keys by their names: what they sealed is noise
// wherever it lies. Keys that have gone already are no error, and neither are
// empty names.
func (s *Service) Shred(ctx context.Context, kids ...string) error {
	for _, kid := range kids {
		if kid == "" {
			continue
		}
		if err := s.Seals.Delete(ctx, kid); err != nil {
			return fmt.Errorf("issuance: shred a sealing key: %w: %w", ErrSealStore, err)
		}
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
	Written      cert.Private // the counter's; see DeskApplication
	Protected    bool         // likewise
	Notes        []cert.Finding
	Terms        string // what else the certificate is made from; see terms
}
