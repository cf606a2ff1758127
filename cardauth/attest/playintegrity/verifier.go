// SPDX-License-Identifier: Apache-2.0

package playintegrity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"fmt"
	"regexp"
	"slices"
	"time"

	"kofu/cardauth/attest"
	"kofu/cert"
)

// DeviceVerdict is a label of deviceRecognitionVerdict.
type DeviceVerdict string

// The labels that Google documents. A device has several at once, as far as
// the app has opted in to them in the Play Console.
const (
	Strong  DeviceVerdict = "MEETS_STRONG_INTEGRITY"  // Device, proved by hardware, and from Android 13 on with a security update of the last year
	Sound   DeviceVerdict = "MEETS_DEVICE_INTEGRITY"  // a certified device that nobody has broken into
	Basic   DeviceVerdict = "MEETS_BASIC_INTEGRITY"   // may be rooted, or not certified
	Virtual DeviceVerdict = "MEETS_VIRTUAL_INTEGRITY" // an emulator with Google Play
)

// AppVerdict is a value of appRecognitionVerdict.
type AppVerdict string

// The values that can be accepted; there is "UNEVALUATED", too.
const (
	Recognized   AppVerdict = "PLAY_RECOGNIZED"      // app and certificate are those that Play gives out
	Unrecognized AppVerdict = "UNRECOGNIZED_VERSION" // they are not, as with a developer's build
)

// Licence is a value of appLicensingVerdict.
type Licence string

// The values that Google documents.
const (
	Licensed          Licence = "LICENSED"    // this user has the app from Play
	Unlicensed        Licence = "UNLICENSED"  // has it from elsewhere
	LicenceUnassessed Licence = "UNEVALUATED" // not known, as when nobody is signed in to Play
)

const (
	// DefaultMaxAge is how long ago a token may have been requested: the life
	// of a challenge, and some time for Google and the network.
	DefaultMaxAge = 5 * time.Minute

	longestMaxAge = time.Hour
)

// Config is what a [Verifier] needs. It has a secret key in it, so it prints,
// logs and marshals as "[redacted]".
type Config struct {
	cert.Redacted
	// DecryptionKey is the app's AES key, 32 bytes, and VerificationKey
	// Google's key on P-256 for the app: [ConsoleKeys] reads both as the Play
	// Console shows them.
	DecryptionKey   []byte
	VerificationKey *ecdsa.PublicKey
	// Package is the app's name, as jp.example.kofu.
	Package string
	// CertificateDigests are SHA-256 of the certificates that sign the app as
	// Play gives it out (with Play App Signing, Google's, not the upload
	// key's): 32 pairs of hexadecimal digits with colons between, as the Play
	// Console and keytool show them, or base64url. A token may name several,
	// and all of them must be among these.
	CertificateDigests []string
	// MinVersion is the lowest version code accepted; 0 accepts any. It holds
	// for assertions too, so that raising it needs no new credentials.
	MinVersion int64
	// DeviceVerdicts are labels that a device must have, all of them; nil
	// means Sound. Without Development, Sound or Strong must be among them.
	DeviceVerdicts []DeviceVerdict
	// AppVerdicts are accepted, each of them; nil means Recognized. Others
	// take Development.
	AppVerdicts []AppVerdict
	// Licences are accepted, each of them; nil means Licensed. With others,
	// people who are not signed in to Play, or have the app from elsewhere,
	// can apply.
	Licences []Licence
	// MaxAge of a token, a second to an hour; 0 means [DefaultMaxAge]. The
	// challenge in the nonce is what keeps a token from being used twice.
	MaxAge time.Duration
	// Development accepts answers that the Play Console was told to give to
	// testers, and lets weaker verdicts be configured; such devices are marked.
	// Never in production.
	Development bool
	// Now gives the time; time.Now in production.
	Now func() time.Time
}

// Verifier judges tokens and assertions. It is safe for concurrent use, keeps
// nothing, and asks nobody.
type Verifier struct {
	cert.Redacted
	cfg     Config
	digests [][32]byte
}

var _ attest.Asserter = (*Verifier)(nil)

var packageName = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z_]*(\.[A-Za-z][0-9A-Za-z_]*)+$`)

// New checks cfg. What it returns wraps [attest.ErrConfig].
func New(cfg Config) (*Verifier, error) {
	v := &Verifier{cfg: cfg}
	c := &v.cfg
	c.DecryptionKey = bytes.Clone(cfg.DecryptionKey)
	if c.MaxAge == 0 {
		c.MaxAge = DefaultMaxAge
	}
	c.DeviceVerdicts = orElse(cfg.DeviceVerdicts, Sound)
	c.AppVerdicts = orElse(cfg.AppVerdicts, Recognized)
	c.Licences = orElse(cfg.Licences, Licensed)
	switch {
	case c.Now == nil:
		return nil, wrong("no clock")
	case len(c.DecryptionKey) != 32:
		return nil, wrong("the decryption key is not 32 bytes")
	case c.VerificationKey == nil || c.VerificationKey.Curve != elliptic.P256():
		return nil, wrong("the verification key is not on P-256")
	case !packageName.MatchString(c.Package) || len(c.Package) > 223:
		return nil, wrong("the package's name is none")
	case c.MinVersion < 0:
		return nil, wrong("the lowest version is below 0")
	case c.MaxAge < time.Second || c.MaxAge > longestMaxAge:
		return nil, wrong("the age must be a second to an hour")
	case len(c.CertificateDigests) == 0:
		return nil, wrong("no certificate digest")
	}
	for _, text := range c.CertificateDigests {
		d, ok := configuredDigest(text)
		if !ok {
			return nil, wrong("a certificate digest is not SHA-256 in hexadecimal with colons, or in base64url")
		}
		v.digests = append(v.digests, d)
	}
	if err := c.checkVerdicts(); err != nil {
		return nil, err
	}
	return v, nil
}

// checkVerdicts refuses names that Google does not have, and what would let a
// stranger's app or a rooted device into production.
func (c *Config) checkVerdicts() error {
	sound := func(d DeviceVerdict) bool { return d == Sound || d == Strong }
	switch {
	case !among(c.DeviceVerdicts, Strong, Sound, Basic, Virtual):
		return wrong("unknown device verdict")
	case !among(c.AppVerdicts, Recognized, Unrecognized):
		return wrong("unknown app verdict")
	case !among(c.Licences, Licensed, Unlicensed, LicenceUnassessed):
		return wrong("unknown licensing verdict")
	case !c.Development && !slices.ContainsFunc(c.DeviceVerdicts, sound):
		return wrong("a device verdict that is for development only")
	case !c.Development && !among(c.AppVerdicts, Recognized):
		return wrong("an app verdict that is for development only")
	}
	return nil
}

// among reports whether each of values is one of known.
func among[T comparable](values []T, known ...T) bool {
	return !slices.ContainsFunc(values, func(v T) bool { return !slices.Contains(known, v) })
}

// orElse gives a copy of values, or the default if there are none.
func orElse[T any](values []T, otherwise T) []T {
	if len(values) == 0 {
		return []T{otherwise}
	}
	return slices.Clone(values)
}

func wrong(what string) error { return fmt.Errorf("%w: play integrity: %s", attest.ErrConfig, what) }

func refuse(what string, c attest.Code) error { return attest.Refuse("play integrity "+what, c) }

// contain turns a panic of a library into an error: none is known, and none
// shall end a request of somebody else.
func contain(err *error) {
	if recover() != nil {
		*err = refuse("input", attest.CodeInternal)
	}
}
