// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// MaxLifetime is how long a device credential may live. A device that has
	// lost the platform's trust keeps applying until then.
	MaxLifetime = 24 * time.Hour

	// ClockSkew is how far the clocks of replicas may be apart: a credential
	// is good from this long before it was issued until this long after it
	// ends.
	ClockSkew = 60 * time.Second

	credentialType = "kofu-device+jwt"
	maxCredential  = 2048 // characters; those issued have about 600
)

// ErrIssue is wrapped by what [Credentials.Issue] returns when the key does
// not sign. It is not the device's fault.
var ErrIssue = errors.New("attest: issue device credential")

// CredentialConfig is what device credentials are made and judged with.
type CredentialConfig struct {
	// Issuer is the claim "iss", the service's own address.
	Issuer string
	// Audience is the claim "aud". A deployment for tests has another one
	// than production.
	Audience string
	// Signer signs new credentials: ECDSA on P-256, gives ASN.1 DER. The key
	// is used for nothing else. Nil for a replica that only verifies.
	Signer crypto.Signer
	// Verifying are further keys whose credentials are good: the next one and
	// the last one while keys are changed.
	Verifying []*ecdsa.PublicKey
	// Withdrawn are key ids (RFC 7638 thumbprints) whose credentials are
	// refused, whoever holds them. The signer's must not be among them.
	Withdrawn []string
	// Lifetime of new credentials: a minute to [MaxLifetime], which zero
	// means.
	Lifetime time.Duration
	// Development accepts, and issues, credentials of development devices.
	Development bool
}

// Credentials issues and judges device credentials, and keeps nothing about
// any of them. It is safe for concurrent use if its Signer is.
type Credentials struct {
	cfg  CredentialConfig
	kid  string
	keys map[string]*ecdsa.PublicKey // by kid
}

// NewCredentials checks cfg, and that the signer works. What it returns wraps
// [ErrConfig].
func NewCredentials(cfg CredentialConfig) (*Credentials, error) {
	c := &Credentials{cfg: cfg, keys: make(map[string]*ecdsa.PublicKey)}
	if c.cfg.Lifetime == 0 {
		c.cfg.Lifetime = MaxLifetime
	}
	verifying := slices.Clone(cfg.Verifying)
	if cfg.Signer != nil {
		key, ok := cfg.Signer.Public().(*ecdsa.PublicKey)
		if !ok {
			return nil, fmt.Errorf("%w: signer is not an ECDSA key", ErrConfig)
		}
		if _, err := signRaw(cfg.Signer, key, []byte("trial")); err != nil {
			return nil, fmt.Errorf("%w: signer gives no good signature on P-256", ErrConfig)
		}
		c.kid = thumbprint(key)
		verifying = append(verifying, key)
	}
	for _, k := range verifying {
		kid := thumbprint(k)
		if kid == "" {
			return nil, fmt.Errorf("%w: a verification key is not on P-256", ErrConfig)
		}
		c.keys[kid] = k
	}
	switch {
	case cfg.Issuer == "" || cfg.Audience == "":
		return nil, fmt.Errorf("%w: issuer and audience must be set", ErrConfig)
	case c.cfg.Lifetime < time.Minute || c.cfg.Lifetime > MaxLifetime:
		return nil, fmt.Errorf("%w: lifetime must be a minute to 24 hours", ErrConfig)
	case len(c.keys) == 0:
		return nil, fmt.Errorf("%w: no key", ErrConfig)
	case slices.Contains(cfg.Withdrawn, c.kid):
		return nil, fmt.Errorf("%w: the signer's key is withdrawn", ErrConfig)
	}
	for _, kid := range cfg.Withdrawn {
		if len(kid) != 43 {
			return nil, fmt.Errorf("%w: a withdrawn key id is not a thumbprint", ErrConfig)
		}
	}
	return c, nil
}

// KID returns the key id of the signer, "" without one.
func (c *Credentials) KID() string { return c.kid }

// Issue makes a credential for d, and returns it with the time of its end. The
// same device gets the same token in the same second. Errors are [Error] for a
// device that gets none, and wrap [ErrIssue] when the signer fails.
func (c *Credentials) Issue(d Device, now time.Time) (token string, expires time.Time, err error) {
	if err := c.accept(d); err != nil {
		return "", time.Time{}, err
	}
	if c.cfg.Signer == nil {
		return "", time.Time{}, fmt.Errorf("%w: no signer", ErrIssue)
	}
	issued := now.Truncate(time.Second)
	expires = issued.Add(c.cfg.Lifetime).Truncate(time.Second)
	payload, err := marshalClaims(c.claims(d, issued, expires))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("%w: encode", ErrIssue)
	}
	token, err = c.sign(payload)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("%w: sign", ErrIssue)
	}
	// Nothing leaves that would not be taken back.
	if again, err := c.Verify(token, now); err != nil || !d.Key.Equal(again.Key) {
		return "", time.Time{}, fmt.Errorf("%w: read it again", ErrIssue)
	}
	return token, expires, nil
}

// accept refuses devices that get no credential, and whose credentials count
// for nothing.
func (c *Credentials) accept(d Device) error {
	switch {
	case !d.Platform.Valid():
		return Refuse("device", CodePlatform)
	case d.Key == nil || d.Key.Curve != elliptic.P256():
		return Refuse("device", CodeDeviceKey)
	case d.Development && !c.cfg.Development:
		return Refuse("device", CodeEnvironment)
	}
	return nil
}

func (c *Credentials) sign(payload []byte) (string, error) {
	key, ok := c.cfg.Signer.Public().(*ecdsa.PublicKey)
	if !ok {
		return "", ErrIssue
	}
	opaque := opaqueSigner{signer: c.cfg.Signer, key: key, kid: c.kid}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: opaque},
		new(jose.SignerOptions).WithType(credentialType))
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// Verify judges a credential: first what costs nothing, then the signature,
// then what was signed. It returns the device it was issued to, or an [Error].
func (c *Credentials) Verify(token string, now time.Time) (Device, error) {
	payload, err := c.open(token)
	if err != nil {
		return Device{}, err
	}
	cl, err := unmarshalClaims(payload)
	if err != nil {
		return Device{}, err
	}
	issued, expires := time.Unix(cl.Issued, 0), time.Unix(cl.Expires, 0)
	switch life := expires.Sub(issued); {
	case cl.Issuer != c.cfg.Issuer:
		return Device{}, Refuse("credential", CodeCredentialIssuer)
	case cl.Audience != c.cfg.Audience:
		return Device{}, Refuse("credential", CodeCredentialAudience)
	case life <= 0 || life > MaxLifetime:
		return Device{}, Refuse("credential", CodeCredentialLifetime)
	case now.Add(ClockSkew).Before(issued):
		return Device{}, Refuse("credential", CodeCredentialEarly)
	case !now.Before(expires.Add(ClockSkew)):
		return Device{}, Refuse("credential", CodeCredentialExpired)
	}
	d, err := cl.device()
	if err == nil {
		err = c.accept(d)
	}
	if err != nil {
		return Device{}, err
	}
	return d, nil
}

// open checks a credential's spelling, header and signature, and returns what
// was signed.
func (c *Credentials) open(token string) ([]byte, error) {
	if token == "" {
		return nil, Refuse("credential", CodeCredentialMissing)
	}
	kid, err := credentialHeader(token)
	if err != nil {
		return nil, err
	}
	if slices.Contains(c.cfg.Withdrawn, kid) {
		return nil, Refuse("credential", CodeCredentialWithdrawn)
	}
	key := c.keys[kid]
	if key == nil {
		return nil, Refuse("credential", CodeCredentialKey)
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, Refuse("credential", CodeCredentialMalformed)
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return nil, Refuse("credential", CodeCredentialSig)
	}
	return payload, nil
}

// opaqueSigner has go-jose sign with a key it never sees, and the same each
// time (RFC 6979); go-jose's own ES256 is random.
type opaqueSigner struct {
	signer crypto.Signer
	key    *ecdsa.PublicKey
	kid    string
}

func (s opaqueSigner) Public() *jose.JSONWebKey {
	return &jose.JSONWebKey{Key: s.key, KeyID: s.kid, Algorithm: string(jose.ES256)}
}

func (s opaqueSigner) Algs() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.ES256}
}

func (s opaqueSigner) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	return signRaw(s.signer, s.key, payload)
}

// signRaw signs SHA-256 of payload, and returns r and s, 32 bytes each (RFC
// 7518 section 3.4).
func signRaw(signer crypto.Signer, key *ecdsa.PublicKey, payload []byte) ([]byte, error) {
	digest := sha256.Sum256(payload)
	der, err := signer.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	if key.Curve != elliptic.P256() || !ecdsa.VerifyASN1(key, digest[:], der) {
		return nil, ErrIssue
	}
	return rawSignature(der)
}
